#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No memory: row 9 of the faults.  The n-th allocation fails, for one n after
the other.  What the daemon itself asks for ends it with a line and exit 1; a
library that is refused fails what was asked of it, and that is tried again.
Nothing crashes or hangs, and what was promised is there after the restart."""

import struct

from harness import comment, equal, main, sanitized, test, wait_until
from sink import Sink, answer, reset
from torture import (PRELOAD, ROUNDS, Client, healed, lots, relay,
                     start_again, start_or_die, waiting)


def counted(d):
    """How many allocations there were, how many failed."""
    with open(d.path("allocations"), "rb") as file:
        return struct.unpack("ii", file.read(8))


def without_memory(sink):
    """A relay that counts, and fails them as d.fail says.  Without one of its
    plugins it would promise what nobody wants: it is to end then."""
    d = relay(sink, start=False)
    d.args = ["--strict"]
    d.file("allocations", bytes(4096))
    d.env["LD_PRELOAD"] = f"{PRELOAD}/nomem.so:" + d.env["LD_PRELOAD"]
    d.env["FETTLE_NOMEM_COUNT"] = d.path("allocations")

    def fail(n, ever=False):
        d.file("allocations", bytes(4096))
        for name in ("FETTLE_NOMEM", "FETTLE_NOMEM_EVER"):
            d.env.pop(name, None)
        if n:
            d.env["FETTLE_NOMEM"] = str(n)
        if ever:
            d.env["FETTLE_NOMEM_EVER"] = "1"
    d.fail = fail
    return d


def one_life(d, sink, client):
    """Start, batches, a reload, an end: as far as it comes.  Its exit
    status."""
    sink.script = []
    sink.then(answer(200), reset(taken=True), answer(503))
    if not start_or_die(d):
        return d.wait()
    for n in (1, 5, 20):
        if not client.post(d, n):
            break
    try:
        d.ctl({"do": "status"})
        d.ctl({"do": "reload"})
        wait_until(lambda: d.process.poll() is not None
                   or waiting(d) == 0, 20)
    except (OSError, AssertionError, ValueError, KeyError, TypeError):
        pass  # it ended, or had no memory for an answer
    if d.process.poll() is None:
        d.signal(15)
    return d.wait()


def ends_well(d, code, begun):
    """In order; by itself only with a reason, which is a line if it is its own
    memory.  What it said is from line `begun' on."""
    said = d.stderr.all[begun:]
    own = said.count("fettle: out of memory")
    assert code in (0, 1), f"it ended with {code}"
    assert said and own <= code, said


def sweep(points, ever):
    sink, client = Sink(), Client()
    d = without_memory(sink)
    d.fail(0)
    equal(one_life(d, sink, client), 0)
    total, _ = counted(d)
    rng = lots()
    few = sorted(rng.sample(range(1, total), points)) if points < total \
        else range(1, total)
    comment(f"{len(few)} of {total} allocations")
    ended = 0
    for n in few:
        d.fail(n, ever)
        begun = len(d.stderr.all)
        try:
            code = one_life(d, sink, client)
            ends_well(d, code, begun)
            ended += code
            d.fail(0)
            sink.script = []
            start_again(d)
            healed(d, sink, client)
        except Exception:
            comment(f"allocation {n} of {total}, {counted(d)}")
            raise
        d.kill()
    comment(f"{ended} times it ended with 1")
    assert ended > 0


@test("9: what waits beyond the memory of the queue takes none")
def _():
    sink, client = Sink(), Client()
    sink.refuse()
    d = relay(sink, queue="256KiB")
    client.must(d, 1000, values=8)
    before = d.rss()
    for _ in range(60):  # some 20 MiB, if they were kept in memory
        client.must(d, 1000, values=8)
    d.grown(before, 8 << 20)
    sink.listen()
    healed(d, sink, client)
    d.grown(before, 8 << 20)


if not sanitized():  # they have allocators of their own
    @test("9: an allocation that fails ends it in order, or only what it was "
          "for; what was promised is there after")
    def _():
        sweep(ROUNDS * 10 or 25, ever=False)

    @test("9: the same when there is no memory any more")
    def _():
        sweep(ROUNDS or 10, ever=True)

main()
