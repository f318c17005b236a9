# SPDX-License-Identifier: MIT
"""The same reads back to back: what a round costs, its batches dispatched,
beside the system calls alone and beside psutil."""

import os
import time

import bench
from bench import What

TURNS = 5
ROUNDS, PSUTIL_ROUNDS = 20000, 3000
ROWS = [What("the same, back to back", "us CPU", "<= 15")]


def ours(path, mounts):
    config = bench.write(path, "fettle.yaml", text=bench.harness.yaml({
        "plugin_dir": bench.harness.PLUGIN_DIR,
        "state_dir": path, "plugins": {
            "cpu": None, "memory": None, "disk": {"mounts": mounts}}}))
    return float(bench.output(os.path.join(bench.BUILT, "reads"), config,
                              str(ROUNDS)).split()[0])


def bare(mounts):
    return float(bench.output(os.path.join(bench.BUILT, "bare"), "rounds",
                              str(ROUNDS), *mounts))


def psutil(mounts):
    import psutil
    before = time.process_time()
    for _ in range(PSUTIL_ROUNDS):
        psutil.cpu_times_percent(percpu=True)
        psutil.virtual_memory()
        for mount in mounts:
            psutil.disk_usage(mount)
    return (time.process_time() - before) * 1e6 / PSUTIL_ROUNDS


def rows():
    mounts = bench.mounts()
    with bench.directory() as path:
        row = bench.row(ROWS[0], bench.in_turn(
            TURNS, lambda: ours(path, mounts),
            bench.Peer("bare", lambda: bare(mounts)),
            bench.Peer("psutil", lambda: psutil(mounts),
                       lambda: bench.need_modules("psutil"))))
    return [row.keeps(row.ours.median <= 15)]


if __name__ == "__main__":
    bench.main(__name__)
