#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Records what a daemon measures, as a tape: what `past' plays, and whoever
wants real numbers.

    record.py [-s SOCKET] [-i SECONDS] [-n MOMENTS] FILE

Of the daemon at SOCKET; without one, of a daemon of its own that reads all
there is to read on this machine.  It ends by a signal, or after so many
moments; the file is whole at any time.

A tape is text.  The line `+ SERIES' says what the next column is; it may come
later than others.  Every other line is a moment: seconds since 1970, then a
number for each column so far, `-' where there is none.  Counters are rates.
What fettle says of itself is left out.  lines() and load() read one, and one
that xz has packed.
"""

import argparse
import json
import lzma
import math
import signal
import socket
import sys
import time
from contextlib import contextmanager

# What needs no settings of its own.
PLUGINS = ("cgroup", "clock", "cpu", "disk", "diskio", "kernel", "load",
           "memory", "network", "pressure", "processes", "sockets", "swap",
           "temperature", "uptime")


# --- to read one -------------------------------------------------------------

def lines(path):
    opened = lzma.open if path.endswith(".xz") else open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from file


class Tape:
    """names: of the columns; times: of the moments, in seconds; rows: of each
    moment a number for each column, NaN where there is none."""

    def __init__(self, names, times, rows):
        self.names, self.times, self.rows = names, times, rows

    @property
    def hours(self):
        return (self.times[-1] - self.times[0]) / 3600

    @property
    def interval(self):
        """What most moments are apart, in seconds."""
        gaps = sorted(b - a for a, b in zip(self.times, self.times[1:]))
        return max(1, round(gaps[len(gaps) // 2]))

    def varying(self):
        """The same without the columns that stay as they are."""
        keep = [i for i in range(len(self.names))
                if len({row[i] for row in self.rows
                        if not math.isnan(row[i])}) > 1]
        return Tape([self.names[i] for i in keep], self.times,
                    [[row[i] for i in keep] for row in self.rows])


def load(path):
    names, times, rows = [], [], []
    for line in lines(path):
        if line.startswith("+ "):
            names.append(line[2:].rstrip("\n"))
            continue
        words = line.split()
        times.append(float(words[0]))
        rows.append([math.nan if word == "-" else float(word)
                     for word in words[1:]])
    if len(rows) < 2 or not names:
        raise ValueError(f"{path}: a tape has two moments at the least")
    for row in rows:
        row += [math.nan] * (len(names) - len(row))
    return Tape(names, times, rows)


# --- to make one -------------------------------------------------------------

def asked(path):
    """The value lists that a daemon has."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(path)
        s.sendall(b'{"do": "values"}\n')
        with s.makefile("rb") as answer:
            return json.loads(answer.readline())["values"]


def name(of, field):
    instance = "" if of["instance"] is None else f"[{of['instance']}]"
    return f"{of['host']}:{of['plugin']}{instance}.{field['name']}"


def moment(path, since):
    """{name: number} of what is not older than that."""
    return {name(of, field): field["rate"]
            for of in asked(path)
            if of["plugin"] != "fettle" and of["time"] >= since
            for field in of["fields"] if field["rate"] is not None}


def text_of(number):
    return "-" if number is None else f"{number:.9g}"


def record(path, out, interval, moments):
    """Asks between two readings, which lie on the interval's grid."""
    columns = {}
    for _ in range(moments):
        now = time.time()
        at = (now // interval + 1) * interval
        time.sleep(at + interval / 2 - now)
        found = moment(path, at - interval / 2)
        for new in (key for key in found if key not in columns):
            columns[new] = len(columns)
            out.write(f"+ {new}\n")
        numbers = (text_of(found.get(key)) for key in columns)
        out.write(f"{at:.0f} {' '.join(numbers)}\n")
        out.flush()


@contextmanager
def own_daemon(interval):
    """The socket of one that reads what there is to read here."""
    from bench import fettled  # needs a build, which reading a tape does not
    with fettled({"hostname": "tape", "interval": f"{interval}s",
                  "plugins": dict.fromkeys(PLUGINS)}) as d:
        yield d.path("control")


def main():
    parser = argparse.ArgumentParser(description="records a tape")
    parser.add_argument("-s", metavar="SOCKET", help="of a running daemon")
    parser.add_argument("-i", metavar="SECONDS", type=int, default=10)
    parser.add_argument("-n", metavar="MOMENTS", type=int, default=1 << 62)
    parser.add_argument("file")
    args = parser.parse_args()
    # the daemon that is measured ends with this
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    with open(args.file, "x", encoding="utf-8") as out:
        if args.s:
            record(args.s, out, args.i, args.n)
            return
        with own_daemon(args.i) as path:
            record(path, out, args.i, args.n)


if __name__ == "__main__":
    main()
