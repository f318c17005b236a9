# SPDX-License-Identifier: MIT
"""A day of history of 20 hosts, every 10 seconds, on one core.  What they say
was recorded from this machine for half a minute, once a second, and is played
forwards and backwards."""

import json
import os
import tempfile

import bench
import past_tape
from bench import What

SECONDS = 30
HOSTS = 20
TURNS = 3
ROWS = [What("history, a sample as collected", "bytes", "<= 1.3"),
        What("history, a day of one series", "ms", "<= 1"),
        What("history, a series after a day, all of it", "bytes", ""),
        What("history, numbers taken", "numbers/s on one core", "")]
NAMES = ("sample", "day_ms", "bytes_a_series", "adds")


def ours(path):
    return json.loads(bench.output(os.path.join(bench.BUILT, "past"), path,
                                   str(HOSTS), cpu=bench.CPUS[0]))


def rows():
    bench.need_plugin("ringbuffer_http")
    with tempfile.NamedTemporaryFile("w") as tape:
        tape.write(past_tape.text_of(past_tape.record(SECONDS)))
        tape.flush()
        said = bench.in_turn(TURNS, lambda: ours(tape.name))
    sample, day, series, adds = [
        bench.row(what, said, lambda result, name=name: result[name])
        for what, name in zip(ROWS, NAMES)]
    return [sample.keeps(sample.ours.median <= 1.3),
            day.keeps(day.ours.median <= 1), series, adds]


if __name__ == "__main__":
    bench.main(__name__)
