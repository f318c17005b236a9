# SPDX-License-Identifier: MIT
"""make bench: measures every row, or those that are named, and prints the
table.  A table of all of them is kept in RESULTS, with what it was made by."""

import datetime
import importlib
import os
import platform
import subprocess
import sys
import textwrap
import time

import bench
from bench import harness

# Where the sources come from, if those at hand are a copy.
TOP = os.environ.get("BENCH_TOP", harness.SRCDIR)
ROWS = ("tick", "reads", "reads_host", "reads_io", "dispatch", "pack",
        "store", "backlog", "memory", "statsd", "collectd_packets", "ingest",
        "batches", "fleet", "history", "query", "stream", "past", "influxdb",
        "start", "units")
PEERS = ("collectd-core", "prometheus-node-exporter", "python3-psutil",
         "python3-fastapi", "python3-uvicorn", "nginx", "influxdb",
         "victoria-metrics", "wrk")


def said(*command):
    """What a program prints; nothing where there is no such one."""
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def field(path, name):
    """What follows `name:' or `name=' in a file of such lines."""
    try:
        with open(path) as file:
            return next((line[len(name):].strip(" \t:=\"\n") for line in file
                         if line.startswith(name)), "")
    except OSError:
        return ""


def commit():
    """Of the sources, with a + where something of them is changed."""
    head = said("git", "-C", TOP, "rev-parse", "--short=12", "HEAD")
    changed = said("git", "-C", TOP, "status", "--porcelain",
                   "--untracked-files=no", "--", ":!t/bench/RESULTS")
    return (head or "unknown") + ("+" if changed else "")


def versions():
    installed = []
    for package in PEERS:
        version = said("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            installed.append(f"{package} {version}")
    return ", ".join(installed)


def provenance(load, seconds):
    """Of what, where, when and beside what."""
    now = datetime.datetime.now(datetime.timezone.utc)
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    return f"""\
{said(harness.FETTLED, "--version")}, commit {commit()}
{now:%Y-%m-%d %H:%M} UTC, {seconds / 60:.1f} minutes, load before {load:.2f}
{len(bench.CPUS)} x {field("/proc/cpuinfo", "model name")}, {memory:.1f} GiB
Linux {platform.release()}, {field("/etc/os-release", "PRETTY_NAME")}
built by {os.environ.get("BENCH_COMPILER", "an unknown compiler")}
{textwrap.fill("beside " + (versions() or "nothing"), 79)}
"""


def keep(text):
    try:
        bench.write(TOP, "t", "bench", "RESULTS", text=text)
    except OSError as error:
        print(f"not kept: {error}", file=sys.stderr)


def measure(names):
    rows = []
    for name in names:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        rows += bench.rows_of(importlib.import_module(name))
    return rows


def main(names):
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        sys.exit(f"no such row: {unknown[0]}; there are {' '.join(ROWS)}")
    load = os.getloadavg()[0]
    begun = time.monotonic()
    table = bench.table(measure(names or ROWS))
    text = f"""\
What fettle takes, beside what others take for the same, measured in turns in
one run: a median, and in brackets the least and the most.  The ratio is
fettle's median to the peer's.  Made by `make bench'.

{provenance(load, time.monotonic() - begun)}
{table}"""
    print(text, end="")
    if not names and not bench.SHORT:
        keep(text)


if __name__ == "__main__":
    main(sys.argv[1:])
