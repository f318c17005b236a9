#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A daemon in bad surroundings: signals at every moment, nowhere to write,
files that are not what they should be, clients that mean it ill."""

import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import threading
import time

import harness
from harness import (BUILDDIR, FETTLED, PLUGIN_DIR, Daemon, clean_environment,
                     die_with_parent, equal, free_port, get, main, run, test,
                     wait_until)

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
    equal(d.stop(timeout=30).code, 0)  # it would sleep for ever


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
        d.at_rest()
    assert d.status()["reloads"]["done"] > n + 1


@test("a signal at any moment of the start ends it, and nothing is left")
def _():
    d = Daemon({"plugins": {**MEMORY, "cpu": None, "disk": None}},
               start=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        for delay in range(0, 24, 2):
            d.start(ready=False)
            # until then it is Python, which has signals of its own
            wait_until(lambda: os.path.samefile(f"/proc/{d.pid}/exe",
                                                FETTLED))
            time.sleep(delay / 1000)
            d.signal(number)
            # before it has looked after its signals, they are the kernel's
            assert d.wait() in (0, -number), d.log()
            d.expected = d.process.returncode
            if d.expected == 0:
                assert not os.path.exists(d.path("control"))
    d.start()
    equal(d.stop().code, 0)


@test("signals during a reload and during the drain do no harm")
def _():
    d = Daemon({"plugins": {
        **MEMORY, "steady": {"interval": "10ms"},
        "slow": {"plugin": "sleepsink", "drain": "1s"}}})
    wait_until(lambda: d.instance("slow")["queue"]["lists"] > 0)
    d.configure({"plugins": {
        **MEMORY, "steady": {"interval": "20ms"},
        "sleeper": {"in": "open", "until": "awake"},
        "slow": {"plugin": "sleepsink", "drain": "1s"}}})
    d.signal(signal.SIGHUP)
    d.log_wait("sleeper started")  # and is being waited for
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
        d.signal(number)
    d.file("awake", "")
    d.log_wait("ending: signal 15")
    for number in 5 * [signal.SIGTERM] + [signal.SIGINT, signal.SIGHUP]:
        d.signal(number)
    equal(d.wait(), 0)
    equal(d.log().count("ending:"), 1)


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


@test("a mistake is told in lines, whatever is in the configuration")
def _():
    odd = '"x\\r\\nforged: line\\e[31m\u202e\\x9b"'
    d = Daemon({"plugins": MEMORY}, start=False)
    d.file("fettle.d/odd\n\x1b[2J.yaml", f"{odd}: 1\n")
    d.configure(f"include: fettle.d/*.yaml\n{odd}: 1\nhostname: {odd}\n"
                f"interval: {odd}\ntags: {{{odd}: {odd}, x: {odd}}}\n"
                f"plugins:\n  {odd}: {{}}\n  memory: {{{odd}: {odd}}}\n"
                f"  disk: {{mounts: [{odd}], interval: {odd}}}\n"
                f"  other: {{plugin: {odd}}}\n"
                f"  sink: {{plugin: sinkfile, path: x, routes: [{odd}]}}\n")
    done = run("fettled", "-C", d.config, "--check", check=1)
    lines = done.stderr.splitlines()
    assert len(lines) > 8, lines
    for line in lines:
        assert line.isprintable() and "fettle" in line.split(":")[0], line
    d.start(ready=False)
    equal(d.wait(), 1)
    assert all(line.isprintable() for line in d.stderr.all), d.log()


# --- nowhere to write --------------------------------------------------------

@test("without a place for its state it works, and says so")
def _():
    for place in ("/dev/null/state", "/proc/nowhere", "/" + "x" * 300):
        d = Daemon({"state_dir": place, "plugins": MEMORY})
        d.log_wait("warning fettled: no state directory: ")
        wait_until(lambda: d.value("memory.total"))
        equal(d.stop().code, 0)


@test("a full disk stops the writer that fills it, nobody else")
def _():
    d = Daemon({"interval": "50ms", "plugins": {
        **MEMORY,
        "full": {"plugin": "sinkfile", "path": "/dev/full",
                 "drain": "100ms"},
        "sink": {"plugin": "sinkfile", "path": "lists"}}})
    wait_until(lambda: d.instance("full")["state"] == "retrying")
    assert "No space left on device" in d.instance("full")["error"]
    sent = d.instance("sink")["sent"]
    wait_until(lambda: d.instance("sink")["sent"] > sent + 10)
    d.reload({"interval": "50ms", "plugins": {
        **MEMORY, "sink": {"plugin": "sinkfile", "path": "lists"}}})


@test("what fails with no errno, or a negated one, is tried again, not lost")
def _():
    d = Daemon({"plugins": {
        "steady": {"instances": 1, "interval": "1h"},
        "out": {"plugin": "refuser", "path": "answers", "routes": ["steady"],
                "answers": ["negated", "zero"]}}})
    wait_until(lambda: d.instance("out")["sent"] == 1)
    equal(set(d.instance("out")["dropped"].values()), {0})
    d.log_wait("out: write: as told: No such file or directory")
    with open(d.path("answers")) as f:
        got = [json.loads(line) for line in f]
    equal([x["answer"] for x in got if "answer" in x],
          ["negated", "zero", "delivered"])
    equal(len([x for x in got if "seq" in x]), 1)


@test("connections leave the daemon the descriptors that it needs")
def _():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    port = free_port()
    plugins = {**MEMORY, "disk": {"mounts": ["/"]}, "ringbuffer_http": {
        "listen": f"127.0.0.1:{port}", "request_timeout": "60s"}}
    d = Bare({"interval": "50ms", "plugins": plugins}, before=few)
    fds = d.fds()
    many = [socket.create_connection(("127.0.0.1", port), 30,
                                     (f"127.0.0.{i + 1}", 0))
            for i in range(200)]
    wait_until(lambda: d.fds() > fds + 10)
    calls = d.instance("disk")["calls"]
    d.configure({"interval": "50ms", "plugins": {
        **plugins, "sink": {"plugin": "sinkfile", "path": "lists"}}})
    equal(actions(d.asked(do="reload"))["sink"], "started")
    wait_until(lambda: d.instance("sink")["sent"] > 0)
    wait_until(lambda: d.instance("disk")["calls"] > calls)
    equal(d.instance("disk")["failures"], 0)
    for s in many:
        s.close()


@test("a control socket that cannot be had is said, and nothing is harmed")
def _():
    def ends(text, **config):
        d.configure({"plugins": MEMORY, **config})
        d.start(ready=False)
        equal(d.wait(), 1)
        d.log_wait(text)
    d = Daemon({"plugins": MEMORY}, start=False)
    ends("at most 107 fit", socket="/tmp/" + "x" * 200)
    ends("cannot make directory '/dev/null/x'", socket="/dev/null/x/control")
    d.file("control", "precious")
    ends("it exists and is not a socket")
    with open(d.path("control")) as f:
        equal(f.read(), "precious")
    os.rename(d.path("control"), d.path("precious"))
    os.symlink(d.path("precious"), d.path("control"))
    ends("it exists and is not a socket")
    os.unlink(d.path("control"))
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(d.path("control"))
        other.listen()
        ends("another fettled answers on")
    d.start()  # the other has left it behind
    assert d.status()["ok"]


# --- what it reads -----------------------------------------------------------

READERS = {"cpu": None, "memory": None, "disk": None}
REAL = {"stat": "/proc/stat", "meminfo": "/proc/meminfo",
        "self/mountinfo": "/proc/self/mountinfo"}


def fixture(d, texts):
    """A /proc of these texts; None: a directory in the place of a file."""
    shutil.rmtree(d.path("proc"), ignore_errors=True)
    os.makedirs(d.path("proc/self"))
    for name, text in texts.items():
        if text is None:
            os.mkdir(d.path("proc/" + name))
        else:
            d.file("proc/" + name, text)


def mountinfo(points):
    """One file system at each of these points."""
    def quoted(point):
        return b"".join(b"\\%03o" % c if c in b" \t\n\\" else bytes([c])
                        for c in point)
    return b"".join(b"%d 1 8:%d / %s rw - ext4 /dev/x rw\n" %
                    (i + 10, i, quoted(p)) for i, p in enumerate(points))


@test("a /proc that is not as it should be fails what reads it, no more")
def _():
    text = {}
    for name, path in REAL.items():
        with open(path) as f:
            text[name] = f.read()
    odd = {
        "gone": {},
        "empty": dict.fromkeys(REAL, ""),
        "directories": dict.fromkeys(REAL),
        "cut": {name: t[:len(t) // 3] for name, t in text.items()},
        "NUL": dict.fromkeys(REAL, "\0" * 100000),
        "noise": dict.fromkeys(REAL, os.urandom(100000)),
        "one line": dict.fromkeys(REAL, "cpu " + "9" * 5000000),
        "no lines": dict.fromkeys(REAL, "\n" * 1000000),
        "much": {"stat": "cpu 1 1 1 1\n" + "".join(
                     f"cpu{i} 1 1 1 {i}\n" for i in range(100000)),
                 "meminfo": "X: 1 kB\n" * 1000000,
                 "self/mountinfo": mountinfo(
                     b"/nowhere/%d" % i for i in range(2000))},
        "large": {"stat": "cpu " + 10 * " 99999999999999999999999" + "\n",
                  "meminfo": "MemTotal: 99999999999999999999999 kB\n"
                             "MemFree: -5 kB\n",
                  "self/mountinfo": "99999999999999999999 1 8:1 / / rw - "
                                    "ext4 /dev/x rw\n"},
    }
    d = Daemon({"plugins": {}}, start=False)
    for name, texts in odd.items():
        fixture(d, texts)
        d.configure({"interval": "50ms", "proc": d.path("proc"),
                     "plugins": {**READERS, "steady": None}})
        d.start()
        for label in [*READERS, "steady"]:
            wait_until(lambda: d.instance(label)["calls"], what=name)
        wait_until(lambda: d.instance("steady")["calls"] > 5)
        equal(d.instance("steady")["state"], "up")
        d.grown(0, 200 << 20)
        equal(d.stop().code, 0)


@test("what is mounted at odd names is told, and breaks no line")
def _():
    names = [b"a\nb", b"a\x1b[31mred", "\u202egnp".encode(), b"\xff\xfe",
             b"x\\y", b'a"b', b"{x}", b"[y]", b"%s%n", b"a,b=c d", b"<b>",
             b"\t", "c\u0085d".encode(), b"a:b", b"*?"]
    d = Daemon({"plugins": {}}, start=False)
    points = [os.path.join(os.fsencode(d.dir), b"m", n) for n in names]
    for point in points:
        os.makedirs(point)
    fixture(d, {"self/mountinfo": mountinfo([b"/", *points])})
    port = free_port()
    d.configure({"hostname": "h", "interval": "50ms", "proc": d.path("proc"),
                 "plugins": {"disk": None, "ringbuffer_http": {
                     "listen": f"127.0.0.1:{port}", "open_read": True}}})
    d.start()
    wait_until(lambda: len(d.values("disk[*]")) == len(names) + 1)
    told = {v["instance"][len(d.dir) + 3:] for v in d.values("disk[*]")} - {""}
    equal(told, {r"a\x0ab", r"a\x1b[31mred", "\u202egnp", r"\xff\xfe",
                 r"x\x5cy", 'a"b', "{x}", "[y]", "%s%n", "a,b=c d", "<b>",
                 r"\x09", r"c\xc2\x85d", "a:b", "*?"})
    lines = d.fettlectl("values", "disk[*].total", check=0).stdout
    equal(lines.count("\n"), len(names) + 1)
    for line in lines.splitlines():
        assert line.isprintable(), line
        name = line.split("  ")[0]  # is a pattern of itself
        if "202e" not in name:
            shown = d.fettlectl("values", name, check=0).stdout
            equal((shown.count("\n"), shown.split("  ")[0]), (1, name))
    metrics = get(port, "/metrics").body.decode()
    equal(metrics.count("\nfettle_disk_total_bytes{"), len(names) + 1)
    snapshot = wait_until(lambda: json.loads(get(port, "/history").body))[-1]
    equal({m[len(d.dir) + 3:] for m in snapshot["disk"]["mounts"]}, told)


# --- clocks ------------------------------------------------------------------

# Sets the wall clock off by the seconds that a file says.
@test("a clock that is set changes no cadence and no rate")
def _():
    d = Daemon({"interval": "50ms", "plugins": {
        "counter": {"step": 10},
        "sink": {"plugin": "sinkfile", "path": "lists"},
        "ringbuffer_http": {"listen": f"127.0.0.1:{free_port()}"}}},
        start=False)
    step = d.file("step", "0")
    asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    d.env = {"LD_PRELOAD": os.path.join(BUILDDIR, "t", "preload", "step.so"),
             "STEP": step,
             "ASAN_OPTIONS": f"log_path={d.dir}/sanitizer:{asan}"}
    d.start()
    for off in (0, 3600, -3600, 86400, -7 * 86400, 4102444800 - time.time(),
                3600 - time.time(), 0):
        os.rename(d.file("step.new", str(int(off))), step)
        calls = d.instance("counter")["calls"]
        wait_until(lambda: d.instance("counter")["calls"] > calls + 10)
        wait_until(lambda: abs(d.values("counter")[0]["time"] - time.time() -
                               int(off)) < 3, what=f"a stamp off by {off}")
    equal(d.stop().code, 0)
    with open(d.path("lists")) as f:
        rates = [json.loads(line)["rates"]["count"] for line in f
                 if '"plugin": "counter"' in line]
    assert len(rates) > 80, len(rates)
    assert all(0 < r < 100000 for r in rates[1:]), rates
    # 10 in 50 ms, less where the machine is busy; 0.003 in an hour
    counted = statistics.median(rates[1:])
    assert 1 < counted < 400, counted


# --- the control socket ------------------------------------------------------

def talk(d, data):
    """Sends bytes to the control socket, then no more; what came back."""
    answer = b""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(d.path("control"))
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while part := s.recv(65536):
            answer += part
    return [json.loads(line) for line in answer.splitlines()]


@test("whatever is sent to the control socket is answered, or is no request")
def _():
    d = Daemon({"plugins": MEMORY})
    hosts = b'{"do": "hosts"}\n'
    equal(talk(d, b""), [])
    equal(talk(d, b'{"do": "hosts"}'), [])  # half a line
    for data in (b"\n", b"\0\n", b"[]\n", b"null\n", b"{}\n", b"[" * 60000
                 + b"\n", b"{" * 70000 + b"\n", b"a" * 70000 + b"\n",
                 b'{"do": "hosts"}\0\n', b'{"do": "\\u0000"}\n',
                 b'{"do": "\xff"}\n', b'{"do": "\\ud800"}\n',
                 b'{"do": "hosts", "do": "hosts"}\n',
                 b'{"do": "x\\u001b[2J\\u202e"}\n',
                 b'{"do": "values", "pattern": "[["}\n',
                 bytes(set(range(256)) - {10}) + b"\n"):
        no, yes = talk(d, data + hosts)
        assert set(no) == {"error"} and no["error"].isprintable(), no
        assert yes["ok"] is True, yes
    ok = talk(d, b'{"do": "values", "pattern": "%s"}\n' % (b"*a" * 10000))
    equal(ok, [{"ok": True, "values": []}])
    equal(len(talk(d, 1000 * hosts)), 1000)


@test("clients that do not read, or say nothing, hold up nobody")
def _():
    d = Daemon({"plugins": MEMORY})
    fds, rss = d.fds(), d.rss()
    clients = []
    while len(clients) < 40:  # more than are served at a time
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(d.path("control"))
        except BlockingIOError:
            s.close()
            continue
        s.setblocking(False)
        clients.append(s)
        assert d.status()["ok"]
    for s in clients[-30:]:
        try:
            while True:
                s.send(b'{"do": "status"}\n')
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
    for _ in range(100):
        assert d.status()["ok"]
    assert d.fds() <= fds + 32, d.fds()
    d.grown(rss, 16 << 20)
    for s in clients:
        s.close()
    wait_until(lambda: d.fds() <= fds)


@test("reloads asked for by many, while signals come, end when it ends")
def _():
    d = Daemon({"plugins": MEMORY})
    told = []

    def storm():
        try:
            while True:
                told.append(d.ctl({"do": "reload"}))
        except (AssertionError, OSError):
            pass  # it has ended
    storms = [threading.Thread(target=storm) for _ in range(4)]
    for t in storms:
        t.start()
    while len(told) < 200:
        d.signal(signal.SIGHUP)
        time.sleep(0.001)
    wait_until(lambda: d.threads() < 10)
    equal(d.stop().code, 0)
    for t in storms:
        t.join()
    assert all("plan" in t or "under way" in t["error"] for t in told), told


@test("a request with a member of another type is refused, not guessed at")
def _():
    d = Daemon({"plugins": MEMORY})
    for request, key in (({"do": "flush", "writer": 1}, "writer"),
                         ({"do": "flush", "writer": None}, "writer"),
                         ({"do": "values", "pattern": ["*"]}, "pattern"),
                         ({"do": 1}, "do")):
        assert f'"{key}"' in d.ctl(request)["error"], d.ctl(request)


# --- plugins -----------------------------------------------------------------

def own_plugins(d, *names):
    """Copies of plugins in a directory of the daemon's own."""
    os.mkdir(d.path("plugins"), 0o755)
    for name in names:
        shutil.copy(os.path.join(PLUGIN_DIR, name + ".so"), d.path("plugins"))
        os.chmod(d.path(f"plugins/{name}.so"), 0o644)


