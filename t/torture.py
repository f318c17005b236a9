# SPDX-License-Identifier: MIT
"""What the torture tests share: faults between the daemon and the kernel, a
client that remembers what it was promised, and the oracle that compares.

The rounds of a test that draws lots are few in the ordinary run; FETTLE_ROUNDS
says how many there are to be.  Each says its seed; FETTLE_SEED repeats it.
"""

import ctypes
import http.client
import json
import mmap
import os
import random
import threading
import time

import harness
from harness import (BUILDDIR, Daemon, comment, free_port, post, skip,
                     wait_until)
from sink import answer, hang_up, reset

# What stands before a sanitizer's library takes nothing that is its own.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (
    os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))

PRELOAD = os.path.join(BUILDDIR, "t", "preload")
TOKEN = "a-token-of-the-tests-0123456789abcdef"
ROUNDS = int(os.environ.get("FETTLE_ROUNDS", "0"))
harness.LIMIT = max(harness.LIMIT, 20 * ROUNDS)
PAUSE = threading.Event()  # never set: waits that are a part of the fault


def rounds(few):
    """So many, but for the long run, which says how many itself."""
    return ROUNDS or few


def lots():
    """Chance that can be repeated, and the seed, which is said."""
    seed = os.environ.get("FETTLE_SEED")
    seed = int(seed) if seed else random.SystemRandom().randrange(1 << 32)
    comment(f"seed {seed}")
    return random.Random(seed)


# --- faults ------------------------------------------------------------------

# As in t/preload/faults.c.
CALLS = ("write", "sync", "read", "open", "change", "send", "recv", "any")
KILL, KILL_HALF, KILL_AFTER, SHORT, HANG = -1, -2, -3, -4, -5


class Fault(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int)
                for name in ("count", "after", "times", "action")]


LONG = "10m"  # what a clock that is fast makes of the seconds of others


def hurry(env, times=120):
    """From its next start on the daemon's clock runs so many times as
    fast."""
    env["LD_PRELOAD"] += ":" + os.path.join(PRELOAD, "fast.so")
    env["FETTLE_FAST"] = str(times)


class Faults:
    """The page that tells t/preload/faults.c what to do.  `env' is for the
    daemon, whose state is in `folder'.  eager: it does not wait before it
    tries again to send; fast: its clock runs 120 times as fast."""

    def __init__(self, path, folder, eager=True, fast=False):
        with open(path, "wb") as file:
            file.truncate(ctypes.sizeof(Fault) * len(CALLS))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)
        page = (Fault * len(CALLS)).from_buffer(self.map)
        self.page = dict(zip(CALLS, page))
        self.env = {"LD_PRELOAD": os.path.join(PRELOAD, "faults.so"),
                    "FETTLE_FAULTS": path, "FETTLE_FAULTY": folder}
        if eager:
            self.env["FETTLE_EAGER"] = "1"
        if fast:
            hurry(self.env)

    def count(self, call="any"):
        return self.page[call].count

    def on(self, action, call="any", after=0, times=-1):
        """So many calls pass, then so many are acted upon; below 0: all."""
        fault = self.page[call]
        fault.action = 0
        fault.after, fault.times = after, times
        fault.action = action

    def off(self):
        for fault in self.page.values():
            fault.action = 0


