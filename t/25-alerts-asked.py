#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What people ask of alerts, and what they do about them: alerts, explain,
silence, silences, unsilence, forget, test."""

import json
import os
import re
import select
import socket
import time

from harness import (PLUGIN_DIR, Daemon, equal, free_port, main, near, post,
                     skip, test, wait_until)

TOKEN = "a-token-of-the-tests-0123456789abcdef"
PAGER = {"plugin": "notifier", "path": "told"}
RULES = {
    "steady.value": {"warning": 80, "failure": 90, "message": "look at it",
                     "remind": "4h"},
    "steady[*].value": {"failure": 90, "for": "1h"},
    "memory.percent": {"below": True, "warning": 0.001},
}
MORE = {"memory": None}


def several(value, instances):
    return {**MORE, "several": {"plugin": "steady", "value": value,
                                "instances": instances}}


def machine(rules=RULES, pager=PAGER, plugins=None, **how):
    sections = {"steady": {"value": 95}, "pager": pager, **(plugins or {})}
    return Daemon({"hostname": "web-1", "interval": "100ms",
                   "plugins": sections, "thresholds": rules}, **how)


def alerts(d, **request):
    return d.asked(do="alerts", **request)["alerts"]


def alert(d, series):
    """What is said of one; None before it is there."""
    found = [a for a in alerts(d, all=True) if a["series"] == series]
    return found[0] if found else None


def explained(d, what):
    """The one alert that it is about."""
    found = d.asked(do="explain", what=what)["alerts"]
    equal(len(found), 1, "alerts")
    return found[0]


def told(d):
    path = d.path("told")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as notices:
        return notices.read()


def wait_delivered(d):
    wait_until(lambda: alert(d, "web-1:steady.value") is not None and
               any(e["what"] == "delivered" for e in
                   explained(d, "steady.value")["timeline"]))


def need_store():
    if not os.path.exists(os.path.join(PLUGIN_DIR, "store-sqlite.so")):
        skip("built without the store")


@test("the JSON of alerts has every member, and nothing that is made up")
def _():
    d = machine()
    wait_until(lambda: alert(d, "web-1:steady.value") is not None)
    before = time.time()
    answer = d.asked(do="alerts")
    near(answer["now"], before, 30, "now")
    equal(sorted(answer), ["alerts", "counts", "left_out", "now", "ok",
                           "silences", "store"])
    equal(answer["counts"], {"failure": 1, "warning": 0, "no-data": 0,
                             "pending": 0, "ok": 0})
    equal((answer["left_out"], answer["silences"]), (0, []))
    got, = answer["alerts"]
    for key in ("since", "value_time"):
        near(got.pop(key), before, 30, key)
    moved, = got.pop("timeline")
    near(moved.pop("time"), before, 30, "time")
    equal(moved, {"what": "moved", "state": "failure", "value": 95.0,
                  "text": "failure, was ok"})
    equal(got, {
        "rule": "steady.value", "series": "web-1:steady.value",
        "host": "web-1", "plugin": "steady", "instance": None, "tags": {},
        "field": "value", "unit": "", "state": "failure",
        "level": "failure", "value": 95.0, "limit": 90.0, "below": False,
        "worst": 95.0, "next": None, "silence": None, "incident": 1,
        "message": "look at it"})


@test("the table has what is wrong, --all the rest, --rules what is watched")
def _():
    d = machine(plugins=several(91, 2))
    wait_until(lambda: len(alerts(d, all=True)) == 4)
    lines = d.fettlectl("alerts").stdout.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+: 1 failure; "
                        r"2 pending, 1 ok", lines[0]), lines
    equal(lines[2].split(), ["STATE", "SERIES", "VALUE", "LIMIT", "FOR"])
    equal(lines[3].split()[:6],
          ["●", "failure", "web-1:steady.value", "95", ">=", "90"])
    equal(lines[4:], ["    look at it"])
    text = d.fettlectl("alerts", "--all").stdout
    assert re.search(r"○ pending +web-1:steady\[0\]\.value +91 +>= 90", text)
    assert re.search(r"✓ ok +web-1:memory\.percent +\S+ % +<= 0\.0 %", text), text
    assert text.index("● failure") < text.index("○ pending") < \
        text.index("✓ ok"), text
    assert re.search(r"\d\d:\d\d:\d\d  failure, was ok, 95$", text, re.M)
    rules = d.fettlectl("alerts", "--rules").stdout.splitlines()
    equal([line.split()[:2] for line in rules[1:]],
          [["steady.value", "1"], ["steady[*].value", "2"],
           ["memory.percent", "1"]])
    equal(json.loads(d.fettlectl("--json", "alerts").stdout)["ok"], True)


@test("explain tells it from the first number to who knows")
def _():
    d = machine(plugins=several(91, 1))
    wait_delivered(d)
    text = d.fettlectl("explain", "steady.value").stdout
    for wanted in (
            r"^● failure  web-1:steady\.value, for \d+ s, since ",
            r"^  95, limit >= 90, worst 95, measured \d+ s ago$",
            r"^  rule steady\.value, cooldown 5 min 0 s, reminded every "
            r"4 h 0 min$",
            r"^  look at it$",
            r"^  \d\d:\d\d:\d\d  95  failure, was ok$",
            r"^  \d\d:\d\d:\d\d      pager: firing sent \(failure\)$",
            r"^  \d\d:\d\d:\d\d      pager: firing delivered",
            r"^  pager  was told failure at \d\d:\d\d:\d\d; next a reminder "
            r"at "):
        assert re.search(wanted, text, re.M), (wanted, text)
    text = d.fettlectl("explain", "web-1:steady[0].value").stdout
    for wanted in (
            r"^○ pending  web-1:steady\[0\]\.value, for \d+ s",
            r"^  rule steady\[\*\]\.value, for 1 h 0 min, cooldown",
            r"^  next: failure at .*, if its numbers stay as they have been "
            r"since ",
            r"^  \d\d:\d\d:\d\d  pending: the first number beyond the limit$",
            r"^  pager  was told nothing$"):
        assert re.search(wanted, text, re.M), (wanted, text)
    equal(explained(d, "steady[*].value")["series"], "web-1:steady[0].value")


@test("explain says what holds a recovery back, and until when")
def _():
    d = machine()
    wait_delivered(d)
    d.configure(re.sub("value: 95", "value: 10", open(d.config).read()))
    d.reload()
    wait_until(lambda: explained(d, "steady.value")["state"] == "ok")
    row, = explained(d, "steady.value")["receivers"]
    equal((row["told"], row["owed"], row["hold"], row["why"]),
          ("failure", "resolved", "cooldown", "cooldown"))
    near(row["until"], row["told_at"] + 300, 0.1, "until")
    text = d.fettlectl("explain", "steady.value").stdout
    assert re.search(r"pager: resolved held back: cooldown, until ", text)
    assert re.search(r"^  pager  was told failure at .*; \"resolved\" waits "
                     r"until .*: cooldown$", text, re.M), text


@test("what is not watched is not explained, but guessed")
def _():
    d = machine(rules={**RULES, "cpu": 90})
    wait_until(lambda: alert(d, "web-1:steady.value") is not None)
    done = d.fettlectl("explain", "stedy.value", check=1)
    equal(done.stderr, "fettlectl: no rule is 'stedy.value', and no rule "
          "watches it; did you mean 'steady.value'?\n")
    done = d.fettlectl("explain", "cpu", check=1)
    equal(done.stderr, "fettlectl: rule 'cpu' has met nothing yet: see "
          "fettlectl alerts --rules\n")


@test("a silence says what it meets, holds what is owed, and ends")
def _():
    need_store()
    d = machine(pager={"plugin": "notifier", "path": "told"},
                rules={"steady.value": {"failure": 90, "cooldown": "0s"}})
    wait_delivered(d)
    said = d.fettlectl("silence", "web-*:steady", "--for", "2h",
                       "--reason", "a new disk").stdout.splitlines()
    assert re.fullmatch(r"silence 1 until \d{4}-.* \(2 h 0 min\): "
                        r"web-\*:steady", said[0]), said
    equal(said[1:], ["it meets 1 failure", "● failure  web-1:steady.value"])
    silence, = d.asked(do="silences")["silences"]
    near(silence.pop("from"), time.time(), 30, "from")
    near(silence.pop("until"), time.time() + 7200, 30, "until")
    equal(silence, {"number": 1, "pattern": "web-*:steady",
                    "reason": "a new disk"})
    equal(alert(d, "web-1:steady.value")["silence"], 1)
    table = d.fettlectl("silences").stdout.splitlines()
    assert re.fullmatch(r" +1  .*  119 min  web-\*:steady  a new disk",
                        table[2]), table
    text = d.fettlectl("alerts").stdout
    assert re.search(r"● failure .*  1 until (\w+ \d+ )?\d\d:",
                     text), text  # with the day where that is not today's
    assert re.search(r"^silence 1 until .*: web-\*:steady \(a new disk\)$",
                     text, re.M), text
    before = told(d)
    d.configure(re.sub("value: 95", "value: 10", open(d.config).read()))
    d.reload()
    wait_until(lambda: explained(d, "steady.value")["state"] == "ok")
    row, = explained(d, "steady.value")["receivers"]
    equal((row["owed"], row["hold"], row["silence"]),
          ("resolved", "silence", 1))
    text = d.fettlectl("explain", "steady.value").stdout
    assert re.search(r"silence 1 until .*: a new disk$", text, re.M), text
    assert re.search(r"\"resolved\" waits until .*: silence 1$", text, re.M)
    equal(told(d), before)
    equal(d.fettlectl("unsilence", "1").stdout, "silence 1 has ended\n")
    wait_until(lambda: "resolved" in told(d))
    assert "there is no silence" in d.fettlectl("silences").stdout


@test("a silence outlives kill -9, and one more has the next number")
def _():
    need_store()
    d = machine()
    answer = d.asked(do="silence", pattern="steady", reason="work",
                     **{"for": 3600})
    equal((answer["number"], answer["kept"]), (1, True))
    d.kill()
    d.start()
    equal([s["number"] for s in d.asked(do="silences")["silences"]], [1])
    answer = d.asked(do="silence", pattern="cpu", reason="work",
                     **{"for": 60})
    equal(answer["number"], 2)
    equal(answer["counts"], {"failure": 0, "warning": 0, "no-data": 0,
                             "pending": 0, "ok": 0})


@test("what cannot be kept is done all the same, and said")
def _():
    d = machine(start=False)
    os.makedirs(d.path("state/alerts.db"))
    d.start()
    done = d.fettlectl("silence", "steady", "--for", "1h", "--reason", "x")
    assert "this is in memory only, a restart forgets it: " in done.stdout
    equal(len(d.asked(do="silences")["silences"]), 1)
    assert "in memory only" in d.fettlectl("alerts").stdout
    done = d.fettlectl("unsilence", "1").stdout
    assert done.startswith("silence 1 has ended\nthis is in memory only")


@test("a silence without an end, a reason or a pattern is refused")
def _():
    d = machine()
    for wrong, error in (
            ({"pattern": "steady", "reason": "x"}, '"for" must be seconds'),
            ({"pattern": "steady", "reason": "x", "for": 0}, '"for" must be'),
            ({"pattern": "steady", "reason": "x", "for": 1e9},
             "a silence has an end"),
            ({"pattern": "steady", "reason": "x", "for": "2h"},
             '"for" must be'),
            ({"pattern": "steady", "for": 60}, 'no text "reason"'),
            ({"pattern": "steady", "for": 60, "reason": ""},
             'no text "reason"'),
            ({"reason": "x", "for": 60}, 'no text "pattern"')):
        answer = d.ctl({"do": "silence", **wrong})
        assert error in answer["error"], (wrong, answer)
    equal(d.asked(do="silences")["silences"], [])
    for number, error in ((7, "there is no silence 7"),
                          (-1, "there is no silence -1"),
                          ("1", 'no "number" of a silence'),
                          (None, 'no "number" of a silence')):
        answer = d.ctl({"do": "unsilence", "number": number})
        equal(answer["error"].startswith(("there is", "the request")), True)
        assert error in answer["error"], answer


@test("where there is no rule, that is said")
def _():
    d = machine(rules={})
    assert "no rule watches anything yet" in d.fettlectl("alerts").stdout
    equal(d.fettlectl("alerts", "--rules").stdout,
          "there is no rule, see thresholds in fettle.yaml(5)\n")
    answer = d.ctl({"do": "silence", "pattern": "steady", "reason": "x",
                    "for": 60})
    assert "there is nothing to silence" in answer["error"], answer
    equal(d.asked(do="silences")["silences"], [])


@test("what is no pattern is named with the place where it is wrong")
def _():
    d = machine()
    for words in (["silence", "disk[/", "--for", "2h", "--reason", "x"],
                  ["forget", "disk[/"], ["explain", "disk[/"]):
        equal(d.fettlectl(*words, check=1).stderr,
              "fettlectl: pattern 'disk[/', character 5: "
              "a '[' without its ']'\n")
    equal(d.fettlectl("forget", "wéb:", check=1).stderr,
          "fettlectl: pattern 'wéb:', character 5: no plugin\n")


@test("forget says how many, and what goes on begins anew")
def _():
    d = machine(rules={**RULES, "steady[*].value": 90},
                plugins=several(91, 3))
    wait_until(lambda: len(alerts(d)) == 4)
    equal(d.fettlectl("forget", "nothing").stdout, "forgot 0 alerts\n")
    assert d.fettlectl("forget", "steady[*]").stdout.startswith(
        "forgot 3 alerts\n")
    wait_until(lambda: len(alerts(d)) == 4)
    equal(alert(d, "web-1:steady[1].value")["incident"], 1)


@test("a test goes the way of every message, and is marked")
def _():
    d = machine(rules={})
    done = d.fettlectl("test", "pager")
    assert re.match(r"pager took the test in \d", done.stdout), done
    assert "test" in told(d).lower(), told(d)
    answer = d.asked(do="test", receiver="pager")
    equal((answer["receiver"], answer["answer"]), ("pager", "delivered"))
    assert 0 <= answer["took"] < 30, answer


@test("a test that was not taken is exit 1, with what was said")
def _():
    d = machine(rules={}, pager={**PAGER, "times": 1000})
    equal(d.fettlectl("test", "pager", check=1).stderr,
          "fettlectl: pager did not take the test: retry: as told\n")
    equal(told(d), "")


@test("while a test waits for its receiver others are answered")
def _():
    with socket.create_server(("127.0.0.1", 0)) as silent, \
            socket.socket(socket.AF_UNIX) as s:
        port = silent.getsockname()[1]
        d = machine(rules={}, files={"url": f"http://127.0.0.1:{port}/"},
                    pager={"plugin": "slack", "webhook_url_file": "url",
                           "drain": "100ms"})
        s.connect(d.path("control"))
        s.sendall(b'{"do": "test", "receiver": "pager"}\n')
        hook = silent.accept()[0]  # it has been sent, and is not answered
        d.fettlectl("alerts", check=0)
        equal(select.select([s], [], [], 0)[0], [])  # it is not over
        hook.close()
        s.settimeout(30)
        assert b"nobody knows whether pager took the test" in s.recv(4096)


@test("a receiver that there is not is guessed")
def _():
    d = machine()
    equal(d.fettlectl("test", "pagr", check=1).stderr,
          "fettlectl: there is no receiver 'pagr'; did you mean 'pager'?\n")
    equal(d.fettlectl("test", "steady", check=1).stderr,
          "fettlectl: there is no receiver 'steady'\n")


@test("names that came from outside do nothing to a terminal")
def _():
    port = free_port()
    d = machine(rules={"x[*].n": {"failure": 90}}, files={"token": TOKEN},
                plugins={"ringbuffer_http": {
                    "listen": f"127.0.0.1:{port}", "token_file": "token",
                    "open_read": True}})
    now = time.time()
    batch = {"v": 1, "queue": "0123456789abcdef0123456789abcdef", "seq": 1,
             "sent": now, "host": "we\x1b[31mb", "interval": 10,
             "plugins": [{"plugin": "x", "fields": [["n", "gauge", "\x07"]],
                          "rows": [["\u202e/x\n", now, 95]]}]}
    answer = post(port, "/ingest", batch, token=TOKEN)
    if answer.status == 422:  # a unit may not be that
        batch["plugins"][0]["fields"] = [["n", "gauge", "x"]]
        answer = post(port, "/ingest", batch, token=TOKEN)
    equal(answer.status, 200, answer.body)
    wait_until(lambda: len(alerts(d)) == 1)
    d.asked(do="silence", pattern="*:x", reason="a\u202eb", **{"for": 60})
    for words in (["alerts"], ["alerts", "--all"], ["explain", "x[*].n"],
                  ["silences"]):
        text = d.fettlectl(*words).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text), \
            repr(text)
    assert r"\x1b\[31mb:x[" in d.fettlectl("alerts").stdout
    rules = d.asked(do="rules")["rules"]
    equal([(r["rule"], r["notify"]) for r in rules],
          [("x[*].n", ["pager"]), ("host.silent", ["pager"])])
    assert rules[1]["series"] >= 1, rules
    series = alerts(d)[0]["series"]
    equal(explained(d, series)["series"], series)


main()
