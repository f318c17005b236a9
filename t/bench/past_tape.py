# SPDX-License-Identifier: MIT
"""What this machine says of itself, once a second: percentages of processors,
memory, load, rates of disks and interfaces.  A line a second, a column a
series.  Alone: SECONDS to standard output."""

import os
import sys
import time


def lines_of(path):
    try:
        with open(path) as file:
            return file.readlines()
    except OSError:
        return []


def ticks():
    """{processor and state: seconds}"""
    tick = os.sysconf("SC_CLK_TCK")
    return {(words[0], i): int(word) / tick
            for words in map(str.split, lines_of("/proc/stat"))
            if words[0].startswith("cpu")
            for i, word in enumerate(words[1:9])}


def counters():
    """{name and column: what only rises}"""
    found = {}
    for words in map(str.split, lines_of("/proc/diskstats")):
        if not words[2].startswith(("loop", "ram")):
            found.update({(words[2], i): int(word)
                          for i, word in enumerate(words[3:14])})
    for line in lines_of("/proc/net/dev")[2:]:
        name, rest = line.split(":", 1)
        found.update({(name.strip(), i): int(word)
                      for i, word in enumerate(rest.split())})
    for words in map(str.split, lines_of("/proc/vmstat")):
        if words[0] in ("pgpgin", "pgpgout", "pgfault", "pgmajfault"):
            found["vm", words[0]] = int(words[1])
    for words in map(str.split, lines_of("/proc/stat")):
        if words[0] in ("intr", "ctxt", "processes"):
            found["stat", words[0]] = int(words[1])
    return found


def gauges():
    """What is a number by itself."""
    for line in lines_of("/proc/meminfo"):
        words = line.split()
        yield int(words[1]) * (1024 if words[2:] == ["kB"] else 1)
    yield from map(float, lines_of("/proc/loadavg")[0].split()[:3])


def record(seconds):
    """Lists of as many numbers, one a second."""
    tape, before = [], None
    for _ in range(seconds + 1):
        at, busy, rising = time.monotonic(), ticks(), counters()
        if before is not None:
            passed = at - before[0]
            tape.append(
                [100 * (now - before[1].get(key, now)) / passed
                 for key, now in busy.items()] +
                [(now - before[2].get(key, now)) / passed
                 for key, now in rising.items()] + list(gauges()))
        before = at, busy, rising
        time.sleep(max(0, at + 1 - time.monotonic()))
    width = min(map(len, tape))
    return [row[:width] for row in tape]


def text_of(tape):
    return "".join(" ".join(map(repr, row)) + "\n" for row in tape)


if __name__ == "__main__":
    print(text_of(record(int(sys.argv[1]))), end="")
