#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An agent and a hub: what was measured here is there, as it left."""

import json
import os
import shutil
import socket
import ssl
import time

from harness import (PLUGIN_DIR, Daemon, equal, free_port, get, main, near,
                     post, run, test, wait_until)

TOKEN = "canary-c0ffee-5d41402abc4b2a76b9719d911017c592"
READERS = {"cpu": None, "memory": None, "disk": {"mounts": ["/"]}}


def hub(plugins=None, **more):
    port = free_port()
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True, "request_timeout": "120s", **more}
    d = Daemon({"hostname": "hub", "interval": "1s",
                "plugins": {"ringbuffer_http": ring, **(plugins or {})}},
               files={"token": TOKEN + "\n"}, args=["--strict"])
    d.port = port
    return d


def agent(port, plugins, host="agent-1", interval="100ms", **more):
    send = {"url": f"http://127.0.0.1:{port}/ingest", "token_file": "token",
            "interval": "100ms", **more}
    return Daemon({"hostname": host, "interval": interval,
                   "tags": {"env": "test"},
                   "plugins": {"http_ingest": send, **plugins}},
                  files={"token": TOKEN})


def history(port, query=""):
    answer = get(port, "/history" + query)
    assert answer.status == 200, answer
    return json.loads(answer.body)


SNAPSHOT = {
    "timestamp": 1763800000, "hostname": "web-1",
    "cpu": {"per_core": [12.5, 40.1], "average": 26.3},
    "memory": {"total": 25200000000, "used": 4200000000,
               "free": 21000000000, "percent": 16.7},
    "disk": {"total": 270000000000, "used": 17000000000,
             "free": 239000000000, "percent": 6.6}}


def snapshot(**more):
    return {**SNAPSHOT, "timestamp": int(time.time()), **more}


@test("the hub shows this machine's own values over HTTP")
def _():
    d = hub(READERS)
    record = wait_until(lambda: next(
        (r for r in history(d.port) if {"cpu", "memory", "disk"} <= set(r)),
        None), what="a whole record")
    equal(record["hostname"], "hub")
    assert isinstance(record["timestamp"], int)
    equal(set(record["memory"]), {"total", "used", "free", "percent"})
    equal(len(record["cpu"]["per_core"]), os.cpu_count())
    assert record["disk"]["total"] > 0


@test("a snapshot that was posted is in the history at once, as it was")
def _():
    d = hub()
    sent = snapshot()
    answer = post(d.port, "/ingest", sent, token=TOKEN)
    equal(answer.status, 200, answer.body)
    equal(json.loads(answer.body)["message"], "Metrics received")
    got = history(d.port, "?host=web-1")
    equal(len(got), 1)
    for part in ("hostname", "timestamp", "cpu", "memory", "disk"):
        equal(got[0][part], sent[part], part)


@test("an array of snapshots, and ISO 8601 times, are taken")
def _():
    d = hub()
    now = int(time.time())
    two = [snapshot(timestamp=now - 10), snapshot(timestamp=time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))]
    equal(post(d.port, "/ingest", two, token=TOKEN).status, 200)
    equal([r["timestamp"] for r in history(d.port)], [now - 10, now])


@test("an agent's values arrive, and a hub without cpu.so knows what they are")
def _():
    d = hub()
    d.stop()
    shutil.copytree(PLUGIN_DIR, d.path("plugins"))
    os.unlink(d.path("plugins/cpu.so"))
    with open(d.config) as f:
        text = f.read()
    d.configure(text.replace(f"plugin_dir: {PLUGIN_DIR}",
                             f"plugin_dir: {d.path('plugins')}"))
    d.start()
    agent(d.port, READERS)
    value = wait_until(lambda: d.values("agent-1:cpu.percent"))[0]
    equal(value["fields"][0]["kind"], "gauge")
    equal(value["fields"][0]["unit"], "percent")
    cores = wait_until(lambda: d.values("agent-1:cpu[*].percent"))
    equal(cores[0]["instance_name"], "core")
    wait_until(lambda: history(d.port, "?host=agent-1"))
    hosts = {h["host"]: h for h in d.asked(do="hosts")["hosts"]}
    equal(hosts["agent-1"]["tags"], {"env": "test"})


@test("a hub relays to a hub what it was sent")
def _():
    far = hub()
    near_hub = hub({"http_ingest": {
        "url": f"http://127.0.0.1:{far.port}/ingest", "token_file": "token",
        "interval": "100ms"}})
    agent(near_hub.port, {"memory": None})
    total = wait_until(lambda: far.values("agent-1:memory.total"))
    equal(total[0]["fields"][0]["value"],
          near_hub.value("agent-1:memory.total"))


