#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is measured is what others measure on this machine at that time."""

import subprocess

import psutil

from harness import Daemon, die_with_parent, main, near, run, test, wait_until

WINDOW = 10  # seconds over which processor time is compared


def busy(times):
    """psutil's idea of what is not idle, in seconds: all, and busy."""
    total = sum(times) - getattr(times, "guest", 0) - \
        getattr(times, "guest_nice", 0)
    return total, total - times.idle - times.iowait - times.steal


def shares(before, after):
    pairs = zip(map(busy, before), map(busy, after))
    return [100 * (b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs]


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
        first = wait_until(lambda: list_time(d, "cpu.percent"),
                           what="a first share")
        seen = wait_until(lambda: d.instance("cpu")["last_run"])

        def next_read():
            nonlocal seen
            ran = d.instance("cpu")["last_run"]
            if ran == seen:
                return None
            seen = ran
            return (psutil.cpu_times(percpu=True), [psutil.cpu_times()])
        before = wait_until(next_read, 3 * WINDOW)
        after = wait_until(next_read, 3 * WINDOW)
        wait_until(lambda: list_time(d, "cpu.percent") > first)
        near(d.value("cpu.percent"), shares(before[1], after[1])[0], 3,
             "cpu.percent")
        for core, share in enumerate(shares(before[0], after[0])):
            near(d.value(f"cpu[{core}].percent"), share, 3,
                 f"cpu[{core}].percent")


@test("the states of a core add up to 100")
def _():
    d = Daemon({"interval": "1s", "plugins": {"cpu": None}})
    wait_until(lambda: d.values("cpu[0]"))
    for v in d.values("cpu[*]"):
        total = sum(f["value"] for f in v["fields"] if f["name"] != "percent")
        near(total, 100, 0.001, v["instance"])


@test("memory is within 1 % of free -b")
def _():
    d = Daemon({"interval": "100ms", "plugins": {"memory": None}})
    calls = 1 + wait_until(lambda: d.instance("memory")["calls"])
    free = run("free", "-b", check=0).stdout.splitlines()
    names, numbers = free[0].split(), free[1].split()[1:]
    told = dict(zip(names, map(int, numbers)))
    wait_until(lambda: d.instance("memory")["calls"] > calls)
    values = {f["name"]: f["value"] for f in d.values("memory")[0]["fields"]}
    for name in ("total", "used", "available", "free"):
        near(values[name], told[name], told["total"] / 100, name)
    near(values["percent"], 100 * told["used"] / told["total"], 1, "percent")
    parts = ("free", "buffers", "cached", "slab", "other")
    assert sum(values[p] for p in parts) == values["total"], values


def df(mounts, *columns):
    """Named, since the root of a plain chroot is told of only then."""
    out = run("df", "-B1", "--output=" + ",".join(columns), *mounts).stdout
    return [line.split() for line in out.splitlines()[1:]]


@test("disks are those of df -B1, with its numbers")
def _():
    d = Daemon({"plugins": {"disk": None}})
    lists = wait_until(lambda: d.values("disk"))
    told = {row[0]: row[1:] for row in df(
        [v["instance"] for v in lists],
        "target", "size", "used", "avail", "itotal", "iused", "iavail")}
    assert lists
    for v in lists:
        numbers = {f["name"]: f["value"] for f in v["fields"]}
        size, used, avail, itotal, iused, iavail = [
            int(n) if n.isdigit() else 0 for n in told[v["instance"]]]
        slack = 64 << 20  # others write meanwhile
        assert numbers["total"] == size, v
        near(numbers["used"], used, slack, "used")
        near(numbers["free"], avail, slack, "free")
        near(numbers["percent"], 100 * used / (used + avail),
             100 * slack / (used + avail), "percent")
        if itotal:
            assert numbers["inodes_total"] == itotal, v
            near(numbers["inodes_used"], iused, 10000, "inodes_used")
            near(numbers["inodes_free"], iavail, 10000, "inodes_free")


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
