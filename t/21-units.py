#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Processes, groups and units are what others say they are."""

import collections
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import psutil

import fake_systemd
from harness import (PATIENCE, PLUGIN_DIR, Daemon, comment, die_with_parent,
                     equal, free_port, main, near, skip, test, wait_until)

EXPORTER = shutil.which("prometheus-node-exporter",
                        path=os.environ["PATH"] + ":/usr/sbin")
V2 = [p for p in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
      if os.path.exists(f"{p}/cgroup.controllers") and os.access(p, os.W_OK)]

STATES = {psutil.STATUS_RUNNING: "running", psutil.STATUS_SLEEPING: "sleeping",
          psutil.STATUS_DISK_SLEEP: "uninterruptible",
          psutil.STATUS_STOPPED: "stopped", psutil.STATUS_ZOMBIE: "zombies",
          psutil.STATUS_TRACING_STOP: "traced", psutil.STATUS_IDLE: "idle"}


@contextmanager
def program(*command, **more):
    """Runs beside the test for as long as the block lasts."""
    process = subprocess.Popen(command, preexec_fn=die_with_parent, **more)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def fields(d, pattern):
    """The numbers of the one list that matches."""
    found = d.values(pattern)
    assert len(found) < 2, found
    return {f["name"]: f["value"] for f in found[0]["fields"]} if found else {}


def failing(d, label):
    """Why an instance's last call failed, or nothing."""
    return d.instance(label)["error"] or ""


# --- processes ---------------------------------------------------------------

def told_by_psutil():
    told = collections.Counter(threads=0, count=0)
    for p in psutil.process_iter():
        try:
            with p.oneshot():
                told[STATES[p.status()]] += 1
                told["threads"] += p.num_threads()
                told["count"] += 1
        except psutil.NoSuchProcess:
            pass
    return told


@test("processes by state and threads are those of psutil")
def _():
    d = Daemon({"interval": "100ms", "plugins": {"processes": None}})
    wait_until(lambda: d.values("processes"))

    # others start and end programs meanwhile: some moment is quiet enough
    def the_same():
        before = told_by_psutil()
        ours = fields(d, "processes")
        after = told_by_psutil()

        def near_both(name, by):
            both = before[name], after[name]
            return min(both) - by <= ours[name] <= max(both) + by
        return near_both("count", 3) and near_both("threads", 5) \
            and all(near_both(s, 5) for s in STATES.values())
    wait_until(the_same, what="psutil's numbers")
    ours = fields(d, "processes")
    names = list(STATES.values()) + ["dead", "parked", "wakekill", "waking",
                                     "other"]
    equal(sum(ours[name] for name in names), ours["count"], "their sum")
    equal(ours["other"], 0, "other")
    with open("/proc/sys/kernel/pid_max") as pid_max, \
            open("/proc/sys/kernel/threads-max") as threads_max:
        equal(ours["limit"], min(int(pid_max.read()), int(threads_max.read())))
    near(ours["percent"], 100 * ours["threads"] / ours["limit"], 1e-9)


def exported(port):
    url = f"http://127.0.0.1:{port}/metrics"
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        text = answer.read().decode()
    return {m[1]: float(m[2]) for m in
            re.finditer(r"^(node_\S+) (\S+)$", text, re.MULTILINE)}


@test("they are those of node_exporter, and so is what the kernel counts")
def _():
    if not EXPORTER:
        skip("prometheus-node-exporter is not installed")
    port = free_port()
    d = Daemon({"interval": "100ms", "plugins": {"processes": None}})
    with program(EXPORTER, "--collector.disable-defaults",
                 "--collector.processes", "--collector.stat",
                 f"--web.listen-address=127.0.0.1:{port}",
                 stderr=subprocess.DEVNULL):
        def answers():
            try:
                return exported(port)
            except OSError:
                return None
        wait_until(answers)
        wait_until(lambda: d.values("processes"))

        def the_same():
            before = fields(d, "processes")
            told = exported(port)
            calls = d.instance("processes")["calls"]
            wait_until(lambda: d.instance("processes")["calls"] > calls + 1)
            after = fields(d, "processes")
            for name, theirs in (("forks", "node_forks_total"),
                                 ("context_switches",
                                  "node_context_switches_total")):
                assert before[name] <= told[theirs] <= after[name], \
                    (name, before[name], told[theirs], after[name])
            # the exporter starts threads for the answer
            return abs(after["count"] - told["node_processes_pids"]) <= 3 \
                and abs(after["threads"]
                        - told["node_processes_threads"]) <= 15 \
                and all(abs(after[ours] - told.get(
                    f'node_processes_state{{state="{letter}"}}', 0)) <= 5
                    for letter, ours in (("S", "sleeping"), ("Z", "zombies"),
                                         ("I", "idle"), ("T", "stopped")))
        wait_until(the_same, what="node_exporter's numbers")


