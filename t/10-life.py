#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A daemon's life: start, first values, being asked, being ended."""

import json
import os
import re
import subprocess
import shutil
import signal

from harness import (FETTLED, PATIENCE, PLUGIN_DIR, Daemon,
                     clean_environment, die_with_parent, main, run, test,
                     wait_until)

READERS = {"cpu": None, "memory": None, "disk": {"mounts": ["/"]}}


@test("the first values are there before the first interval is over")
def _():
    d = Daemon({"interval": "1h", "plugins": READERS})
    total = wait_until(lambda: d.value("memory.total"), what="memory.total")
    with open("/proc/meminfo") as f:
        kib = int(re.search(r"MemTotal:\s+(\d+)", f.read())[1])
    assert total == kib * 1024, total
    assert wait_until(lambda: d.value("disk[/].total")) > 0


@test("status names every instance, its state and when it ran")
def _():
    d = Daemon({"interval": "1s", "plugins": READERS})
    wait_until(lambda: all(i["calls"] > 1 for i in d.status()["instances"]))
    status = d.status()
    labels = {i["label"]: i for i in status["instances"]}
    assert set(labels) == {"cpu", "memory", "disk", "fettle"}, labels
    assert all(i["state"] == "up" for i in labels.values()), labels
    assert labels["memory"]["last_run"] > 1.6e9
    assert labels["memory"]["duration"]["last"] > 0
    assert status["pid"] == d.pid


@test("fettle measures itself")
def _():
    d = Daemon({"interval": "100ms", "plugins": {"memory": None}})
    wait_until(lambda: (d.value("fettle[memory].calls") or 0) > 3)
    assert d.value("fettle.resident") > 1 << 20
    assert d.value("fettle.cpu") >= 0
    assert d.value("fettle[memory].failures") == 0


@test("SIGTERM and SIGINT end it with 0")
def _():
    for number in (signal.SIGTERM, signal.SIGINT):
        d = Daemon({"plugins": READERS})
        d.signal(number)
        assert d.wait() == 0
        d.log_wait("ended")
        assert not os.path.exists(d.path("control"))


@test("systemd is told when it is ready, reloads and stops")
def _():
    d = Daemon({"plugins": {"memory": None}},
               env={"WATCHDOG_USEC": "100000"})
    wait_until(lambda: d.count("WATCHDOG=1") > 2, what="WATCHDOG=1")
    d.reload()
    assert any(m.startswith("MONOTONIC_USEC=") for m in d.messages.all)
    d.stop()
    wait_until(lambda: d.count("STOPPING=1") == 1)


@test("a second one on the same state directory says so and exits 1")
def _():
    first = Daemon({"plugins": {"memory": None}})
    config = {"state_dir": first.path("state"), "plugins": {"memory": None}}
    second = Daemon(config, ready=False)
    assert second.wait() == 1
    second.log_wait("another fettled uses the state directory")


@test("a plugin that is gone is named, and all else runs")
def _():
    d = Daemon({"plugins": {}}, start=False)
    shutil.copytree(PLUGIN_DIR, d.path("plugins"))
    os.unlink(d.path("plugins/cpu.so"))
    d.configure({"plugin_dir": d.path("plugins"), "plugins": READERS})
    d.start()
    d.log_wait(r"plugin cpu is not loaded: .*/cpu\.so: No such file")
    assert wait_until(lambda: d.value("memory.percent"))
    assert d.instance("cpu") is None
    assert d.status()["refused"][0]["plugin"] == "cpu"


@test("--strict ends with 1 where a plugin is gone")
def _():
    d = Daemon({"plugins": {"nonesuch": None, "memory": None}},
               args=["--strict"], ready=False)
    assert d.wait() == 1
    d.log_wait("plugin nonesuch is not loaded")


@test("--strict that cannot start does not wait for a server that is away")
def _():
    d = Daemon({"plugins": {"nonesuch": None, "memory": None, "refuser": {
        "path": "/dev/null", "answers": ["retry"] * 3600, "drain": "1h"}}},
               args=["--strict"], ready=False)
    assert d.wait() == 1
    d.log_wait("not started")


@test("--once prints one reading for people, and as JSON")
def _():
    d = Daemon({"plugins": READERS}, start=False)
    text = run("fettled", "-C", d.config, "--once", check=0).stdout
    assert re.search(r"cpu\.percent +\d+\.\d %", text), text
    assert re.search(r"memory\.total +[\d.]+ [GM]iB", text), text
    assert "fettle" not in text.replace("fettle-", ""), text
    lists = json.loads(run("fettled", "-C", d.config, "--once", "--format",
                           "json", check=0).stdout)
    assert {v["plugin"] for v in lists} == {"cpu", "memory", "disk"}


