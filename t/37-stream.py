#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The hub's stream: who reads is told what arrives, and harms nobody."""

import json
import socket
import time

from harness import (PATIENCE, Daemon, comment, equal, free_port, get, main,
                     post, test, wait_until)

TOKEN = "canary-5d41402abc4b2a76b9719d911017c592"
EVIL = "<script>\"\\\u2028'</script>"


def hub(plugins=None, thresholds=None, **more):
    port = free_port()
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True, "connections_per_address": 2000, **more}
    d = Daemon({"hostname": "hub", "interval": "200ms",
                "thresholds": thresholds or {},
                "plugins": {"ringbuffer_http": ring, **(plugins or {})}},
               files={"token": TOKEN + "\n"}, args=["--strict"])
    d.port = port
    return d


class Reader:
    """Somebody who reads the stream, as slowly as the test likes."""

    def __init__(self, port, query="", headers="", buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(
            f"GET /api/v1/stream{query} HTTP/1.1\r\nHost: localhost\r\n"
            f"{headers}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value
        self.text = b""

    def more(self):
        """The next chunk; empty: it is over."""
        size = self.file.readline()
        chunk = self.file.read(int(size or b"0", 16))
        self.file.readline()
        self.text += chunk
        return chunk

    def events(self):
        """(event, data) one after the other, until it is over."""
        while True:
            while b"\n\n" not in self.text:
                if not self.more():
                    return
            event, self.text = self.text.split(b"\n\n", 1)
            lines = dict(line.split(": ", 1) for line in
                         event.decode().split("\n") if ": " in line)
            if "event" in lines:
                yield lines["event"], json.loads(lines["data"])

    def close(self):
        self.file.close()
        self.socket.close()


def batch(host, values, plugin="x"):
    return {"v": 1, "host": host, "interval": 10, "plugins": [
        {"plugin": plugin, "fields": [[f, "gauge", ""] for f in values],
         "rows": [[None, time.time(), *values.values()]]}]}


def send(d, *args, **more):
    answer = post(d.port, "/ingest", batch(*args, **more), token=TOKEN)
    equal(answer.status, 200, answer.body)


def metric(d, name):
    text = get(d.port, "/metrics").body.decode()
    return sum(int(line.split()[-1]) for line in text.splitlines()
               if line.startswith(name) and "#" not in line)


def next_values(events, host):
    return next(e for name, e in events
                if name == "values" and e["host"] == host)


@test("a reader is greeted, and told what arrives, by the name of its series")
def _():
    d = hub({"memory": None})
    r = Reader(d.port)
    equal(r.status, 200)
    equal(r.headers["content-type"], "text/event-stream")
    equal(r.headers["cache-control"], "no-store")
    events = r.events()
    name, hello = next(events)
    equal(name, "hello")
    assert abs(hello["now"] - time.time()) < 30 and hello["version"]
    while "memory.percent" not in dict(next_values(events, "hub")["values"]):
        pass  # the daemon's own come in one with it, or before
    send(d, "web-1", {"a": 1.5})
    equal(next_values(events, "web-1")["values"], [["x.a", 1.5]])
    r.close()


@test("filters: a reader hears of the hosts it asked for only")
def _():
    d = hub()
    one, all_ = Reader(d.port, "?host=web-*"), Reader(d.port)
    for host in ("db-1", "web-1"):
        send(d, host, {"a": 1})
    equal(next(e["host"] for n, e in one.events() if n == "values"), "web-1")
    next_values(all_.events(), "db-1")  # and of the hub itself
    for query in ("?host=%00", "?host=%ff", "?hots=a", "?host=" + "x" * 300):
        equal(Reader(d.port, query).status, 400, query)
    one.close()
    all_.close()


@test("a reader hears of the alerts when it comes, and when they change")
def _():
    d = hub(thresholds={"x.a": 10})
    r = Reader(d.port)
    events = r.events()

    def states(told):
        return {a["series"]: a["state"] for a in told["alerts"]}
    assert "x.a" not in str(next(e for n, e in events if n == "alerts"))
    send(d, "web-1", {"a": 11})
    # that the host is heard may be told before
    told = next(states(e) for n, e in events
                if n == "alerts" and "web-1:x.a" in states(e))
    equal(told["web-1:x.a"], "warning")
    late = Reader(d.port)
    told = next(e for n, e in late.events() if n == "alerts")
    equal(states(told)["web-1:x.a"], "warning")
    r.close()
    late.close()


@test("a hostile name arrives as text, in one line")
def _():
    d = hub()
    r = Reader(d.port)
    events = r.events()
    send(d, EVIL + "\n\nevent: hello", {"a": 1})
    name = EVIL.replace("\\", "\\x5c") + "\\x0a\\x0aevent: hello"
    equal(next_values(events, name)["values"], [["x.a", 1]])
    r.close()


@test("nobody reads who may not, and there are no more than may")
def _():
    d = hub(open_read=False, streams=2)
    equal(Reader(d.port).status, 401)
    right = f"Authorization: Bearer {TOKEN}\r\n"
    two = [Reader(d.port, headers=right) for _ in range(2)]
    equal([r.status for r in two], [200, 200])
    third = Reader(d.port, headers=right)
    equal(third.status, 503)
    assert "retry-after" in third.headers
    two.pop().close()
    # a connection that is gone is found out when something is to be said
    def again():
        send(d, "web-1", {"a": 1})
        r = Reader(d.port, headers=right)
        r.close()
        return r.status == 200
    wait_until(again)
    two.pop().close()


@test("a reader that does not read is dropped, counted, and harms nobody")
def _():
    d = hub()
    slow, quick = Reader(d.port, buffer=4096), Reader(d.port)
    events = quick.events()
    rows = [f"row {i}" for i in range(20)]
    many = batch("web-1", {f"f{i}": i * 1.5 for i in range(250)})
    group = many["plugins"][0]
    group["rows"] = [[row, *group["rows"][0][1:]] for row in rows]

    def dropped():
        for _ in range(5):
            equal(post(d.port, "/ingest", many, token=TOKEN).status, 200)
        left = 5 * 250 * len(rows)
        while left > 0:
            left -= len(next_values(events, "web-1")["values"])
        equal(left, 0)
        return metric(d, "fettle_ringbuffer_http_streams_dropped")
    equal(wait_until(dropped), 1)
    try:
        while slow.more():
            pass
    except (OSError, ValueError):
        pass
    send(d, "last", {"a": 1})
    equal(next_values(events, "last")["values"], [["x.a", 1]])
    quick.close()


@test("it outlives a reload, and ends where the right to read does")
def _():
    d = hub(open_read=False)
    r = Reader(d.port, headers=f"Authorization: Bearer {TOKEN}\r\n")
    events = r.events()
    next(events)
    with open(d.config) as f:
        text = f.read()
    d.reload(text.replace("streams:", "records: 9\n    streams:")
             if "streams:" in text else text.replace(
                 "token_file: token", "token_file: token\n    records: 9"))
    send(d, "web-1", {"a": 2})
    equal(next_values(events, "web-1")["values"], [["x.a", 2]])
    renewed = "another-token-0123456789abcdef"
    d.file("token", renewed)
    d.reload()
    equal(post(d.port, "/ingest", batch("web-2", {"a": 3}),
               token=renewed).status, 200)
    # What was on its way when the token changed may still come, as may the
    # daemon's own values; what came after may not, and there is an end.
    equal([e for e in events if "web-2" in str(e)], [])
    r.close()


def cost(d, events):
    """Seconds of processor time for each event of the hub's own."""
    clock = ~d.pid << 3 | 2  # that of the process
    next_values(events, "hub")
    before = time.clock_gettime(clock)
    for _ in range(10):
        next_values(events, "hub")
    return (time.clock_gettime(clock) - before) / 10


@test("five hundred readers cost ten times what fifty do, and end at once "
      "with the daemon")
def _():
    d = hub({"cpu": None, "memory": None, "load": None})
    readers = [Reader(d.port) for _ in range(50)]
    few = cost(d, readers[0].events())
    readers += [Reader(d.port) for _ in range(450)]
    many = cost(d, readers[-1].events())
    comment(f"{1e6 * few:.0f} us for 50, {1e6 * many:.0f} us for 500")
    assert many < 40 * few, (many, few)  # 100 if each cost what all do
    equal(d.stop(timeout=20).code, 0)
    for r in readers:
        r.close()


main()
