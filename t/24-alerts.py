#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""From a number to a message, in the real daemon: what is told, once, to whom,
and what survives."""

import http.server
import json
import os
import threading
import time

from harness import Daemon, equal, free_port, main, test, wait_until

SECRET = "T0000-canary-5512"


class Slack(http.server.ThreadingHTTPServer):
    """An incoming webhook.  answers: what it says next, the last one for ever:
    (status, body, headers), or "hang"."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *answers, delay=0, port=None):
        self.answers = list(answers) or [(200, "ok", {})]
        self.delay = delay
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

    def titles(self):
        return [m["text"] for m in self.told]

    def wait(self, n, timeout=30):
        wait_until(lambda: len(self.told) >= n, timeout,
                   f"message {n} after {self.titles()}")
        return self.told[n - 1]["text"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
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
        if server.delay:
            server.ended.wait(server.delay)
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


main()
