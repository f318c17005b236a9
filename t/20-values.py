#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is measured is what others measure on this machine at that time."""

import subprocess
import time

import psutil

from harness import Daemon, die_with_parent, main, near, run, test, wait_until

WINDOW = 10  # seconds over which processor time is compared


def busy(times):
    """psutil's idea of what is not idle, in seconds: all, and busy."""
    total = sum(times) - getattr(times, "guest", 0) - \
        getattr(times, "guest_nice", 0)
    return total, total - times.idle - times.iowait - times.steal


def times():
    """All cores together, then each."""
    return [busy(t) for t in
            [psutil.cpu_times(), *psutil.cpu_times(percpu=True)]]


def around_next_read(d):
    """The times last seen before the next read of the daemon, and first seen
    after it."""
    seen, early = d.instance("cpu")["last_run"], times()

    def read():
        nonlocal early
        now = times()
        if d.instance("cpu")["last_run"] != seen:
            return True
        early = now
        return False
    wait_until(read)
    return early, times()


def within(share, before, after, which, what):
    """The window began and ended somewhere between those times: an end that
    this machine was slow to see may be anywhere."""
    (b0, b1), (a0, a1) = ([t[which] for t in pair] for pair in (before, after))
    low = 100 * (a0[1] - b1[1]) / (a1[0] - b0[0])
    high = 100 * (a1[1] - b0[1]) / max(a0[0] - b1[0], 1e-9)
    assert low - 3 <= share <= high + 3, \
        f"{what}: not {low} <= {share} <= {high}"


class Stress:
    """One core kept busy for as long as the block lasts."""

    def __enter__(self):
        self.process = subprocess.Popen(
            ["stress-ng", "--quiet", "--cpu", "1", "--timeout", "120"],
            preexec_fn=die_with_parent)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def list_time(d, pattern):
    found = d.values(pattern)
    return found[0]["time"] if found else 0


@test("under load cpu.percent and each core are within 3 points of psutil")
def _():
    with Stress():
        # one interval is the window: both look at its two ends
        d = Daemon({"interval": f"{WINDOW}s",
                    "plugins": {"cpu": {"interval": f"{WINDOW}s"}}})
        wait_until(lambda: list_time(d, "cpu.percent"), what="a first share")
        before = around_next_read(d)
        begun = time.time()
        after = around_next_read(d)
        wait_until(lambda: list_time(d, "cpu.percent") > begun)
        within(d.value("cpu.percent"), before, after, 0, "cpu.percent")
        for core in range(psutil.cpu_count()):
            within(d.value(f"cpu[{core}].percent"), before, after, core + 1,
                   f"cpu[{core}].percent")


@test("the states of a core add up to 100")
def _():
    d = Daemon({"interval": "1s", "plugins": {"cpu": None}})
    wait_until(lambda: d.values("cpu[0]"))
    for v in d.values("cpu[*]"):
        total = sum(f["value"] for f in v["fields"] if f["name"] != "percent")
        near(total, 100, 0.001, v["instance"])


def free():
    lines = run("free", "-b", check=0).stdout.splitlines()
    told = dict(zip(lines[0].split(), map(int, lines[1].split()[1:])))
    return {**told, "percent": 100 * told["used"] / told["total"]}


@test("memory is within 1 % of free -b")
def _():
    d = Daemon({"interval": "100ms", "plugins": {"memory": None}})
    before, begun = free(), time.time()
    wait_until(lambda: list_time(d, "memory") > begun)
    values = {f["name"]: f["value"] for f in d.values("memory")[0]["fields"]}
    after = free()  # others take and give meanwhile
    for name in ("total", "used", "available", "free", "percent"):
        slack = 1 if name == "percent" else after["total"] / 100
        assert min(before[name], after[name]) - slack <= values[name] <= \
            max(before[name], after[name]) + slack, \
            (name, before, values, after)
    parts = ("free", "buffers", "cached", "slab", "other")
    assert sum(values[p] for p in parts) == values["total"], values


def df(mounts, *columns):
    """Named, since the root of a plain chroot is told of only then."""
    out = run("df", "-B1", "--output=" + ",".join(columns), *mounts).stdout
    return [line.split() for line in out.splitlines()[1:]]


@test("disks are those of df -B1, with its numbers")
def _():
    d = Daemon({"interval": "100ms", "plugins": {"disk": None}})
    wait_until(lambda: d.values("disk"))

    def differs():
        """What differs by more than what others write meanwhile."""
        lists = d.values("disk")
        told = {row[0]: row[1:] for row in df(
            [v["instance"] for v in lists],
            "target", "size", "used", "avail", "itotal", "iused", "iavail")}
        wrong = []
        for v in lists:
            numbers = {f["name"]: f["value"] for f in v["fields"]}
            size, used, avail, itotal, iused, iavail = [
                int(n) if n.isdigit() else 0 for n in told[v["instance"]]]
            slack = 64 << 20
            assert numbers["total"] == size, v
            for name, wanted, by in (
                    ("used", used, slack), ("free", avail, slack),
                    ("percent", 100 * used / (used + avail),
                     100 * slack / (used + avail)),
                    *((("inodes_used", iused, 10000),
                       ("inodes_free", iavail, 10000)) if itotal else ())):
                if abs(numbers[name] - wanted) > by:
                    wrong.append((v["instance"], name, numbers[name], wanted))
            assert not itotal or numbers["inodes_total"] == itotal, v
        return wrong
    wait_until(lambda: not differs(), what="the numbers of df")


@test("a root for /proc that is a fixture gives the fixture's numbers")
def _():
    d = Daemon({"plugins": {}}, start=False)
    d.file("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 200 kB\n"
           "MemAvailable: 700 kB\nBuffers: 100 kB\nCached: 300 kB\n"
           "Slab: 50 kB\n")
    d.configure({"proc": d.path("proc"), "plugins": {"memory": None}})
    d.start()
    wait_until(lambda: d.values("memory"))
    assert d.value("memory.used") == 300 * 1024
    near(d.value("memory.percent"), 30, 1e-9)
    assert d.value("memory.other") == 350 * 1024


main()
