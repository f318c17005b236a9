#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is measured of the whole host is what the kernel says, and what psutil
and node_exporter make of it at that time."""

import os
import re
import shutil
import subprocess
import time
import urllib.request

import psutil

from harness import (PATIENCE, Daemon, die_with_parent, equal, free_port,
                     main, near, skip, test, wait_until)

TRIES = 50
COLLECTORS = ("conntrack", "entropy", "filefd", "loadavg", "meminfo",
              "pressure", "stat", "timex", "vmstat")


def read(path):
    with open(path) as file:
        return file.read()


class Exporter:
    """node_exporter, with what these plugins have as well."""

    def __enter__(self):
        program = shutil.which("prometheus-node-exporter",
                               path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            skip("prometheus-node-exporter is not installed")
        self.port = free_port()
        self.process = subprocess.Popen(
            [program, f"--web.listen-address=127.0.0.1:{self.port}",
             "--log.level=error", "--collector.disable-defaults",
             *(f"--collector.{c}" for c in COLLECTORS)],
            stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        wait_until(self.answers, what="node_exporter")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def scrape(self):
        """{name: number} of what has no labels."""
        url = f"http://127.0.0.1:{self.port}/metrics"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=PATIENCE) as answer:
            lines = answer.read().decode().splitlines()
        found = (re.fullmatch(r"(\w+) (\S+)", line) for line in lines)
        return {m[1]: float(m[2]) for m in found if m}

    def answers(self):
        assert self.process.poll() is None, "node_exporter has ended"
        try:
            return self.scrape()
        except OSError:
            return None


def fields(value_list):
    return {f["name"]: f["value"] for f in value_list["fields"]
            if f["value"] is not None}


def fresh(d, pattern):
    """The lists of a plugin that were read after this was called, by
    instance."""
    begun = time.time()

    def found():
        lists = d.values(pattern)
        return lists and all(v["time"] > begun for v in lists) and lists
    lists = wait_until(found, what=f"a new {pattern}")
    return {v["instance"]: fields(v) for v in lists}


def around(d, pattern, peer):
    """What a peer says, then we, then the peer again."""
    before = peer()
    ours = fresh(d, pattern)
    return before, ours, peer()


def at_rest(d, pattern, peer):
    """What we and a peer say while that does not change."""
    for _ in range(TRIES):
        before, ours, after = around(d, pattern, peer)
        if before == after:
            return ours, after
    raise AssertionError(f"{pattern} never is the same twice")


def between(low, n, high, what):
    assert low - 1e-6 <= n <= high + 1e-6, f"{what}: not {low} <= {n} <= {high}"


def near_both(before, n, after, what):
    """Others come and go meanwhile."""
    low, high = min(before, after), max(before, after)
    between(low - 64 - low / 4, n, high + 64 + high / 4, what)


def picked(exporter, *names):
    return lambda: {n: v for n, v in exporter.scrape().items() if n in names}


def only(plugin, **options):
    return Daemon({"interval": "100ms", "plugins": {plugin: options or None}})


@test("load is what node_exporter says, and of each CPU")
def _():
    d = only("load", per_cpu=True)
    with Exporter() as exporter:
        ours, theirs = at_rest(d, "load", picked(
            exporter, "node_load1", "node_load5", "node_load15"))
    ours = ours[None]
    for minutes in ("1", "5", "15"):
        equal(ours[f"{minutes}m"], theirs[f"node_load{minutes}"])
        near(ours[f"{minutes}m_per_cpu"],
             theirs[f"node_load{minutes}"] / psutil.cpu_count(), 1e-9)
    def tasks():
        return int(re.search(r"/(\d+)", read("/proc/loadavg"))[1])
    before, ours, after = around(d, "load", tasks)
    ours = ours[None]
    near_both(before, ours["tasks"], after, "tasks")
    assert 1 <= ours["runnable"] <= ours["tasks"], ours


@test("swap is what psutil says")
def _():
    d = only("swap")
    ours, theirs = at_rest(d, "swap", psutil.swap_memory)
    ours = ours[None]
    equal(ours["total"], theirs.total)
    equal(ours["used"], theirs.used)
    equal(ours["free"], theirs.free)
    page = os.sysconf("SC_PAGE_SIZE")
    equal(ours["in"] / page, theirs.sin / 4096)
    equal(ours["out"] / page, theirs.sout / 4096)
    if theirs.total:
        near(ours["percent"], theirs.percent, 0.06)
    else:
        assert "percent" not in ours, ours


@test("uptime is that of the kernel's clock, and the start is psutil's")
def _():
    d = only("uptime")
    before, ours, after = around(
        d, "uptime", lambda: time.clock_gettime(time.CLOCK_BOOTTIME))
    between(before - 0.01, ours[None]["uptime"], after, "uptime")
    equal(ours[None]["boot_time"], psutil.boot_time())


@test("kernel is what node_exporter says")
def _():
    d = only("kernel")
    with Exporter() as exporter:
        before, ours, after = around(d, "kernel", exporter.scrape)
    ours = ours[None]
    between(before["node_intr_total"], ours["interrupts"],
            after["node_intr_total"], "interrupts")
    assert before["node_intr_total"] < after["node_intr_total"]
    near_both(before["node_filefd_allocated"], ours["files"],
              after["node_filefd_allocated"], "files")
    if after["node_filefd_maximum"] < 2 ** 63:
        equal(ours["files_limit"], after["node_filefd_maximum"])
        near(ours["files_percent"],
             100 * ours["files"] / ours["files_limit"], 1e-9)
    else:
        assert "files_limit" not in ours, ours
    inodes, unused = map(int, read("/proc/sys/fs/inode-nr").split())
    near(ours["inodes"], inodes, 1000 + inodes / 4, "inodes")
    near(ours["inodes_free"], unused, 1000 + inodes / 4, "inodes_free")
    near(ours["entropy"], after["node_entropy_available_bits"], 512, "entropy")
    equal("conntrack" in ours, "node_nf_conntrack_entries" in after)
    if "conntrack" in ours:
        near(ours["conntrack"], after["node_nf_conntrack_entries"], 100)
        equal(ours["conntrack_limit"],
              after["node_nf_conntrack_entries_limit"])


@test("pressure is what node_exporter and the kernel say, or why there is none")
def _():
    d = only("pressure")
    try:
        files = {name: read(f"/proc/pressure/{name}")
                 for name in sorted(os.listdir("/proc/pressure"))}
    except OSError:
        d.log_wait("pressure: open: this kernel has no /proc/pressure")
        return
    with Exporter() as exporter:
        before, ours, after = around(d, "pressure[*]", exporter.scrape)
    equal(sorted(ours), list(files))
    for name, field, metric in (("cpu", "some", "cpu_waiting"),
                                ("io", "some", "io_waiting"),
                                ("io", "full", "io_stalled"),
                                ("memory", "some", "memory_waiting"),
                                ("memory", "full", "memory_stalled")):
        metric = f"node_pressure_{metric}_seconds_total"
        between(before[metric], ours[name][f"{field}_total"], after[metric],
                f"{name}.{field}_total")

    def averages():
        return [re.findall(r"(\w+) avg10=(\S+) avg60=(\S+) avg300=(\S+)",
                           read(f"/proc/pressure/{name}")) for name in files]
    ours, theirs = at_rest(d, "pressure[*]", averages)
    for name, lines in zip(files, theirs):
        for field, *shares in lines:
            for window, share in zip(("10s", "60s", "300s"), shares):
                equal(ours[name][f"{field}_{window}"], float(share))


@test("the clock is what node_exporter says of it")
def _():
    d = only("clock")
    with Exporter() as exporter:
        before, ours, after = around(d, "clock", exporter.scrape)
    ours = ours[None]
    lost = before["node_timex_maxerror_seconds"] >= 16
    equal(ours["synchronised"], 0 if lost else 1)
    coarse = 1e6 * (after["node_timex_tick_seconds"] *
                    os.sysconf("SC_CLK_TCK") - 1)
    fine = 1e6 * (after["node_timex_frequency_adjustment_ratio"] - 1)
    near(ours["frequency"], coarse + fine, 1, "frequency")
    equal("error" in ours, not lost)
    if not lost:
        near(ours["error"], after["node_timex_maxerror_seconds"], 0.1)
        near(ours["offset"], after["node_timex_offset_seconds"], 0.01)


CHIP = {"name": "coretemp", "temp1_input": "45500", "temp1_crit": "100000",
        "temp1_label": "Package id 0", "fan2_input": "1142"}


def sensors(d, pattern="temperature[*]"):
    return {(v["instance"], *sorted(v["tags"].items())): fields(v)
            for v in d.values(pattern)}


@test("sensors are those of /sys, and come and go with their chip")
def _():
    d = Daemon({"plugins": {}}, start=False)
    for name, text in CHIP.items():
        d.file(f"sys/class/hwmon/hwmon0/{name}", text + "\n")
    for folder in ("sys/class/hwmon/hwmon0", "sys/class/hwmon", "sys/class"):
        os.chmod(d.path(folder), 0o755)
    d.configure({"sys": d.path("sys"), "interval": "100ms",
                 "plugins": {"temperature": None}})
    d.start()
    wait_until(lambda: len(d.values("temperature")) == 2)
    equal(sensors(d), {
        ("coretemp/Package id 0", ("device", "hwmon0"), ("input", "temp1")):
        {"degrees": 45.5, "critical": 100},
        ("coretemp/fan2", ("device", "hwmon0"), ("input", "fan2")):
        {"fan": 1142}})
    equal(d.value("temperature[coretemp/*]{input=temp1}.degrees"), 45.5)
    shutil.move(d.path("sys/class/hwmon/hwmon0"), d.path("away"))
    d.log_wait("temperature: read: no sensor")
    shutil.move(d.path("away"), d.path("sys/class/hwmon/hwmon0"))
    d.log_wait("temperature: read works again")
    equal(len(fresh(d, "temperature[*]")), 2)


@test("sensors are those of psutil, or there are none")
def _():
    d = only("temperature")
    degrees = getattr(psutil, "sensors_temperatures", dict)()
    if not any(degrees.values()) and not os.listdir("/sys/class/thermal"):
        d.log_wait("temperature: open: no sensor .*virtual machines")
        return
    ours = wait_until(lambda: d.values("temperature"))
    by_chip = {}
    for v in ours:
        if "degrees" in fields(v):
            chip = v["instance"].split("/")[0]
            by_chip.setdefault(chip, []).append(fields(v)["degrees"])
    for chip, theirs in degrees.items():
        for sensor in theirs:
            assert any(abs(n - sensor.current) < 15
                       for n in by_chip[chip]), (chip, sensor, by_chip)


@test("a plugin without its source says so once, and the others go on")
def _():
    d = Daemon({"plugins": {}}, start=False)
    d.file("proc/uptime", "100.25 90.00\n")
    d.file("proc/stat", "cpu 1 2 3 4\nbtime 1700000000\n")
    plugins = ("load", "swap", "kernel", "pressure", "uptime")
    d.configure({"proc": d.path("proc"), "interval": "100ms",
                 "plugins": {p: None for p in plugins}})
    d.start()
    wait_until(lambda: d.value("uptime.uptime") == 100.25)
    for missing in ("load: open: .*/proc/loadavg",
                    "swap: open: .*/proc/meminfo",
                    "pressure: open: .*CONFIG_PSI",
                    "kernel: .*/proc/sys/fs/file-nr"):
        d.log_wait(missing)
    wait_until(lambda: d.instance("load")["streak"] > 1,
               what="a second attempt")
    for name in ("loadavg", "meminfo", "CONFIG_PSI", "file-nr"):
        equal(d.log().count(name), 1, f"messages about {name}")


main()
