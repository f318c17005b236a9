# SPDX-License-Identifier: MIT
"""What fettle's hub does at the least with batches, as most would write it:
they are checked by a model, and told to whoever reads."""

import asyncio
import json
from typing import Any, List

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel


class Group(BaseModel):
    plugin: str
    fields: List[List[str]]
    rows: List[List[Any]]


class Batch(BaseModel):
    host: str
    sent: float
    plugins: List[Group]


app = FastAPI()
readers = set()  # a queue of each


def event_of(batch):
    values = [[f"{group.plugin}[{row[0]}].{field[0]}", value]
              for group in batch.plugins for row in group.rows
              for field, value in zip(group.fields, row[2:])]
    data = {"host": batch.host, "time": batch.sent, "values": values}
    return f"event: values\ndata: {json.dumps(data)}\n\n"


@app.post("/ingest")
async def ingest(batch: Batch):
    event = event_of(batch)
    for queue in readers:
        queue.put_nowait(event)
    return {"accepted": sum(len(group.rows) for group in batch.plugins)}


async def events():
    queue = asyncio.Queue()
    readers.add(queue)
    try:
        yield "event: hello\ndata: {}\n\n"
        while True:
            yield await queue.get()
    finally:
        readers.discard(queue)


@app.get("/api/v1/stream")
async def stream():
    return StreamingResponse(events(), media_type="text/event-stream")
