#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sinks that are away, slow, confused or hostile: rows 12 to 17 of the faults.
What was promised arrives in the end, in order, once for whoever looks at the
numbers; and nobody else has to wait for it."""

import os
import socket

from harness import equal, main, test, wait_until
from sink import (Sink, answer, drip, drip_for_ever, flood, hang, hang_up,
                  lie, reset, say)
from torture import (Client, PRELOAD, TOKEN, adds_up, faulty, healed, judge,
                     numbers, out, relay, section, waiting)

MIB = 1 << 20


def reason(d):
    return out(d)["error"] or ""


def made(survive="crash", listen=True, **more):
    sink = Sink(listen=listen) if listen else closed()
    return sink, relay(sink, survive, **more), Client()


def closed():
    """A sink whose port refuses until it listens."""
    sink = Sink()
    sink.refuse()
    return sink


def delivers(sink, d, client, n=5):
    """After all that: what is posted now arrives as well."""
    sink.always = answer(200)
    client.must(d, n)
    healed(d, sink, client)


@test("12: what a sink misses while it refuses waits, and arrives in order")
def _():
    for survive in ("none", "crash"):
        sink, d, client = made(survive, listen=False)
        for _ in range(20):
            client.must(d, 10)
        wait_until(lambda: waiting(d) == 200)
        sink.listen()
        healed(d, sink, client)
        order = numbers(sink.judged()[0])
        equal(order, sorted(order))
        equal(len(order), 200)
        d.stop()


@test("12: a name that cannot be, and a port that says nothing, are said")
def _():
    with socket.socket() as mute:
        # a listener that takes nobody: two are in its backlog already
        mute.bind(("127.0.0.1", 0))
        mute.listen(0)
        port = mute.getsockname()[1]
        full = [socket.socket() for _ in range(2)]
        for s in full:
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", port))
        urls = [f"http://{64 * 'x'}/ingest",
                f"http://127.0.0.1:{port}/ingest"]
        for url in urls:
            sink, d, client = made(url=url, cleartext=True, timeout="1s")
            client.must(d, 3)
            wait_until(lambda: out(d)["retried"] > 0)
            assert reason(d), "no reason is told"
            equal(waiting(d), 3)
            adds_up(d)
            equal(d.stop().code, 0)
        for s in full:
            s.close()


@test("12: a name that nobody answers for is given up, not waited for")
def _():
    sink, d, client = made(url="http://hub.mute/ingest", cleartext=True,
                           timeout="2s", start=False)
    d.env["LD_PRELOAD"] += ":" + os.path.join(PRELOAD, "names.so")
    d.start()
    client.must(d, 3)
    wait_until(lambda: out(d)["retried"] > 1 and
               "resolving" in reason(d).lower(), what="a reason to give up")
    equal(waiting(d), 3)
    adds_up(d)
    equal(d.stop().code, 0)


@test("12: beside a sink that is away others get all, and readers keep pace")
def _():
    sink = closed()
    other = Sink()
    d = faulty({"interval": "20ms", "plugins": {
        "steady": None,
        "away": {**section(sink), "routes": ["steady"]},
        "there": {**section(other, "none"), "routes": ["steady"]}}})
    other.wait(lambda: len(other.rows()) > 100)
    stamps = sorted(row.time for row in other.rows())
    gaps = [b - a for a, b in zip(stamps, stamps[1:])]
    assert sorted(gaps)[len(gaps) // 2] < 0.5, gaps  # busy, but not waiting
    assert d.instance("away")["queue"]["lists"] > 90
    equal(sum(d.instance("there")["dropped"].values()), 0)
    adds_up(d, "away")
    sink.listen()
    wait_until(lambda: d.instance("away")["queue"]["lists"] < 10)


@test("13: an answer that drips is waited for, with one request at a time")
def _():
    sink, d, client = made()
    sink.always = drip(pause=0.001)
    for _ in range(10):
        client.must(d, 2)
    healed(d, sink, client)
    equal(sink.most_at_once, 1)


@test("13: an answer that never comes or never ends is given up, not waited for")
def _():
    for act in (hang(), drip_for_ever()):
        sink, d, client = made(timeout="1s")
        sink.then(act)
        client.must(d, 3)
        sink.wait_requests(2)
        equal(len({r.batch()[:2] for r in sink.requests}), 1)
        assert "stuck" not in d.log()
        delivers(sink, d, client)
        d.stop()


@test("14: 5xx, 408, 425 and 429 are tried again, the same")
def _():
    sink, d, client = made()
    codes = (500, 502, 503, 504, 599, 408, 425, 429)
    sink.then(*map(answer, codes))
    client.must(d, 3)
    sink.wait_requests(len(codes) + 1)
    healed(d, sink, client)
    equal(len({r.body.replace(b'"sent"', b"").split(b'"host"', 1)[1]
               for r in sink.requests}), 1)
    equal(len({r.batch()[:2] for r in sink.requests}), 1)
    equal(out(d)["retried"], len(codes))


@test("14: Retry-After is honoured, and is nothing where it means nothing")
def _():
    sink, d, client = made()
    sink.then(*(answer(503, headers={"Retry-After": value}) for value in
                ("-5", "soon", "", "1.5.2", "0", "Thu, 01 Jan 1970 00:00:00 "
                 "GMT", "\xff" * 9)))
    client.must(d, 1)
    sink.wait_requests(8, timeout=60)
    sink.then(answer(429, headers={"Retry-After": "1"}))
    client.must(d, 1)
    sink.wait_requests(10)
    gap = sink.requests[-1].at - sink.requests[-2].at
    assert gap >= 1, gap
    healed(d, sink, client)


@test("15: what is too large is halved until it fits, and nothing is lost")
def _():
    sink = closed()
    d, client = relay(sink), Client()
    for _ in range(5):
        client.must(d, 20)
    sink.always = lambda request: \
        answer(413 if len(request.batch()[2]) > 3 else 200)
    sink.listen()
    healed(d, sink, client)
    equal(len(sink.rows()), 100)


@test("15: one list that is refused goes alone, the good ones arrive")
def _():
    sink = closed()
    d, client = relay(sink), Client()
    client.must(d, 50)
    bad = {17, 33}

    def judge_rows(request):
        there = bad.intersection(numbers(request.batch()[2]))
        return answer(422, '{"error": "cannot be"}') if there \
            else answer(200)
    sink.always = judge_rows
    sink.listen()
    healed(d, sink)
    equal(set(numbers(sink.rows())), client.promised - bad)
    equal(out(d)["sent"], 48)
    d.log_wait("cannot be")
    # what is too large even alone
    sink.always = answer(413)
    client.must(d, 1)
    healed(d, sink)
    equal(out(d)["dropped"]["too_large"] + out(d)["dropped"]["refused"], 3)


@test("15: who is not let in keeps everything, and says why")
def _():
    for code in (401, 403, 404):
        sink, d, client = made()
        sink.then(answer(code, '{"error": "who are you?"}'))
        client.must(d, 3)
        wait_until(lambda: out(d)["state"] == "unauthorised")
        assert f"HTTP {code}" in reason(d) and "who are you?" in reason(d)
        equal(waiting(d), 3)
        adds_up(d)


@test("15: no redirect is followed, with the token or without")
def _():
    elsewhere = Sink()
    sink, d, client = made()
    sink.then(*(answer(code, headers={"Location": elsewhere.url})
                for code in (301,)))
    client.must(d, 3)
    sink.wait_requests(1)
    wait_until(lambda: "redirects" in reason(d))
    equal(elsewhere.requests, [])
    equal(waiting(d), 3)
    equal(sink.requests[0].headers["authorization"], f"Bearer {TOKEN}")


@test("15: 204 is an answer, and 100 for ever is none")
def _():
    sink, d, client = made(timeout="1s")
    sink.always = answer(204, b"")
    client.must(d, 3)
    healed(d, sink, client)
    sink.then(say(b"HTTP/1.1 100 Continue\r\n\r\n" * 100000))
    delivers(sink, d, client)


@test("16: half an answer, or a wrong one, is no answer: the same comes again")
def _():
    broken = [reset(), reset(after=9), reset(after=40), hang_up(), lie(5000),
              lie(-1), say(b""), say(b"\0" * 100), say(b"HTTP/1.1 2"),
              say(b"HTTP/1.1 200 ok\r\nContent-Length: 9, 9\r\n\r\n{}"),
              say(b"HTTP/9.9 200 no\r\n\r\n"), say(b"SSH-2.0-OpenSSH\r\n")]
    sink, d, client = made()
    sink.then(*broken)
    client.must(d, 5)
    healed(d, sink, client)
    first = sink.requests[0].batch()[:2]
    assert all(r.batch()[:2] == first for r in sink.requests), \
        [r.batch()[:2] for r in sink.requests]
    equal(len(sink.requests), len(broken) + 1)


@test("16: an answer without an end costs neither memory nor time")
def _():
    sink, d, client = made(timeout="1s")
    client.must(d, 1)
    healed(d, sink)
    before = d.rss()
    bomb = b"\x1f\x8b" + b"\0" * 100
    sink.then(flood(1 << 30), flood(10 << 30),
              answer(200, b"x" * (8 * MIB)),
              answer(200, bomb, {"Content-Encoding": "gzip"}),
              answer(200, headers={f"X-{i}": "y" * 900 for i in range(90)}))
    for _ in range(5):
        client.must(d, 1)
        wait_until(lambda: waiting(d) == 0)
    delivers(sink, d, client)
    d.grown(before, 4 * MIB)


@test("17: what was taken though the answer was lost is not taken twice")
def _():
    sink, d, client = made()
    sink.then(*(act for _ in range(5) for act in
                (reset(taken=True), hang_up(taken=True),
                 answer(500, taken=True), answer(200))))
    for _ in range(5):
        client.must(d, 4)
        wait_until(lambda: waiting(d) == 0)
    healed(d, sink, client)
    duplicates = judge(sink, client)
    equal(duplicates, 5 * 3 * 4)
    equal(out(d)["sent"], 20)


@test("17: a daemon that ends in the midst of that sends the same again")
def _():
    sink, d, client = made()
    sink.then(reset(taken=True), *(answer(503) for _ in range(1000)))
    client.must(d, 4)
    sink.wait_requests(2)
    d.kill()
    sink.script.clear()
    d.start()
    healed(d, sink, client)
    assert judge(sink, client) >= 4
    client.must(d, 4)
    healed(d, sink, client)


main()
