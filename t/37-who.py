#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who may: tokens of single clients, scopes, and signing in."""

import json
import os
import re
import socket
import time

from harness import (PATIENCE, Daemon, equal, free_port, get, http_request,
                     main, post, run, test, wait_until)

SHARED = "canary-5d41402abc4b2a76b9719d911017c592"
OPEN = ("/history", "/metrics", "/api/v1/hosts", "/api/v1/series",
        "/api/v1/query?series=cpu", "/api/v1/alerts", "/api/v1/status",
        "/api/v1/stream", "/api/v1/openapi.json")


def made(name, hosts="*", scopes="ingest"):
    """(line, token) as fettlectl makes them."""
    out = run("fettlectl", "token", name, "--hosts", hosts, "--scopes",
              scopes, check=0).stdout.splitlines()
    equal(len(out), 2, out)
    return out


def hub(lines, token=None, daemon=None, **more):
    port = free_port()
    ring = {"listen": f"127.0.0.1:{port}", "tokens_file": "tokens", **more}
    if token:
        ring["token_file"] = "token"
    d = Daemon({"hostname": "hub", "plugins": {"ringbuffer_http": ring},
                **(daemon or {})},
               files={"tokens": "\n".join(lines) + "\n",
                      "token": SHARED}, args=["--strict"])
    d.port = port
    return d


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def batch(*hosts):
    return {"v": 1, "plugins": [
        {"plugin": "x", "host": host, "fields": [["a", "gauge", ""]],
         "rows": [[None, time.time(), 1]]} for host in hosts]}


def sign_in(d, token, **more):
    return post(d.port, "/login", f"token={token}", headers={
        "Content-Type": "application/x-www-form-urlencoded"}, **more)


@test("fettlectl token makes a line and a token, new ones each time")
def _():
    line, token = made("web-1", "web-*", "ingest,read")
    assert re.fullmatch(r"web-1 sha256:[0-9a-f]{64} hosts=web-\* "
                        r"scopes=ingest,read", line), line
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token), token
    assert made("web-1")[1] != made("web-1")[1]
    both = json.loads(run("fettlectl", "--json", "token", "a", check=0).stdout)
    equal(set(both), {"line", "token"})
    for wrong in (["a b"], [""], ["#a"], ["a", "b"], ["a", "--scopes", "x"],
                  ["a", "--hosts", ""], []):
        run("fettlectl", "token", *wrong, check=2)


@test("a token sends for its hosts only, and the others are named")
def _():
    line, token = made("web", "web-*")
    d = hub(["# tokens", "", line])
    equal(post(d.port, "/ingest", batch("web-1", "web-2"),
               token=token).status, 200)
    answer = post(d.port, "/ingest", batch("web-1", "db-1", "db-2", "db-1"),
                  token=token)
    equal(answer.status, 403)
    equal(json.loads(answer.body)["hosts"], ["db-1", "db-2"])
    equal(d.values("db-*:x"), [])
    equal(post(d.port, "/ingest", batch("web-1"), token=SHARED).status, 401)
    d.log_wait("web is for web-.*, not for db-1")


@test("scopes: who sends does not read, who reads does not send")
def _():
    (one, send), (two, read), (three, admin) = (
        made("s"), made("r", scopes="read"), made("a", scopes="admin"))
    d = hub([one, two, three], token=True)
    for path in OPEN[:-2]:
        equal(get(d.port, path, headers=bearer(send)).status, 403, path)
        assert get(d.port, path, headers=bearer(read)).status in (
            200, 501), path
    equal(post(d.port, "/ingest", batch("a"), token=read).status, 403)
    for token in (send, admin, SHARED):
        equal(post(d.port, "/ingest", batch("a"), token=token).status, 200)
    equal(get(d.port, "/history", headers=bearer(admin)).status, 200)


def fleet_of_two(**more):
    """A hub with web-1 and db-1, an alert of each, and a token for web-*."""
    line, token = made("web", "web-*", "read")
    d = hub([line], token=True, daemon={"thresholds": {"x.a": 0.5}}, **more)
    equal(post(d.port, "/ingest", batch("web-1", "db-1"),
               token=SHARED).status, 200)
    for host in ("web-1", "db-1"):
        post(d.port, "/ingest", {
            "timestamp": time.time(), "hostname": host,
            "cpu": {"per_core": [1], "average": 1},
            "memory": {"total": 3, "used": 1, "free": 2, "percent": 33.3},
            "disk": {"total": 3, "used": 1, "free": 2, "percent": 33.3}},
            token=SHARED)
    return d, token


