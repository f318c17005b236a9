# SPDX-License-Identifier: MIT
"""2000 agents that post to a hub every second for a minute, by connections of
their own: how long after its time a batch is answered, and whether the hub
grows.  It keeps history in 64 MiB.  The agents have one processor, the hub the
other.  FastAPI, which keeps nothing, has ten seconds of the same."""

import json
import os
import resource
import time
from operator import itemgetter

import bench
import peers
from bench import What, harness

AGENTS = 200 if bench.SHORT else 2000
SECONDS, EARLY = (6, 2) if bench.SHORT else (60, 10)
ROWS = [What("POST /ingest by 2000 agents a second, p99", "ms", "<= 250"),
        What("the same, p50", "ms", ""),
        What("the same, CPU time of the hub", "us/batch", ""),
        What("the same, resident after 60 s", "KiB", "<= 1.05 of 10 s")]


def fleet(server, seconds):
    """p99, p50, CPU time a batch, what is resident in the end and early on, and
    all that the agents say."""
    with server(bench.SERVER_CPU) as (port, pid):
        before = bench.cpu_seconds(pid)
        with bench.directory() as place, bench.running(
                [os.path.join(harness.BUILDDIR, "t", "fleet"), str(port),
                 peers.TOKEN, str(AGENTS), str(seconds), "1000", "1"],
                place, bench.CLIENT_CPU) as agents:
            time.sleep(EARLY)
            early = bench.memory(pid)[0]
            time.sleep(seconds - EARLY)
            late = bench.memory(pid)[0]
            agents.wait(30)
            with open(os.path.join(place, "log")) as log:
                told = json.load(log)
        used = bench.cpu_seconds(pid) - before
    return told["p99"], told["p50"], used * 1e6 / told["answers"], \
        late, early, told


def hub(cpu):
    return peers.hub(cpu, ring={"memory": "64MiB"})


def fastapi(cpu):
    # each agent is a descriptor; fettled sees to that itself
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    return peers.fastapi(cpu, "fastapi_stream")


def ours():
    found = fleet(hub, SECONDS)
    told = found[-1]
    assert told["waiting"] == 0 and told["refused"] == 0, told
    return found


def rows():
    peers.need_hub()
    results = bench.in_turn(
        1, ours, bench.Peer("FastAPI", lambda: fleet(fastapi, EARLY),
                            peers.need_fastapi))
    found = [bench.row(what, results, itemgetter(i))
             for i, what in enumerate(ROWS[:3])]
    flat = bench.row(ROWS[3], {
        "": [r[3] for r in results[""]],
        "itself after 10 s": [r[4] for r in results[""]]})
    return [found[0].keeps(found[0].ours.median <= 250), *found[1:],
            flat.keeps(flat.ratio("itself after 10 s") <= 1.05)]


if __name__ == "__main__":
    bench.main(__name__)
