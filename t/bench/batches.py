# SPDX-License-Identifier: MIT
"""Batches into /ingest, 100 value lists of 8 values each: values a second of
processor time, all threads of the hub on one processor."""

import bench
import peers
from bench import What

TURNS = 3
LISTS, FIELDS = 100, 8
ROWS = [What("batches into /ingest", "values/s a core", ">= 2M")]


def ours():
    with peers.hub(bench.SERVER_CPU) as (port, pid):
        said = peers.wrk(port, pid, "/ingest", "batches.lua",
                         LISTS=str(LISTS), FIELDS=str(FIELDS),
                         TOKEN=peers.TOKEN)
    lost = said["requests"] * LISTS - said["accepted"]
    # wrk does not see the answers to its last requests
    assert abs(lost) <= 64 * LISTS, f"{lost} value lists were not taken"
    return said["accepted"] * FIELDS / said["cpu"]


def rows():
    peers.need_hub()
    row = bench.row(ROWS[0], bench.in_turn(TURNS, ours))
    return [row.keeps(row.ours.median >= 2e6)]


if __name__ == "__main__":
    bench.main(__name__)
