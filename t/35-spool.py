#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What waits for a writer survives what its section promises, and adds up."""

import glob
import json
import os
import shutil
import stat

from harness import SLACK, Daemon, equal, main, test, wait_until

STEADY = {"plugin": "steady", "instances": 10, "interval": "50ms"}


def daemon(spool, writer="sleepsink", more=None, args=("--strict",), **sink):
    """One that collects for a writer, `out', with that spool."""
    out = {"plugin": writer, "drain": "0s", **sink}
    if spool:
        out["spool"] = spool
    return Daemon({"interval": "100ms", "plugins": {
        "steady": STEADY, "out": out, **(more or {})}}, args=list(args))


def spool(d, writer="out"):
    return d.asked(do="spool", writer=writer)["spools"][0]


def adds_up(s):
    equal(s["sent"] + s["lists"] + sum(s["dropped"].values()), s["entered"],
          "what became of the lists")


def lists(d, name="lists"):
    """What a sinkfile got."""
    try:
        with open(d.path(name)) as f:
            return [json.loads(line) for line in f]
    except FileNotFoundError:
        return []


def collect(d, n):
    """Waits until so many lists wait, and are on disk since they have for a
    second; how many those are."""
    wait_until(lambda: spool(d)["lists"] >= n)
    before = spool(d)["lists"]
    # what was under way when they were counted may be without some of them
    for _ in range(2):
        size = spool(d)["bytes"]
        wait_until(lambda: spool(d)["bytes"] > size)
    return before


def change(d, *pairs):
    """Replaces texts in the configuration."""
    with open(d.config) as f:
        config = f.read()
    for old, new in pairs:
        assert old in config, f"no {old} in {config}"
        config = config.replace(old, new)
    d.configure(config)


def deliver(d):
    """From the next start on nothing is collected, and `out' delivers."""
    change(d, ("plugin: sleepsink",
               f"plugin: sinkfile\n    path: {d.path('lists')}"),
           ("interval: 50ms", "interval: 1h"))


def found(d):
    return int(d.log_wait(r"out: (\d+) value lists are in the spool")[1])


# --- the four promises -------------------------------------------------------

@test("none: the end is the end, counted and said")
def _():
    d = daemon(None, timeout="300ms")
    wait_until(lambda: spool(d)["lists"] > 50)
    equal(spool(d)["survive"], "none")
    equal(spool(d)["state"], "none")
    adds_up(spool(d))
    d.stop()
    d.log_wait(r"out: \d+ value lists are lost")
    assert not os.path.exists(d.path("state/spool"))


@test("exit: what the drain leaves is sent after the start")
def _():
    d = daemon({"survive": "exit"}, "refuser", path="answers",
               answers=["retry"] * 1000)
    wait_until(lambda: spool(d)["lists"] > 50)
    equal(d.stop().code, 0)
    left = int(d.log_wait(r"out: (\d+) value lists stay in the spool")[1])
    change(d, ("retry", "delivered"), ("interval: 50ms", "interval: 1h"))
    d.start()
    equal(found(d), left)
    wait_until(lambda: spool(d)["sent"] >= left)
    adds_up(spool(d))
    got = [x for x in lists(d, "answers") if "seq" in x]
    equal(len({x["queue"] for x in got}), 1, "queues")
    seqs = [x["seq"] for x in got]
    assert seqs == sorted(set(seqs)), "not in order"


def survives_a_kill(survive):
    d = daemon({"survive": survive})
    before = collect(d, 100)
    d.kill()
    deliver(d)
    d.start()
    there = found(d)
    assert there >= before, (there, before)
    wait_until(lambda: spool(d)["sent"] >= there)
    got = lists(d)
    old = [x["seq"] for x in got if x["queue"] == got[0]["queue"]]
    assert old == list(range(1, there + 1)), "not without a gap"
    adds_up(spool(d))
    return d


@test("crash: what had waited for a second when it was killed is sent")
def _():
    survives_a_kill("crash")


@test("power: so is it, and each transaction was brought to the disk")
def _():
    survives_a_kill("power")


@test("what was delivered within a second is never written")
def _():
    d = daemon({"survive": "crash"}, "sinkfile", path="lists")
    wait_until(lambda: spool(d)["sent"] > 300)

    def nothing_is_written():
        """Unless the machine stood still for a second."""
        size = os.stat(d.path("state/spool/out.db-wal")).st_size
        sent = spool(d)["sent"]
        wait_until(lambda: spool(d)["sent"] > sent + 400)
        return os.stat(d.path("state/spool/out.db-wal")).st_size == size
    wait_until(nothing_is_written)
    equal(stat.S_IMODE(os.stat(d.path("state/spool")).st_mode), 0o700)
    equal(stat.S_IMODE(os.stat(d.path("state/spool/out.db")).st_mode), 0o600)


@test("a post that is to be durable is on disk when it returns")
def _():
    d = daemon({"survive": "crash"}, more={"source": {
        "every": "20ms", "durable": True}})
    wait_until(lambda: (d.value("host-0:source.posted") or 0) > 20)
    d.kill()
    posted = 20
    deliver(d)
    change(d, ("every: 20ms", "every: 1h"))
    d.start()
    there = found(d)
    wait_until(lambda: spool(d)["sent"] >= there)
    got = [int(x["values"]["posted"]) for x in lists(d)
           if x["plugin"] == "source" and x["queue"] == lists(d)[0]["queue"]]
    equal(got[:posted], list(range(posted)))


# --- the file ----------------------------------------------------------------