def refusal(d, plugin_dir=None):
    """Why --check does not take the plugin memory from there."""
    d.configure({"plugin_dir": plugin_dir or d.path("plugins"),
                 "plugins": MEMORY})
    return run("fettled", "-C", d.config, "--check", check=1).stderr


@test("a plugin that others could have written is not loaded")
def _():
    d = Daemon({"plugins": {}}, start=False)
    own_plugins(d, "memory")
    plugin, folder = d.path("plugins/memory.so"), d.path("plugins")
    root = os.getuid() == 0  # another user's own group may write
    for mode in (0o666, 0o646, 0o664)[:2 + root]:
        os.chmod(plugin, mode)
        assert "memory.so can be written by others" in refusal(d), oct(mode)
    os.chmod(plugin, 0o644)
    for mode in (0o777, 0o757, 0o775)[:2 + root]:
        os.chmod(folder, mode)
        assert "plugins can be written by others" in refusal(d), oct(mode)
    os.chmod(folder, 0o755)
    os.chmod(d.dir, 0o777)
    assert f"{d.dir} can be written by others" in refusal(d)
    os.chmod(d.dir, 0o700)
    if root:
        os.chown(plugin, 12345, 0)
        assert "memory.so belongs to user 12345" in refusal(d)
        os.chown(plugin, 0, 0)
        os.chown(folder, 12345, 0)
        assert "plugins belongs to user 12345" in refusal(d)
        os.chown(folder, 0, 0)
    run("fettled", "-C", d.config, "--check", check=0)