@test("an agent keeps what it cannot send, and sends it when the hub is back")
def _():
    port = free_port()
    a = agent(port, {"memory": None})
    wait_until(lambda: a.instance("http_ingest")["queue"]["lists"] > 20)
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True}
    d = Daemon({"hostname": "hub", "plugins": {"ringbuffer_http": ring}},
               files={"token": TOKEN})
    wait_until(lambda: a.instance("http_ingest")["sent"] > 20)
    stats = a.instance("http_ingest")
    equal(stats["entered"], stats["sent"] + stats["queue"]["lists"])
    wait_until(lambda: d.value("agent-1:memory.total"))


@test("a wrong token is told apart, and a new one counts without a restart")
def _():
    d = hub()
    a = agent(d.port, {"memory": None})
    wait_until(lambda: a.instance("http_ingest")["sent"] > 0)
    d.file("token", "another-token-0123456789abcdef")
    d.reload()
    wait_until(lambda: a.instance("http_ingest")["state"] == "unauthorised")
    a.file("token", "another-token-0123456789abcdef")
    a.reload()
    sent = a.instance("http_ingest")["sent"]
    wait_until(lambda: a.instance("http_ingest")["sent"] > sent)


@test("who may read: nobody with a token only, but this machine if told so")
def _():
    d = hub()
    equal(get(d.port, "/history").status, 200)
    equal(get(d.port, "/healthz").status, 200)
    equal(get(d.port, "/").status, 200)
    for header in ("Forwarded", "X-Forwarded-For", "Via"):
        equal(get(d.port, "/history",
                  headers={header: "10.0.0.1"}).status, 401, header)
    assert get(d.port, "/history", headers={
        "Host": "evil.example"}).status in (400, 401, 403)
    assert get(d.port, "/metrics", headers={
        "Host": "evil.example"}).status in (400, 401, 403)
    closed = hub(open_read=False)
    equal(get(closed.port, "/history").status, 401)
    equal(get(closed.port, "/metrics").status, 401)
    equal(get(closed.port, "/healthz").status, 200)
    equal(get(closed.port, "/history", headers={
        "Authorization": f"Bearer {TOKEN}"}).status, 200)
    equal(get(closed.port, "/history", headers={
        "Authorization": "Bearer wrong"}).status, 401)


@test("/ingest without any token configured says how to make one")
def _():
    port = free_port()
    Daemon({"plugins": {"ringbuffer_http": {
        "listen": f"127.0.0.1:{port}", "open_read": True}}})
    answer = post(port, "/ingest", snapshot())
    equal(answer.status, 401)
    assert b"token_file" in answer.body, answer.body
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@test("/metrics is what Prometheus reads, with units and kinds")
def _():
    d = hub(READERS)
    text = wait_until(lambda: (lambda t: t if "fettle_cpu_percent{" in t
                               else None)(
        get(d.port, "/metrics").body.decode()))
    assert "# TYPE fettle_memory_total_bytes gauge" in text, text
    assert 'fettle_cpu_percent{core="0"}' in text, text
    assert 'fettle_disk_free_bytes{mount="/"}' in text, text
    assert 'fettle_host_last_seen_timestamp_seconds{host="hub"}' in text
    opened = get(d.port, "/metrics", headers={
        "Accept": "application/openmetrics-text; version=1.0.0"})
    assert opened.body.endswith(b"# EOF\n")
    assert "openmetrics" in opened.headers["Content-Type"]


@test("history keeps the newest and its filters work")
def _():
    d = hub(records=5)
    now = int(time.time())
    many = [snapshot(timestamp=now - 100 + i, hostname=f"h{i % 2}")
            for i in range(10)]
    equal(post(d.port, "/ingest", many, token=TOKEN).status, 200)
    equal([r["timestamp"] for r in history(d.port)],
          [now - 95 + i for i in range(5)])
    equal(len(history(d.port, "?limit=2")), 2)
    equal({r["hostname"] for r in history(d.port, "?host=h1")}, {"h1"})
    equal(len(history(d.port, f"?since={now - 92}")), 2)
    equal(get(d.port, "/history?limit=x").status, 400)


@test("no token is in any log, status or command line")
def _():
    d = hub()
    a = agent(d.port, {"memory": None})
    wait_until(lambda: a.instance("http_ingest")["sent"] > 0)
    post(d.port, "/ingest", {}, token=TOKEN)
    post(d.port, "/ingest", snapshot(), token=TOKEN + "x")
    for daemon in (d, a):
        text = daemon.log() + json.dumps(daemon.status()) + json.dumps(
            daemon.values())
        with open(f"/proc/{daemon.pid}/cmdline") as f:
            text += f.read()
        assert "c0ffee" not in text