@test("--strict exits 1 without its spool; else it runs in memory and heals")
def _():
    d = daemon({"survive": "crash"}, "sinkfile", path="lists")
    d.stop()
    os.rename(d.path("state/spool"), d.path("state/kept"))
    d.file("state/spool", "in the way")
    d.start(ready=False)
    equal(d.wait(), 1)
    d.log_wait("out has no spool")
    d.args = []
    d.start()
    s = spool(d)
    equal(s["state"], "degraded")
    assert "spool" in s["why"], s
    wait_until(lambda: spool(d)["sent"] > 50)
    equal(d.value("fettle[out].spool_degraded") or 1, 1)
    os.unlink(d.path("state/spool"))
    d.asked(do="flush")
    wait_until(lambda: spool(d)["state"] == "ok")
    d.log_wait("out: the spool works again after")
    adds_up(spool(d))


@test("a directory that was deleted is made again, and nothing is lost")
def _():
    d = daemon({"survive": "crash"}, "refuser", path="answers",
               answers=["retry"] * 2, after="3s")
    collect(d, 50)
    shutil.rmtree(d.path("state/spool"))
    d.asked(do="reload")
    wait_until(lambda: spool(d)["sent"] > 200)
    adds_up(spool(d))
    equal(sum(spool(d)["dropped"].values()), 0)


@test("where the file has no more room the oldest are dropped and counted")
def _():
    d = daemon({"survive": "crash", "max_size": "1MiB"}, queue="8MiB",
               more={"many": {"plugin": "steady", "instances": 5000,
                              "interval": "50ms"}})
    wait_until(lambda: spool(d)["dropped"]["full"] > 20000)
    s = spool(d)
    adds_up(s)
    equal(s["state"], "ok")
    taken = sum(os.stat(f).st_size for f in glob.glob(
        d.path("state/spool/out.db*")))
    # the log is as large as the largest transaction, too
    assert s["bytes"] <= taken <= (1 << 20) + (64 << 10), (s, taken)
    assert s["disk"] > 5000, s
    d.kill()
    deliver(d)
    change(d, ("instances: 5000", "instances: 1"))
    d.start()
    there = found(d)
    wait_until(lambda: spool(d)["sent"] >= there)
    got = lists(d)
    old = [x["seq"] for x in got if x["queue"] == got[0]["queue"]]
    assert old == list(range(old[0], old[0] + there)), "not without a gap"
    adds_up(spool(d))


@test("a large backlog slows no start and costs no memory")
def _():
    d = daemon({"survive": "crash"}, queue="16MiB", more={
        "many": {"plugin": "steady", "instances": 10000,
                 "interval": "100ms"}})
    wait_until(lambda: spool(d)["bytes"] > 3 << 20)
    d.kill()
    change(d, ("instances: 10000", "instances: 1"))
    # what was written last is read to see what is whole, all else is not
    log = os.stat(d.path("state/spool/out.db-wal")).st_size
    d.start()
    read = d.has_read()
    assert read < 2 * log + (1 << 20), (read, log)
    assert found(d) > 200000
    assert d.rss() < (24 << 20) + SLACK, d.rss()
    adds_up(spool(d))


# --- dead letters ------------------------------------------------------------

@test("what is never taken becomes a dead letter, and stays one")
def _():
    d = daemon({"survive": "crash"}, "refuser", path="answers", bad="3",
               names=True)
    wait_until(lambda: len(spool(d)["dead"]) == 16)
    letter = spool(d)["dead"][-1]
    equal(letter["why"], "refused")
    equal(letter["reason"], "it is bad")
    equal(letter["list"]["plugin"], "steady")
    equal(letter["list"]["instance"], "3")
    equal(letter["list"]["values"], {"value": 1.0})
    text = d.fettlectl("spool", "out").stdout
    assert "steady[3]: it is bad" in text, text
    assert "crash" in text and "ok" in text, text
    adds_up(spool(d))
    d.stop()
    change(d, ("interval: 50ms", "interval: 1h"))
    d.start()
    equal(len(spool(d)["dead"]), 16)
    equal(spool(d)["dead"][0]["reason"], "it is bad")


@test("spool of a writer that is none is refused, and so is one of a reader")
def _():
    d = daemon(None)
    assert "no writer" in d.ctl({"do": "spool", "writer": "x"})["error"]
    change(d, ("interval: 50ms", "interval: 50ms\n    spool: {}"))
    answer = d.ctl({"do": "reload"})
    assert "a spool is for writers" in answer["errors"][0], answer


# --- reload ------------------------------------------------------------------

@test("a reload turns a spool on, and makes it stronger, and loses nothing")
def _():
    d = daemon(None, "refuser", path="answers", answers=["retry"] * 1000)
    wait_until(lambda: spool(d)["lists"] > 50)
    change(d, ("plugin: refuser", "plugin: refuser\n    spool: "
               "{survive: crash}"))
    d.reload()
    wait_until(lambda: spool(d)["state"] == "ok")
    before = collect(d, 100)
    change(d, ("{survive: crash}", "{survive: power, max_size: 1MiB}"))
    d.reload()
    wait_until(lambda: spool(d)["survive"] == "power")
    equal(spool(d)["max_size"], 1 << 20)
    adds_up(spool(d))
    d.kill()
    d.start()
    assert found(d) >= before


@test("a writer that a reload removed leaves in its spool what it could not")
def _():
    d = daemon({"survive": "crash"}, "refuser", path="answers",
               answers=["retry"] * 1000)
    before = collect(d, 50)
    d.reload({"interval": "100ms", "plugins": {"steady": STEADY}})
    left = int(d.log_wait(r"out: (\d+) value lists stay in the spool")[1])
    assert left >= before, (left, before)
    wait_until(lambda: d.instance("out") is None)
    out = {"plugin": "sinkfile", "path": "lists",
           "spool": {"survive": "crash"}}
    d.reload({"interval": "100ms", "plugins": {"out": out}})
    equal(found(d), left)
    wait_until(lambda: spool(d)["sent"] >= left)


main()
