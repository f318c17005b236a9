#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A hub among clients that are careless, broken or hostile."""

import gzip
import http.client
import http.server
import json
import os
import re
import resource
import socket
import ssl
import threading
import time

from harness import (PATIENCE, Daemon, equal, free_port, get, http_request,
                     main, post, raw, run, test, wait_until)

TOKEN = "canary-c0ffee-5d41402abc4b2a76b9719d911017c592"
MIB = 1 << 20


def hub(plugins=None, token=TOKEN, env=None, limits=None, log="text", **more):
    """A hub that measures next to nothing itself."""
    port = free_port()
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True, **more}
    d = Daemon({"hostname": "hub", "interval": "24h", "limits": limits or {},
                "log": {"format": log},
                "plugins": {"ringbuffer_http": ring, **(plugins or {})}},
               files={"token": token + "\n"}, args=["--strict"], env=env)
    d.port = port
    return d


def snapshot(**more):
    return {"timestamp": int(time.time()), "hostname": "web-1",
            "cpu": {"per_core": [12.5, 40.1], "average": 26.3},
            "memory": {"total": 25200000000, "used": 4200000000,
                       "free": 21000000000, "percent": 16.7},
            "disk": {"total": 270000000000, "used": 17000000000,
                     "free": 239000000000, "percent": 6.6}, **more}


def batch(*rows, plugin="disk", fields=None, **more):
    return {"v": 1, "host": "web-1", "interval": 10, "plugins": [
        {"plugin": plugin, "instance_name": "mount",
         "fields": fields or [["total", "gauge", "bytes"],
                              ["percent", "gauge", "percent"]],
         "rows": rows or [["/home", int(time.time()), 1e12, 71.25]]}], **more}


