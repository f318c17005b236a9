# SPDX-License-Identifier: MIT
"""What fettle's hub does at the least, as most would write it: snapshots are
checked by a model, kept in a ring of 1000, and shown; a day of numbers is kept
in lists, and shown as means."""

from bisect import bisect_left
from collections import deque
from fnmatch import fnmatchcase
from typing import Dict, List

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


class Day(BaseModel):
    host: str
    times: List[float]
    fields: Dict[str, List[float]]


app = FastAPI()
ring = deque(maxlen=1000)
days = {}  # of each host


@app.post("/ingest")
async def ingest(snapshot: Snapshot):
    ring.append(snapshot.dict())
    return {"message": "Metrics received"}


@app.get("/history")
async def history():
    return list(ring)


@app.post("/day")
async def keep(day: Day):
    days[day.host] = day


def means(times, numbers, begin, end, points):
    step = (end - begin) / points
    at = [bisect_left(times, begin + i * step) for i in range(points + 1)]
    return [sum(numbers[a:b]) / (b - a) if b > a else None
            for a, b in zip(at, at[1:])]


@app.get("/query")
async def query(host: str, field: str, begin: float, end: float, points: int):
    return {"from": begin, "to": end, "series": [
        {"host": day.host, "field": field, "mean": means(
            day.times, day.fields[field], begin, end, points)}
        for day in days.values() if fnmatchcase(day.host, host)]}
