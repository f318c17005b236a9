#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is measured arrives as it left; what is too much is told and counted."""

import gzip
import json
import random
import re
import time

from harness import (Daemon, equal, free_port, get, main, post, sanitized,
                     test, wait_until)

TOKEN = "a-token-of-the-tests-0123456789abcdef"
MIB = 1 << 20


def hub(plugins=None, limits=None, interval="24h", **more):
    port = free_port()
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True, "request_timeout": "120s", **more}
    d = Daemon({"hostname": "hub", "interval": interval,
                "limits": limits or {},
                "plugins": {"ringbuffer_http": ring, **(plugins or {})}},
               files={"token": TOKEN}, args=["--strict"])
    d.port = port
    return d


def to(d):
    """A section that sends to that hub."""
    return {"plugin": "http_ingest", "token_file": "token",
            "url": f"http://127.0.0.1:{d.port}/ingest", "interval": "50ms",
            "drain": "1s"}


SINK = {"plugin": "sinkfile", "path": "lists"}


def agent(d, plugins, **more):
    return Daemon({"hostname": "agent", "interval": "50ms",
                   "plugins": {"hub": to(d), "sink": SINK, **plugins}, **more},
                  files={"token": TOKEN})


def lists(d, plugin):
    """What a daemon's sink has got of a plugin: number -> the line's text,
    without what may differ."""
    found = {}
    with open(d.path("lists")) as f:
        for line in f:
            if not line.endswith("\n") or f'"plugin": "{plugin}"' not in line:
                continue
            stamp = re.search(r'"time_ns": (\d+)', line)[1]
            found[stamp] = re.search(r'"host": .*(?=, "rates")', line)[0]
    return found


def take(d, body, packed=False, **more):
    """Posts what must be taken; how much was, and what was dropped."""
    text, headers = json.dumps(body).encode(), {
        "Content-Type": "application/json"}
    if packed:
        text = gzip.compress(text, 1)
        headers["Content-Encoding"] = "gzip"
    got = post(d.port, "/ingest", text, token=TOKEN, headers=headers, **more)
    equal(got.status, 200, got.body)
    told = json.loads(got.body)
    return told["accepted"], told["dropped"]


def snapshot(host="web-1", at=None, percent=16.7):
    return {"timestamp": int(time.time()) if at is None else at,
            "hostname": host,
            "cpu": {"per_core": [percent], "average": percent},
            "memory": {"total": 100, "used": 20, "free": 80,
                       "percent": percent},
            "disk": {"total": 100, "used": 20, "free": 80,
                     "percent": percent}}


def rows(plugin, *rows, host="web-1", fields=None, **more):
    return {"v": 1, "host": host, "interval": 10, "plugins": [
        {"plugin": plugin, "fields": fields or [["x", "gauge", ""]],
         "rows": rows}], **more}


# --- exactly -----------------------------------------------------------------

@test("numbers of every kind and size pass agent, hub and hub unchanged")
def _():
    far = hub({"sink": SINK})
    near = hub({"sink": SINK, "far": to(far)})
    a = agent(near, {"exact": None}, tags={"env": "test"})
    wait_until(lambda: len(lists(far, "exact")) > 5)
    a.stop()
    sent, got = lists(a, "exact"), lists(far, "exact")
    for stamp, line in got.items():
        equal(line, sent[stamp])
    values = json.loads("{" + line + "}")["values"]
    equal(values["count_4"], (1 << 53) + 1)
    equal(values["count_5"], (1 << 63) - 1)
    equal([values[f"gauge_{i}"] for i in (0, 2, 4, 6, 18)],
          [0, 0.1, 1 / 3, 5e-324, 1.7976931348623157e308])
    equal([values[f"{k}_{i}"] for k in ("gauge", "total")
           for i in (20, 21, 22)], 6 * [None])
    assert '"gauge_1": -0,' in line, line  # the sign of zero, too
    wait_until(lambda: lists(near, "exact").get(stamp) == line)
    wait_until(lambda: far.values("agent:exact") ==
               near.values("agent:exact"), what="the same values")
    shown = far.values("agent:exact")[0]
    fields = {f["name"]: f for f in shown["fields"]}
    equal(fields["count_5"]["value"], (1 << 63) - 1)
    equal(fields["count_5"]["kind"], "counter")
    assert "gauge_20" not in fields  # NaN is no value
    hosts = {h["host"]: h["tags"] for h in far.asked(do="hosts")["hosts"]}
    equal(hosts["agent"], {"env": "test"})


