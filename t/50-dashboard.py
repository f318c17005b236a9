#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The dashboard of a hub, seen in a browser."""

import glob
import os
import shutil
import subprocess
import sys
import time

from harness import (BUILDDIR, SRCDIR, STAGE, Daemon, equal, free_port, get,
                     main, post, run, test, wait_until)

TOKEN = "canary-5d41402abc4b2a76b9719d911017c592"
READERS = {"cpu": None, "memory": None, "disk": {"mounts": ["/"]},
           "load": None, "network": None}
HOSTILE = "<img src=x onerror=alert(1)>"
WWW = os.path.join(STAGE, "share", "fettle", "dashboard")
PLACE = os.path.join(BUILDDIR, "t", "dashboard")
PATIENCE = 120  # seconds for a scenario


def nothing(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if not CHROMIUM:
    nothing("chromium is missing")
if not shutil.which("npm"):
    nothing("npm is missing")
if not os.path.exists(os.path.join(WWW, "index.html")):
    nothing("fettle was built without the dashboard")


def prepare():
    """The driver of the browser, from npm, beside the scenarios."""
    os.makedirs(PLACE, exist_ok=True)
    sources = os.path.join(SRCDIR, "plugins/write/ringbuffer_http/dashboard")
    for path in (os.path.join(sources, "package.json"),
                 os.path.join(sources, "package-lock.json"),
                 *glob.glob(os.path.join(SRCDIR, "t/dashboard/*.mjs"))):
        target = os.path.join(PLACE, os.path.basename(path))
        if os.path.realpath(path) != os.path.realpath(target):
            shutil.copyfile(path, target)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit",
                    "--no-fund"], cwd=PLACE, check=True,
                   stdin=subprocess.DEVNULL, stdout=sys.stderr)


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
    if readers and more.get("open_read", True):
        wait_until(lambda: d.values("cpu.percent"))
    return d


def send(d, *hosts):
    now = int(time.time())
    records = [{
        "timestamp": now, "hostname": host,
        "cpu": {"per_core": [12.5, 40.1], "average": 26.3},
        "memory": {"total": 25200000000, "used": 4200000000,
                   "free": 21000000000, "percent": 16.7},
        "disk": {"total": 270000000000, "used": 17000000000,
                 "free": 239000000000, "percent": 6.6}} for host in hosts]
    for i in range(0, len(records), 100):
        equal(post(d.port, "/ingest", records[i:i + 100], token=TOKEN).status,
              200)


def look(d, scenario, *args, steps=None):
    """Runs a scenario; steps: what it may ask for."""
    env = dict(os.environ, CHROMIUM=CHROMIUM, HOME=d.dir)
    with subprocess.Popen(
            ["node", "drive.mjs", scenario, f"http://127.0.0.1:{d.port}/",
             *args], cwd=PLACE, env=env, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        try:
            for step in steps or ():
                equal(p.stdout.readline().strip(), step.__name__)
                step()
                p.stdin.write("done\n")
                p.stdin.flush()
            _, said = p.communicate(timeout=PATIENCE)
        finally:
            p.kill()
    assert p.returncode == 0, said


@test("the page's files are there, for everybody, and small")
def _():
    prepare()
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


@test("the fleet is listed and found; names of hosts are text")
def _():
    d = hub()
    send(d, HOSTILE, "web-1", "web-2")
    look(d, "overview")


@test("axe finds nothing wrong, in light and in dark")
def _():
    d = hub()
    send(d, HOSTILE, "web-1")
    look(d, "judge")


@test("drag zooms, double click returns, arrows move, a link shows the same")
def _():
    look(hub(), "window")


@test("numbers move by themselves, and again after the hub was away")
def _():
    d = hub()

    def stop():
        d.stop()

    def start():
        d.start()
    look(d, "live", steps=[stop, start])


@test("with one host its page is the first one")
def _():
    look(hub(), "alone")


@test("a hub that asks for a token gets a form")
def _():
    look(hub(open_read=False), "signIn", TOKEN)


@test("of 500 hosts only the rows in view are drawn")
def _():
    d = hub(memory="512MiB")
    send(d, *[f"many-{i}" for i in range(500)])
    look(d, "many")


@test("what is wrong is at the top, with its past and how to silence it")
def _():
    d = hub(thresholds={"memory.percent": {"failure": 0.01}})
    send(d, "web-1")
    wait_until(lambda: "failure" in run(
        "fettlectl", "-s", d.path("control"), "alerts").stdout)
    look(d, "alerts")


main()