# Longer than the 15 bytes that the kernel keeps of a name.
NAME = "fettle-test-of-a-group"
WRITTEN = 3 << 20


@test("a group is the processes that psutil knows of, with their numbers")
def _():
    d = Daemon({"plugins": {}}, start=False)
    copy = d.path(NAME)
    shutil.copy(sys.executable, copy)
    work = ("import os, sys, time\n"
            f"f = open({d.path('written')!r}, 'wb')\n"
            f"f.write(bytes({WRITTEN}))\n"
            "f.flush()\n"
            "os.fsync(f.fileno())\n"
            "sum(range(10**7))\n"
            "print('done', flush=True)\n"
            "time.sleep(1000)\n")
    d.configure({"interval": "100ms", "plugins": {"processes": {"watch": {
        "whole": {"name": NAME}, "cut": {"name": NAME[:15]},
        "second": {"name": f"{NAME[:9]}*", "cmdline": "* second"},
        "mine": {"name": NAME, "user": str(os.geteuid())},
        "others": {"name": NAME, "user": str(os.geteuid() + 1)}}}}})
    with program(copy, "-c", work, "first", stdout=subprocess.PIPE) as first, \
            program(copy, "-c", work, "second",
                    stdout=subprocess.PIPE) as second:
        for p in (first, second):
            assert p.stdout.readline() == b"done\n"
        d.start()
        told = [psutil.Process(p.pid) for p in (first, second)]
        wait_until(lambda: d.values("processes[whole].count"))
        ours = fields(d, "processes[whole]")
        equal(ours["count"], 2)
        equal(ours["threads"], sum(p.num_threads() for p in told))
        equal(ours["descriptors"], sum(p.num_fds() for p in told))
        # the kernel keeps a few pages a processor out of the sum
        near(ours["resident"], sum(p.memory_info().rss for p in told),
             2 << 20, "resident")
        near(ours["cpu"],
             sum(sum(p.cpu_times()[:2]) for p in told), 0.02, "cpu")
        # it was read before this, on a busy machine a while ago
        age = time.time() - min(p.create_time() for p in told)
        assert age - 30 < ours["age"] < age + 2, (ours["age"], age)
        io = [p.io_counters() for p in told]
        equal(ours["io_read"], sum(i.read_bytes for i in io), "io_read")
        equal(ours["io_written"], sum(i.write_bytes for i in io), "io_written")
        for group, count in (("cut", 0), ("second", 1), ("mine", 2),
                             ("others", 0)):
            equal(d.value(f"processes[{group}].count"), count, group)
        second.kill()
        wait_until(lambda: d.value("processes[whole].count") == 1)
        equal(d.value("processes[whole].cpu"), ours["cpu"],
              "cpu after one has ended")


# --- groups ------------------------------------------------------------------

@test("a service of a made tree has its numbers, below the root for /sys")
def _():
    d = Daemon({"plugins": {}}, start=False)
    for name, text in (("cgroup.controllers", "cpu memory\n"),
                       ("system.slice/a.service/cpu.stat",
                        "usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n"),
                       ("system.slice/a.service/memory.current", "1000\n"),
                       ("system.slice/a.service/memory.max", "4000\n"),
                       ("system.slice/a.service/memory.stat",
                        "anon 400\ninactive_file 200\n"),
                       ("user.slice/b.service/memory.current", "1\n")):
        d.file(f"sys/fs/cgroup/{name}", text)
    d.configure({"sys": d.path("sys"), "plugins": {"cgroup": None}})
    d.start()
    wait_until(lambda: d.values("cgroup[*]"))
    equal([v["instance"] for v in d.values("cgroup[*]")],
          ["/system.slice/a.service"])
    ours = fields(d, "cgroup[/system.slice/a.service]")
    equal(ours["cpu"], 2.5)
    equal(ours["memory_used"], 800)
    equal(ours["memory_percent"], 20)