@test("odd names and tags arrive as they left, and are escaped but once")
def _():
    far = hub()
    near = hub({"far": to(far)})
    odd = "/x\ny\\x0a \u202e\"'{}[],=ü\x01"
    a = agent(near, {"exact": {"instance": odd, "tag": odd}})
    told = r'/x\x0ay\x5cx0a ' + "\u202e\"'{}[],=ü" + r"\x01"
    for d in (a, near, far):
        v = wait_until(lambda: d.values("agent:exact"))[0]
        equal((v["instance"], v["tags"]), (told, {"a": "first", "b": told}))
    a.reload({"hostname": "agent", "interval": "50ms", "plugins": {
        "hub": to(near), "exact": {"instance": "/x\\x0ay", "tag": "y"}}})
    wait_until(lambda: far.values(r"agent:exact[/x\\x5cx0ay]"))
    equal(far.values(r"agent:exact[/x\\x0ay]"), [])  # no other's name


@test("a counter that begins anew is a reset, never a negative rate")
def _():
    far = hub({"sink": SINK})
    a = agent(far, {"counter": {"start": 9007199254740993, "step": 7,
                                "reset": 4}})
    wait_until(lambda: len(lists(far, "counter")) > 10)
    a.stop()
    sent, got = lists(a, "counter"), lists(far, "counter")
    counts = [json.loads("{" + got[s] + "}")["values"]["count"]
              for s in sorted(got)]
    equal(set(counts), {9007199254740993 + 7 * i for i in range(4)})
    equal({s: got[s] for s in got}, {s: sent[s] for s in got})
    with open(far.path("lists")) as f:
        rates = [json.loads(line)["rates"]["count"] for line in f
                 if '"plugin": "counter"' in line and line.endswith("\n")]
    assert all(r is None or r >= 0 for r in rates), rates
    assert None in rates[1:] and any(rates), rates


@test("300 fields arrive where that many may, and are told where not")
def _():
    wide, narrow = hub(limits={"fields": 512}), hub()
    a = Daemon({"hostname": "agent", "interval": "50ms",
                "limits": {"fields": 512}, "plugins": {
                    "wide": to(wide), "narrow": to(narrow),
                    "dynamic": {"fields": 300}}}, files={"token": TOKEN})
    got = wait_until(lambda: wide.values("agent:dynamic"))[0]
    equal([(f["name"], f["value"]) for f in got["fields"]],
          [(f"made_{i}", i) for i in range(300)])
    wait_until(lambda: narrow.status()["dispatch"]["dropped"]["fields"] > 0)
    a.log_wait("narrow: the hub does not keep all that is sent: .*fields")
    equal(narrow.values("agent:dynamic"), [])
    wait_until(lambda: narrow.values("agent:fettle[dynamic]"))
    equal(a.instance("narrow")["failures"], 0)


# --- too much -----------------------------------------------------------------

@test("what is over a limit is dropped by reason, and the rest is taken")
def _():
    d = hub(limits={"hosts": 4, "series": 20, "series_per_host": 6,
                    "fields": 4, "name": 16})
    now = int(time.time())
    own = d.status()["dispatch"]
    one = ["i", now, 1]

    def group(plugin, *rows, fields=None, **more):
        return {"plugin": plugin, "fields": fields or [["x", "gauge", ""]],
                "rows": rows, **more}
    equal(take(d, {"v": 1, "host": "a", "plugins": [
        group("p", one, ["x" * 16, now, 1], ["x" * 17, now, 1]),
        group("q", one, fields=[["x", "counter", ""]]),
        group("q", one), group("q", one, fields=[["x", "counter", "bytes"]]),
        group("r", [None, now, 1, 2, 3, 4],
              fields=[[n, "gauge", ""] for n in "abcd"]),
        group("r", [None, now, 1], fields=[["e", "gauge", ""]]),
        group("s", [None, now, 1, 2, 3, 4, 5],
              fields=[[n, "gauge", ""] for n in "abcde"]),
        group("t", [["i", {"k": "v" * 17}], now, 1]),
        group("t", ["future", now + 400, 1], ["past", now - 31 * 86400, 1],
              ["soon", now + 200, 1])]}),
        (5, {"name": 2, "conflict": 2, "fields": 2, "time": 2}))
    equal(take(d, rows("p", *[[f"more-{i}", now, 1] for i in range(5)],
                       host="a")), (1, {"series": 4}))
    equal(take(d, rows("p", one, host="h" * 17)), (0, {"name": 1}))
    accepted, dropped = take(d, [snapshot(f"h{i}") for i in range(5)])
    equal((accepted, dropped), (8, {"hosts": 12}))
    told = d.status()["dispatch"]
    equal(told["hosts"], 4)
    assert told["series"] <= 20, told
    for reason, n in {"name": 3, "conflict": 2, "fields": 2, "time": 2,
                      "hosts": 12, "series": 4}.items():
        equal(told["dropped"][reason] - own["dropped"][reason], n, reason)
    wait_until(lambda: d.value("a:p[i].x") == 1)
    # what was there before is still taken
    equal(take(d, rows("p", ["i", now + 1, 2], host="a")), (1, {}))
    wait_until(lambda: d.value("a:p[i].x") == 2)


