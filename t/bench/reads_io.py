# SPDX-License-Identifier: MIT
"""What a reading of disks, interfaces and sockets costs: processor time, its
values dispatched, beside others who read the same."""

import os
import time
from contextlib import contextmanager

import bench
import peers
from bench import Peer, What, harness

TURNS = 3
SECONDS = 1
SCRAPES = 20
ROWS = [What("disks, a reading", "us CPU", ""),
        What("interfaces, a reading", "us CPU", ""),
        What("sockets, a reading", "us CPU", "")]
OURS = {"diskio": 10000, "network": 10000, "sockets": 500}  # rounds
COLLECTD = {"diskio": ["disk"], "network": ["interface"],
            "sockets": ["protocols", "tcpconns"]}
EXPORTER = {"diskio": ["diskstats"], "network": ["netdev", "netclass"],
            "sockets": ["sockstat", "netstat", "tcpstat"]}


def ours(plugin):
    with bench.directory() as path:
        config = bench.write(path, "fettle.yaml", text=harness.yaml({
            "plugin_dir": harness.PLUGIN_DIR, "state_dir": path,
            "plugins": {plugin: None}}))
        return float(bench.output(os.path.join(bench.BUILT, "reads"), config,
                                  str(OURS[plugin])).split()[0])


def psutil(plugin):
    import psutil as p
    ask = {"diskio": lambda: p.disk_io_counters(perdisk=True),
           "network": lambda: (p.net_io_counters(pernic=True),
                               p.net_if_stats())}[plugin]
    before = time.process_time()
    for _ in range(500):
        ask()
    return (time.process_time() - before) * 1e6 / 500


def collectd(plugin):
    """A hundred readings a second: what it does besides is little then."""
    config = "".join(f"<LoadPlugin {p}>\nInterval 0.01\n</LoadPlugin>\n"
                     for p in COLLECTD[plugin]) + \
        "<Plugin tcpconns>\nAllPortsSummary true\n</Plugin>\n"
    with peers.collectd(config) as process:
        time.sleep(0.5)
        before = bench.cpu_seconds(process.pid)
        time.sleep(SECONDS)
        return (bench.cpu_seconds(process.pid) - before) * 1e6 / \
            (100 * SECONDS)


def need_exporter():
    bench.need_program("prometheus-node-exporter", "prometheus-node-exporter")


@contextmanager
def exporter(plugin):
    port = harness.free_port()
    with bench.directory() as path, bench.running(
            ["prometheus-node-exporter",
             f"--web.listen-address=127.0.0.1:{port}",
             "--collector.disable-defaults",
             *(f"--collector.{c}" for c in EXPORTER[plugin])],
            path) as process:
        peers.wait_for_port(port, process)
        yield port, process.pid


def scraped(plugin):
    with exporter(plugin) as (port, pid):
        harness.get(port, "/metrics")
        before = bench.cpu_seconds(pid)
        for _ in range(SCRAPES):
            harness.get(port, "/metrics")
        return (bench.cpu_seconds(pid) - before) * 1e6 / SCRAPES


def row(what, plugin):
    bench.need_plugin(plugin)
    beside = [Peer("collectd", lambda: collectd(plugin), peers.need_collectd),
              Peer("node_exporter", lambda: scraped(plugin), need_exporter)]
    if plugin != "sockets":
        beside.append(Peer("psutil", lambda: psutil(plugin),
                           lambda: bench.need_modules("psutil")))
    return bench.row(what, bench.in_turn(
        TURNS, lambda: ours(plugin), *beside))


def rows():
    return [row(what, plugin) for what, plugin in zip(ROWS, OURS)]


if __name__ == "__main__":
    bench.main(__name__)
