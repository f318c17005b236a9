#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The dashboard of a hub that agents send to, seen in a browser."""

import functools
import os
import shlex
import subprocess
import sys
import time

from browser import WWW, Browser, missing
from harness import (Daemon, die_with_parent, equal, free_port, get, main,
                     post, run, test, wait_until)

if missing():
    print(f"1..0 # SKIP {missing()}")
    sys.exit(0)

TOKEN = "canary-5d41402abc4b2a76b9719d911017c592"
READERS = {"cpu": None, "memory": None, "disk": {"mounts": ["/"]},
           "load": None, "network": None}
HOSTILE = "<img src=x onerror=alert(1)>"
TROUBLE = f"fettle-trouble-{os.getpid()}"


def hub(readers=True, thresholds=None, **more):
    port = free_port()
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True, "dashboard": WWW,
            "connections_per_address": 1000, **more}
    config = {"hostname": "hub", "interval": "1s",
              "plugins": {"ringbuffer_http": ring,
                          **(READERS if readers else {})}}
    if thresholds:
        config["thresholds"] = thresholds
    d = Daemon(config, files={"token": TOKEN + "\n"}, args=["--strict"])
    d.port = port
    return d


def agent(to, host, plugins):
    send = {"url": f"http://127.0.0.1:{to.port}/ingest",
            "token_file": "token", "interval": "100ms"}
    return Daemon({"hostname": host, "interval": "1s", "tags": {"env": "test"},
                   "plugins": {"http_ingest": send, **READERS, **plugins}},
                  files={"token": TOKEN}, args=["--strict"])


def send(d, hosts, mount="/", memory=16.7):
    """What hosts would send that measure once an hour."""
    now = int(time.time())
    groups = [{
        "plugin": plugin, "instance_name": name, "fields": [
            [field, "gauge", unit] for field, unit in fields],
        "host": host, "interval": 3600, "rows": [[instance, now, *numbers]]}
        for host in hosts for plugin, name, instance, fields, numbers in (
            ("cpu", None, None, [("percent", "percent")], [26.3]),
            ("memory", None, None, [("percent", "percent")], [memory]),
            ("disk", "mount", mount,
             [("total", "bytes"), ("used", "bytes"), ("percent", "percent")],
             [27e10, 17e9, 6.6]))]
    for i in range(0, len(groups), 300):
        answer = post(d.port, "/ingest", {
            "v": 1, "queue": f"{now:032x}", "seq": 1 + i, "host": "many",
            "sent": now, "plugins": groups[i:i + 300]}, token=TOKEN)
        equal(answer.status, 200, answer.body)


browser = functools.cache(Browser)
HUB = hub(thresholds={"processes[trouble].count": {"failure": 1}})
agent(HUB, "web-1", {})
agent(HUB, "db-1", {"processes": {"watch": {
    "trouble": {"cmdline": f"*{TROUBLE}*"}}}})
send(HUB, [HOSTILE], "/<b>\u202emount</b>")


def look(*args, **more):
    browser().look(*args, **more)


class Trouble:
    """A process that an agent watches for."""

    def begin(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import signal; signal.pause()", TROUBLE],
            preexec_fn=die_with_parent)

    def end(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        self.begin()

    def __exit__(self, *_):
        self.end()


@test("the page's files are there, for everybody, and small")
def _():
    d = hub(readers=False, open_read=False)
    page = get(d.port, "/")
    equal(page.status, 200)
    assert b"assets/main.js" in page.body
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    script = get(d.port, "/assets/main.js",
                 headers={"Accept-Encoding": "gzip"})
    equal(script.headers["Content-Encoding"], "gzip")
    equal(get(d.port, "/assets/none.js").status, 404)


@test("the fleet is listed and found; names of hosts and mounts are text")
def _():
    for host in ("web-1", "db-1"):
        wait_until(lambda: HUB.values(f"{host}:cpu.percent"))
    look(HUB, "overview")


@test("a narrow table has no more columns than are seen")
def _():
    look(HUB, "narrow")


@test("what stands beside the lines is said as people read it")
def _():
    look(HUB, "numbers")


@test("lines, numbers, days until full and since when: all of it is so")
def _():
    look(HUB, "truth")


@test("everything is done by keys as well")
def _():
    look(HUB, "keyboard")


@test("drag zooms, double click returns, arrows move, a link shows the same")
def _():
    look(HUB, "zoom")


@test("an alert comes and goes by itself; its past, and how to silence it")
def _():
    trouble = Trouble()

    def break_it():
        trouble.begin()

    def silence_it(command):
        HUB.fettlectl(*shlex.split(command)[1:], check=0)

    def mend_it():
        HUB.fettlectl("unsilence", 1, check=0)
        trouble.end()
    look(HUB, "alerts", steps=[break_it, silence_it, mend_it])


@test("on desktop and phone, light and dark, nothing is cut off, axe is silent")
def _():
    with Trouble():
        wait_until(lambda: "failure" in run(
            "fettlectl", "-s", HUB.path("control"), "alerts").stdout)
        look(HUB, "looks")


@test("light and dark follow the system until somebody says otherwise")
def _():
    look(HUB, "themes")


@test("numbers move by themselves, and again after the hub was away")
def _():
    def stop():
        HUB.stop()

    def start():
        HUB.start()
    look(HUB, "live", steps=[stop, start])


@test("with one host its page is the first one")
def _():
    d = hub()
    wait_until(lambda: d.values("cpu.percent"))
    look(d, "alone")


@test("a hub that asks for a token gets a form")
def _():
    look(hub(open_read=False), "signIn", TOKEN)


@test("where there is nothing, and where the hub fails, it says what to do")
def _():
    look(hub(readers=False), "nothing")


@test("of 500 hosts the rows in view are drawn; what all have is one line")
def _():
    d = hub(memory="512MiB", thresholds={"many-*:memory.percent": {
        "failure": 10}})
    hosts = [f"many-{i}" for i in range(500)]
    send(d, hosts)

    def mend_it():
        send(d, hosts, memory=6.7)
    look(d, "many", steps=[mend_it])


@test("the browser ends")
def _():
    browser().close()


main()
