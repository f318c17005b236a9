#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A daemon in bad surroundings: signals at every moment, nowhere to write,
files that are not what they should be, clients that mean it ill."""

import fcntl
import os
import signal
import subprocess
import threading

import harness
from harness import (FETTLED, Daemon, clean_environment, die_with_parent,
                     equal, free_port, get, main, run, test, wait_until)

MEMORY = {"memory": None}


class Bare(Daemon):
    """A daemon whose descriptors and limits are the test's: popen has what
    subprocess.Popen gets, before is called in the child."""

    def __init__(self, config, popen=None, before=None, **more):
        self.popen, self.before = popen or {}, before
        super().__init__(config, **more)

    def start(self, ready=True):
        before = self.count("READY=1")
        env = dict(self.env, NOTIFY_SOCKET=self.path("notify"))

        def prepare():
            die_with_parent()
            if self.before:
                self.before()
        self.process = subprocess.Popen(
            [FETTLED, "-C", self.config, *self.args], cwd=self.dir,
            env=clean_environment(self.dir, env), preexec_fn=prepare,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
               "stderr": subprocess.DEVNULL, **self.popen})
        self.pid = self.process.pid
        self.collector = threading.Thread(target=lambda: None)
        self.collector.start()
        if ready:
            self.wait_ready(before)


def actions(answer):
    return {p["label"]: p["action"] for p in answer["plan"]}


# --- standard error ----------------------------------------------------------

def full_pipe():
    """Both ends of a pipe that takes nothing more."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, b"x")
    except BlockingIOError:
        pass
    fcntl.fcntl(writer, fcntl.F_SETFL, 0)
    return reader, writer


@test("a log that nobody reads holds up neither work nor end")
def _():
    reader, writer = full_pipe()
    port = free_port()
    d = Bare({"interval": "100ms", "plugins": {
        **MEMORY, "ringbuffer_http": {"listen": f"127.0.0.1:{port}"}}},
        popen={"stderr": writer})
    os.close(writer)
    for _ in range(100):
        equal(get(port, "/nowhere").status, 404)
    d.reload()
    calls = d.instance("memory")["calls"]
    wait_until(lambda: d.instance("memory")["calls"] > calls)
    equal(d.stop().code, 0)
    os.close(reader)


@test("a log whose reader is gone is no reason to end")
def _():
    reader, writer = os.pipe()
    d = Bare({"plugins": MEMORY}, popen={"stderr": writer})
    os.close(writer)
    os.close(reader)
    d.reload()
    equal(d.stop().code, 0)


@test("nothing is written to what has the numbers of closed descriptors")
def _():
    def close_standard():
        for fd in range(3):
            os.close(fd)
    port = free_port()
    d = Bare({"plugins": {
        **MEMORY, "ringbuffer_http": {"listen": f"127.0.0.1:{port}"}}},
        before=close_standard)
    equal({os.readlink(f"/proc/{d.pid}/fd/{fd}") for fd in range(3)},
          {"/dev/null"})
    for _ in range(10):
        equal(get(port, "/nowhere").status, 404)
    equal(os.path.getsize(d.path("state/lock")), 0)
    equal(d.stop().code, 0)


@test("fettlectl says that its answer cannot be written")
def _():
    d = Daemon({"plugins": MEMORY})
    done = subprocess.run(
        [harness.FETTLECTL, "-s", d.path("control"), "status"],
        stderr=subprocess.PIPE, timeout=30, text=True,
        env=clean_environment(d.dir), preexec_fn=lambda: os.close(1))
    equal(done.returncode, 1)
    assert "cannot write the answer" in done.stderr, done.stderr


# --- signals -----------------------------------------------------------------

@test("a writer that hangs is waited for no longer than its drain")
def _():
    d = Daemon({"plugins": {
        "steady": {"interval": "10ms"},
        "slow": {"plugin": "sleepsink", "drain": "500ms"}}})
    wait_until(lambda: d.instance("slow")["queue"]["lists"] > 0)
    stopped = d.stop()
    equal(stopped.code, 0)
    assert stopped.seconds < 5, stopped


@test("whoever asks for a reload is told of his, whatever signals do")
def _():
    d = Daemon({"plugins": MEMORY})
    for n in range(8):  # more would be too much for the log
        d.configure({"plugins": {**MEMORY, f"sleeper_{n}": {
            "plugin": "sleeper", "in": "open", "until": f"awake-{n}"}}})
        told = []
        asks = threading.Thread(
            target=lambda: told.append(d.ctl({"do": "reload"})))
        before = len(d.stderr.all)
        asks.start()
        d.log_wait(f"reload: sleeper_{n} started", start=before)
        d.signal(signal.SIGHUP)  # comes next: the reload waits for the open
        d.file(f"awake-{n}", "")
        asks.join()
        equal(actions(told[0])[f"sleeper_{n}"], "started")
    assert d.status()["reloads"]["done"] > n + 1


# --- names -------------------------------------------------------------------

@test("a configuration whose path is not UTF-8 keeps no status from being told")
def _():
    d = Daemon({"plugins": {**MEMORY, "nonesuch": None}}, start=False)
    odd = os.path.join(os.fsencode(d.dir), b"odd\xff\x1b")
    os.mkdir(odd)
    os.rename(d.config, odd + b"/fettle.yaml")
    d.config = odd + b"/fettle.yaml"
    d.start()
    status = d.status()
    assert status["config"].endswith("/odd\\xff\\x1b/fettle.yaml"), status
    equal([r["plugin"] for r in status["refused"]], ["nonesuch"])


@test("a host's name that nothing could go by is a mistake")
def _():
    d = Daemon({"plugins": MEMORY}, start=False)
    for name in ("a\nb", "a\x1b[31mb", "a\\b", "x" * 256):
        d.configure({"hostname": name, "plugins": MEMORY})
        done = run("fettled", "-C", d.config, "--check", check=1)
        assert "fettle.yaml:1:11: hostname" in done.stderr, done.stderr
        assert "\x1b" not in done.stderr, done.stderr
        equal(done.stderr.count("\n"), 1)
    for name in ("x" * 255, "h\u00e4user.example", "a:b[c]*"):
        d.configure({"hostname": name, "plugins": MEMORY})
        run("fettled", "-C", d.config, "--check", check=0)


# --- the control socket ------------------------------------------------------

@test("a request with a member of another type is refused, not guessed at")
def _():
    d = Daemon({"plugins": MEMORY})
    for request, key in (({"do": "flush", "writer": 1}, "writer"),
                         ({"do": "flush", "writer": None}, "writer"),
                         ({"do": "values", "pattern": ["*"]}, "pattern"),
                         ({"do": 1}, "do")):
        assert f'"{key}"' in d.ctl(request)["error"], d.ctl(request)


main()
