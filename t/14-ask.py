#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Questions that somebody puts to an instance, and what keeps it quiet."""

import json
import threading
import time

from harness import Daemon, equal, main, test, wait_until


def ask_once(d, label, question):
    return d.ctl({"do": "ask", "label": label, "question": question})


def ask(d, label, question):
    """What is said; again where the machine had no 2 s for it."""
    def said():
        told = ask_once(d, label, question)
        return None if "is busy: no answer" in json.dumps(told) else told
    return wait_until(said)


def answer(d, label, question):
    return ask(d, label, question)["answer"]


def says_it_is_stuck(d, label):
    """At once, not after the 2 s that an answer is waited for."""
    begun = time.monotonic()
    for _ in range(20):
        equal(ask(d, label, "echo"), {
            "error": f"'{label}' is stuck: a call of it does not return"})
    assert time.monotonic() - begun < 20


def state(d, label):
    return d.instance(label)["state"]


@test("an instance answers between its reads, and stays what it is")
def _():
    d = Daemon({"plugins": {"asked": {"interval": "1h"}}})
    wait_until(lambda: d.instance("asked")["calls"] == 2)  # open, read
    before = d.instance("asked")
    for n in range(1, 20):
        equal(answer(d, "asked", "echo"), {"reads": 1, "questions": n})
    equal(ask(d, "asked", "fail"),
          {"error": "'asked': read 'x': Input/output error"})
    equal(d.instance("asked"), before)


@test("an answer is a JSON object of up to 64 KiB")
def _():
    d = Daemon({"plugins": {"asked": None}})
    wait_until(lambda: d.instance("asked")["state"] == "up")
    equal(answer(d, "asked", "long"), {})
    for question in "broken", "array":
        assert ask(d, "asked", question)["error"].startswith(
            "what 'asked' answered is no JSON object"), question


@test("who asks nobody, or nothing, is told so")
def _():
    d = Daemon({"plugins": {"memory": None}})
    equal(ask(d, "memory", "top"),
          {"error": "'memory' answers no questions"})
    equal(ask(d, "fettle", "top"),
          {"error": "'fettle' answers no questions"})
    equal(ask(d, "nobody", "top"),
          {"error": "no instance is called 'nobody'"})
    for request in ({}, {"label": "memory"}, {"question": "top"},
                    {"label": 1, "question": "top"}):
        equal(d.ctl({"do": "ask", **request}),
              {"error": '"label" and "question" have to be texts'})


@test("who asks by a name that is gone is told who answers")
def _():
    d = Daemon({"plugins": {"processes": None, "memory": None}})
    d.configure({"plugins": {"who": {"plugin": "processes"},
                             "asked": None, "memory": None}})
    d.asked(do="reload")
    top = d.fettlectl("top")
    equal(top.returncode, 1)
    equal(top.stderr, "fettlectl: no instance is called 'processes'; "
                      "those that answer are 'who', 'asked'\n")


@test("plugins ask each other, and one that asks itself is not waited for")
def _():
    d = Daemon({"plugins": {
        "one": {"plugin": "asked", "interval": "1h"},
        "two": {"plugin": "asked", "interval": "1h"}}})
    wait_until(lambda: d.instance("two")["calls"] == 2)
    request = {"do": "ask", "label": "two", "question": "echo"}
    equal(answer(d, "one", json.dumps(request))["answer"]["reads"], 1)
    request["label"] = "one"
    # both wait for as long: one of them says it
    assert "is busy: no answer after 2 s" in \
        json.dumps(ask_once(d, "one", json.dumps(request)))
    wait_until(lambda: state(d, "one") == "up")


@test("a read that hangs is not waited for, and said to be stuck")
def _():
    d = Daemon({"plugins": {"asked": {
        "until": "awake", "in": "read", "timeout": "500ms"}}})
    wait_until(lambda: state(d, "asked") == "stuck")
    says_it_is_stuck(d, "asked")
    d.file("awake", "")
    wait_until(lambda: state(d, "asked") == "up")
    equal(answer(d, "asked", "echo")["reads"], 1)


@test("an answer that hangs costs the others nothing, and it recovers")
def _():
    d = Daemon({"interval": "100ms", "plugins": {
        "asked": {"until": "awake"}, "steady": {"interval": "10ms"}}})
    wait_until(lambda: state(d, "asked") == "up")
    said = []
    waits = threading.Thread(
        target=lambda: said.append(ask_once(d, "asked", "wait")))
    waits.start()
    waits.join()
    equal(said, [{"error": "'asked' is busy: no answer after 2 s"}])
    wait_until(lambda: state(d, "asked") == "stuck")
    says_it_is_stuck(d, "asked")
    calls = d.instance("steady")["calls"]
    wait_until(lambda: d.instance("steady")["calls"] > calls + 10)
    d.file("awake", "")
    d.log_wait("asked: ask has returned after .* no longer stuck")
    wait_until(lambda: "answer" in ask(d, "asked", "echo"))
    equal(state(d, "asked"), "up")


@test("processes names who takes most, and no command line")
def _():
    d = Daemon({"plugins": {"processes": {"interval": "200ms"}}})

    def known():
        top = answer(d, "processes", "top")
        return top if top["cpu"] else None
    wait_until(lambda: state(d, "processes") == "up")
    top = wait_until(known)
    assert top["span"] > 0 and 0 <= top["age"] < 60, top
    for order in "cpu", "memory":
        rows = top[order]
        assert 0 < len(rows) <= 5, top
        key = "percent" if order == "cpu" else "resident"
        assert [r[key] for r in rows] == \
            sorted((r[key] for r in rows), reverse=True), top
        for r in rows:
            equal(set(r), {"pid", "name", "uid", "user", "percent",
                           "resident"})
    equal(ask(d, "processes", "pot"), {
        "error": "'processes': no question is called 'pot', but top"})


main()
