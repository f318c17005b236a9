#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Lists have numbers: what comes again is skipped, what never came is told."""

import json
import os
import time

from harness import (PLUGIN_DIR, Daemon, equal, free_port, main, post, skip,
                     test, wait_until)

TOKEN = "a-token-of-the-tests-0123456789abcdef"
QUEUE = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
SINK = {"plugin": "sinkfile", "path": "lists"}


def hub(plugins=None, port=None):
    port = port or free_port()
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True}
    d = Daemon({"hostname": "hub", "interval": "24h",
                "plugins": {"ringbuffer_http": ring, "sink": SINK,
                            **(plugins or {})}},
               files={"token": TOKEN}, args=["--strict"])
    d.port = port
    return d


def to(port):
    return {"plugin": "http_ingest", "token_file": "token",
            "url": f"http://127.0.0.1:{port}/ingest", "interval": "50ms",
            "drain": "1s"}


def batch(seq, n, queue=QUEUE, age=0, **more):
    now = time.time()
    return {"v": 1, "queue": queue, "seq": seq, "sent": now, "host": "web-1",
            "interval": 10, "plugins": [{
                "plugin": "x", "fields": [["n", "gauge", ""]],
                "rows": [[str(i), now - age, i]
                         for i in range(seq, seq + n)]}], **more}


def send(d, *args, **more):
    """Posts what must be taken: how much was, and how much came before."""
    answer = post(d.port, "/ingest", batch(*args, **more), token=TOKEN)
    equal(answer.status, 200, answer.body)
    said = json.loads(answer.body)
    return said["accepted"], said.get("duplicate", 0)


def need_store():
    if not os.path.exists(os.path.join(PLUGIN_DIR, "store-sqlite.so")):
        skip("built without the store")


def had(d, plugin="x"):
    """The instances that the hub's writer got, in their order."""
    with open(d.path("lists")) as f:
        lines = [json.loads(line) for line in f if line.endswith("\n")]
    return [line["instance"] for line in lines if line["plugin"] == plugin]


def counts(d):
    ingest = d.status()["ingest"]
    return {k: ingest[k] for k in ("queues", "lost", "duplicate", "refilled")}


@test("what is sent again, however it is cut, is there once")
def _():
    d = hub()
    equal(send(d, 100, 10), (10, 0))
    equal(send(d, 100, 10), (0, 10))
    equal(send(d, 105, 10), (5, 5))
    equal(send(d, 100, 3), (0, 3))
    equal(send(d, 115, 1), (1, 0))
    equal(send(d, 1, 2, queue=OTHER), (2, 0))
    want = [str(i) for i in range(100, 116)] + ["1", "2"]
    wait_until(lambda: len(had(d)) >= len(want))
    equal(had(d), want)
    equal(counts(d), {"queues": 2, "lost": 0, "duplicate": 18, "refilled": 0})


@test("a batch without numbers is taken each time, one of a wrong queue never")
def _():
    d = hub()
    plain = batch(1, 2)
    del plain["queue"], plain["seq"]
    for _ in range(2):
        equal(json.loads(post(d.port, "/ingest", plain,
                              token=TOKEN).body)["accepted"], 2)
    equal(counts(d)["queues"], 0)
    answer = post(d.port, "/ingest", batch(1, 1, queue="9f"), token=TOKEN)
    equal(answer.status, 422)
    assert b"queue" in answer.body, answer.body


@test("numbers that never came are lost, and told for each agent")
def _():
    d = hub()
    send(d, 17000, 10)
    send(d, 17015, 10)
    equal(counts(d), {"queues": 1, "lost": 5, "duplicate": 0, "refilled": 0})
    agents = d.status()["ingest"]["agents"]
    equal([(a["host"], a["lost"]) for a in agents], [("web-1", 5)])
    shown = d.fettlectl("status").stdout
    assert "5 lists lost" in shown, shown


@test("an agent is late until it has caught up, and what it brings refilled")
def _():
    d = hub()
    send(d, 1, 10, age=600)
    status = d.status()["ingest"]
    equal(status["late"], 1)
    assert 599 < status["agents"][0]["late"] < 610, status
    equal(counts(d)["refilled"], 10)
    send(d, 11, 1)
    status = d.status()["ingest"]
    equal((status["late"], status["agents"][0]["late"]), (0, 0))
    equal(counts(d)["refilled"], 10)