def request(body=b"", *headers, method="POST", path="/ingest", token=TOKEN,
            version="HTTP/1.1", host="localhost", length=True,
            content="application/json"):
    """The bytes of a request; headers are lines that are added."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    lines = [f"{method} {path} {version}"]
    lines += [f"Host: {host}"] if host is not None else []
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Content-Type: {content}"] if content else []
    lines += [f"Content-Length: {len(body)}"] if length else []
    head = "\r\n".join([*lines, *headers, "Connection: close"])
    return head.encode("latin-1") + b"\r\n\r\n" + body


def answers(port, data):
    """Status and body of each answer to these bytes, sent at once."""
    got = raw(port, data)
    found = []
    while got:
        head, _, got = got.partition(b"\r\n\r\n")
        status = int(re.match(rb"HTTP/1\.1 (\d{3}) ", head)[1])
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        size = int(length[1]) if length else 0
        found.append((status, got[:size]))
        got = got[size:]
    return found


def answer(port, data):
    found = answers(port, data)
    equal(len(found), 1, f"answers to {data[:200]!r}")
    return found[0]


def sent(port, data, source="127.0.0.1"):
    """A connection on which that much was sent."""
    s = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
    s.sendall(data)
    return s


def rest(s):
    """What comes until the other side closes."""
    got = b""
    try:
        while part := s.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def in_time(ask):
    """The answer to a good request, which is made again where this machine
    was too slow for the deadline."""
    def taken():
        try:
            got = ask()
        except (OSError, http.client.HTTPException):
            return None
        return None if got.status == 408 else got
    return wait_until(taken, what="an answer")


def state(d):
    """All that clients can change, byte for byte."""
    def others(lists):
        return [v for v in lists if v["plugin"] != "fettle"]
    kept = re.compile(r"(?!(# \w+ )?fettle_(ringbuffer_http|fettle)_)")

    def seen(path):
        return in_time(lambda: get(d.port, path)).body
    return (seen("/history"),
            "\n".join(filter(kept.match,
                             seen("/metrics").decode().split("\n"))),
            json.dumps(others(d.values())),
            json.dumps([h for h in d.asked(do="hosts")["hosts"]
                        if h["host"] != "hub"]))


def refused(d, reason):
    """How many requests were, for that reason."""
    text = in_time(lambda: get(d.port, "/metrics")).body.decode()
    return int(re.search(
        rf'http_refused_total{{reason="{reason}"}} (\d+)', text)[1])


# --- statuses ----------------------------------------------------------------

def said(text, **more):
    return json.dumps({"error": text, **more}, separators=(",", ":")) + "\n"


def wrong(*errors, count=None):
    first = {"error": errors[0][1], "path": errors[0][0]}
    every = [{"error": what, "path": path} for path, what in errors]
    return json.dumps({**first, "count": count or len(every),
                       "errors": every}, separators=(",", ":")) + "\n"


def refusals():
    """Requests, and what they must be answered with, to the letter."""
    s = snapshot()
    none = {k: v for k, v in s.items() if k not in ("cpu", "hostname")}
    long = "Content-Length: 1048577"
    return {
        "no token": (request(s, token=None), 401, said(
            "a token is needed: Authorization: Bearer TOKEN")),
        "another token": (request(s, token="x"), 401, said(
            "the token is not right")),
        "Basic": (request(s, "Authorization: Basic eDp5", token=None), 401,
                  said("the token is not right")),
        "another path": (request(s, path="/ingest/"), 404, said(
            "there is nothing here")),
        "a quoted path": (request(s, path="/%69ngest"), 404, said(
            "there is nothing here")),
        "GET": (request(method="GET", length=False), 405, said(
            "not with this method")),
        "PUT": (request(s, method="PUT"), 405, said("not with this method")),
        "POST elsewhere": (request(s, path="/history"), 405, said(
            "not with this method")),
        "no length": (request(s, length=False), 411, said(
            "a Content-Length is needed, chunks are not taken")),
        "chunks": (request("5\r\n[[[]]\r\n0\r\n\r\n", length=False,
                           *["Transfer-Encoding: chunked"]), 411, said(
            "a Content-Length is needed, chunks are not taken")),
        "too long": (request("", long, length=False), 413, said(
            "the body is too large")),
        "text": (request(s, content="text/plain"), 415, said(
            "Content-Type must be application/json")),
        "no type": (request(s, content=None), 415, said(
            "Content-Type must be application/json")),
        "brotli": (request(s, "Content-Encoding: br"), 415, said(
            "Content-Encoding must be gzip or identity")),
        "no JSON": (request("{"), 400, said(
            "not JSON: the text ends here at byte 1", offset=1)),
        "no object": (request("7"), 422, wrong(
            ("$", "an object or an array is expected"))),
        "an empty object": (request("{}"), 422, wrong(
            *[(k, "is missing") for k in s])),
        "a snapshot without": (request(none), 422, wrong(
            ("hostname", "is missing"), ("cpu", "is missing"))),
        "wrong types": (request(snapshot(
            cpu={"per_core": [1, "2"], "average": None},
            memory=5, timestamp="today")), 422, wrong(
            ("timestamp", "no time of ISO 8601"),
            ("cpu.per_core[1]", "a number is expected"),
            ("cpu.average", "a number is expected"),
            ("memory", "an object is expected"))),
        "half a byte": (request(snapshot(
            disk={**s["disk"], "used": 0.5})), 422, wrong(
            ("disk.used", "a whole number of bytes is expected"))),
        "one of many": (request([s, none, s]), 422, wrong(
            ("[1].hostname", "is missing"), ("[1].cpu", "is missing"))),
        "another version": (request(batch(v=2)), 422, wrong(
            ("v", "only version 1 is known"))),
        "another kind": (request(batch(fields=[["x", "guage", ""]])), 422,
                         wrong(("plugins[0].fields[0][1]",
                                "gauge, counter or total is expected"))),
        "a short row": (request(batch(["/", 1763800000, 1])), 422, wrong(
            ("plugins[0].rows[0]",
             "instance, time and a value a field expected"))),
        "a negative counter": (request(batch(
            [None, 1763800000, -1], fields=[["x", "counter", ""]])), 422,
            wrong(("plugins[0].rows[0][2]",
                   "a counter is a whole number from 0"))),
        "many mistakes": (request([{}] * 100), 422, wrong(
            *[(f"[{i // 5}].{k}", "is missing") for i, k in
              enumerate(list(s) * 4)], count=500)),
    }


@test("each refusal has its status, says what and where, and changes nothing")
def _():
    d = hub()
    equal(post(d.port, "/ingest", snapshot(), token=TOKEN).status, 200)
    before = state(d)
    assert b"web-1" in before[0]
    for name, (data, status, body) in refusals().items():
        got = answer(d.port, data)
        equal((got[0], got[1].decode()), (status, body), name)
        equal(state(d), before, f"after {name} the state")


@test("a refusal is JSON, ends the connection and helps to do better")
def _():
    d = hub()
    for data, header in (
            (request({}, token="x"), b'WWW-Authenticate: Bearer '
             b'realm="fettle", error="invalid_token"'),
            (request({}, token=None),
             b'WWW-Authenticate: Bearer realm="fettle"\r\n'),
            (request({}, method="DELETE"), b"Allow: POST"),
            (request(method="POST", path="/metrics"), b"Allow: GET, HEAD"),
            (request("["), b"Content-Type: application/json")):
        got = raw(d.port, data.replace(b"Connection: close", b"X: y"))
        assert header in got and b"Connection: close" in got, got


@test("what is taken is answered as it always was")
def _():
    d = hub()
    s, now = snapshot(), int(time.time())
    packed = gzip.compress(json.dumps(s).encode())
    for name, data, accepted, dropped in (
            ("a snapshot", request(s), 5, {}),
            ("with a time for people", request(snapshot(
                timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                        time.gmtime(now)))), 5, {}),
            ("with unknown members", request(snapshot(more=[{"x": None}])),
             5, {}),
            ("nothing", request([]), 0, {}),
            ("several", request([s, snapshot(hostname="web-2")]), 10, {}),
            ("gzip", request(packed, "Content-Encoding: gzip"), 5, {}),
            ("a batch", request(batch()), 1, {}),
            ("a batch of nothing", request(batch(plugins=[])), 0, {}),
            ("rows of nothing", request(batch(["/", now, None, None])), 1,
             {}),
            ("from the future", request(snapshot(timestamp=now + 1000)), 0,
             {"time": 5}),
            ("from the past", request(snapshot(timestamp=1e9)), 0,
             {"time": 5}),
            ("before all time", request(snapshot(timestamp=-1e300)), 0,
             {"time": 5}),
            ("of another kind", request(batch(
                [None, now, 1], fields=[["total", "counter", ""]])), 0,
             {"conflict": 1})):
        got = answer(d.port, data)
        told = ",".join(f'"{k}": {n}' for k, n in dropped.items())
        equal((got[0], got[1].decode()), (200, '{"message":"Metrics received"'
              f',"accepted":{accepted},"dropped":{{{told}}}}}\n'), name)


@test("a request that is not over is no request")
def _():
    d = hub(request_timeout="300ms")
    whole = request(snapshot())
    before, fds = state(d), d.fds()
    cuts = [whole[:n] for n in range(0, len(whole), 10)]
    for s in [sent(d.port, cut) for cut in cuts]:
        with s:
            got = rest(s)
            assert not got or got.startswith(b"HTTP/1.1 4"), got
    wait_until(lambda: d.fds() <= fds)
    equal(state(d), before)


# --- bodies ------------------------------------------------------------------

@test("JSON that is none, or twofold, or without bounds is refused")
def _():
    d = hub()
    post(d.port, "/ingest", snapshot(), token=TOKEN)
    before, rss = state(d), d.rss()
    good = json.dumps(snapshot(), separators=(",", ":"))
    time_is = '{"timestamp":%s,' + good.split(",", 1)[1]
    equal(answer(d.port, request(time_is % int(time.time())))[0], 200)
    before = state(d)
    bad = {
        "a million [": "[" * 1000000,
        "a million {": '{"a":' * 200000,
        "nested where it is ignored": good[:-1] + ',"x":' + "[" * 100 + "]"
        * 100 + "}",
        "a name twice": good[:-1] + ',"hostname":"web-1"}',
        "a name twice, unknown": good[:-1] + ',"x":1,"\\u0078":2}',
        "NaN": time_is % "NaN", "Infinity": time_is % "Infinity",
        "nan": time_is % "nan", "1e999": time_is % "1e999",
        "-1e999": time_is % "-1e999", "2^63": time_is % (1 << 63),
        "+1": time_is % "+1", "01": time_is % "01", "1.": time_is % "1.",
        ".5": time_is % ".5", "0x10": time_is % "0x10", "1e": time_is % "1e",
        "bytes that are not UTF-8": good.replace("web-1", "\xff"),
        "an overlong slash": good.replace("web-1", "\xc0\xaf"),
        "a surrogate": good.replace("web-1", "\xed\xa0\x80"),
        "half a pair": good.replace("web-1", "\\ud800"),
        "NUL": good.replace("web-1", "web\0"),
        "NUL, escaped": good.replace("web-1", "web\\u0000"),
        "a line break": good.replace("web-1", "web\n1"),
        "an escape that is none": good.replace("web-1", "web\\x41"),
        "a byte order mark": "\xef\xbb\xbf" + good,
        "something behind": good + "x", "another one behind": good + good,
        "a comment": good + "/* */", "a comma": good[:-1] + ",}",
        "single quotes": good.replace('"', "'"), "nothing": "", "spaces": " ",
    }
    for name, text in bad.items():
        got = answer(d.port, request(text.encode("latin-1")))
        equal(got[0], 400, name)
        told = json.loads(got[1])
        assert told["error"].startswith("not JSON: "), (name, told)
        assert 0 <= told["offset"] <= len(text), (name, told)
    equal(state(d), before)
    d.grown(rss, 16 * MIB)


@test("a body cut anywhere is refused, packed or not, and costs nothing")
def _():
    d = hub()
    text = json.dumps(batch(tags={"env": "t"}, queue="9f" * 16, seq=1)).encode()
    packed = gzip.compress(text)
    equal(answer(d.port, request(text))[0], 200)
    before = state(d)
    fds, rss = d.fds(), d.rss()
    for cut in range(len(text)):
        got = answer(d.port, request(text[:cut]))
        equal(got[0], 400, cut)
    for cut in range(len(packed)):
        got = answer(d.port, request(packed[:cut], "Content-Encoding: gzip"))
        equal((got[0], got[1]), (400, said("the body is not gzip").encode()))
    equal(state(d), before)
    wait_until(lambda: d.fds() <= fds)
    d.grown(rss, 4 * MIB)


@test("what unpacks to more than 8 MiB is not unpacked")
def _():
    d = hub()
    before, rss = state(d), d.rss()
    most = b"[" + b" " * (8 * MIB - 2) + b"]"
    for text, status in ((most, 200), (most + b" ", 413),
                         (b" " * (200 * MIB), 413)):
        packed = gzip.compress(text, 9)
        assert len(packed) < MIB
        equal(answer(d.port, request(packed, "Content-Encoding: gzip"))[0],
              status)
    for body in (b"", b"\x1f\x8b", gzip.compress(b"[") + gzip.compress(b"]"),
                 gzip.compress(b"[]") + b"\0", gzip.compress(b"[]")[:-8] +
                 b"\0" * 8, b"[]"):
        equal(answer(d.port, request(body, "Content-Encoding: gzip"))[0], 400)
    equal(state(d), before)
    d.grown(rss, 24 * MIB)


# --- framing -----------------------------------------------------------------

@test("a request that two could read differently is refused by this one")
def _():
    d = hub()
    before = state(d)
    s = json.dumps(snapshot())
    same = f"Content-Length: {len(s)}"
    for name, data in {
            "two lengths": request(s, same),
            "two that differ": request(s, "Content-Length: 5"),
            "length and chunks": request(s, "Transfer-Encoding: chunked"),
            "length and gzip": request(s, "Transfer-Encoding: gzip"),
            "+5": request("[[]]", "Content-Length: +4", length=False),
            "0x4": request("[[]]", "Content-Length: 0x4", length=False),
            "4, 4": request("[[]]", "Content-Length: 4, 4", length=False),
            "4 4": request("[[]]", "Content-Length: 4 4", length=False),
            "-4": request("[[]]", "Content-Length: -4", length=False),
            "2^64+4": request("[[]]", "Content-Length: 18446744073709551620",
                              length=False),
            "a folded length": request("[[]]", "Content-Length:\r\n 4",
                                       length=False),
            "a space": request("[[]]", "Content-Length : 4", length=False),
            "several codings": request(
                "0\r\n\r\n", "Transfer-Encoding: gzip, chunked",
                length=False),
            "two codings": request(
                "0\r\n\r\n", "Transfer-Encoding: chunked",
                "Transfer-Encoding: chunked", length=False),
            "two hosts": request(s, "Host: localhost"),
            "no host": request(s, host=None),
            "two tokens": request(s, f"Authorization: Bearer {TOKEN}"),
            "two types": request(s, "Content-Type: application/json"),
            "a control character": request(s, "X: \x01"),
            "a return alone": request(s, "X: a\rY: b"),
            "a name that is none": request(s, "X(): a"),
            "a body where none is": request(
                s, method="GET", path="/history"),
            "64 KiB of a header": request(s, "X: " + "x" * 65536),
            "64 KiB of a path": request(s, path="/" + "x" * 65536),
            "2000 headers": request(s, *[f"X{i}: y" for i in range(2000)]),
            "another version": request(s, version="HTTP/2.0"),
            "no version": b"GET /history\r\n\r\n",
            "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    }.items():
        got = raw(d.port, data + b"\r\n\r\n" if name == "TLS" else data)
        assert not got or got.startswith(b"HTTP/1.1 4") or \
            got.startswith(b"HTTP/1.1 505 "), (name, got)
        assert b"200 OK" not in got, (name, got)
        equal(state(d), before, f"after {name} the state")


@test("a second request behind a refused one is not looked at")
def _():
    d = hub()
    whole = request(snapshot()).replace(b"Connection: close", b"X: y")
    equal([s for s, _ in answers(d.port, whole + whole + request([]))],
          [200, 200, 200])
    before = state(d)
    evil = request(snapshot(hostname="evil"))
    for first in (request([], token="x"), request([], path="/x"),
                  request("["), request("[]", content="text/plain"),
                  request("[]", "Content-Length: 2"),
                  request("[]", "Transfer-Encoding: chunked")):
        got = answers(d.port, first.replace(b"Connection: close", b"X: y")
                      + evil)
        equal(len(got), 1, first)
        equal(state(d), before)


@test("who asks before he sends is told before he sends")
def _():
    d = hub()
    body = json.dumps(snapshot()).encode()
    ask = "Expect: 100-continue"

    def talk(data, then=b""):
        with socket.create_connection(("127.0.0.1", d.port), PATIENCE) as s:
            s.sendall(data)
            got = s.recv(65536)
            if got.startswith(b"HTTP/1.1 100 "):
                s.sendall(then)
            while part := s.recv(65536):
                got += part
            return got
    head = request(body, ask)[:-len(body)]
    got = talk(head, body)
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "), got
    for bad in (request(body, ask, token="x"), request(body, ask, path="/x"),
                request(b"x" * (2 * MIB), ask),
                request(body, ask, content="text/plain")):
        got = talk(bad[:bad.index(b"\r\n\r\n") + 4])
        assert got.startswith(b"HTTP/1.1 4"), got


# --- clients that take their time ---------------------------------------------

def drip(s, data):
    """A byte now and then; whether the other side had enough of it."""
    try:
        for byte in data:
            s.sendall(bytes([byte]))
            time.sleep(0.15)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


@test("a byte now and then keeps no connection beyond the deadline")
def _():
    d = hub(request_timeout="2s")
    fds, whole = d.fds(), request(snapshot())
    body = whole.index(b"\r\n\r\n") + 4

    def one(begun, ended):
        with sent(d.port, whole[:begun]) as s:
            ended.append(drip(s, whole[begun:]))

    def all_ended():
        """Those that end unread, on a machine that stood still, are not
        counted, and come again."""
        ended = []
        threads = [threading.Thread(target=one, args=(n, ended))
                   for n in (0, 20, body - 30, body, body + 10)]
        for t in threads:
            t.start()
        equal(in_time(lambda: post(d.port, "/ingest", snapshot(),
                                   token=TOKEN)).status, 200)
        for t in threads:
            t.join()
        equal(ended, [True] * len(threads))
        return refused(d, "deadline") >= 3
    wait_until(all_ended)
    wait_until(lambda: d.fds() <= fds)
    d.log_wait("not over at its deadline peer=127.0.0.1 path=/ingest "
               "status=408 reason=deadline")


@test("under TLS, whoever shakes no hands as he should is shown out")
def _():
    d = Daemon({"plugins": {}}, start=False)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", d.path("key"), "-out", d.path("cert"), check=0)
    os.chmod(d.path("key"), 0o600)
    d.file("token", TOKEN)
    port = free_port()
    d.configure({"plugins": {"ringbuffer_http": {
        "listen": f"127.0.0.1:{port}", "token_file": "token",
        "request_timeout": "500ms",
        "tls": {"certificate": d.path("cert"), "key_file": "key"}}}})
    d.start()
    fds = d.fds()
    silent = [sent(port, data) for data in
              (b"", b"\x16\x03\x01\x02\x00\x01", request(snapshot()),
               os.urandom(4000), b"\x16\x03\x01\xff\xff" + b"x" * 60000)]
    context = ssl.create_default_context(cafile=d.path("cert"))
    silent.append(context.wrap_socket(sent(port, b""),
                                      server_hostname="localhost"))
    got = in_time(lambda: http_request(
        port, "GET", "/healthz", tls=d.path("cert"), host="localhost"))
    equal(got.status, 200)
    for s in silent:
        with s:
            assert b"HTTP" not in rest(s)
    wait_until(lambda: d.fds() <= fds)
    done = run("openssl", "s_client", "-connect", f"127.0.0.1:{port}",
               "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert done.returncode != 0, done.stdout


@test("2000 that say nothing delay nobody, and go at the deadline")
def _():
    need = 2100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (max(soft, min(need, hard)), hard))
    d = hub(request_timeout="10s")
    n = min(2000, (min(need, hard) if hard < need else need) - 100)
    fds, rss = d.fds(), d.rss()
    for _ in range(2):
        idle = [sent(d.port, b"GET / HTTP/1.1\r\n" if i % 2 else b"",
                     f"127.0.0.{i % 100 + 1}") for i in range(n)]
        equal(get(d.port, "/healthz").status, 200)
        equal(post(d.port, "/ingest", snapshot(), token=TOKEN).status, 200)
        # answered beside them, not after they had gone
        assert d.fds() > fds + n // 2, (d.fds(), fds)
        wait_until(lambda: d.fds() <= fds + 1)
        for s in idle:
            s.close()
        d.grown(rss, n * 20000 + 4 * MIB)


@test("one address has no more connections than it may")
def _():
    d = hub(connections_per_address=10)
    fds = d.fds()
    mine = [sent(d.port, b"") for _ in range(30)]
    wait_until(lambda: d.fds() <= fds + 10)
    other = sent(d.port, request(method="GET", path="/healthz", length=False),
                 "127.0.0.2")
    with other:
        assert rest(other).startswith(b"HTTP/1.1 200 ")
    for s in mine:
        s.close()


@test("a refusal reaches who still sends a large body, which is not kept")
def _():
    d = hub()
    rss = d.rss()
    body = b"[" + b" " * (MIB - 10) + b"]"
    for _ in range(5):
        for status, more in (
                (401, {"token": None}), (404, {"token": TOKEN}),
                (415, {"token": TOKEN})):
            got = post(d.port, "/x" if status == 404 else "/ingest", body,
                       headers={"Content-Type": "text/plain"}, **more)
            equal(got.status, status)
            assert json.loads(got.body)["error"]
    d.grown(rss, MIB)


# --- who may -----------------------------------------------------------------

@test("no proxy and no other name opens what is open to this machine")
def _():
    d = hub()
    bad = ["Forwarded: for=127.0.0.1", "X-Forwarded-For: 127.0.0.1",
           "x-forwarded-for: 127.0.0.1", "Via: 1.1 x", "X-Real-IP: 127.0.0.1",
           "X-Forwarded-Host: localhost", "X-Forwarded-Proto: http"]
    hosts = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.net",
             "localhost:80@evil.example", "[::1]evil", "localhost:",
             "localhost:8a", "127.0.0.2", "0.0.0.0", "", "x localhost"]
    for path in ("/history", "/metrics"):
        def read(*headers, **more):
            return answer(d.port, request(b"", *headers, method="GET",
                                          path=path, token=None,
                                          length=False, **more))[0]
        for good in ("localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]"):
            equal(read(host=good), 200, good)
        for header in bad:
            equal(read(header), 401, header)
        for host in hosts:
            assert read(host=host) in (400, 401), host
    equal(answer(d.port, request(snapshot(), host="evil.example"))[0], 200)
    page = answer(d.port, request(method="GET", path="/", token=None,
                                  host="evil.example", length=False))
    assert b"web-1" not in page[1], page


@test("tokens cannot be tried out, and trying locks nobody out")
def _():
    d = hub(open_read=False)
    equal(post(d.port, "/ingest", snapshot(), token=TOKEN).status, 200)
    for path, method in (("/ingest", "POST"), ("/history", "GET"),
                         ("/metrics", "GET"), ("/", "GET")):
        data = request(method=method, path=path, token=TOKEN[:-1] + "x")
        equal(answer(d.port, data)[0], 401, path)
    begun = time.monotonic()
    statuses = [answer(d.port, request(token=f"guess-{i}"))[0]
                for i in range(40)]
    equal(set(statuses), {401, 429})
    # one more is allowed every 3 s
    again = statuses[statuses.index(429):].count(401)
    assert again <= (time.monotonic() - begun) / 3, statuses
    for path in ("/", "/history"):
        def has_to_wait():
            got = raw(d.port, request(method="GET", path=path, token="x"))
            return got if got.startswith(b"HTTP/1.1 429 ") else None
        got = wait_until(has_to_wait, what="a refusal")
        assert re.search(rb"\r\nRetry-After: [1-9]\d*\r\n", got), got
    equal(post(d.port, "/ingest", snapshot(), token=TOKEN).status, 200)
    with sent(d.port, request(token="x"), "127.9.9.9") as s:
        assert rest(s).startswith(b"HTTP/1.1 401 ")  # another network


def environ_of(d):
    text = ""
    for name in ("cmdline", "environ"):
        with open(f"/proc/{d.pid}/{name}", "rb") as f:
            text += f.read().decode(errors="replace")
    return text


@test("the token is in no log, status, error, command line or environment")
def _():
    secret = TOKEN + "-environment"
    d = hub(token=secret, env={"RUST": "never"})
    echo = []

    class Echo(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            said = self.headers["Authorization"]
            echo.append(said)
            body = f"no: {said} \x1b[31m{said}".encode()
            self.send_response(422 if len(echo) % 2 else 503, said)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    a = Daemon({"hostname": "agent", "interval": "50ms",
                "log": {"level": "debug"}, "plugins": {
                    "memory": None,
                    "good": {"plugin": "http_ingest", "token_env": "SECRET",
                             "url": f"http://127.0.0.1:{d.port}/ingest",
                             "interval": "50ms"},
                    "echo": {"plugin": "http_ingest", "token_env": "SECRET",
                             "url": f"http://127.0.0.1:{server.server_port}/",
                             "interval": "50ms", "drain": "100ms"}}},
               env={"SECRET": secret})
    wait_until(lambda: a.instance("good")["sent"] > 5)
    wait_until(lambda: len(echo) > 1 and a.instance("echo")["error"])
    equal(set(echo), {f"Bearer {secret}"})
    errors = [a.instance("echo")["error"]]
    for body in ({}, "[", snapshot()):
        post(d.port, "/ingest", body, token=secret)
        post(d.port, "/ingest", body, token=secret + "x")
        post(d.port, f"/{secret}"[:20], body, token=secret)
    a.reload()
    wait_until(lambda: a.instance("good")["sent"] > 5)
    for daemon in (a, d):
        assert "c0ffee" not in environ_of(daemon)
        assert "c0ffee" not in json.dumps(daemon.status()), errors
        assert "c0ffee" not in json.dumps(daemon.values())
        done = daemon.fettlectl("status", check=0)
        assert "c0ffee" not in done.stdout + done.stderr
    a.stop()
    d.stop()
    server.shutdown()
    server.server_close()
    assert "c0ffee" not in a.log() + json.dumps(errors), a.log()
    assert "c0ffee" not in d.log().replace("path=/canary-c0ffee", ""), d.log()


# --- what is told of them ------------------------------------------------------

ODD = "x\r\nforged\x1b[2J\u202egnp\u2028\x85\x7f"


@test("nothing from outside breaks a line of the log, or reaches a terminal")
def _():
    for form in ("text", "json"):
        d = hub(log=form, limits={"name": 32})
        equal(post(d.port, "/ingest", [
            snapshot(hostname=ODD), snapshot(hostname=ODD * 9)],
            token=TOKEN).status, 200)
        equal(post(d.port, "/ingest", batch(
            [[ODD, {"k": ODD}], int(time.time()), 1, 2],
            host=ODD, tags={"k": ODD}), token=TOKEN).status, 200)
        for data in (request(snapshot(), path="/%0a\xff\x1b[2J?\x9b"),
                     request({"hostname": ODD}),
                     request({"hostname": 1, ODD: 2}),
                     request(snapshot(disk={"mounts": {ODD: {}}})),
                     request(snapshot(), path="/" + "x" * 5000)):
            assert answer(d.port, data)[0] // 100 == 4
        post(d.port, "/ingest", {}, token=ODD.encode("utf-8").hex())
        d.stop()
        for line in d.stderr.all:
            assert line.isprintable(), line
            if form == "json":
                json.loads(line)
        assert not any(line.startswith("forged") for line in d.stderr.all)


@test("what odd names are called is told alike everywhere")
def _():
    d = hub()
    post(d.port, "/ingest", snapshot(hostname="a\nb\\c<b>\""), token=TOKEN)
    name = r'a\x0ab\x5cc<b>"'
    assert name in {h["host"] for h in d.asked(do="hosts")["hosts"]}
    record = json.loads(get(d.port, "/history").body)[-1]
    equal(record["hostname"], name)
    page = get(d.port, "/").body.decode()
    assert r'a\x0ab\x5cc&lt;b&gt;"' in page and "<b>" not in page, page
    metrics = get(d.port, "/metrics").body.decode()
    assert r'{host="a\\x0ab\\x5cc<b>\""}' in metrics, metrics


@test("every refusal is a record, until there are too many, which are counted")
def _():
    d = hub()
    for _ in range(3):
        answer(d.port, request(snapshot(), path="/nowhere"))
    answer(d.port, request("[{"))
    answer(d.port, request([{}]))
    for text in (
            "there is nothing here peer=127.0.0.1 path=/nowhere status=404 "
            "reason=path",
            "not JSON: the text ends here at byte 2 peer=127.0.0.1 "
            "path=/ingest status=400 reason=json",
            r"\[0\].timestamp: is missing peer=127.0.0.1 path=/ingest "
            "status=422 reason=content"):
        d.log_wait("request refused: " + text)
    begun = time.monotonic()
    for _ in range(300):
        answer(d.port, request(snapshot(), path="/nowhere"))
    equal(refused(d, "path"), 303)
    # one more is told every 10 s
    most = 20 + (time.monotonic() - begun) / 10
    assert d.log().count("request refused") < most, d.log()
    with sent(d.port, request(path="/else"), "127.8.8.8") as s:
        rest(s)
    d.log_wait("peer=127.8.8.8 path=/else")  # others are heard still


main()