@test("--once reads twice, and waits for nothing that it does not print")
def _():
    d = Daemon({"plugins": {"counter": {"step": 1}}}, start=False)
    lists = json.loads(run("fettled", "-C", d.config, "--once", "--format",
                           "json", check=0).stdout)
    reads = {f["name"]: f["value"] for f in lists[0]["fields"]}["count"] + 1
    assert 2 <= reads <= 5, reads


@test("--once exits 1 where something cannot be read")
def _():
    d = Daemon({"proc": "/nonexistent", "plugins": {"memory": None}},
               start=False)
    done = run("fettled", "-C", d.config, "--once", check=1)
    assert "/proc/meminfo: No such file or directory" in done.stderr, \
        done.stderr


@test("--once is ended by a signal, as any command is")
def _():
    d = Daemon({"plugins": {"sleeper": {"until": "never"}}}, start=False)
    once = subprocess.Popen([FETTLED, "-C", d.config, "--once"],
                            stdout=subprocess.DEVNULL, env=clean_environment(d.dir),
                            preexec_fn=die_with_parent)
    wait_until(lambda: len(os.listdir(f"/proc/{once.pid}/task")) > 1)
    once.terminate()
    assert once.wait(PATIENCE) == -signal.SIGTERM


@test("what cannot be printed is a failure")
def _():
    d = Daemon({"plugins": {"memory": None}}, start=False)
    for mode in ("--once", "--check", "--version",
                 "--describe memory --format json"):
        done = run("sh", "-c",
                   f"'{FETTLED}' -C '{d.config}' {mode} >/dev/full", check=1)
        assert "cannot write to standard output" in done.stderr, done.stderr


@test("options that do not go together are bad usage")
def _():
    for words in (["--send"], ["--check", "--strict"],
                  ["--check", "--format", "json"],
                  ["--once", "--format", "man"], ["--check", "more"]):
        run("fettled", *words, check=2)


@test("--describe prints options and fields as text and as JSON")
def _():
    d = Daemon({"plugins": {}}, start=False)
    text = run("fettled", "-C", d.config, "--describe", "cpu", check=0).stdout
    assert "per_core (bool, default true)" in text, text
    assert "percent (gauge, percent)" in text, text
    one = json.loads(run("fettled", "-C", d.config, "--describe", "memory",
                         "--format", "json", check=0).stdout)
    assert one["fields"][0]["kind"] == "gauge"
    every = json.loads(run("fettled", "-C", d.config, "--describe",
                           "--format", "json").stdout)
    assert {"cpu", "memory", "disk"} <= {p["plugin"] for p in every}


@test("--describe prints a manual page of each plugin, without a mistake")
def _():
    d = Daemon({"plugins": {}}, start=False)
    every = json.loads(run("fettled", "-C", d.config, "--describe",
                           "--format", "json").stdout)
    for plugin in every:
        page = run("fettled", "-C", d.config, "--describe", plugin["plugin"],
                   "--format", "man", check=0).stdout
        said = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"],
                              input=page, capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + page
        assert f".Nm fettle-{plugin['plugin']}\n" in page
        assert "\n " not in page, page
        for option in plugin["options"]:
            assert f".It Ic {option['name']}" in page, page
        for field in plugin["fields"]:
            assert f".It Va {field['name']} " in page, page


@test("a log in JSON is an object a line, in the journal a priority a line")
def _():
    d = Daemon({"log": {"format": "json"}, "plugins": {"memory": None}})
    d.stop()
    for line in d.stderr.all:
        record = json.loads(line)
        assert {"time", "level", "source", "message"} <= set(record)
    d = Daemon({"plugins": {"memory": None}},
               env={"JOURNAL_STREAM": "1:2"})
    d.stop()
    assert all(re.match(r"<\d>\w+: ", line) for line in d.stderr.all), d.log()


@test("fettlectl shows the running daemon")
def _():
    d = Daemon({"interval": "100ms", "plugins": READERS})
    wait_until(lambda: d.value("cpu.percent") is not None)
    text = d.fettlectl("status", check=0).stdout
    assert re.search(r"^cpu +up ", text, re.MULTILINE), text
    text = d.fettlectl("values", "memory.percent", check=0).stdout
    assert re.fullmatch(r"\S+:memory\.percent +[\d.]+ %( +\d+ s ago)?\n",
                        text), text
    hosts = d.fettlectl("hosts", check=0).stdout
    assert d.status()["host"] in hosts


@test("no configuration, or none that can be read, is said plainly")
def _():
    done = run(FETTLED, "-C", "/nonexistent.yaml", check=1)
    assert "/nonexistent.yaml: cannot be read: No such file" in done.stderr, \
        done.stderr
    assert run(FETTLED, "--nonsense").returncode == 2
    assert run(FETTLED, "more").returncode == 2


main()
