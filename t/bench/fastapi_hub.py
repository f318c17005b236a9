# SPDX-License-Identifier: MIT
"""What fettle's hub does at the least, as most would write it: snapshots are
checked by a model, kept in a ring of 1000, and shown."""

from collections import deque
from typing import List

from fastapi import FastAPI
from pydantic import BaseModel


class Cpu(BaseModel):
    per_core: List[float]
    average: float


class Space(BaseModel):
    total: int
    used: int
    free: int
    percent: float


class Snapshot(BaseModel):
    timestamp: int
    hostname: str
    cpu: Cpu
    memory: Space
    disk: Space


app = FastAPI()
ring = deque(maxlen=1000)


@app.post("/ingest")
async def ingest(snapshot: Snapshot):
    ring.append(snapshot.dict())
    return {"message": "Metrics received"}


@app.get("/history")
async def history():
    return list(ring)