def crc32c(data):
    """As src/base/crc32c.c has it, slowly."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Tmpfs:
    """A file system of that size in memory at a path, for this test and the
    daemons it starts; needs root."""

    def __init__(self, path, size):
        self.path, self.size = path, size

    def __enter__(self):
        CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
        os.makedirs(self.path, 0o700, exist_ok=True)
        if harness.libc.unshare(CLONE_NEWNS) or harness.libc.mount(
                None, b"/", None, MS_REC | MS_PRIVATE, None) \
                or harness.libc.mount(b"tmpfs", self.path.encode(), b"tmpfs",
                                      0, b"mode=700,size=%d" % self.size):
            skip("only root may mount")
        return self.path

    def __exit__(self, *_):
        MNT_DETACH = 2
        harness.libc.umount2(self.path.encode(), MNT_DETACH)


# --- daemons -----------------------------------------------------------------

def section(sink, survive="crash", **more):
    """A writer that posts to the sink, by a spool or not."""
    if survive != "none":
        more["spool"] = {"survive": survive, **more.get("spool", {})}
    return {"plugin": "http_ingest", "url": sink.url, "token_file": "token",
            "interval": "20ms", "drain": "200ms", "routes": ["*:t"], **more}


def faulty(config, start=True, eager=True, fast=False, folder="state",
           **more):
    """A daemon beneath which calls for what is in a folder of its own can
    fail: d.faults."""
    d = Daemon(config, files={"token": TOKEN}, start=False, **more)
    d.faults = Faults(d.path("faults"), d.path(folder), eager, fast)
    d.env.update(d.faults.env)
    if start:
        d.start()
    return d


def relay(sink, survive="crash", start=True, fast=False, folder="state",
          **more):
    """A daemon that hands on to the sink what it is posted: what it answers
    200 to it has promised."""
    port = free_port()
    if fast:
        more.setdefault("drain", "30s")
        more.setdefault("timeout", LONG)
    d = faulty(relaying(port, sink, survive, **more), start, fast=fast,
               folder=folder)
    d.port = port
    return d


def relaying(port, sink, survive="crash", **more):
    """Its configuration."""
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "request_timeout": LONG}
    return {"hostname": "relay", "interval": "24h", "plugins": {
        "ringbuffer_http": ring, "out": section(sink, survive, **more)}}


def heard(d):
    """Waits until all that an earlier life has said of itself is read."""
    mark = f"MARK={random.random()}"
    d.notify.sendto(mark.encode(), d.path("notify"))
    wait_until(lambda: d.count(mark))


def start_again(d):
    heard(d)
    d.start()


def start_or_die(d):
    """Whether it came up; else it is dead."""
    heard(d)
    before = d.count("READY=1")
    d.start(ready=False)
    wait_until(lambda: d.count("READY=1") > before
               or d.process.poll() is not None, what="READY=1 or its end")
    return d.process.poll() is None


def over(d):
    """Waits until it has been killed, by the shim or now, or has come to its
    end before.  Whether it was killed."""
    if d.process.poll() is None:
        d.kill()
    else:
        d.wait()
    code = d.process.returncode
    assert code in (0, -9), f"it ended with {code}"
    return code == -9


def dead(d):
    assert over(d), "it came to its end, and was not killed"


def spool_of(d, label="out"):
    return d.path(f"state/spool/{label}.db")


def out(d):
    return d.instance("out")


def spool(d, label="out"):
    return d.asked(do="spool", writer=label)["spools"][0]


def degraded(d):
    return out(d)["spool"] == "degraded"


def recovers(d):
    wait_until(lambda: out(d)["spool"] == "ok",
               what="the disk to be used again")


def waiting(d):
    return out(d)["queue"]["lists"]


# --- who posts ---------------------------------------------------------------

SERIES = 1000


class Client:
    """Posts value lists, each with a number that no other has.  promised:
    those of what was answered 200; sent: of all that ever left, whatever came
    of it."""

    def __init__(self):
        self.next = 0
        self.promised, self.sent = set(), set()

    @property
    def unsure(self):
        return len(self.sent) - len(self.promised)

    def batch(self, n, values=1):
        first, self.next = self.next, self.next + n
        stamp = round(time.time(), 3)
        fields = [[f"v{i}", "gauge", ""] for i in range(values)]
        rows = [[str(i % SERIES), stamp] + values * [i + 0.25]
                for i in range(first, first + n)]
        return range(first, first + n), {
            "v": 1, "host": "web-1", "interval": 10,
            "plugins": [{"plugin": "t", "fields": fields, "rows": rows}]}

    def post(self, d, n=1, values=1):
        """Whether they were promised; anything may have come of others."""
        numbers, body = self.batch(n, values)
        self.sent.update(numbers)
        try:
            answer = post(d.port, "/ingest", body, token=TOKEN)
        except (OSError, http.client.HTTPException):
            return False  # it ended on the way
        if answer.status != 200:
            return False
        told = json.loads(answer.body)
        assert told["accepted"] == n, told
        self.promised.update(numbers)
        return True

    def must(self, d, n=1, values=1):
        """Posts until so many were promised at once."""
        wait_until(lambda: self.post(d, n, values), what="a promise")

    def storm(self, d, rng, until):
        """Posts until that is set; a thread that has begun."""
        def go():
            while not until.is_set():
                if not self.post(d, rng.randint(1, 20)):
                    until.wait(0.005)
        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        return thread


def moody(rng):
    """Answers as hubs do on a bad day."""
    def act(request):
        draw = rng.random()
        if draw < 0.1:
            return answer(503)
        if draw < 0.2:
            return reset(taken=True)
        if draw < 0.25:
            return hang_up()
        return answer(413 if draw < 0.5 and len(request.batch()[2]) > 7
                      else 200)
    return act


# --- the oracle --------------------------------------------------------------

def kill_in_storm(d, sink, client, rng, least):
    """Kills it while clients post, after least to 0.15 s; its sink may be
    gone or back then."""
    over = threading.Event()
    storm = client.storm(d, rng, over)
    PAUSE.wait(rng.uniform(least, 0.15))
    d.kill()
    over.set()
    storm.join()
    if rng.random() < 0.2:
        sink.refuse()
    elif sink.socket is None:
        sink.listen()


def take_all(sink):
    """From now on it is there and takes everything."""
    if sink.socket is None:
        sink.listen()
    sink.always = answer(200)


def number(row):
    """That of a client's list, which is whole."""
    n = int(row.values[0][1])
    assert json.loads(row.instance) == str(n % SERIES), row
    assert {value for _, value in row.values} == {n + 0.25}, row
    return n


