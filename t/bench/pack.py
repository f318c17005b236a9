# SPDX-License-Identifier: MIT
"""Value lists as the chunks of a spool and back, on one core: an agent's, of
four values, half of them counters with their rates."""

import json
import os

import bench
from bench import What

TURNS = 3
SECONDS = 0.5
ROWS = [What("lists packed for the spool", "lists/s on one core", ""),
        What("the same unpacked", "lists/s on one core", ""),
        What("the same, a list of 4 values", "bytes", "")]


def ours():
    return json.loads(bench.output(os.path.join(bench.BUILT, "pack"),
                                   "1", "100", "4", str(SECONDS),
                                   cpu=bench.CPUS[0]))


def rows():
    names = ("packed", "unpacked", "bytes_a_list")
    said = bench.in_turn(TURNS, ours)
    return [bench.row(what, said, lambda result, name=name: result[name])
            for what, name in zip(ROWS, names)]


if __name__ == "__main__":
    bench.main(__name__)