@test("an agent whose clock is wrong is told of once, by name, and in status")
def _():
    d = hub()
    for seq in 1, 3:
        equal(send(d, seq, 2, age=-3700), (0, 0))
    equal(send(d, 1, 1, queue=OTHER, host="web-2", age=40 * 86400), (0, 0))
    said = "value lists of 'web-1' are dropped: by its clock they are 1 h 1 m"
    d.log_wait("value lists of 'web-2' are dropped: .* 40 d 0 h old; set the")
    equal(d.log().count(said), 1, d.log())
    dispatch = d.status()["dispatch"]
    equal(dispatch["dropped"]["time"], 5)
    web1, web2 = dispatch["astray"]
    equal((web1["host"], web2["host"]), ("web-1", "web-2"))
    assert 3660 < web1["ahead"] <= 3700, web1
    assert web2["ahead"] < -39 * 86400, web2
    shown = d.fettlectl("status").stdout
    assert "web-1: by its clock its lists are 1 h 1 min in the future" \
        in shown, shown
    equal(send(d, 5, 2), (2, 0))
    d.log_wait("value lists of 'web-1' are taken again")
    equal([a["host"] for a in d.status()["dispatch"]["astray"]], ["web-2"])
    equal(counts(d)["lost"], 0)


@test("the hub remembers over a restart, and what was lost meanwhile")
def _():
    need_store()
    d = hub()
    send(d, 1, 10)
    d.stop()
    assert os.path.getsize(d.path("state/seen.db")) > 0
    d.start()
    equal(send(d, 1, 11), (1, 10))
    send(d, 14, 1)
    equal(counts(d), {"queues": 1, "lost": 2, "duplicate": 10, "refilled": 0})


@test("after kill -9 the hub takes what follows, and calls nothing lost")
def _():
    d = hub()
    send(d, 1, 10)
    d.stop()
    d.start()
    send(d, 11, 10)
    d.kill()
    d.start()
    equal(send(d, 21, 10), (10, 0))
    equal(counts(d)["lost"], 0)
    equal(send(d, 21, 10), (0, 10))


@test("two hubs that send to each other say so, and nothing goes round")
def _():
    ports = free_port(), free_port()
    a = hub({"to_b": to(ports[1])}, ports[0])
    b = hub({"to_a": to(ports[0])}, ports[1])
    send(a, 1, 3)
    wait_until(lambda: len(had(b)) >= 3)
    b.log_wait("to_a: .*given up: .*it went through this hub before")
    equal(had(a), ["1", "2", "3"])
    equal(had(b), ["1", "2", "3"])


@test("what a hub kept in its spool is known by the way it came")
def _():
    need_store()
    ports = free_port(), free_port()
    nobody = free_port()
    a = hub({"to_b": to(ports[1])}, ports[0])
    keep = {"spool": {"survive": "crash"}}
    b = hub({"to_a": {**to(nobody), **keep}}, ports[1])
    send(a, 1, 3)
    wait_until(lambda: len(had(b)) >= 3)
    wait_until(lambda: b.instance("to_a")["queue"]["oldest"] > 1.5)
    b.kill()
    b.configure({"hostname": "hub", "interval": "24h", "plugins": {
        "ringbuffer_http": {"listen": f"127.0.0.1:{ports[1]}",
                            "token_file": "token", "open_read": True},
        "to_a": {**to(ports[0]), **keep}}})
    b.start()
    b.log_wait(r"to_a: \d+ value lists are in the spool")
    b.log_wait("to_a: .*given up: .*it went through this hub before")
    equal(had(a), ["1", "2", "3"])


@test("a third hub in the middle changes nothing")
def _():
    far = hub()
    near = hub({"to_far": to(far.port)})
    equal(send(near, 1, 5), (5, 0))
    equal(send(near, 1, 5), (0, 5))
    equal(send(near, 6, 1, via=[OTHER]), (1, 0))
    wait_until(lambda: len(had(far)) >= 6)
    equal(had(far), ["1", "2", "3", "4", "5", "6"])
    equal(counts(far)["lost"], 0)


main()