@test("TLS: an agent that trusts the certificate delivers, others do not")
def _():
    d = Daemon({"plugins": {}}, start=False)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", d.path("key"), "-out", d.path("cert"), check=0)
    os.chmod(d.path("key"), 0o600)
    d.file("token", TOKEN)
    port = free_port()
    d.configure({"hostname": "hub", "plugins": {"ringbuffer_http": {
        "listen": f"127.0.0.1:{port}", "token_file": "token",
        "tls": {"certificate": d.path("cert"), "key_file": "key"}}}})
    d.start()
    good = agent(port, {"memory": None}, ca_file=d.path("cert"),
                 url=f"https://localhost:{port}/ingest")
    wait_until(lambda: good.instance("http_ingest")["sent"] > 0)
    bad = agent(port, {"memory": None}, host="agent-2",
                url=f"https://localhost:{port}/ingest")
    wait_until(lambda: bad.instance("http_ingest")["failures"] > 0)
    equal(bad.instance("http_ingest")["sent"], 0)
    assert "certificate" in bad.instance("http_ingest")["error"]
    assert "CAfile: none" not in bad.log()
    near(d.value("agent-1:memory.total"), good.value("memory.total"), 0)


@test("TLS: a certificate renewed for the same key is taken by a reload")
def _():
    d = Daemon({"plugins": {}}, start=False)

    def sign(*words):
        run("openssl", "req", "-x509", *words, "-subj", "/CN=localhost",
            "-out", d.path("cert"), check=0)

    def serves():
        with open(d.path("cert")) as f:
            wanted = f.read().split()
        try:
            return ssl.get_server_certificate(
                ("localhost", port)).split() == wanted
        except OSError:
            return False

    sign("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", d.path("key"))
    os.chmod(d.path("key"), 0o600)
    port = free_port()
    d.configure({"plugins": {"memory": None, "ringbuffer_http": {
        "listen": f"127.0.0.1:{port}",
        "tls": {"certificate": d.path("cert"), "key_file": "key"}}}})
    d.start()
    wait_until(serves)
    sign("-key", d.path("key"))
    plan = {p["label"]: p["why"] for p in d.asked(do="reload")["plan"]}
    equal(plan, {"memory": None, "ringbuffer_http": "a file"})
    wait_until(serves)


@test("a thousand reloads under load lose nothing, and keep socket and history")
def _():
    d = hub({"memory": None, "cpu": None})
    # the oldest record stays there for the minutes that a slow machine takes
    a = agent(d.port, READERS, interval="500ms")
    wait_until(lambda: a.instance("http_ingest")["sent"] > 0)
    wait_until(lambda: history(d.port, "?host=agent-1"))
    old = history(d.port)[0]
    fds, threads = d.fds(), d.threads()
    for i in range(1000):
        d.asked(do="reload") if i % 10 == 0 else d.signal(1)
    d.at_rest()
    # a change that it has to hand over, not only one that it keeps
    with open(d.config) as f:
        d.configure(f.read().replace("open_read: true",
                                     "open_read: true\n    records: 900"))
    plan = {p["label"]: p["action"] for p in d.asked(do="reload")["plan"]}
    equal(plan["ringbuffer_http"], "changed")
    equal(history(d.port)[0], old, "the oldest record")
    wait_until(lambda: d.threads() <= threads)
    wait_until(lambda: d.fds() <= fds + 1)
    stats = a.instance("http_ingest")
    equal(sum(stats["dropped"].values()), 0)
    equal(a.status()["dispatch"]["dropped"]["queue"], 0)
    equal(d.status()["dispatch"]["dropped"]["queue"], 0)
    sent = stats["sent"]
    wait_until(lambda: a.instance("http_ingest")["sent"] > sent)


@test("a hub that cannot listen elsewhere says so, and tries it again")
def _():
    d = hub()
    was, port = d.port, free_port()
    with socket.create_server(("127.0.0.1", port)):
        with open(d.config) as f:
            d.configure(f.read().replace(f":{was}", f":{port}"))
        notes = wait_until(lambda: d.asked(do="reload")["notes"])
        assert "goes on as it was" in notes[0], notes
        equal(get(was, "/healthz").status, 200)
    wait_until(lambda: d.asked(do="reload")["plan"][0]["action"] == "kept")
    equal(get(port, "/healthz").status, 200)


@test("more values than an answer may have are refused before it is made")
def _():
    d = hub()
    names = [f"f{i}" for i in range(256)]
    for half in range(2):
        answer = post(d.port, "/ingest", {
            "v": 1, "host": "big", "interval": 10, "plugins": [{
                "plugin": "x", "fields": [[n, "gauge", ""] for n in names],
                "rows": [[f"{half}-{i}", time.time(), *[1] * len(names)]
                         for i in range(660)]}]}, token=TOKEN)
        equal(answer.status, 200, answer.body)
    wait_until(lambda: d.values("big:x[1-659]"))
    answer = d.ctl({"do": "values"})
    assert "ask for less, such as one host" in answer["error"], answer
    assert len(d.values("big:x[0-7]")[0]["fields"]) == 256


main()
