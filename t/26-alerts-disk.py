#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The disk that the alerts are kept on hangs: a call for it does not return.
Value lists go on, people hear of it, and nothing is lost when it answers."""

import errno
import os
import re
import time

from harness import equal, free_port, main, test, wait_until
from sink import Sink
from torture import HANG, faulty, hurry, section

RULE = {"steady.value": {"failure": 90, "cooldown": "0s"}}
HANGS_S = 10  # then it is said


def made(sink):
    """A daemon whose steady.value is 10 and whose disk can hang."""
    d = faulty({"hostname": "web-1", "interval": "100ms", "plugins": {
        "steady": {"value": 10},
        "pager": {"plugin": "notifier", "path": "told"},
        "out": section(sink, "none", routes=["steady"])},
        "thresholds": RULE}, eager=False)
    wait_until(lambda: d.status()["alerts"]["states"]["ok"] == 1
               and d.status()["alerts"]["store"]["commits"] > 0)
    return d


def hang(d):
    """From now on no call for its disk returns, before d.faults.off()."""
    for call in ("write", "sync", "read", "open", "change"):
        d.faults.on(HANG, call)


def say(d, value):
    with open(d.config, encoding="utf-8") as config:
        d.configure(re.sub("value: [0-9]+", f"value: {value}", config.read()))
    d.reload()


def told(d):
    path = d.path("told")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as notices:
        return notices.read()


def arrives(sink, value):
    """A list of that value arrives, that is measured from now on."""
    begun = time.time()

    def look():
        return any(row.plugin == "steady" and row.time > begun and
                   row.values == (("value", value),) for row in sink.rows())
    wait_until(look, what=f"{value} at the sink")


def store(d):
    return d.status()["alerts"]["store"]


def kill_and_start(d):
    """Kept is that its value is a failure."""
    d.kill()
    d.start()
    wait_until(lambda: d.status()["alerts"]["states"]["failure"] == 1)


def goes_on_after_a_kill(d, silences):
    """It knows so many silences then, and tells that the failure is over."""
    kill_and_start(d)
    equal(len(d.asked(do="silences")["silences"]), silences)
    say(d, 10)
    wait_until(lambda: "resolved" in told(d))


@test("value lists are on time while the disk of the alerts hangs, status says "
      "so, and who is to be told is told when it answers")
def _():
    sink = Sink()
    d = made(sink)
    begun = time.time()
    hang(d)
    say(d, 95)
    wait_until(lambda: d.status()["alerts"]["states"]["failure"] == 1)
    # all the time that it takes until it is said
    while store(d)["state"] == "ok":
        arrives(sink, 95)
        assert time.time() - begun < 6 * HANGS_S
    hung = store(d)
    equal(hung["state"], "hangs")
    assert re.search(r"alerts\.db: the disk has not answered for [1-9]\d s",
                     hung["why"]), hung
    # since its first call, which is not at once
    assert begun - 1 < hung["since"] < time.time() - HANGS_S + 1, (hung, begun)
    for words in ("status",), ("alerts",):
        text = d.fettlectl(*words).stdout
        assert "nobody is told before the disk answers: " in text, text
    done = d.fettlectl("silence", "x", "--for", "1h", "--reason", "y")
    assert "in memory only" in done.stdout and "has not answered" in \
        done.stdout, done.stdout
    arrives(sink, 95)
    equal(told(d), "")
    d.log_wait("the disk has not answered for 10 s")
    d.faults.off()
    wait_until(lambda: "firing" in told(d) or "steady.value" in told(d))
    d.log_wait(r"the disk answered after [1-9]\d s")
    wait_until(lambda: store(d)["state"] == "ok")
    # and what happened meanwhile is kept
    goes_on_after_a_kill(d, silences=1)
    equal(told(d).count("steady.value failure"), 1)


@test("why somebody was paged is known after kill -9")
def _():
    d = made(Sink())
    say(d, 95)
    wait_until(lambda: d.instance("pager")["notices"]["sent"] == 1)
    # who makes a silence waits for all there is to be on disk
    answer = d.asked(do="silence", pattern="x", reason="y", **{"for": 3600})
    equal(answer["kept"], True)

    def timeline():
        alert, = d.asked(do="explain", what="steady.value")["alerts"]
        return alert["timeline"]
    told_before = timeline()
    equal([e["what"] for e in told_before], ["moved", "sent", "delivered"])
    kill_and_start(d)
    equal(timeline(), told_before)
    text = d.fettlectl("explain", "steady.value").stdout
    assert re.search(r"95  failure, was ok", text), text
    assert re.search(r"pager: firing delivered", text), text


@test("what cannot be read at the start is known again when it can be")
def _():
    d = made(Sink())
    d.asked(do="silence", pattern="x", reason="y", **{"for": 3600})
    say(d, 95)
    wait_until(lambda: "steady.value" in told(d)
               and d.instance("pager")["notices"]["sent"] == 1)
    d.kill()
    as_it_is = dict(d.env)
    # it is tried again each minute; of a disk that is slow 5 s are borne
    hurry(d.env, 12)
    d.faults.on(errno.EIO, "read")
    d.start()
    equal(store(d)["state"], "degraded")
    wait_until(lambda: told(d).count("steady.value failure") == 2)
    answer = d.asked(do="silence", pattern="z", reason="y", **{"for": 3600})
    equal(answer["kept"], False)
    d.faults.off()
    d.log_wait("alerts are kept again")
    equal({s["pattern"]: s["number"] for s in
           d.asked(do="silences")["silences"]}, {"z": 1, "x": 2})
    d.env = as_it_is
    goes_on_after_a_kill(d, silences=2)
    equal(told(d).count("steady.value failure"), 2)


@test("SIGTERM ends it though the disk hangs")
def _():
    sink = Sink()
    d = made(sink)
    hang(d)
    say(d, 95)
    arrives(sink, 95)
    equal(d.stop(timeout=30).code, 0)
    d.log_wait("alerts: the disk has not answered in time")
    d.faults.off()
    d.start()
    wait_until(lambda: "steady.value" in told(d))


@test("SIGTERM ends a hub though the disk hangs")
def _():
    port = free_port()
    d = faulty({"hostname": "hub", "interval": "100ms", "plugins": {
        "memory": None, "ringbuffer_http": {
            "listen": f"127.0.0.1:{port}", "token_file": "token"}},
        "thresholds": {"memory": 100}}, eager=False)
    wait_until(lambda: d.value("memory.percent") is not None)
    hang(d)
    equal(d.stop(timeout=30).code, 0)
    d.log_wait("the disk has not answered in time")
    d.faults.off()


main()