@test("names that come and go cost a bounded amount, and displace nobody")
def _():
    d = hub(limits={"hosts": 200, "series": 2000, "series_per_host": 500},
            records=100)
    chance, now = random.Random(7), int(time.time())

    def name():
        return f"{chance.getrandbits(64):x}"
    take(d, snapshot("faithful", percent=1.5))

    def flood():
        # a sanitizer, which is slow, keeps memory itself
        for _ in range(3 if sanitized() else 10):
            take(d, [snapshot(name()) for _ in range(500)])
            take(d, rows("p", *[[name(), now, 1] for _ in range(2000)]))
            take(d, rows("p", *[[["i", {name(): name()}], now, 1]
                                for _ in range(2000)]))
            take(d, {"v": 1, "host": "web-2", "tags": {name(): name()},
                     "plugins": [
                         {"plugin": "p" + name(),
                          "fields": [[f"f{name()}", "gauge", name()]],
                          "rows": [[None, now, 1]]} for _ in range(1000)]})
            take(d, {"v": 1, "plugins": [
                {"plugin": "p", "host": name(), "tags": {name(): name()},
                 "fields": [[f"f{name()}", "gauge", name()]],
                 "rows": [[None, now, 1]]} for _ in range(1000)]})
    flood()
    rss = d.rss()
    flood()
    flood()
    d.grown(rss, 6 * MIB)
    told = d.status()["dispatch"]
    assert told["hosts"] <= 200 and told["series"] <= 2000, told
    equal(take(d, snapshot("faithful", now + 10, percent=2.5)), (4, {}))
    wait_until(lambda: d.value("faithful:cpu.percent") == 2.5)
    equal(len(json.loads(get(d.port, "/history").body)), 100)


@test("ten thousand snapshots in one request are taken")
def _():
    d = hub(limits={"hosts": 20000}, records=10000)
    now = int(time.time())
    many = [snapshot(f"h{i % 100}", now - 100 + i // 100)
            for i in range(10000)]
    equal(take(d, many, packed=True), (40000, {}))
    # an answer waits for what was taken before, but a second at most
    wait_until(lambda: d.instance("ringbuffer_http")["sent"] >= 40000)
    got = json.loads(get(d.port, "/history").body)
    equal(len(got), 10000)
    equal([r["timestamp"] for r in got], [s["timestamp"] for s in many])
    equal(got[-1]["cpu"], many[-1]["cpu"])


# --- again, late, out of order --------------------------------------------------

def shown(d):
    return [(r["timestamp"], r["hostname"], r["cpu"]["average"])
            for r in json.loads(get(d.port, "/history").body)]


@test("what comes twice changes nothing, what comes late takes its place")
def _():
    d = hub(records=5)
    now = int(time.time())
    for at in (10, 30, 20, 40, 20, 10):
        equal(take(d, snapshot(at=now - at, percent=at)), (4, {}))
    equal(shown(d), [(now - at, "web-1", at) for at in (40, 30, 20, 10)])
    equal(d.value("web-1:cpu.percent"), 10)  # the newest, not the last
    before = get(d.port, "/history").body
    for at in (10, 20, 30, 40):
        take(d, snapshot(at=now - at, percent=at))
    equal(get(d.port, "/history").body, before)
    take(d, [snapshot(at=now - at, percent=at) for at in (60, 5, 50)])
    equal([s[0] for s in shown(d)], [now - at for at in (40, 30, 20, 10, 5)])
    equal(d.value("web-1:cpu.percent"), 5)


@test("stamps that cannot be are dropped with 200, and harm no order")
def _():
    d = hub()
    now = int(time.time())
    for at in (0, -1, 1, 1e-300, 1e300, -1e300, 4102444800, 9223372036,
               9223372037, 1 << 62, (1 << 63) - 1, now + 310,
               now - 31 * 86400, "1970-01-01T00:00:00Z",
               "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
               "2026-02-28T23:59:60+14:00"):
        equal(take(d, snapshot(at=at)), (0, {"time": 4}), at)
        equal(take(d, rows("p", [None, 1 if isinstance(at, str) else at,
                                 1])), (0, {"time": 1}), at)
    for at in (now + 290, now - 29 * 86400, now + 0.75):
        equal(take(d, snapshot(at=at))[1], {}, at)
    equal([s[0] for s in shown(d)], [now - 29 * 86400, now, now + 290])


main()