@test("a plugin that is no file of its own is not loaded")
def _():
    d = Daemon({"plugins": {}}, start=False)
    own_plugins(d)
    at = d.path("plugins/memory.so")
    os.symlink(os.path.join(PLUGIN_DIR, "memory.so"), at)
    assert "memory.so is not a regular file" in refusal(d)
    os.unlink(at)
    os.mkfifo(at)
    assert "memory.so is not a regular file" in refusal(d)
    os.unlink(at)
    os.mkdir(at)
    assert "memory.so is not a regular file" in refusal(d)
    os.rmdir(at)
    for text in (b"", b"\x7fELF", b"#!/bin/sh\n"):
        d.file("plugins/memory.so", text, 0o644)
        assert "memory.so: file too short" in refusal(d) \
            or "memory.so: invalid ELF header" in refusal(d)


@test("a plugin's directory is what it leads to, and that is looked at")
def _():
    d = Daemon({"plugins": {}}, start=False)
    own_plugins(d, "memory")
    os.symlink(d.path("plugins"), d.path("link"))
    for way in (d.path("link"), os.path.relpath(d.path("plugins")),
                d.path("link/../plugins/.")):
        d.configure({"plugin_dir": way, "plugins": MEMORY})
        run("fettled", "-C", d.config, "--check", check=0)
    os.chmod(d.path("plugins"), 0o777)
    assert "plugins can be written by others" in refusal(d, d.path("link"))


