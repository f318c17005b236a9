#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""From a number to a message, in the real daemon: what is told, once, to whom,
and what survives."""

import email
import email.policy
import http.server
import importlib.util
import json
import logging
import os
import shutil
import threading
import time

from harness import (PATIENCE, PLUGIN_DIR, Daemon, equal, free_port, main,
                     near, post, run, skip, test, wait_until)

SECRET = "T0000-canary-5512"


class Slack(http.server.ThreadingHTTPServer):
    """An incoming webhook.  answers: what it says next, the last one for ever:
    (status, body, headers), or "hang".  held: it says nothing before
    go_on()."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *answers, held=False, port=None):
        self.answers = list(answers) or [(200, "ok", {})]
        self.free = threading.Event()
        if not held:
            self.free.set()
        self.told = []  # texts of what was taken
        self.tried = []
        self.times = []
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", port or free_port()), Hook)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def next_answer(self):
        if len(self.answers) > 1:
            return self.answers.pop(0)
        return self.answers[0]

    def go_on(self):
        self.free.set()

    def titles(self):
        return [m["text"] for m in self.told]

    def wait(self, n, timeout=PATIENCE):
        wait_until(lambda: len(self.told) >= n, timeout,
                   f"message {n} after {self.titles()}")
        return self.told[n - 1]["text"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.go_on()
        self.shutdown()
        self.server_close()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = json.loads(body)
        server = self.server
        server.tried.append(message)
        server.times.append(time.monotonic())
        answer = server.next_answer()
        if answer == "hang":
            server.ended.wait(60)
            return
        server.free.wait(60)
        status, text, headers = answer
        if status == 200:
            server.told.append(message)
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Machine(Daemon):
    """A daemon whose memory.percent is what the test says."""

    def __init__(self, hook, rules, more=None, sections=None, **how):
        self.hook, self.rules = hook, rules
        self.more, self.sections = more or {}, sections or {}
        self.percent = 10
        how.setdefault("files", {})
        how["files"]["url"] = f"http://127.0.0.1:{hook.port}/{SECRET}"
        super().__init__(self.written(), start=False, **how)
        os.mkdir(self.path("proc"))
        self.say(10)
        self.configure(self.written(self.dir))
        self.start()

    def written(self, directory=""):
        return {"interval": "100ms", "hostname": "web-1",
                "proc": f"{directory}/proc",
                "plugins": {"memory": None, "slack": {
                    "webhook_url_file": f"{directory}/url"},
                    **self.sections},
                "thresholds": self.rules, **self.more}

    def again(self, rules=None, sections=None, **more):
        """Another configuration."""
        self.rules = self.rules if rules is None else rules
        self.sections = self.sections if sections is None else sections
        self.more.update(more)
        self.configure(self.written(self.dir))
        self.reload()

    def say(self, percent):
        self.percent = percent
        total = 1000000
        free = total - total * percent // 100
        text = (f"MemTotal: {total} kB\nMemFree: {free:9} kB\n"
                f"MemAvailable: {free:9} kB\nBuffers: 0 kB\nCached: 0 kB\n"
                "SwapTotal: 0 kB\nSwapFree: 0 kB\n")
        # in place and at once, for the plugin keeps it open
        fd = os.open(self.path("proc/meminfo"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, text.encode())
        os.close(fd)

    def on_disk(self):
        """Waits until all that is known is: who makes a silence is answered
        then."""
        answer = self.asked(do="silence", pattern="x", reason="y",
                            **{"for": 60})
        equal(answer["kept"], True)

    def no_secret(self):
        """Nor does anything it says show the URL."""
        assert SECRET not in self.log(), self.log()
        assert SECRET not in json.dumps(self.status())


FAILURE = {"memory": {"failure": 90, "cooldown": "0s"}}


@test("a number over its threshold is told, once, and that it is over")
def _():
    with Slack() as hook:
        d = Machine(hook, FAILURE)
        d.log_wait("is up")
        d.say(95)
        first = hook.wait(1)
        assert "web-1" in first and "memory.percent" in first, first
        assert "95" in first, first
        d.say(96)
        wait_until(lambda: d.value("memory.percent") == 96)
        d.say(20)
        second = hook.wait(2)
        assert "resolved" in second.lower() or "ok" in second.lower(), second
        wait_until(lambda: d.value("memory.percent") == 20)
        equal(len(hook.tried), 2)
        d.no_secret()
        record = d.log_wait(r"delivered: .*memory\.percent.*")
        assert record


@test("the cooldown holds back all but what is worse, counted from delivery")
def _():
    with Slack() as hook:
        rule = {"warning": 50, "failure": 90, "cooldown": "1h"}
        d = Machine(hook, {"memory": rule})
        d.say(60)
        hook.wait(1)
        d.say(95)
        assert "failure" in hook.wait(2), hook.titles()
        d.say(10)

        def held():
            alert, = d.asked(do="explain", what="memory")["alerts"]
            return alert["receivers"][0] if alert["state"] == "ok" else None
        row = wait_until(held)
        equal((row["owed"], row["hold"]), ("resolved", "cooldown"))
        near(row["until"], row["told_at"] + 3600, 0.1, "until")
        equal(len(hook.tried), 2)
        d.again(rules={"memory": {**rule, "cooldown": "2s"}})
        hook.wait(3)
        equal(len(hook.tried), 3)
        assert hook.times[2] - hook.times[1] > 1.9, hook.times


@test("what was told is not told again after a kill, and its end is told")
def _():
    with Slack() as hook:
        d = Machine(hook, FAILURE)
        d.say(95)
        hook.wait(1)
        d.log_wait("delivered: ")
        d.on_disk()
        d.kill()
        d.start()
        calls = wait_until(lambda: d.instance("memory")["calls"])
        wait_until(lambda: d.instance("memory")["calls"] > calls + 5)
        equal(len(hook.tried), 1)
        d.kill()
        d.say(10)
        d.start()
        hook.wait(2)
        equal(len(hook.tried), 2)
        d.no_secret()


@test("what could not be told before a kill is told after it")
def _():
    port = free_port()
    with Slack((503, "busy", {"Retry-After": "1"}), port=port) as hook:
        d = Machine(hook, FAILURE)
        d.say(95)
        wait_until(lambda: hook.tried)
        d.log_wait("not delivered: ")
        d.on_disk()
        d.kill()
    with Slack(port=port) as hook:
        d.start()
        assert "memory.percent" in hook.wait(1)
        equal(len(hook.told), 1)


@test("a stop in order keeps all there is as well")
def _():
    with Slack() as hook:
        d = Machine(hook, {"memory": {"failure": 90, "cooldown": "1h"}})
        d.say(95)
        hook.wait(1)
        equal(d.stop().code, 0)
        d.start()
        wait_until(lambda: (d.instance("memory") or {}).get("calls", 0) > 5)
        equal(d.status()["alerts"]["states"]["failure"], 1)
        equal(len(hook.tried), 1)


@test("a reload keeps what is known, and what changes is told to whom it is due")
def _():
    with Slack() as hook, Slack() as other:
        d = Machine(hook, FAILURE)
        d.say(95)
        hook.wait(1)
        d.file("url2", f"http://127.0.0.1:{other.port}/{SECRET}")
        more = {"other": {"plugin": "slack",
                          "webhook_url_file": d.path("url2")}}
        d.again(sections=more)
        assert "95" in other.wait(1)
        equal(len(hook.tried), 1)
        d.again(rules={"memory": {"failure": 99, "cooldown": "0s"}})
        hook.wait(2)
        other.wait(2)
        d.say(100)
        hook.wait(3)
        other.wait(3)
        d.again(rules={})
        assert "closed" in hook.wait(4).lower(), hook.titles()
        d.log_wait("kind=closed .*state=closed was=failure")
        other.wait(4)
        d.again(sections={})
        wait_until(lambda: d.instance("other") is None)
        equal(len(hook.tried), 4)


@test("what a removed plugin measured is closed, and is no data for nobody")
def _():
    with Slack() as hook:
        steady = {"plugin": "steady", "value": 5}
        d = Machine(hook, {"steady.value": {"warning": 1, "cooldown": "0s"},
                           "memory": {"warning": 1, "cooldown": "0s"}},
                    sections={"one": steady, "two": {**steady, "value": 6}})
        hook.wait(2)
        d.again(sections={"one": steady})
        wait_until(lambda: d.instance("two") is None)
        calls = d.instance("memory")["calls"]
        wait_until(lambda: d.instance("memory")["calls"] > calls + 5)
        equal(len(hook.tried), 2)
        d.again(sections={})
        equal(hook.wait(3), "closed: web-1 steady.value (plugin removed)")
        calls = d.instance("memory")["calls"]
        wait_until(lambda: d.instance("memory")["calls"] > calls + 5)
        equal(len(hook.tried), 3)
        equal(d.status()["alerts"]["states"]["no-data"], 0)
        d.again(sections={"one": steady})
        assert "warning" in hook.wait(4)


@test("and so it is where it was removed while the daemon was down")
def _():
    with Slack() as hook:
        d = Machine(hook, {"steady.value": {"warning": 1, "cooldown": "0s"},
                           "memory": {"warning": 1, "cooldown": "0s"}},
                    sections={"one": {"plugin": "steady", "value": 5}})
        hook.wait(2)
        wait_until(lambda: d.instance("slack")["notices"]["sent"] == 2)
        d.stop()
        d.sections = {}
        d.configure(d.written(d.dir))
        d.start()
        equal(hook.wait(3), "closed: web-1 steady.value (plugin removed)")
        calls = wait_until(lambda: (d.instance("memory") or {}).get("calls"))
        wait_until(lambda: d.instance("memory")["calls"] > calls + 5)
        equal(len(hook.tried), 3)
        states = d.status()["alerts"]["states"]
        equal((states["warning"], states["no-data"]), (1, 0))
        d.kill()
        d.start()
        calls = wait_until(lambda: (d.instance("memory") or {}).get("calls"))
        wait_until(lambda: d.instance("memory")["calls"] > calls + 5)
        equal(len(hook.tried), 3)
        assert "damaged" not in d.log(), d.log()


@test("what a plugin measured that cannot be loaded has no data")
def _():
    with Slack() as hook:
        d = Machine(hook, {"s*.value": {"warning": 1, "cooldown": "0s"}},
                    sections={"one": {"plugin": "steady", "value": 5}})
        hook.wait(1)
        wait_until(lambda: d.instance("slack")["notices"]["sent"] == 1)
        d.stop()
        shutil.copytree(PLUGIN_DIR, d.path("plugins"))
        os.unlink(d.path("plugins/steady.so"))
        d.more["plugin_dir"] = d.path("plugins")
        d.configure(d.written(d.dir))
        d.start()
        equal(hook.wait(2), "no data, was warning: web-1 steady.value")


@test("a busy server is asked again when it said, and a refusal is a dead letter")
def _():
    busy = (429, "slow down", {"Retry-After": "1"})
    with Slack(busy, (200, "ok", {}), (400, "invalid_payload", {}),
               (200, "ok", {})) as hook:
        d = Machine(hook, FAILURE)
        d.say(95)
        hook.wait(1)
        assert hook.times[1] - hook.times[0] > 0.95, hook.times
        d.say(10)
        d.log_wait("refused: ")
        wait_until(lambda: d.status()["alerts"]["dead"] == 1
                   and d.instance("slack")["notices"]["failed"] == 2)
        equal(len(hook.tried), 3)
        notices = d.instance("slack")["notices"]
        equal((notices["sent"], notices["failed"]), (1, 2))
        d.no_secret()


@test("a server that answers 500 may have told it: that is said as unknown")
def _():
    with Slack((500, "oops", {})) as hook:
        d = Machine(hook, FAILURE)
        d.say(95)
        d.log_wait("perhaps delivered: ")
        wait_until(lambda: d.instance("slack")["notices"]["next"])
        notices = d.instance("slack")["notices"]
        equal((notices["failed"], notices["pending"]), (1, 1))
        assert notices["next"] > time.time() + 15, notices


@test("a receiver that hangs delays no value list and no other receiver")
def _():
    with Slack("hang") as hook, Slack() as other:
        d = Machine(hook, {"memory": {"failure": 90, "cooldown": "0s"}},
                    files={"url2": f"http://127.0.0.1:{other.port}/x"},
                    sections={"slack": {"webhook_url_file": "url",
                                        "drain": "500ms"}})
        more = {"slack": {"webhook_url_file": d.path("url"),
                          "drain": "500ms"},
                "other": {"plugin": "slack",
                          "webhook_url_file": d.path("url2")}}
        d.again(sections=more)
        d.say(95)
        wait_until(lambda: hook.tried)
        other.wait(1)
        d.say(10)
        other.wait(2)
        wait_until(lambda: d.value("memory.percent") == 10)
        equal(len(hook.tried), 1)
        equal(d.stop(timeout=20).code, 0)


@test("where nothing can be kept people are told all the same")
def _():
    with Slack() as hook:
        d = Machine(hook, FAILURE)
        d.stop()
        for name in os.listdir(d.path("state")):
            os.unlink(d.path("state/" + name))
        os.mkdir(d.path("state/alerts.db"))
        d.say(95)
        d.start()
        hook.wait(1)
        store = d.status()["alerts"]["store"]
        equal(store["state"], "degraded")
        assert store["why"], store
        d.log_wait("alerts cannot be kept")
        d.say(10)
        hook.wait(2)


@test("without a rule there is no file and no thread")
def _():
    d = Daemon({"interval": "100ms", "plugins": {"memory": None}})
    wait_until(lambda: d.value("memory.percent") is not None)
    assert not os.path.exists(d.path("state/alerts.db"))
    # on a busy machine there may be a second reader for a while
    wait_until(lambda: d.status()["readers"]["threads"] == 1)
    threads = d.threads()
    d.configure({"interval": "100ms", "plugins": {"memory": None},
                 "thresholds": {"memory": 90}})
    d.reload()
    wait_until(lambda: os.path.exists(d.path("state/alerts.db")))
    wait_until(lambda: d.threads() == threads + 1)
    wait_until(lambda: d.status()["alerts"]["states"]["ok"] == 1)


@test("mistakes are said where they are")
def _():
    d = Daemon({"plugins": {"memory": {"severities": "warning"}},
                "thresholds": {"memory.persent": 90,
                               "cpu": {"warning": 90, "notify": ["slak"]}}},
               start=False)
    said = run("fettled", "-C", d.config, "--check", check=1).stderr
    assert "memory.persent" in said and "did you mean 'percent'?" in said, said
    assert "no receiver 'slak'" in said, said
    assert "severities are for receivers" in said, said


class Mails:
    """What a server has taken."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append(email.message_from_bytes(
            envelope.content, policy=email.policy.default))
        return "250 2.0.0 queued as 17"


@test("mails about one incident answer the same one, over a kill as well")
def _():
    if importlib.util.find_spec("aiosmtpd") is None:
        skip("there is no aiosmtpd")
    from aiosmtpd.controller import Controller
    logging.disable(logging.WARNING)  # it warns of its own future
    mails = Mails()
    server = Controller(mails, hostname="127.0.0.1", port=free_port(),
                        ready_timeout=PATIENCE)
    server.start()
    with Slack() as hook:
        d = Machine(hook, FAILURE, sections={"smtp": {
            "server": f"smtp://127.0.0.1:{server.port}",
            "from": "fettle@example.org", "to": ["ops@example.org"]}})
        d.say(95)
        wait_until(lambda: mails.mails)
        hook.wait(1)
        wait_until(lambda: d.instance("smtp")["notices"]["sent"] == 1)
        d.on_disk()
        d.kill()
        d.say(10)
        d.start()
        wait_until(lambda: len(mails.mails) == 2)
        first, second = mails.mails
        assert "memory.percent" in first["subject"], first["subject"]
        equal(second["references"], first["references"])
    server.stop()


# --- a hub -------------------------------------------------------------------

TOKEN = "canary-c0ffee-5d41402abc4b2a76b9719d911017c592"


class Hub(Daemon):
    def __init__(self, hook, rules):
        self.port = free_port()
        super().__init__(
            {"hostname": "hub", "interval": "1s", "plugins": {
                "ringbuffer_http": {"listen": f"127.0.0.1:{self.port}",
                                    "token_file": "token"},
                "slack": {"webhook_url_file": "url", "drain": "100ms"}},
             "thresholds": rules},
            files={"token": TOKEN + "\n",
                   "url": f"http://127.0.0.1:{hook.port}/{SECRET}"})

    def rows(self, rows, interval=10, host="web-1", sent=None):
        """sent: by the clock of that host; None: it does not say."""
        batch = {"v": 1, "host": host, "interval": interval, "plugins": [{
            "plugin": "disk", "instance_name": "mount",
            "fields": [["percent", "gauge", "percent"]], "rows": rows}]}
        if sent is not None:
            batch["sent"] = sent
        answer = post(self.port, "/ingest", batch, token=TOKEN)
        equal(answer.status, 200, answer)


@test("200 alerts and a slow server delay no value list")
def _():
    with Slack(held=True) as hook:
        d = Hub(hook, {"disk[*].percent": {"failure": 90}})

        def come():
            stamp = time.time()
            d.rows([[f"/m{i}", stamp, 99] for i in range(200)], 1)
        come()
        wait_until(lambda: hook.tried)
        for _ in range(20):
            come()
        equal(hook.titles(), [])  # it still has the first
        hook.go_on()
        hook.wait(2)
        assert "50 alerts" in hook.titles()[0] + hook.titles()[1], \
            hook.titles()


@test("eight hours that come at once, nobody says when they were sent, alert "
      "nobody about the past")
def _():
    with Slack() as hook:
        d = Hub(hook, {"disk[*].percent": {"failure": 90,
                                           "cooldown": "0s"}})
        now = int(time.time())
        begin = now - 8 * 3600
        # in one piece: a slow machine may pause between two
        d.rows([["/", begin + k, 99 if k // 100 % 2 else 10]
                for k in range(0, 8 * 3600, 10)] + [["/", now, 10]], 10)
        wait_until(lambda: d.value("web-1:disk[/].percent") == 10)
        d.log_wait(r"disk\[/\].percent is failure at 99")
        wait_until(lambda: d.status()["alerts"]["states"]["failure"] == 0)
        time.sleep(2)  # longer than a replay is waited for
        equal(d.status()["alerts"]["states"]["failure"], 0)
        equal(hook.titles(), [])


DISK = {"disk[*].percent": {"failure": 90, "cooldown": "0s"}}


def backlog(d, host, clock):
    """Pieces of a night's values, sent by a host whose clock is off by so
    much."""
    for hours in (8, 4, 0.2):
        now = time.time() + clock
        begin = int(now - hours * 3600)
        d.rows([["/", begin + k, 99] for k in range(100)], 1, host, now)


@test("what an agent had kept alerts nobody, whatever its clock says, nor "
      "after a restart of the hub")
def _():
    with Slack() as hook:
        d = Hub(hook, DISK)
        for host, clock in ("right", 0), ("slow", -240), ("fast", 240):
            backlog(d, host, clock)
        wait_until(lambda: d.status()["alerts"]["late"] == 900)
        d.kill()
        d.start()
        backlog(d, "right", 0)
        backlog(d, "new", -240)
        wait_until(lambda: d.status()["alerts"]["late"] == 600)
        time.sleep(2)  # longer than a replay is waited for
        equal(d.status()["alerts"]["late"], 600)
        equal(d.status()["alerts"]["states"]["failure"], 0)
        equal(len(d.values("*:disk")), 2)  # but to the cache they went
        equal(hook.titles(), [])


@test("an agent whose clock is ten minutes off is not late")
def _():
    with Slack() as hook:
        d = Hub(hook, DISK)

        def come(percent, host="slow", clock=-600):
            now = time.time() + clock
            d.rows([["/", now, percent]], 1, host, now + 0.2)
        come(99)
        assert "slow" in hook.wait(1), hook.titles()
        backlog(d, "slow", -600)
        come(10)
        assert "resolved" in hook.wait(2).lower(), hook.titles()
        equal(len(hook.told), 2)


main()
