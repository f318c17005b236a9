# SPDX-License-Identifier: MIT
"""Batches into /ingest, 100 value lists of 8 values each: values a second of
processor time, all threads of the hub on one processor.  And how many of one
list a second there are where each is answered when it is on disk."""

import bench
import peers
from bench import What

TURNS = 3
LISTS, FIELDS = 100, 8
ROWS = [What("batches into /ingest", "values/s a core", ">= 2M"),
        What("batches into /ingest, survive: crash", "batches/s", ">= 2000")]


def post(lists, **plugins):
    with peers.hub(bench.SERVER_CPU, **plugins) as (port, pid):
        said = peers.wrk(port, pid, "/ingest", "batches.lua",
                         threads=32, LISTS=str(lists), FIELDS=str(FIELDS),
                         TOKEN=peers.TOKEN)
    lost = said["requests"] * lists - said["accepted"]
    # wrk does not see the answers to its last requests
    assert abs(lost) <= 64 * lists, f"{lost} value lists were not taken"
    return said


def ours():
    said = post(LISTS)
    return said["accepted"] * FIELDS / said["cpu"]


def kept():
    """Behind it is a writer that never gets rid of anything."""
    said = post(1, out={"plugin": "sleepsink", "drain": "0s",
                        "spool": {"survive": "crash"}})
    return said["accepted"] / said["seconds"]


def rows():
    peers.need_hub()
    row = bench.row(ROWS[0], bench.in_turn(TURNS, ours))
    durable = bench.row(ROWS[1], bench.in_turn(TURNS, kept))
    return [row.keeps(row.ours.median >= 2e6),
            durable.keeps(durable.ours.median >= 2000)]


if __name__ == "__main__":
    bench.main(__name__)