def evil(d, name):
    """A library that leaves a file behind if it is ever loaded."""
    os.makedirs(d.path("evil"), exist_ok=True)
    d.file("evil.c", '#include <fcntl.h>\n#include <unistd.h>\n'
           '__attribute__((constructor)) static void f(void) '
           f'{{ close(open("{d.path("loaded")}", O_CREAT|O_RDWR, 0600)); }}')
    run(*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "-o",
        d.path(f"evil/{name}"), d.path("evil.c"), check=0)


@test("no search path of the loader leads to another plugin")
def _():
    d = Daemon({"plugins": {}}, start=False)
    for name in ("memory.so", "nonesuch.so", "libmemory.so", "memory.la"):
        evil(d, name)
    folder = d.path("evil")
    run("true", env={"LD_PRELOAD": d.path("evil/memory.so")})
    os.unlink(d.path("loaded"))  # it can be told whether one was
    d.env = {"LD_LIBRARY_PATH": folder, "LTDL_LIBRARY_PATH": folder}
    d.configure({"plugins": {**MEMORY, "nonesuch": None}})
    d.start()
    wait_until(lambda: d.value("memory.total"))
    d.log_wait("plugin nonesuch is not loaded: .*: No such file")
    for name in ("../evil/memory", "evil/memory", f"{folder}/memory",
                 "memory.so", "Memory", "memory ", "m\u202eemory", ""):
        d.configure({"plugins": {"x": {"plugin": name}}})
        d.ctl({"do": "reload"})
    assert not os.path.exists(d.path("loaded"))


main()
