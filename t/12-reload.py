#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A reload changes what changed, and nothing else."""

import signal

from harness import Daemon, main, test, wait_until

BASE = {"interval": "100ms", "plugins": {"memory": None, "cpu": None}}


def actions(answer):
    return {p["label"]: p["action"] for p in answer["plan"]}


@test("the plan says what is kept, changed, started and stopped")
def _():
    d = Daemon(BASE)
    d.configure({"interval": "100ms", "plugins": {
        "memory": None, "cpu": {"per_core": False}, "disk": None}})
    assert actions(d.asked(do="reload")) == {
        "memory": "kept", "cpu": "changed", "disk": "started"}
    d.configure({"interval": "100ms", "plugins": {"memory": None}})
    assert actions(d.asked(do="reload")) == {
        "memory": "kept", "cpu": "stopped", "disk": "stopped"}
    wait_until(lambda: d.instance("cpu") is None)
    calls = d.instance("memory")["calls"]
    wait_until(lambda: d.instance("memory")["calls"] > calls)


@test("the plan says why: which options differ, or that a secret does")
def _():
    def why(config):
        d.configure(config)
        return {p["label"]: p["why"] for p in d.asked(do="reload")["plan"]}
    d = Daemon({"plugins": {
        "cpu": {}, "memory": None,
        "options": {"secret_file": "secret", "text": "a", "number": 1}}},
        files={"secret": "one"})
    options = {"secret_file": "secret", "real": 2, "number": 2}
    plugins = {"cpu": None, "memory": {"interval": "1h"}, "options": options}
    assert why({"plugins": plugins}) == {
        "cpu": None, "memory": "interval", "options": "real, number, text"}
    d.file("secret", "two")
    assert why({"plugins": plugins}) == {
        "cpu": None, "memory": None, "options": "a secret"}
    assert why({"interval": "5s", "plugins": plugins}) == {
        "cpu": "interval", "memory": None, "options": "interval"}
    plugins["cpu"] = {"plugin": "memory"}
    assert why({"interval": "5s", "plugins": plugins}) == {
        "cpu": None, "memory": None, "options": None}
    d.log_wait("reload: options changed: real, number, text")
    d.log_wait("reload: cpu stopped: plugin")


@test("a changed interval reaches those who inherit it")
def _():
    d = Daemon(BASE)
    d.configure({"interval": "1h", "plugins": BASE["plugins"]})
    assert set(actions(d.asked(do="reload")).values()) == {"changed"}
    assert d.instance("memory")["interval"] == 3600
    assert d.instance("fettle")["interval"] == 3600


@test("a bad file changes nothing, and says all that is wrong")
def _():
    d = Daemon(BASE)
    d.configure({"interval": "5 parsecs", "plugins": {"memory": {"x": 1}}})
    answer = d.ctl({"do": "reload"})
    assert len(answer["errors"]) == 2, answer
    assert d.instance("cpu")["state"] == "up"
    assert d.instance("memory")["interval"] == 0.1
    assert d.status()["reloads"]["failed"] == 1
    assert "parsecs" in d.status()["reloads"]["error"]
    d.configure(BASE)
    d.reload()
    assert d.status()["reloads"]["error"] is None


@test("SIGHUP reloads; a storm of signals is few reloads, and all goes on")
def _():
    d = Daemon(BASE)
    wait_until(lambda: d.value("memory.total"))
    fds, threads = d.fds(), d.threads()
    before = d.count("READY=1")
    for _ in range(1000):
        d.signal(signal.SIGHUP)
    wait_until(lambda: d.count("READY=1") > before)
    done = d.status()["reloads"]["done"]
    assert 1 <= done <= 1000, done
    calls = d.instance("memory")["calls"]
    wait_until(lambda: d.instance("memory")["calls"] > calls)
    wait_until(lambda: d.fds() <= fds)
    wait_until(lambda: d.threads() <= threads)


@test("hostname and tags change without a restart")
def _():
    d = Daemon(dict(BASE, hostname="one", tags={"env": "test"}))
    wait_until(lambda: d.values("one:memory"))
    d.reload(dict(BASE, hostname="two", tags={"env": "prod"}))
    wait_until(lambda: d.values("two:memory"))
    hosts = {h["host"]: h for h in d.asked(do="hosts")["hosts"]}
    assert hosts["two"]["tags"] == {"env": "prod"}


@test("what counts only at start is noted")
def _():
    d = Daemon(BASE)
    d.configure(dict(BASE, proc="/elsewhere"))
    assert d.asked(do="reload")["notes"] == [
        "proc counts only after a restart"]


main()
