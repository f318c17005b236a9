# SPDX-License-Identifier: MIT
"""Rows of 16 KiB into a spool's file and out again, a transaction each: what
SQLite and this disk allow.  A spool makes one a second at most, of 64 KiB."""

import json
import os

import bench
from bench import What

TURNS = 3
SECONDS = 0.5
ROWS = [What("rows put, survive: crash", "rows/s", ""),
        What("rows acknowledged, survive: crash", "rows/s", ""),
        What("rows put, survive: power", "rows/s", ""),
        What("rows acknowledged, survive: power", "rows/s", "")]


def ours(survive):
    if not os.path.exists(os.path.join(bench.harness.PLUGIN_DIR,
                                       "store-sqlite.so")):
        raise bench.Missing("built without the store")
    with bench.directory() as path:
        return json.loads(bench.output(
            os.path.join(bench.BUILT, "store"), bench.harness.PLUGIN_DIR,
            os.path.join(path, "bench.db"), survive, "16384", str(SECONDS)))


def rows():
    found = []
    for survive in ("crash", "power"):
        said = bench.in_turn(TURNS, lambda survive=survive: ours(survive))
        for name in ("put", "acknowledged"):
            found.append(bench.row(ROWS[len(found)], said,
                                   lambda result, name=name: result[name]))
    return found


if __name__ == "__main__":
    bench.main(__name__)
