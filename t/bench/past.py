# SPDX-License-Identifier: MIT
"""A day of history of some hosts, on one core.  What they say was recorded from
a machine by record.py, and is played forwards and backwards until the day is
over: BENCH_TAPE, or alone the argument, says which tape; tape.xz, which is
here, is 78 minutes of a virtual machine of two processors that compiled most of
the time.

VictoriaMetrics is given the tape once, with the six digits that fettle keeps,
and says what that takes on disk; what comes again it would find again."""

import json
import math
import os
import re
import sys
import tempfile
import time
from itertools import groupby

import bench
import peers
import record
from bench import What, harness

SERIES = 1000
TURNS = 3
ROWS = [What("history, a sample as collected", "bytes", "<= 1.3"),
        What("the same of series that vary", "bytes", ""),
        What("history, a day of one series", "ms", "<= 1"),
        What("history, a series after a day, all of it", "bytes", ""),
        What("history, numbers taken", "numbers/s on one core", "")]


# --- tapes -------------------------------------------------------------------

def lists_of(tape):
    """What belongs together: indices of columns; the processor first, for it
    is never at rest."""
    def name_of(i):
        return tape.names[i].rpartition(".")[0]
    lists = [list(of) for _, of in groupby(
        sorted(range(len(tape.names)), key=name_of), name_of)]
    return sorted(lists, key=lambda of: not name_of(of[0]).endswith(":cpu"))


def text_of(tape):
    """As past.c reads it."""
    lists = lists_of(tape)
    order = [i for of in lists for i in of]
    yield " ".join(str(len(of)) for of in lists) + "\n"
    for row in tape.rows:
        yield " ".join(repr(row[i]) for i in order) + "\n"


# --- what it takes -----------------------------------------------------------

def ours(path, interval):
    said = json.loads(bench.output(
        os.path.join(bench.BUILT, "past"), path, str(SERIES), str(interval),
        cpu=bench.CPUS[0]))
    assert said["evicted"] == 0, said
    return said


def digits(number):
    return f"{number:.3f}" if abs(number) < 1000 else f"{number:.6g}"


def lines_of(tape):
    """As line protocol."""
    lists = lists_of(tape)
    for stamp, row in zip(tape.times, tape.rows):
        for k, of in enumerate(lists):
            fields = ",".join(f"f{i}={digits(row[i])}" for i in of
                              if not math.isnan(row[i]))
            if fields:
                yield f"bench,list={k} {fields} {stamp:.0f}\n"


def total(text, name):
    """The sum of a metric of where numbers are, not of their names."""
    return sum(float(x) for x in re.findall(
        rf'^{name}{{type="storage/[a-z]+"}} (\S+)$', text, re.MULTILINE))


def victoria(tape):
    """Bytes a sample on disk, once all of it is there and merged."""
    with peers.victoria(bench.SERVER_CPU) as (port, _):
        lines = list(lines_of(tape))
        for i in range(0, len(lines), 10000):
            answer = harness.post(port, "/write?precision=s",
                                  "".join(lines[i:i + 10000]).encode())
            assert answer.status == 204, answer
        for what in ("flush", "merge"):
            harness.get(port, f"/internal/force_{what}")
        months = len({time.gmtime(stamp)[:2] for stamp in tape.times})
        return harness.wait_until(lambda: merged(port, months), what="a merge")


def merged(port, months):
    """Bytes a sample; nothing before each month is one part."""
    text = harness.get(port, "/metrics").body.decode()
    if total(text, "vm_parts") > months or total(text, "vm_pending_rows") > 0:
        return None
    return total(text, "vm_data_size_bytes") / total(text, "vm_rows")


# --- rows --------------------------------------------------------------------

def measured(tape):
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(text_of(tape))
        file.flush()
        return bench.in_turn(
            TURNS, lambda: ours(file.name, tape.interval),
            bench.Peer("VictoriaMetrics, on disk", lambda: victoria(tape),
                       peers.need_victoria))


def sample(what, tape, said):
    """With how long the tape is, in hours."""
    name = f"{what.name}, {tape.hours:.1f} h recorded"
    return bench.row(what._replace(name=name), {
        "": [one["sample"] for one in said.pop("")], **said})


def the_tape():
    path = os.environ.get("BENCH_TAPE") or os.path.join(bench.HERE, "tape.xz")
    if not os.path.exists(path):
        raise bench.Missing(f"there is no {path}")
    return record.load(path)


def rows():
    bench.need_plugin("ringbuffer_http")
    tape = the_tape()
    said, varying = measured(tape), measured(tape.varying())
    rest = [bench.row(what, {"": [one[name] for one in said[""]]})
            for what, name in zip(ROWS[2:], (
                "day_ms", "bytes_a_series", "adds"))]
    first = sample(ROWS[0], tape, said)
    return [first.keeps(first.ours.median <= 1.3),
            sample(ROWS[1], tape, varying),
            rest[0].keeps(rest[0].ours.median <= 1), *rest[1:]]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ["BENCH_TAPE"] = sys.argv[1]
    bench.main(__name__)