@test("a group takes the processor time that its process does")
def _():
    if not V2:
        comment("there is no tree of version 2 to make a group in")
        return
    group = f"/fettle-test-{os.getpid()}.service"
    os.mkdir(V2[0] + group)
    try:
        d = Daemon({"interval": "100ms", "plugins": {"cgroup": {
            "include": "/fettle-test-*"}}})
        # it enters the group first, so that all it starts is in it
        with program("sh", "-c", 'echo $$ >"$0"; exec stress-ng --quiet '
                     "--cpu 1 --timeout 60", f"{V2[0]}{group}/cgroup.procs",
                     stdin=subprocess.DEVNULL) as p:
            wait_until(lambda: (d.value(f"cgroup[{group}].cpu") or 0) > 0)

            def the_same():
                """What the kernel said between two reads of ours."""
                before = d.value(f"cgroup[{group}].cpu")
                with open(f"{V2[0]}{group}/cpu.stat") as stat:
                    told = int(stat.readline().split()[1]) / 1e6
                calls = d.instance("cgroup")["calls"]
                wait_until(lambda: d.instance("cgroup")["calls"] > calls + 1)
                return before <= told <= d.value(f"cgroup[{group}].cpu")
            assert the_same()
            for child in psutil.Process(p.pid).children():
                child.kill()
        wait_until(lambda: not open(f"{V2[0]}{group}/cgroup.procs").read())
    finally:
        os.rmdir(V2[0] + group)
    wait_until(lambda: d.instance("cgroup")["failures"] == 0)


# --- units -------------------------------------------------------------------

def bus(d, **more):
    """A bus in the directory of a daemon."""
    return fake_systemd.bus(d.dir, **more)


def with_systemd(**options):
    if not os.path.exists(f"{PLUGIN_DIR}/systemd.so"):
        skip("the plugin systemd is not built")
    if fake_systemd.MISSING:
        skip(fake_systemd.MISSING)
    d = Daemon({"plugins": {}}, start=False)
    d.configure({"interval": "100ms", "plugins": {
        "systemd": {"bus": fake_systemd.address(d.dir), **options}, "memory": None}})
    return d


@test("units are counted by state, and chosen ones have their numbers")
def _():
    d = with_systemd(units=["*.service", "asleep.service", "*.mount",
                            "daily.timer", "nowhere.service"],
                     exclude="starting*")
    with bus(d):
        d.start()
        wait_until(lambda: d.values("systemd"))
        ours = fields(d, "systemd.failed")
        equal(ours, {"failed": 1})
        equal(d.value("systemd.count"), 5)
        equal(d.value("systemd.active"), 3)
        equal(d.value("systemd.activating"), 1)
        ours = fields(d, "systemd[nginx.service]")
        equal((ours["active"], ours["failed"]), (1, 0))
        equal(ours["restarts"], 2)
        equal(ours["memory"], 5 << 20)
        equal(ours["tasks"], 5)
        equal(ours["cpu"], 1.5)
        ours = fields(d, "systemd[broken.service]")
        equal((ours["active"], ours["failed"]), (0, 1))
        equal(ours["restarts"], 5)
        assert ours.get("memory") is None, ours
        equal(d.value("systemd[asleep.service].inactive"), 1)
        equal(d.value("systemd[daily.timer].active"), 1)
        # a backslash is written as one in every name
        equal(d.value(r"systemd[dev-disk\\x5cx2da.mount].memory"), 4096)
        assert not d.values("systemd[starting.service]")
        d.log_wait("there is no unit 'nowhere.service'")
        equal(sum("nowhere" in line for line in d.stderr.all), 1)
        equal(d.instance("systemd")["failures"], 0, "failures")


@test("a bus that comes late, goes and comes back costs nothing else")
def _():
    d = with_systemd(units="nginx.service")
    d.start()
    d.log_wait("connect to the bus of systemd")
    wait_until(lambda: d.values("memory"))
    with bus(d):
        wait_until(lambda: d.values("systemd[nginx.service]"))
    os.unlink(d.path("bus")) if os.path.exists(d.path("bus")) else None
    wait_until(lambda: failing(d, "systemd"))
    with bus(d):
        wait_until(lambda: not failing(d, "systemd")
                   and d.instance("systemd")["streak"] == 0)
        calls = d.instance("systemd")["calls"]
        wait_until(lambda: d.instance("systemd")["calls"] > calls)
        equal(failing(d, "systemd"), "")


@test("a bus without systemd on it is named as the reason")
def _():
    d = with_systemd()
    with bus(d, systemd=False):
        d.start()
        d.log_wait("ask systemd for its units.*org.freedesktop.systemd1")


@test("a bus that is silent fails the read in time, and nothing is stuck")
def _():
    d = with_systemd(timeout="1s")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(d.path("bus"))
        silent.listen(5)
        d.start()
        wait_until(lambda: failing(d, "systemd"))
        assert "timed out" in failing(d, "systemd"), failing(d, "systemd")
        assert d.instance("systemd")["state"] != "stuck"
        assert d.instance("systemd")["duration"]["max"] < 1
        equal(d.stop().code, 0)


main()
