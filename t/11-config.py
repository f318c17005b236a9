#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mistakes in a configuration: all of them, with their places."""

import os

from harness import Daemon, main, run, test

MANY = """\
intervall: 10s
hostname: [web]
limits: {series: 0}
plugins:
  cpuu:
  memory: {pre_core: true}
  disk:
    mounts: /
    mounts: /home
  cpu: {per_core: perhaps, timeout: 5, routes: [x]}
  http_ingest: {token: abc}
"""


def mistakes(text):
    d = Daemon(text, start=False)
    done = run("fettled", "-C", d.config, "--check", check=1)
    return [line.removeprefix(d.config + ":")
            for line in done.stderr.splitlines()], d


def has(lines, *parts):
    assert any(all(p in line for p in parts) for line in lines), \
        f"{parts} in none of:\n" + "\n".join(lines)


@test("all mistakes are reported at once, with line, column and suggestion")
def _():
    lines, _ = mistakes(MANY)
    has(lines, "1:1:", "intervall", "did you mean 'interval'?")
    has(lines, "2:11:", "hostname")
    has(lines, "3:18:", "series")
    has(lines, "5:3:", "cpuu", "cannot be loaded", "did you mean 'cpu'?")
    has(lines, "6:12:", "pre_core")
    has(lines, "9:5:", "mounts", "first in line 8")
    has(lines, "10:19:", "per_core")
    has(lines, "10:37:", "timeout", "unit")
    has(lines, "10:48:", "routes are for writers")
    has(lines, "11:24:", "token", "token_file")
    has(lines, "url")


@test("a name that is fettle's own, and a writer too many, are mistakes")
def _():
    lines, _ = mistakes("plugins:\n  fettle: {plugin: memory}\n"
                        "  spool: {plugin: memory}\n" + "".join(
        f"  w{n}: {{plugin: sinkfile, path: /dev/null}}\n"
        for n in range(66)))
    has(lines, "2:3:", "'fettle'", "fettle itself uses")
    has(lines, "3:3:", "'spool'", "fettle itself uses")
    has(lines, "68:3:", "'w64'", "one writer too many: there may be 64")
    assert len(lines) == 3, lines


@test("a plugin that is not there is named with the nearest one")
def _():
    lines, _ = mistakes("plugins:\n  cpuu:\n")
    has(lines, "2:3:", "cpuu.so: No such file", "did you mean 'cpu'?")


@test("plugins that are not indented are said to be plugins")
def _():
    for text in ("plugins:\ncpu:\nmemory:\n",
                 "plugins:\n  disk:\ncpu:\nmemory:\n"):
        lines, _ = mistakes(text)
        has(lines, ":1:", "'cpu' is a plugin: indent it below 'plugins'")
        has(lines, ":1:", "'memory' is a plugin")
        assert not any("'disk'" in line for line in lines), lines


@test("options of the daemon that are indented are said to be none of plugins")
def _():
    text = ("plugins:\n  memory:\n  interval: 10s\n"
            "  thresholds:\n    memory: 90\n")
    lines, d = mistakes(text)
    has(lines, "3:3:", "'interval' is no plugin: it belongs beside 'plugins'")
    has(lines, "4:3:", "'thresholds' is no plugin: it belongs beside")
    assert len(lines) == 2, lines
    run("fettled", "-C", d.config, check=1)  # without them nobody is told


@test("a file without plugins, as one half written, is a mistake")
def _():
    for text in ("", "interval: 10s\n"):
        lines, _ = mistakes(text)
        has(lines, "there is no 'plugins'")


@test("a daemon with mistakes does not start")
def _():
    d = Daemon(MANY, ready=False)
    assert d.wait() == 1
    assert d.count("READY=1") == 0


@test("a correct file passes the check, and nothing is opened by it")
def _():
    d = Daemon({"plugins": {"memory": None, "cpu": {"per_core": False}}},
               start=False)
    done = run("fettled", "-C", d.config, "--check", check=0)
    assert "no mistakes" in done.stdout
    assert not os.path.exists(d.path("state"))


@test("hostile names in a file break no line")
def _():
    d = Daemon('plugins: {"a\\nb": {}, "\\e[31mred": {}}\n', start=False)
    done = run("fettled", "-C", d.config, "--check", check=1)
    assert "\x1b" not in done.stderr and len(
        done.stderr.splitlines()) == 2, repr(done.stderr)


@test("a secret that others can read is refused, and never shown")
def _():
    d = Daemon({"plugins": {"http_ingest": {
        "url": "http://127.0.0.1:9/ingest", "token_file": "token"}}},
        start=False)
    d.file("token", "canary-7f3a", 0o644)
    done = run("fettled", "-C", d.config, "--check", check=1)
    assert "token" in done.stderr and "canary" not in done.stderr
    d.file("token", "canary-7f3a", 0o600)
    run("fettled", "-C", d.config, "--check", check=0)


main()