@test("a token reads of its hosts only, wherever it asks")
def _():
    d, token = fleet_of_two(dashboard="none")
    for host in ("web-1", "db-1"):
        d.fettlectl("silence", f"{host}:x", "--for", "1h", "--reason",
                    "secret of " + host, check=0)

    def seen(path, who):
        answer = get(d.port, path, headers=bearer(who))
        equal(answer.status, 200, path)
        return answer.body.decode()

    def fired():
        states = [a["state"] for a in json.loads(
            seen("/api/v1/alerts", SHARED))["alerts"]]
        return states.count("warning") == 2
    wait_until(fired)
    for path in ("/history", "/history?limit=5", "/metrics", "/api/v1/hosts",
                 "/api/v1/series", "/api/v1/query?series=x", "/api/v1/alerts",
                 "/"):
        for host, who in (("web-1", SHARED), ("db-1", SHARED),
                          ("web-1", token)):
            assert host in seen(path, who), (path, host)
        assert "db-1" not in seen(path, token), path
    # not by name either
    equal(seen("/history?host=db-1", token).strip(), "[]")
    for path in ("query?series=db-1:x", "query?series=db-*:*",
                 "series?host=db-1", "series?host=d*"):
        equal(json.loads(seen("/api/v1/" + path, token))["series"], [], path)
    alerts = json.loads(seen("/api/v1/alerts", token))
    equal(sorted(a["series"] for a in alerts["alerts"]),
          ["web-1:host.silent", "web-1:x.a"])
    equal((alerts["counts"], len(alerts["silences"])),
          ({"warning": 1, "ok": 1}, 1))
    assert "store" not in alerts
    # what the daemon says of itself is of its own host
    equal(get(d.port, "/api/v1/status", headers=bearer(token)).status, 403)
    assert "fettle_ringbuffer_http_answered" not in seen("/metrics", token)
    assert "fettle_ringbuffer_http_answered" in seen("/metrics", SHARED)
    cookie = sign_in(d, token).headers["Set-Cookie"].split(";")[0]
    page = get(d.port, "/api/v1/hosts", headers={"Cookie": cookie})
    equal([h["host"] for h in json.loads(page.body)["hosts"]], ["web-1"])


def stream(d, token, until):
    """What is told up to there."""
    with socket.create_connection(("127.0.0.1", d.port),
                                  timeout=PATIENCE) as s:
        s.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n"
                  b"Authorization: Bearer " + token.encode() + b"\r\n\r\n")
        text = b""
        while until not in text:
            more = s.recv(65536)
            assert more, text
            text += more
            if b"event: hello" in text:
                post(d.port, "/ingest", batch("db-1", "web-1"), token=SHARED)
        return text


@test("a token is told of its hosts only, until it is for others")
def _():
    d, token = fleet_of_two()
    for until in (b"event: values", b"event: alerts"):
        text = stream(d, token, until)
        assert b"web-1" in text and b"db-1" not in text, text
    assert b"db-1" in stream(d, SHARED, b"event: values")
    with open(d.path("tokens")) as f:
        line = f.read()
    with socket.create_connection(("127.0.0.1", d.port),
                                  timeout=PATIENCE) as s:
        s.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n"
                  b"Authorization: Bearer " + token.encode() + b"\r\n\r\n")
        assert b"200" in s.recv(100)
        d.file("tokens", line.replace("hosts=web-*", "hosts=db-*"))
        d.reload()
        while s.recv(65536):
            pass
    text = stream(d, token, b"event: values")
    assert b"db-1" in text and b"web-1" not in text, text


@test("nobody reads anything without a token, nor with a wrong one")
def _():
    d = hub([made("a")[0]])
    for path in OPEN:
        equal(get(d.port, path).status, 401, path)
        equal(get(d.port, path, headers={
            "Cookie": "fettle_session=" + "A" * 43}).status, 401, path)
        assert "Bearer" in get(d.port, path).headers["WWW-Authenticate"]
    for path in OPEN:
        equal(get(d.port, path, headers=bearer("x")).status, 401, path)
    equal(get(d.port, "/").status, 200)
    equal(get(d.port, "/healthz").status, 200)


@test("tokens change at a reload, and two of a name are valid at once")
def _():
    (old_line, old), (new_line, new) = made("web"), made("web")
    d = hub([old_line])
    equal(post(d.port, "/ingest", batch("a"), token=new).status, 401)
    d.file("tokens", f"{old_line}\n{new_line}\n")
    d.reload()
    for token in (old, new):
        equal(post(d.port, "/ingest", batch("a"), token=token).status, 200)
    d.file("tokens", new_line)
    d.reload()
    equal(post(d.port, "/ingest", batch("a"), token=old).status, 401)
    d.file("tokens", new_line + "\n" + old_line + " more\n")
    d.reload()
    d.log_wait(r"tokens_file:2:\d+: nothing may follow the scopes")
    equal(post(d.port, "/ingest", batch("a"), token=new).status, 200)


@test("a file that others may read or write is refused")
def _():
    for mode in (0o644, 0o620, 0o602):
        port = free_port()
        d = Daemon({"plugins": {"ringbuffer_http": {
            "listen": f"127.0.0.1:{port}", "tokens_file": "tokens"}}},
            start=False)
        d.file("tokens", made("a")[0], mode)
        d.start(ready=False)
        equal(d.wait(), 1)
        d.log_wait("tokens.*chmod 600")


