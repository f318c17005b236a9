# SPDX-License-Identifier: MIT
"""What the tests of the real daemon share: a daemon of one's own in a
directory of its own, ways to talk to it, and TAP.

    from harness import Daemon, main, test

    @test("a daemon that reads memory says so in its log")
    def _():
        d = Daemon({"plugins": {"memory": None}})
        d.log_wait("memory")

    main()

Tests run in the order of the file.  A daemon made inside a test ends with it,
one made outside with the last; it must then end by SIGTERM with 0, and no
sanitizer may have complained.  Nothing here sleeps for luck: what takes time
is waited for, until a deadline that only a defect reaches.
"""

import atexit
import ctypes
import glob
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import namedtuple

SRCDIR = os.environ.get(
    "srcdir", os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILDDIR = os.environ.get("builddir", os.getcwd())
STAGE = os.path.join(BUILDDIR, "t", "stage")
FETTLED = os.path.join(STAGE, "sbin", "fettled")
FETTLECTL = os.path.join(STAGE, "bin", "fettlectl")
PLUGIN_DIR = os.path.join(STAGE, "lib", "fettle")


def sanitized():
    """Whether it was built with a sanitizer."""
    try:
        with open(os.path.join(BUILDDIR, "config.h")) as config:
            return "#define FETTLE_SANITIZED 1" in config.read()
    except OSError:
        return False


# Sanitizers keep what was freed for a while: no memory is flat under them.
SLACK = 400 << 20 if sanitized() else 0

PATIENCE = 120  # seconds; far more than anything that works needs
LIMIT = 500     # seconds for a whole file of tests

# What surrounds the test must not reach the daemon.
FOREIGN = ("CREDENTIALS_DIRECTORY", "INVOCATION_ID", "JOURNAL_STREAM",
           "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET", "RUNTIME_DIRECTORY",
           "STATE_DIRECTORY", "WATCHDOG_PID", "WATCHDOG_USEC",
           "XDG_STATE_HOME", "http_proxy", "https_proxy", "all_proxy")

Stopped = namedtuple("Stopped", "code seconds")
Response = namedtuple("Response", "status headers body")


# --- waiting -----------------------------------------------------------------

def wait_until(predicate, timeout=PATIENCE, what="what was waited for"):
    """What predicate returns once that is true."""
    deadline = time.monotonic() + timeout
    while True:
        result = predicate()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {timeout} s")
        time.sleep(0.01)


class Lines:
    """Lines that a thread adds and others look at."""

    def __init__(self):
        self.all = []
        self.changed = threading.Condition()

    def add(self, line):
        with self.changed:
            self.all.append(line)
            self.changed.notify_all()

    def wait(self, found, timeout):
        """What found(lines) returns once that is true; None at the end."""
        with self.changed:
            result = None

            def look():
                nonlocal result
                result = found(self.all)
                return result
            self.changed.wait_for(look, timeout)
            return result


# --- configuration -----------------------------------------------------------

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_/.@+=-]*|[0-9]+(ms|s|m|h|d|[KMG]i?B)")
WORDS = ("true", "false", "yes", "no", "on", "off", "null")


def scalar(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def yaml(value, indent=""):
    """A configuration as text: dicts, lists, text, numbers, truth, None."""
    if isinstance(value, dict):
        items = ((scalar(k) + ":", v) for k, v in value.items())
    else:
        items = (("-", v) for v in value)
    text = ""
    for lead, item in items:
        if isinstance(item, (dict, list)) and item:
            text += f"{indent}{lead}\n{yaml(item, indent + '  ')}"
        elif isinstance(item, (dict, list)):
            text += f"{indent}{lead} {'{}' if isinstance(item, dict) else '[]'}\n"
        else:
            text += f"{indent}{lead} {scalar(item)}".rstrip() + "\n"
    return text


# --- processes ---------------------------------------------------------------

libc = ctypes.CDLL(None)


def die_with_parent():
    PR_SET_PDEATHSIG = 1
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # who runs in the background of a shell ignores it, and so would all that
    # he starts: one that comes before the daemon looks would be lost
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def clean_environment(directory, more=None):
    """Ours without what is foreign, sanitizers told where to report."""
    env = {k: v for k, v in os.environ.items() if k not in FOREIGN}
    for name in ("ASAN", "LSAN", "TSAN", "UBSAN"):
        options = env.get(f"{name}_OPTIONS", "")
        env[f"{name}_OPTIONS"] = \
            f"{options}:log_path={directory}/sanitizer".lstrip(":")
    env.update(more or {})
    return env


def sanitizer_reports(directory):
    text = ""
    for path in sorted(glob.glob(f"{glob.escape(directory)}/sanitizer.*")):
        with open(path, errors="replace") as report:
            text += report.read()
        os.unlink(path)
    return text


def run(*command, timeout=PATIENCE, env=None, stdin="", check=None):
    """Runs a program to its end; its name may be fettled or fettlectl.  Its
    exit status must be check, if that is given."""
    named = {"fettled": FETTLED, "fettlectl": FETTLECTL}
    command = [named.get(command[0], command[0]), *map(str, command[1:])]
    with tempfile.TemporaryDirectory(prefix="fettle-") as directory:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True,
            errors="backslashreplace", timeout=timeout,
            env=clean_environment(directory, env),
            preexec_fn=die_with_parent)
        reports = sanitizer_reports(directory)
    assert not reports, reports
    assert check is None or done.returncode == check, \
        f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done


