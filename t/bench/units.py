# SPDX-License-Identifier: MIT
"""What one reading of processes, of groups and of units costs, its batch
dispatched: on this machine, and on made ones that are large."""

import os
import shutil
import time
import urllib.request
from contextlib import contextmanager

import bench
import fake_systemd
import peers
from bench import What, harness

TURNS = 3
PIDS, SERVICES = 10000, 100
ROWS = [What("processes, this machine's", "us CPU", ""),
        What(f"processes, {PIDS} made ones", "us CPU", ""),
        What("the same with two groups", "us CPU", ""),
        What(f"cgroup, {SERVICES} made services", "us CPU", ""),
        What("systemd, a unit of 5 chosen", "us CPU", "")]
GROUPS = {"a": {"name": "nginx"}, "b": {"cmdline": "*app.jar*", "user": "root"}}


def ours(path, rounds, plugin, options=None, **more):
    config = bench.write(path, "fettle.yaml", text=harness.yaml({
        "plugin_dir": harness.PLUGIN_DIR, "state_dir": path, **more,
        "plugins": {plugin: options}}))
    return float(bench.output(os.path.join(bench.BUILT, "reads"), config,
                              str(rounds)).split()[0])


def psutil(rounds):
    """States and threads of all, in a process that has nothing to remember."""
    script = f"""
import psutil, time
before = time.process_time()
for _ in range({rounds}):
    for pid in psutil.pids():
        try:
            p = psutil.Process(pid)
            with p.oneshot():
                p.status(), p.num_threads()
        except psutil.NoSuchProcess:
            pass
print((time.process_time() - before) * 1e6 / {rounds})
"""
    return float(bench.output(bench.PYTHON, "-c", script))


def need_exporter():
    bench.need_program("prometheus-node-exporter", "prometheus-node-exporter")


def exporter(root, rounds):
    port = harness.free_port()
    command = [
        bench.need_program("prometheus-node-exporter", ""),
        "--collector.disable-defaults", "--collector.processes",
        f"--path.procfs={root}", f"--web.listen-address=127.0.0.1:{port}"]
    with bench.directory() as path, \
            peers.server(command, path, port, None) as (_, pid):
        def scrape():
            url = f"http://127.0.0.1:{port}/metrics"
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert b"node_processes_pids" in answer.read()
        scrape()
        before = bench.cpu_seconds(pid)
        for _ in range(rounds):
            scrape()
        return (bench.cpu_seconds(pid) - before) * 1e6 / rounds


def collectd():
    """It reads only /proc itself, and wakes up for it."""
    interval, seconds = 0.05, 2
    config = f"<LoadPlugin processes>\nInterval {interval}\n</LoadPlugin>\n"
    with peers.collectd(config) as process:
        time.sleep(1)
        before = bench.cpu_seconds(process.pid)
        time.sleep(seconds)
        return (bench.cpu_seconds(process.pid) - before) * 1e6 \
            * interval / seconds


@contextmanager
def made(make):
    """A folder that make fills, in memory where there is such a place."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"
    root = os.path.join(place, f"fettle-bench-{os.getpid()}")
    try:
        make(root)
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def put(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)


def make_processes(root):
    for name in ("stat", "loadavg", "sys/kernel/pid_max",
                 "sys/kernel/threads-max"):
        with open(f"/proc/{name}") as file:
            put(root, name, file.read())
    with open("/proc/self/stat") as file:
        numbers = file.read().rpartition(")")[2].split()
    numbers[19] = "100"  # when it began: most are not young
    rest = " ".join(["", *numbers]) + "\n"
    for pid in range(1, PIDS + 1):
        put(root, f"{pid}/stat", f"{pid} (python3){rest}")
        put(root, f"{pid}/cmdline", "python3\0-m\0x\0")
        os.makedirs(f"{root}/{pid}/task/{pid}")
        put(root, f"{pid}/task/{pid}/stat", f"{pid} (python3){rest}")


def make_groups(root):
    fixtures = os.path.join(harness.SRCDIR, "t", "fixtures", "cgroup")
    put(root, "fs/cgroup/cgroup.controllers", "cpu io memory pids\n")
    for i in range(SERVICES):
        folder = f"fs/cgroup/system.slice/service-{i}.service"
        for name in ("cpu.stat", "memory.stat", "memory.events", "io.stat"):
            with open(f"{fixtures}/{name}") as file:
                put(root, f"{folder}/{name}", file.read())
        for name, text in (("cpu.max", "max 100000"), ("pids.max", "4915"),
                           ("memory.current", "125829120"),
                           ("memory.max", "max"), ("pids.current", "12"),
                           ("memory.swap.current", "0")):
            put(root, f"{folder}/{name}", text + "\n")


def systemd():
    """Only what it takes to ask is measured."""
    with bench.directory() as path, fake_systemd.bus(path) as address:
        return ours(path, 200, "systemd",
                    {"bus": address, "units": "nginx.service"})


def need_systemd():
    bench.need_plugin("systemd")
    bench.need_program("dbus-daemon", "dbus-daemon")
    bench.need_modules("dbus", "gi")


def processes_rows(path):
    need_psutil = (lambda: bench.need_modules("psutil"))
    yield bench.row(ROWS[0], bench.in_turn(
        TURNS, lambda: ours(path, 300, "processes"),
        bench.Peer("psutil", lambda: psutil(10), need_psutil),
        bench.Peer("node_exporter", lambda: exporter("/proc", 20),
                   need_exporter),
        bench.Peer("collectd", collectd, peers.need_collectd)))
    with made(make_processes) as root:
        yield bench.row(ROWS[1], bench.in_turn(
            TURNS, lambda: ours(path, 10, "processes", proc=root),
            bench.Peer("node_exporter", lambda: exporter(root, 1),
                       need_exporter)))
        yield bench.row(ROWS[2], bench.in_turn(
            TURNS, lambda: ours(path, 10, "processes", {"watch": GROUPS},
                                proc=root)))


def rows():
    with bench.directory() as path:
        measured = list(processes_rows(path))
        with made(make_groups) as root:
            measured.append(bench.row(ROWS[3], bench.in_turn(
                TURNS, lambda: ours(path, 100, "cgroup", sys=root))))
    try:
        need_systemd()
        measured.append(bench.row(ROWS[4], bench.in_turn(TURNS, systemd)))
    except bench.Missing as reason:
        measured.append(bench.Row(ROWS[4], missing=str(reason)))
    return measured


if __name__ == "__main__":
    bench.main(__name__)