@test("signing in: a cookie that only GET is good for, until signing out")
def _():
    (one, read), (two, send) = made("r", scopes="read"), made("s")
    d = hub([one, two])
    equal(sign_in(d, send).status, 403)
    equal(sign_in(d, "wrong").status, 401)
    equal(post(d.port, "/login", {"token": read}).status, 415)
    equal(get(d.port, "/login").status, 405)
    answer = sign_in(d, read)
    equal(answer.status, 303)
    equal(answer.headers["Location"], "/")
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"):
        assert part in cookie.split("; "), cookie
    assert "Secure" not in cookie
    headers = {"Cookie": "a=b; " + cookie.split(";")[0] + "; c=d"}
    for path in OPEN[:5]:
        equal(get(d.port, path, headers=headers).status, 200, path)
    equal(post(d.port, "/ingest", batch("a"), headers=headers).status, 401)
    d.file("tokens", one + "\n# and nobody else\n")
    d.reload()
    equal(get(d.port, "/history", headers=headers).status, 200)
    gone = post(d.port, "/logout", "", headers=headers)
    equal(gone.status, 303)
    assert "Max-Age=0" in gone.headers["Set-Cookie"]
    equal(get(d.port, "/history", headers=headers).status, 401)
    again = {"Cookie": sign_in(d, read).headers["Set-Cookie"].split(";")[0]}
    equal(get(d.port, "/history", headers=again).status, 200)
    d.file("tokens", two)
    d.reload()
    equal(get(d.port, "/history", headers=again).status, 401)
    assert read not in d.log()


@test("the cookie is Secure under TLS, and behind a proxy that speaks it")
def _():
    line, token = made("r", scopes="read")
    d = hub([line], behind_proxy=["127.0.0.1"])
    answer = sign_in(d, token)
    assert "; Secure" not in answer.headers["Set-Cookie"]
    answer = post(d.port, "/login", f"token={token}", headers={
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https"})
    assert "; Secure" in answer.headers["Set-Cookie"]
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", d.path("key"), "-out", d.path("cert"), check=0)
    os.chmod(d.path("key"), 0o600)
    with open(d.config) as f:
        d.reload(f.read().replace(
            "tokens_file: tokens", "tokens_file: tokens\n    tls: "
            f"{{certificate: {d.path('cert')}, key_file: key}}"))
    answer = sign_in(d, token, tls=d.path("cert"), host="localhost")
    equal(answer.status, 303)
    assert "; Secure" in answer.headers["Set-Cookie"]


@test("who tries many tokens has to wait, at the door as elsewhere")
def _():
    line, token = made("r", scopes="read")
    d = hub([line])
    seen = [sign_in(d, f"guess-{i}").status for i in range(30)]
    equal(set(seen), {401, 429})
    equal(seen[:20], [401] * 20)
    # one more guess is allowed every 3 s
    wait_until(lambda: get(d.port, "/history",
                           headers=bearer("guess")).status == 429)
    equal(sign_in(d, token).status, 303)


@test("the page's own files: with ETag, gzip and nothing from elsewhere")
def _():
    d = hub([made("a")[0]])
    os.makedirs(d.path("dash/assets"))
    script = "/* a page */\n" * 500
    d.file("dash/index.html", "<!DOCTYPE html><title>x</title>", 0o644)
    d.file("dash/assets/main.js", script, 0o644)
    d.file("dash/assets/.hidden.js", "no", 0o644)
    d.file("dash/notes.c", "no", 0o644)
    os.symlink("/etc/passwd", d.path("dash/assets/passwd.txt"))
    with open(d.config) as f:
        d.reload(f.read().replace(
            "tokens_file: tokens",
            f"tokens_file: tokens\n    dashboard: {d.path('dash')}"))
    page = get(d.port, "/")
    equal(page.body, b"<!DOCTYPE html><title>x</title>")
    for answer in (page, get(d.port, "/healthz"), get(d.port, "/history")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, policy
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        equal(answer.headers["X-Content-Type-Options"], "nosniff")
    plain = get(d.port, "/assets/main.js")
    equal(plain.body.decode(), script)
    assert plain.headers["Content-Type"].startswith("text/javascript")
    packed = get(d.port, "/assets/main.js",
                 headers={"Accept-Encoding": "br, gzip;q=0.8"})
    equal(packed.headers["Content-Encoding"], "gzip")
    assert len(packed.body) < len(script) / 5
    assert packed.headers["ETag"] != plain.headers["ETag"]
    same = get(d.port, "/assets/main.js",
               headers={"If-None-Match": f'"x", {plain.headers["ETag"]}'})
    equal((same.status, same.body), (304, b""))
    for path in ("/assets/", "/assets/../index.html", "/assets/.hidden.js",
                 "/notes.c", "/assets/passwd.txt", "/assets/%6dain.js",
                 "/assets/main.js/", "/assets/" + "m" * 200):
        equal(get(d.port, path).status, 404, path)
    equal(http_request(d.port, "POST", "/assets/main.js", "").status, 405)


main()
