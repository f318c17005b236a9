# SPDX-License-Identifier: MIT
"""What a backlog of 64 MiB on disk costs an agent whose server is away: to
start on it, to hold it, and to go on."""

import time

import bench
from bench import What, harness

TURNS = 3
SIZE = 64 << 20
SECONDS = 4
ROWS = [What("start on a backlog of 64 MiB", "ms", "<= 1000"),
        What("resident with it", "KiB", ""),
        What("cpu and memory every second beside it", "us CPU/s", "")]


def writers():
    return {"out": {"plugin": "sleepsink", "drain": "0s", "queue": "1MiB",
                    "spool": {"survive": "crash", "max_size": "64MiB"}}}


def fill(d):
    """Until the file is as large as it may be: the oldest go."""
    def full():
        spool = d.asked(do="spool", writer="out")["spools"][0]
        return spool["dropped"]["full"] > 0
    harness.wait_until(full, 120, what="a full spool")


def ours():
    d = harness.Daemon({"interval": "100ms", "plugins": {
        "steady": {"instances": 20000}, **writers()}}, start=False)
    try:
        d.start()
        fill(d)
        d.kill()
        d.configure({"interval": "1s", "plugins": {
            "cpu": None, "memory": None, **writers()}})
        begun = time.monotonic()
        d.start()
        started = (time.monotonic() - begun) * 1000
        time.sleep(2)
        before = bench.cpu_seconds(d.pid)
        time.sleep(SECONDS)
        used = (bench.cpu_seconds(d.pid) - before) * 1e6 / SECONDS
        resident = bench.memory(d.pid)[0]
    finally:
        d.kill()
        d.end()
    return started, resident, used


def rows():
    results = bench.in_turn(TURNS, ours)
    found = [bench.row(what, results, lambda result, i=i: result[i])
             for i, what in enumerate(ROWS)]
    return [found[0].keeps(found[0].ours.median <= 1000), *found[1:]]


if __name__ == "__main__":
    bench.main(__name__)