def numbers(rows):
    return [number(row) for row in rows if row.plugin == "t"]


def adds_up(d, label="out"):
    """Every list that entered is sent, dropped or still here."""
    def look():
        i = d.instance(label)
        gone = i["sent"] + sum(i["dropped"].values())
        return i["entered"] == gone + i["queue"]["lists"] or None
    wait_until(look, what=f"accounts of {label} that add up: "
               f"{json.dumps(d.instance(label))}")


def healed(d, sink, client=None, timeout=harness.PATIENCE):
    """Waits until nothing waits any more."""
    wait_until(lambda: waiting(d) == 0, timeout, "the end of what waits")
    if client and lost(sink, client):
        # without a spool it is promised before the writer has it
        wait_until(lambda: waiting(d) == 0 and not lost(sink, client),
                   timeout, "what was promised")
    adds_up(d)
    if client:
        judge(sink, client)


def lost(sink, client):
    """What was promised and is not there."""
    return sorted(client.promised.difference(numbers(sink.rows())))


def judge(sink, client, may_lose=0):
    """Oracle 1 and 2: what was promised is there; nothing is there that was
    never sent, or otherwise than it was sent; what comes twice is known by its
    number; no number is left out.  How many came twice."""
    fresh, duplicates, jumps = sink.judged()
    there = numbers(fresh)
    missing = lost(sink, client)
    assert len(missing) <= may_lose, \
        f"{len(missing)} were promised and are lost: {missing[:20]}"
    strange = set(there) - client.sent
    assert not strange, f"{strange} were never sent"
    twice = len(there) - len(set(there))
    assert twice == 0, f"{twice} came twice under other numbers"
    assert jumps <= may_lose, f"{jumps} numbers were left out"
    assert not sink.wrong, sink.wrong
    return duplicates


def at_rest(d, fds, threads):
    """Oracle 3: descriptors and threads are what they were, but for a
    connection or two."""
    wait_until(lambda: d.fds() <= fds + 3, what=f"{fds} descriptors again")
    wait_until(lambda: d.threads() <= threads, what=f"{threads} threads again")
