# SPDX-License-Identifier: MIT
"""Resident memory while cpu, memory and disk are read every second and nobody
writes: all that is resident, and what of it is the process's own."""

import os
import time
from operator import itemgetter

import bench
import peers
from bench import What

TURNS = 3
SECONDS = 4
ROWS = [What("resident, readers only", "KiB", "<= collectd"),
        What("of it private and dirty", "KiB", "")]


def fettled(mounts):
    with bench.fettled({"interval": "1s", "plugins": {
            "cpu": None, "memory": None, "disk": {"mounts": mounts}}}) as d:
        time.sleep(SECONDS)
        return bench.memory(d.pid)


def collectd(mounts):
    with peers.collectd(peers.collectd_reads(mounts)) as process:
        time.sleep(SECONDS)
        return bench.memory(process.pid)


def rows():
    mounts = bench.mounts()
    # what has just been built and is not on disk yet would count as dirty
    os.sync()
    results = bench.in_turn(
        TURNS, lambda: fettled(mounts),
        bench.Peer("collectd", lambda: collectd(mounts), peers.need_collectd))
    resident = bench.row(ROWS[0], results, itemgetter(0))
    if None in results[""][0]:  # nobody but root may look into fettled
        private = bench.Row(ROWS[1], missing="only root may look")
    else:
        private = bench.row(ROWS[1], results, itemgetter(1))
    ratio = resident.ratio("collectd")
    return [resident.keeps(None if ratio is None else ratio <= 1), private]


if __name__ == "__main__":
    bench.main(__name__)
