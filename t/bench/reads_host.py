# SPDX-License-Identifier: MIT
"""What it costs to read what the whole host has: each plugin alone, and all of
them beside those who read the same.

Ours are read back to back, their batches dispatched.  collectd is told to read
a hundred times a second, as we are beside it; node_exporter has its collectors
asked over HTTP, which is how it is read, and the asking is part of it."""

import os
import time
import urllib.request
from contextlib import contextmanager

import bench
import peers
from bench import What

TURNS = 3
ROUNDS, PSUTIL_ROUNDS, SCRAPES = 5000, 1000, 50
SECONDS, A_SECOND = 1, 100
PLUGINS = ("load", "swap", "uptime", "kernel", "pressure", "clock")
COLLECTORS = ("loadavg", "meminfo", "vmstat", "stat", "filefd", "conntrack",
              "entropy", "pressure", "timex")
ROWS = [*(What(f"{p}, back to back", "us CPU", "") for p in PLUGINS),
        What("load, swap, uptime, back to back", "us CPU", ""),
        What("the same, 100 times a second", "us CPU a round", ""),
        What("all six, back to back", "us CPU", "")]


def back_to_back(*plugins):
    with bench.directory() as path:
        config = bench.write(path, "fettle.yaml", text=bench.harness.yaml({
            "plugin_dir": bench.harness.PLUGIN_DIR, "state_dir": path,
            "plugins": {p: None for p in plugins}}))
        return float(bench.output(os.path.join(bench.BUILT, "reads"), config,
                                  str(ROUNDS)).split()[0])


def psutil():
    import psutil
    before = time.process_time()
    for _ in range(PSUTIL_ROUNDS):
        psutil.getloadavg()
        psutil.swap_memory()
        psutil.boot_time()
    return (time.process_time() - before) * 1e6 / PSUTIL_ROUNDS


def us_a_round(pid):
    time.sleep(0.5)
    before = bench.cpu_seconds(pid)
    time.sleep(SECONDS)
    return (bench.cpu_seconds(pid) - before) * 1e6 / (SECONDS * A_SECOND)


def fettled():
    each = {"interval": f"{1000 // A_SECOND}ms"}
    with bench.fettled({"interval": "1m", "plugins": {
            p: each for p in ("load", "swap", "uptime")}}) as d:
        return us_a_round(d.pid)


def collectd():
    with peers.collectd(f"Interval {1 / A_SECOND}\nLoadPlugin load\n"
                        "LoadPlugin swap\nLoadPlugin uptime\n") as process:
        return us_a_round(process.pid)


def need_exporter():
    bench.need_program("prometheus-node-exporter", "prometheus-node-exporter")


@contextmanager
def node_exporter():
    port = bench.harness.free_port()
    command = [bench.need_program("prometheus-node-exporter",
                                  "prometheus-node-exporter"),
               f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
               "--web.disable-exporter-metrics",
               "--collector.disable-defaults",
               *(f"--collector.{c}" for c in COLLECTORS)]
    with bench.directory() as path, bench.running(command, path) as process:
        peers.wait_for_port(port, process)
        yield port, process.pid


def scrape():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with node_exporter() as (port, pid):
        def ask():
            opener.open(f"http://127.0.0.1:{port}/metrics").read()
        ask()
        before = bench.cpu_seconds(pid)
        for _ in range(SCRAPES):
            ask()
        return (bench.cpu_seconds(pid) - before) * 1e6 / SCRAPES


def rows():
    *alone, three, ticks, six = ROWS
    made = [bench.row(what, bench.in_turn(TURNS, lambda: back_to_back(p)))
            for what, p in zip(alone, PLUGINS)]
    made.append(bench.row(three, bench.in_turn(
        TURNS, lambda: back_to_back("load", "swap", "uptime"),
        bench.Peer("psutil", psutil, lambda: bench.need_modules("psutil")))))
    made.append(bench.row(ticks, bench.in_turn(
        TURNS, fettled,
        bench.Peer("collectd", collectd, peers.need_collectd))))
    made.append(bench.row(six, bench.in_turn(
        TURNS, lambda: back_to_back(*PLUGINS),
        bench.Peer("node_exporter", scrape, need_exporter))))
    return made


if __name__ == "__main__":
    bench.main(__name__)
