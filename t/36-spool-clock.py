#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Wall clocks that are set while value lists wait: row 19 of the faults.  No
cadence follows them, nothing that waits is lost by them."""

import os
import time

from harness import comment, equal, main, test, wait_until
from sink import Sink
from torture import PRELOAD, adds_up, faulty, out, section, waiting

HOUR, DAY = 3600, 86400
EACH = 0.02  # seconds: the interval of what is read


def skewed(sink, **more):
    """A daemon that reads, and whose clock can be set: d.step(seconds)."""
    d = faulty({"interval": "20ms", "plugins": {
        "counter": {"step": 10},
        "witness": {"plugin": "sinkfile", "path": "lists",
                    "routes": ["counter"]},
        "out": {**section(sink), "routes": ["counter"], **more}}},
        start=False)
    d.off = d.file("off", "0")

    def step(seconds):
        os.rename(d.file("off.new", str(int(seconds))), d.off)
    d.step = step
    d.env["LD_PRELOAD"] += ":" + os.path.join(PRELOAD, "step.so")
    d.env["STEP"] = d.off
    d.start()
    return d


def offsets():
    """To an hour later and earlier, to 1970 and to 2106, and back."""
    now = time.time()
    return HOUR, -HOUR, HOUR - now, 4291747200 - now, 0


def keeps_pace(d, reads=15):
    """It reads on, neither in a burst nor with a pause."""
    begun, calls = time.monotonic(), d.instance("counter")["calls"]
    wait_until(lambda: d.instance("counter")["calls"] >= calls + reads)
    read = d.instance("counter")["calls"] - calls
    passed = time.monotonic() - begun
    assert read <= passed / EACH + 3, f"{read} reads in {passed:.3f} s"


def numbered(sink, d):
    """All that has entered has come, under numbers without a gap."""
    adds_up(d)
    fresh, _, jumps = sink.judged()
    equal(jumps, 0, "numbers that were left out")
    return [dict(row.values)["count"] for row in fresh]


@test("19: set to an hour off, to 1970 and to 2106, it loses none that wait")
def _():
    sink = Sink()
    sink.refuse()
    d = skewed(sink, spool={"max_age": "3650d"})
    for off in offsets():
        d.step(off)
        keeps_pace(d)
        # some of it on disk, by each of the clocks
        kept = d.asked(do="spool", writer="out")["spools"][0]
        comment(f"off by {off:.0f} s: {kept['lists']} wait")
    sink.listen()
    wait_until(lambda: waiting(d) < 5)
    counts = numbered(sink, d)
    assert len(counts) > 5 * 15, len(counts)
    assert all(b - a == 10 for a, b in zip(counts, counts[1:])), counts
    equal(set(out(d)["dropped"].values()), {0}, out(d)["dropped"])
    assert "stuck" not in d.log()


@test("19: a clock that drifts by seconds is followed by stamps only")
def _():
    sink = Sink()
    d = skewed(sink)
    for off in range(1, 9):
        d.step(off if off % 2 else -off)
        keeps_pace(d, 5)
    wait_until(lambda: waiting(d) < 5)
    counts = numbered(sink, d)
    assert all(b - a == 10 for a, b in zip(counts, counts[1:])), counts


@test("19: a retry and a kill under a clock that was set repeat nothing")
def _():
    sink = Sink()
    sink.refuse()
    d = skewed(sink)
    wait_until(lambda: waiting(d) > 80 and out(d)["queue"]["oldest"] > 1.5)
    d.step(-DAY)
    d.kill()
    d.start()
    d.step(DAY)
    sink.listen()
    wait_until(lambda: waiting(d) < 5)
    numbered(sink, d)
    rows = [row for row in sink.judged()[0]]
    equal(len(rows), len(set(rows)))
    equal(set(out(d)["dropped"].values()), {0}, out(d)["dropped"])


main()
