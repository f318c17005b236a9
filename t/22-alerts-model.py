#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The engine of the alerts does what its model does, event by event: in the
histories written down in t/alerts/timelines.txt, and in random ones.

ALERT_HISTORIES says which of those: FIRST-LAST, or how many; then those that
differ only in what must make no difference are compared as well.
"""
import os
import sys

from harness import BUILDDIR, SRCDIR, main, test

sys.path.insert(0, os.path.join(SRCDIR, "t", "alerts"))
sys.dont_write_bytecode = True

import histories  # noqa: E402
import model      # noqa: E402
import timelines  # noqa: E402
from mirror import Differs, Driver, Mirror  # noqa: E402

PROGRAM = os.path.join(BUILDDIR, "t", "alert_model")
PATH = os.path.join(SRCDIR, "t", "alerts", "timelines.txt")
FAST = {name: getattr(model, name) for name in
        ("FORGET", "REFUSED", "DAY", "FOLD", "FOLD_MAX")}
REAL = {"FORGET": 7 * 86400, "REFUSED": 3600, "DAY": 86400, "FOLD": 5,
        "FOLD_MAX": 50}


def tuned(values):
    for name, value in values.items():
        setattr(model, name, value)


def seeds():
    said = os.environ.get("ALERT_HISTORIES", "40")
    first, dash, last = said.partition("-")
    return range(int(first), int(last) + 1) if dash else \
        range(1, int(first) + 1)


def timeline(n, title, rule, steps):
    @test(f"timeline {n}: {title}")
    def _():
        tuned(REAL)
        Mirror.driver = Driver(PROGRAM)
        timelines.Line(rule, Mirror).run(steps)
        assert Mirror.driver.end() == 0


for line in timelines.timelines(PATH):
    timeline(*line)


@test(f"random histories {seeds()[0]} to {seeds()[-1]}")
def _():
    tuned(FAST)
    Mirror.driver = Driver(PROGRAM)
    for seed in seeds():
        try:
            histories.history(seed, Mirror, "ALERT_HISTORIES" in os.environ)
        except Exception as x:
            raise AssertionError(f"seed {seed}: {x}") from x
    assert Mirror.driver.end() == 0


# What the comparison would be worth nothing without: it finds a model at fault.
FAULTS = ("strict_cooldown", "recovery_resets", "rise_by_level", "nan_clears",
          "kept_counts", "late_counts", "no_maybe", "hold_plus", "remind_ignores_cooldown")


def found_out(fault):
    class Faulty(Mirror):
        mutant = fault
    for seed in range(1, 21):
        try:
            histories.World(seed, Faulty).run()
        except (Differs, histories.Broken):
            return True
    return False


@test("a fault of the model is found out within twenty histories")
def _():
    tuned(FAST)
    Mirror.driver = Driver(PROGRAM)
    survivors = [fault for fault in FAULTS if not found_out(fault)]
    assert not survivors, survivors
    assert Mirror.driver.end() == 0


main()
