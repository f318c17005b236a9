# SPDX-License-Identifier: MIT
"""2000 agents that post to a hub every second, by connections of their own:
how long after its time a batch is answered.  The agents have one processor,
the hub the other."""

import json
import os

import bench
import peers
from bench import What, harness

TURNS = 3
AGENTS, SECONDS = 2000, 10
ROWS = [What("POST /ingest by 2000 agents a second, p99", "ms", "<= 250"),
        What("the same, p50", "ms", ""),
        What("the same, CPU time of the hub", "us/batch", "")]


def ours():
    with peers.hub(bench.SERVER_CPU) as (port, pid):
        before = bench.cpu_seconds(pid)
        told = json.loads(bench.output(
            os.path.join(harness.BUILDDIR, "t", "fleet"), str(port),
            peers.TOKEN, str(AGENTS), str(SECONDS), "1000", "1",
            cpu=bench.CLIENT_CPU))
        used = bench.cpu_seconds(pid) - before
    assert told["waiting"] == 0 and told["refused"] == 0, told
    return told["p99"], told["p50"], used * 1e6 / told["answers"]


def rows():
    peers.need_hub()
    results = bench.in_turn(TURNS, ours)
    found = [bench.row(what, results, lambda result, i=i: result[i])
             for i, what in enumerate(ROWS)]
    return [found[0].keeps(found[0].ours.median <= 250), *found[1:]]


if __name__ == "__main__":
    bench.main(__name__)