def link(path):
    """What a link is to; empty if it is gone."""
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


class Daemon:
    """A fettled.

    config: a dict, or text that is used as it is; plugin_dir, state_dir and
    socket are added where they are not said.  files: name -> text, made with
    mode 0600 beside the configuration.  args, env: more of them.  start:
    whether to start it; ready: whether to wait until it says that it is.
    Daemons are made by the main thread.
    """

    every = []

    def __init__(self, config, files=None, args=(), env=None, start=True,
                 ready=True):
        self.dir = tempfile.mkdtemp(prefix="fettle-", dir="/tmp")
        self.process = None
        self.expected = 0
        self.stderr = Lines()
        self.messages = Lines()  # what it said to NOTIFY_SOCKET
        self.args, self.env = args, env or {}
        Daemon.every.append(self)
        for name, text in (files or {}).items():
            self.file(name, text)
        self.configure(config)
        self.listen()
        if start:
            self.start(ready)

    # what is on disk

    def path(self, name):
        return os.path.join(self.dir, name)

    def file(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            os.fchmod(out.fileno(), mode)
            out.write(text.encode() if isinstance(text, str) else text)
        return path

    def configure(self, config):
        """Writes the configuration, for the next start or reload."""
        text = config if isinstance(config, str) else yaml(config)
        for key, path in (("plugin_dir", PLUGIN_DIR),
                          ("state_dir", self.path("state")),
                          ("socket", self.path("control"))):
            if not re.search(rf"^{key}:", text, re.MULTILINE):
                text += f"{key}: {scalar(path)}\n"
        self.config = self.file("fettle.yaml", text, 0o644)

    # its life

    def listen(self):
        self.notify = socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.notify.bind(self.path("notify"))

        def receive():
            while True:
                for line in self.notify.recv(65536).decode().splitlines():
                    if line == "the end":
                        return
                    self.messages.add(line)
        self.receiver = threading.Thread(target=receive, daemon=True)
        self.receiver.start()

    def start(self, ready=True):
        before = self.count("READY=1")
        env = dict(self.env, NOTIFY_SOCKET=self.path("notify"))
        self.process = subprocess.Popen(
            [FETTLED, "-C", self.config, *self.args],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, cwd=self.dir,
            env=clean_environment(self.dir, env),
            preexec_fn=die_with_parent)
        self.pid = self.process.pid

        def collect(pipe):
            with pipe:
                for line in pipe:
                    self.stderr.add(
                        line.decode(errors="backslashreplace").rstrip("\n"))
        self.collector = threading.Thread(
            target=collect, args=(self.process.stderr,), daemon=True)
        self.collector.start()
        if ready:
            self.wait_ready(before)

    def count(self, message):
        return sum(m == message for m in self.messages.all)

    def wait_ready(self, before=0, timeout=PATIENCE):
        """Waits for the next READY=1 after as many as before."""
        wait_until(lambda: self.count("READY=1") > before
                   or self.process.poll() is not None, timeout, "READY=1")
        assert self.count("READY=1") > before, \
            f"fettled ended with {self.process.returncode}"

    def wait(self, timeout=PATIENCE):
        """Waits until it has ended by itself; its exit status, which is then
        what is expected of it."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"fettled still runs after {timeout} s") from None
        self.collector.join(PATIENCE)
        self.expected = code
        return code

    def stop(self, timeout=PATIENCE):
        """SIGTERM; how it ended and how long that took."""
        begun = time.monotonic()
        self.signal(signal.SIGTERM)
        code = self.wait(timeout)
        return Stopped(code, time.monotonic() - begun)

    def kill(self):
        """SIGKILL."""
        self.signal(signal.SIGKILL)
        self.wait()

    def signal(self, number):
        os.kill(self.pid, number)

    def at_rest(self):
        """Waits until what signals have asked for is done."""
        def pending():
            with open(f"/proc/{self.pid}/status") as status:
                mask = re.search(r"ShdPnd:\s+([0-9a-f]+)", status.read())[1]
            return int(mask, 16)
        wait_until(lambda: not pending())
        # the one that was taken is done before anything else is
        self.asked(do="reload")

    def reload(self, config=None):
        """SIGHUP, and waits until it says that it is ready again."""
        if config is not None:
            self.configure(config)
        before = self.count("READY=1")
        self.signal(signal.SIGHUP)
        self.wait_ready(before)

    def end(self):
        """Ends it whatever it does; what was wrong, as text."""
        wrong = ""
        if self.process and self.process.poll() is None:
            try:
                code = self.stop().code
                if code != 0:
                    wrong += f"fettled ended with {code} at SIGTERM\n"
            except AssertionError:
                self.signal(signal.SIGKILL)
                self.process.wait()
                wrong += "fettled did not end at SIGTERM\n"
        elif self.process and self.process.returncode != self.expected:
            wrong += f"fettled ended with {self.process.returncode} " \
                "by itself\n"
        wrong += sanitizer_reports(self.dir)
        if self.receiver.is_alive():
            self.notify.sendto(b"the end", self.path("notify"))
            self.receiver.join(PATIENCE)
        self.notify.close()
        shutil.rmtree(self.dir, ignore_errors=True)
        Daemon.every.remove(self)
        return wrong

    # what it says

    def log(self):
        return "\n".join(self.stderr.all)

    def log_wait(self, pattern, timeout=PATIENCE, start=0):
        """Waits for a line of the log that has the pattern, from line start
        on; the match."""
        regex = re.compile(pattern)

        def found(lines):
            return next(filter(None, map(regex.search, lines[start:])), None)
        match = self.stderr.wait(found, timeout)
        assert match, f"no line has {pattern!r} within {timeout} s"
        return match

    def ctl(self, request, timeout=PATIENCE):
        """One request of the control protocol, a dict or a text; the answer."""
        if not isinstance(request, str):
            request = json.dumps(request)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(self.path("control"))
            s.sendall(request.encode() + b"\n")
            with s.makefile("rb") as answers:
                line = answers.readline()
        assert line.endswith(b"\n"), f"half an answer: {line!r}"
        return json.loads(line)

    def asked(self, **request):
        """The answer to a request that must be fulfilled."""
        answer = self.ctl(request)
        assert answer.get("ok") is True, answer
        return answer

    def status(self):
        return self.asked(do="status")

    def instance(self, label):
        """What status says of an instance, None if there is none."""
        found = [i for i in self.status()["instances"] if i["label"] == label]
        return found[0] if found else None

    def values(self, pattern=None):
        """The value lists that match, as the control protocol has them."""
        if pattern is None:
            return self.asked(do="values")["values"]
        return self.asked(do="values", pattern=pattern)["values"]

    def value(self, pattern):
        """The number of the one series that matches; None before it is
        there."""
        found = [f for v in self.values(pattern) for f in v["fields"]]
        assert len(found) < 2, f"{pattern} is {len(found)} series"
        return found[0]["value"] if found else None

    def fettlectl(self, *args, **more):
        return run("fettlectl", "-s", self.path("control"), *args, **more)

    # what it takes

    def fds(self):
        """How many descriptors it has, but for the first of each file of its
        state: threads of their own open these, when the disk lets them."""
        directory = f"/proc/{self.pid}/fd"
        try:
            fds = os.listdir(directory)
        except PermissionError:
            skip("fettled hides its descriptors from all but root")
        files = {link(f"{directory}/{fd}") for fd in fds}
        return len(fds) - len([f for f in files if self.is_state(f)])

    def is_state(self, path):
        return path.startswith(self.path("state/")) and os.path.exists(path)

    def has_read(self):
        """How many bytes, by calls; what is mapped is none of them."""
        try:
            with open(f"/proc/{self.pid}/io") as io:
                return int(re.search(r"rchar: (\d+)", io.read())[1])
        except PermissionError:
            skip("fettled hides what it reads from all but root")

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def rss(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def grown(self, before, by):
        """Asserts that it has not grown by more than that many bytes."""
        now = self.rss()
        assert now <= before + by + SLACK, \
            f"{now - before} bytes more, over {by}"

    def cpu(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- network -----------------------------------------------------------------

held = []  # sockets that nobody listens on


def free_port():
    """A port of 127.0.0.1 that nobody else gets, and that refuses until
    somebody listens who sets SO_REUSEADDR.  It is bound here until the end:
    what runs beside this asks for ports, too.  It is below those that the
    kernel gives to whoever connects."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as limits:
        low = int(limits.read().split()[0])
    while True:
        port = random.SystemRandom().randrange(10000, max(low, 20000))
        s = socket.socket()
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            s.close()
            continue
        # only now, so that no two hold the same
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.append(s)
        return port


def http_request(port, method, path, body=None, headers=None, timeout=PATIENCE,
                 tls=None, host="127.0.0.1"):
    """One request on a connection of its own.  tls: the file of the
    certificate to trust."""
    if tls:
        connection = http.client.HTTPSConnection(
            host, port, timeout=timeout,
            context=ssl.create_default_context(cafile=tls))
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
        headers = {"Content-Type": "application/json", **(headers or {})}
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def get(port, path, **more):
    return http_request(port, "GET", path, **more)


def post(port, path, body, token=None, headers=None, **more):
    headers = dict(headers or {})
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return http_request(port, "POST", path, body, headers, **more)


def raw(port, data, timeout=PATIENCE, host="127.0.0.1"):
    """Sends bytes as they are and returns all that comes until the other side
    closes."""
    answer = b""
    with socket.create_connection((host, port), timeout) as s:
        try:
            s.sendall(data)
            while part := s.recv(65536):
                answer += part
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of it was read
    return answer


# --- TAP ---------------------------------------------------------------------

class Skip(Exception):
    pass


def skip(reason):
    """Ends the test that calls it; contrib/check counts that as a failure."""
    raise Skip(reason)


def equal(got, wanted, what="it"):
    assert got == wanted, f"{what} is {got!r}, not {wanted!r}"


def near(got, wanted, by, what="it"):
    assert abs(got - wanted) <= by, f"{what} is {got}, not {wanted} +- {by}"


tests = []


def test(sentence):
    def add(function):
        tests.append((sentence, function))
        return function
    return add


def comment(text):
    for line in text.rstrip("\n").split("\n"):
        print(f"# {line}")


def explain(wrong):
    comment(wrong)
    for d in Daemon.every:
        comment(f"the log of {d.dir} ends:")
        comment("\n".join(d.stderr.all[-40:]))


def attempt(function):
    """Runs a test: (what was wrong, why it was skipped), both may be empty."""
    before = list(Daemon.every)
    wrong, skipped = "", ""
    try:
        function()
    except Skip as reason:
        skipped = str(reason)
    except Exception:
        wrong = traceback.format_exc()
    reports = "".join(sanitizer_reports(d.dir) for d in Daemon.every)
    if wrong or reports:
        explain(wrong + reports)
    for d in [d for d in Daemon.every if d not in before]:
        wrong_end = d.end()
        if wrong_end:
            comment(wrong_end)
            comment("\n".join(d.stderr.all[-40:]))
        reports += wrong_end
    return wrong + reports, skipped


def too_long(_number, _frame):
    signal.alarm(60)  # for the tests that are left
    raise TimeoutError(f"the tests took longer than {LIMIT} s")


def kill_all():
    for d in list(Daemon.every):
        if d.process and d.process.poll() is None:
            d.process.kill()
            d.process.wait()
        shutil.rmtree(d.dir, ignore_errors=True)


def main():
    """Runs all tests and exits."""
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LIMIT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failed = 0
    shared = bool(Daemon.every)

    def end_shared():
        wrong = [d.end() for d in list(Daemon.every)]
        assert not any(wrong), "".join(wrong)
    if shared:
        test("the daemon ends well and no sanitizer has complained")(end_shared)
    for number, (sentence, function) in enumerate(tests, 1):
        wrong, skipped = attempt(function)
        line = f"{'not ok' if wrong else 'ok'} {number} - {sentence}"
        print(line + (f" # SKIP {skipped}" if skipped else ""), flush=True)
        failed += bool(wrong)
    print(f"1..{len(tests)}", flush=True)
    sys.exit(1 if failed else 0)


atexit.register(kill_all)
