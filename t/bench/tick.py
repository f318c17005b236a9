# SPDX-License-Identifier: MIT
"""What it costs to read cpu, memory and disk every second: processor time of
the whole process, while nobody writes it anywhere.

fettled measures itself as often as it reads; how much of it that is shows
where it does so once a minute."""

import os
import time

import bench
import peers
from bench import What

TURNS = 4
SECONDS = 5
ROWS = [What("cpu, memory, disk every second", "us CPU/s", "<= 1.5 bare loop")]


def us_a_second(pid):
    """Of a process that has just been started, once it has read.  It is looked
    at in the middle of seconds: whoever reads when they begin has then read as
    often as they are many."""
    time.sleep(1.5 - time.time() % 1)
    before = bench.cpu_seconds(pid)
    time.sleep(SECONDS)
    return (bench.cpu_seconds(pid) - before) * 1e6 / SECONDS


def fettled(mounts, interval):
    with bench.fettled({"interval": interval, "plugins": {
            "cpu": {"interval": "1s"}, "memory": {"interval": "1s"},
            "disk": {"interval": "1s", "mounts": mounts}}}) as d:
        return us_a_second(d.pid)


def bare_loop(mounts):
    with bench.directory() as path, bench.running(
            [os.path.join(bench.BUILT, "bare"), "every", *mounts],
            path) as process:
        return us_a_second(process.pid)


def collectd(mounts):
    # its seconds begin when it does: not in the middle of one of ours
    time.sleep(1 - time.time() % 1)
    with peers.collectd(peers.collectd_reads(mounts)) as process:
        return us_a_second(process.pid)


def rows():
    mounts = bench.mounts()
    row = bench.row(ROWS[0], bench.in_turn(
        TURNS, lambda: fettled(mounts, "1s"),
        bench.Peer("bare loop", lambda: bare_loop(mounts)),
        bench.Peer("collectd", lambda: collectd(mounts), peers.need_collectd),
        bench.Peer("itself once a minute", lambda: fettled(mounts, "1m"))))
    return [row.keeps(row.ratio("bare loop") <= 1.5)]


if __name__ == "__main__":
    bench.main(__name__)
