#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""http_ingest against somebody else's server: FastAPI with a model that takes
what is documented of a snapshot and nothing else."""

import importlib.util
import json
import os
import subprocess
import sys

from harness import (Daemon, die_with_parent, equal, free_port, get, main, run,
                     skip, test, wait_until)

TOKEN = "canary-5d1f0c"


def serve(port, key=None, certificate=None):
    """What this program is when it is the server."""
    from typing import List

    import uvicorn
    from fastapi import FastAPI, Header, HTTPException
    from pydantic import BaseModel, StrictFloat, StrictInt, StrictStr

    class Strict(BaseModel):
        class Config:
            extra = "forbid"

    class Cpu(Strict):
        per_core: List[StrictFloat]
        average: StrictFloat

    class Space(Strict):
        total: StrictInt
        used: StrictInt
        free: StrictInt
        percent: StrictFloat

    class Snapshot(Strict):
        timestamp: StrictInt
        hostname: StrictStr
        cpu: Cpu
        memory: Space
        disk: Space

    app = FastAPI()
    taken = []

    @app.post("/ingest")
    def ingest(snapshot: Snapshot, authorization: str = Header("")):
        if authorization != f"Bearer {TOKEN}":
            raise HTTPException(401, f"{authorization} is not right")
        taken.append(snapshot.dict())
        return {"message": "Metrics received"}

    @app.get("/taken")
    def show():
        return taken

    uvicorn.run(app, port=int(port), log_level="critical", ssl_keyfile=key,
                ssl_certfile=certificate)


class Server:
    """That in a process of its own."""

    def __init__(self, port=None, tls=()):
        for module in ("fastapi", "uvicorn"):
            if importlib.util.find_spec(module) is None:
                skip(f"there is no {module}")
        self.port = port or free_port()
        self.tls = tls[1] if tls else None
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, "serve", str(self.port), *tls],
            preexec_fn=die_with_parent)
        wait_until(self.is_up, what="the server")

    def is_up(self):
        assert self.process.poll() is None, "the server has ended"
        try:
            return get(self.port, "/taken", tls=self.tls,
                       host="localhost").status == 200
        except OSError:
            return False

    def taken(self):
        return json.loads(get(self.port, "/taken", tls=self.tls,
                              host="localhost").body)

    def seconds(self):
        return [s["timestamp"] for s in self.taken()]

    def end(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def agent(port, token=TOKEN, url="http://127.0.0.1:{}/ingest", **options):
    return Daemon({
        "interval": "1s",
        "hostname": "web-1",
        "plugins": {
            "cpu": None,
            "memory": None,
            "disk": {"mounts": ["/"]},
            "hub": {"plugin": "http_ingest", "format": "snapshot",
                    "url": url.format(port), "token_file": "token",
                    "drain": "1s", **options},
            "measured": {"plugin": "sinkfile", "path": "measured"},
        },
    }, files={"token": token})


def check_secret(d):
    assert TOKEN not in d.log(), d.log()
    assert TOKEN not in json.dumps(d.status())


def measured(d):
    """The seconds of which all was read: on a busy machine not every one."""
    plugins = {}
    with open(d.path("measured")) as f:
        for line in map(json.loads, f):
            second = line["time_ns"] // 10**9
            plugins.setdefault(second, set()).add(line["plugin"])
    return [s for s, p in plugins.items() if {"cpu", "memory", "disk"} <= p]


def check_each_second(d, seconds):
    equal(seconds, sorted(set(seconds)))
    equal([s for s in measured(d)
           if seconds[0] <= s <= seconds[-1] and s not in seconds], [])


@test("a strict server takes every second once")
def _():
    with Server() as server:
        d = agent(server.port)
        wait_until(lambda: len(server.taken()) >= 3)
        total = d.value("memory.total")
        d.stop()
        check_each_second(d, server.seconds())
        first = server.taken()[0]
        equal(first["hostname"], "web-1")
        equal(len(first["cpu"]["per_core"]), os.cpu_count())
        equal(first["memory"]["total"], total)
        assert "warning" not in d.log(), d.log()


@test("what a server misses while it is away comes when it is back")
def _():
    server = Server()
    d = agent(server.port)
    wait_until(lambda: server.taken())
    before = server.seconds()
    server.end()
    d.log_wait("warning hub: write: ")  # refused, reset or no reply
    with Server(server.port) as again:
        wait_until(lambda: len(again.taken()) >= 2)
        d.log_wait("hub: .*works again")
        after = again.seconds()
    # what came between the last look and the end was taken by the first
    assert len([s for s in measured(d) if before[-1] < s < after[0]]) <= 1, \
        (before, after)
    check_each_second(d, after)
    check_secret(d)


@test("a token that is not taken is an answer of its own, and can be renewed")
def _():
    with Server() as server:
        d = agent(server.port, token="another")
        d.log_wait("hub: .*HTTP 401")
        equal(server.taken(), [])
        wait_until(lambda: d.instance("hub")["state"] == "unauthorised")
        d.file("token", TOKEN)
        d.reload()
        wait_until(lambda: len(server.taken()) >= 2)
        check_each_second(d, server.seconds())
        assert "another" not in d.log(), d.log()


@test("a certificate must be trusted and of that name")
def _():
    holder = Daemon({"plugins": {}}, start=False)
    key, certificate = holder.path("key.pem"), holder.path("cert.pem")
    try:
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate, check=0)
    except FileNotFoundError:
        skip("there is no openssl")
    with Server(tls=(key, certificate)) as server:
        d = agent(server.port, url="https://localhost:{}/ingest")
        d.log_wait("hub: .*certificate")
        check_secret(d)
        d = agent(server.port, url="https://127.0.0.1:{}/ingest",
                  ca_file=certificate)
        d.log_wait("hub: .*does not match")
        equal(server.taken(), [])
        d = agent(server.port, url="https://localhost:{}/ingest",
                  ca_file=certificate)
        wait_until(lambda: server.taken())


if sys.argv[1:2] == ["serve"]:
    serve(*sys.argv[2:])
else:
    main()
