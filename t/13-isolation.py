#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What hangs costs the others nothing."""

from harness import Daemon, equal, main, sanitized, test, wait_until

STEADY = {"plugin": "steady", "interval": "10ms"}


def state(d, label):
    return d.instance(label)["state"]


def goes_on(d, label):
    calls = d.instance(label)["calls"]
    wait_until(lambda: d.instance(label)["calls"] > calls + 10)


@test("beside a writer that sleeps for ever the other gets all 100 000 lists")
def _():
    d = Daemon({"plugins": {
        "steady": {"instances": 1000, "interval": "20ms"},
        # it may be slower than the reader: it has room for all that there is
        "fast": {"plugin": "sinkfile", "path": "lists", "interval": "100ms",
                 "queue": "512MiB"},
        "slow": {"plugin": "sleepsink", "queue": "1MiB", "timeout": "1s"}}})
    all_ = 10000 if sanitized() else 100000  # which is slow
    fast = wait_until(lambda: (lambda i: i if i["sent"] >= all_ else None)(
        d.instance("fast")))
    equal(sum(fast["dropped"].values()), 0, "dropped by the fast one")
    wait_until(lambda: state(d, "slow") == "stuck")
    slow = d.instance("slow")
    assert slow["dropped"]["full"] > 0 and slow["sent"] == 0, slow
    assert slow["queue"]["bytes"] <= 1 << 20, slow
    equal(d.status()["dispatch"]["dropped"]["queue"], 0)


@test("a reader that hangs is called stuck, the others go on, and it recovers")
def _():
    d = Daemon({"interval": "100ms", "plugins": {
        "steady": STEADY,
        "sleeper": {"until": "awake", "timeout": "300ms"}}})
    wait_until(lambda: state(d, "sleeper") == "stuck")
    d.log_wait("sleeper: stuck: a call has not returned")
    goes_on(d, "steady")
    equal(d.status()["readers"]["stuck"], 1)
    assert d.status()["readers"]["threads"] <= 3
    wait_until(lambda: d.value("fettle[sleeper].stuck") == 1)
    calls = d.instance("sleeper")["calls"]
    d.file("awake", "")
    wait_until(lambda: state(d, "sleeper") == "up")
    wait_until(lambda: d.instance("sleeper")["calls"] > calls + 1)
    d.log_wait("no longer stuck")
    wait_until(lambda: d.status()["readers"]["threads"] == 1)


@test("an open that hangs keeps nothing else from starting")
def _():
    d = Daemon({"plugins": {
        "sleeper": {"until": "awake", "in": "open", "timeout": "500ms"},
        "steady": STEADY}}, ready=False)
    wait_until(lambda: d.count("READY=1"))
    goes_on(d, "steady")
    d.file("awake", "")
    wait_until(lambda: state(d, "sleeper") == "up")


@test("a close that hangs holds up no reload")
def _():
    d = Daemon({"plugins": {
        "sleeper": {"until": "awake", "in": "close", "timeout": "500ms"},
        "steady": STEADY}})
    d.reload({"plugins": {"steady": STEADY}})
    goes_on(d, "steady")
    d.file("awake", "")


@test("SIGTERM ends it within the drain with reader and writer stuck")
def _():
    d = Daemon({"plugins": {
        "steady": STEADY,
        "sleeper": {"until": "never", "interval": "100ms",
                    "timeout": "300ms"},
        "slow": {"plugin": "sleepsink", "drain": "1s", "timeout": "300ms"}}})
    wait_until(lambda: state(d, "slow") == state(d, "sleeper") == "stuck")
    stopped = d.stop()
    equal(stopped.code, 0)
    assert stopped.seconds < 20, stopped
    d.log_wait("leaving behind what is stuck")
    d.log_wait(r"slow: \d+ value lists are lost")


@test("a writer that works drains before the end")
def _():
    d = Daemon({"plugins": {
        "steady": STEADY,
        "sink": {"plugin": "sinkfile", "path": "lists", "interval": "1h"}}})
    wait_until(lambda: d.instance("sink")["queue"]["lists"] > 50)
    waiting = d.instance("sink")["queue"]["lists"]
    equal(d.stop().code, 0)
    with open(d.path("lists")) as f:
        assert sum(1 for _ in f) >= waiting


main()
