#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A spool that is not as it was left: row 8 of the faults.  Whatever has become
of the file the daemon starts, delivers what can be read, counts what cannot,
and promises anew.  (One damaged chunk once stopped a whole agent elsewhere:
Fluent Bit #11847, Telegraf #18528.)"""

import glob
import os
import random
import shutil

from harness import Daemon, comment, equal, main, test, wait_until
from sink import Sink
from torture import (LONG, ROUNDS, Client, adds_up, hurry, judge, lost, lots, out,
                     relay, spool_of, waiting)

PAGE = 4096


def flip(rng, data):
    for _ in range(rng.choice((1, 1, 1, 8))):
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)


def zero(rng, data):
    at = rng.randrange(len(data)) // PAGE * PAGE
    data[at:at + PAGE] = bytes(len(data[at:at + PAGE]))


def tear(rng, data):
    at = rng.randrange(len(data)) // 512 * 512
    data[at:at + 512] = rng.randbytes(len(data[at:at + 512]))


def cut(rng, data):
    del data[rng.randrange(len(data)):]


def swap(rng, data):
    a, b = (rng.randrange(len(data)) // PAGE * PAGE for _ in range(2))
    page = data[a:a + PAGE]
    data[a:a + PAGE] = data[b:b + PAGE][:len(page)]


def grow(rng, data):
    data += rng.randbytes(rng.randrange(1, 3 * PAGE))


def replace(rng, data):
    data[:] = rng.choice((b"", b"SQLite format 3\0", rng.randbytes(9999),
                          b"not a database\n" * 99))


def restore(d, copy):
    shutil.rmtree(d.path("state/spool"))
    shutil.copytree(copy, d.path("state/spool"))


def mutate(d, rng):
    """Changes one of its files; what was done, for people."""
    files = [f for f in sorted(glob.glob(spool_of(d) + "*"))
             if os.path.getsize(f) > 0]
    path = rng.choice(files)
    if rng.random() < 0.03:
        os.unlink(path)
        return f"unlink {os.path.basename(path)}"
    how = rng.choice((flip, flip, flip, flip, zero, tear, cut, swap, grow,
                      replace))
    with open(path, "rb") as file:
        data = bytearray(file.read())
    how(rng, data)
    with open(path, "wb") as file:
        file.write(data)
    return f"{how.__name__} {os.path.basename(path)}"


def left_behind():
    """A daemon that has ended with lists in its spool, and copies of that:
    as a kill left it, and as an end in order did."""
    sink, client = Sink(), Client()
    sink.refuse()
    d = relay(sink, queue="64KiB", timeout=LONG)
    for _ in range(40):
        client.must(d, 10, values=3)
    copies = [d.path("killed"), d.path("ended")]
    d.kill()
    shutil.copytree(d.path("state/spool"), copies[0])
    d.start()
    equal(d.stop().code, 0)
    shutil.copytree(d.path("state/spool"), copies[1])
    return sink, client, d, copies


def aside(d):
    return glob.glob(spool_of(d) + ".corrupt-*")


def heals(d, sink, client, what, end=Daemon.kill):
    """After the damage it starts, delivers the rest, accounts for what is lost,
    and keeps its promises.  How many were lost."""
    # nothing tells an empty file from one that was never written
    empty = os.path.getsize(spool_of(d)) < 512 \
        if os.path.exists(spool_of(d)) else True
    with sink.changed:
        sink.taken.clear()
    d.start()
    sink.listen()
    try:
        wait_until(lambda: out(d)["spool"] == "ok" and waiting(d) == 0)
        gone = len(lost(sink, client))
        # of a log that was cut the end is as good as never written
        assert empty or aside(d) or "wal" in what \
            or gone <= out(d)["dropped"]["corrupt"], \
            f"{gone} are lost, {out(d)['dropped']}"
        new = Client()
        new.next = client.next
        new.must(d, 3)
        wait_until(lambda: not lost(sink, new),
                   what="what was promised after")
        adds_up(d)
        client.sent |= new.sent
        client.next = new.next
        judge(sink, client, may_lose=gone)
    finally:
        sink.refuse()
        end(d)
    return gone


@test("8: whatever has become of the file, it starts, counts and goes on")
def _():
    rng = lots()
    sink, client, d, copies = left_behind()
    hurry(d.env)
    whole = most = 0
    for i in range(ROUNDS * 10 or 30):
        seed = rng.randrange(1 << 32)
        restore(d, rng.choice(copies))
        what = mutate(d, random.Random(seed))
        try:
            gone = heals(d, sink, client, what)
        except Exception:
            comment(f"round {i}: {what}, seed {seed}")
            raise
        whole += gone == 0
        most = max(most, gone if not aside(d) else 0)
        shutil.rmtree(d.path("state/spool"))
        os.mkdir(d.path("state/spool"))
    comment(f"{whole} lost nothing, {most} the most without a new file")
    assert whole > 0


def varint_end(page, at):
    while page[at] & 0x80:
        at += 1
    return at + 1


def disorder(path):
    """Gives one row of each page that has several a number out of order, as a
    flipped bit may: SQLite finds it when it goes through, not by its
    number."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    changed = 0
    for start in range(PAGE, len(data), PAGE):
        page = memoryview(data)[start:start + PAGE]
        cells = int.from_bytes(page[3:5], "big")
        if page[0] != 13 or not 3 <= cells <= 100:
            continue
        cell = int.from_bytes(page[8 + 2 * (cells // 2):][:2], "big")
        number = varint_end(page, cell)  # after the length, which is first
        page[number] ^= 0x40
        changed += 1
    with open(path, "wb") as file:
        file.write(data)
    assert changed > 0


@test("8: rows whose numbers are out of order keep it busy for no longer than "
      "others")
def _():
    sink, client, d, copies = left_behind()
    restore(d, copies[1])
    disorder(spool_of(d))
    heals(d, sink, client, "numbers")
    assert len(d.stderr.all) < 200, "it says so without an end"


@test("8: the newest two of what was set aside are kept")
def _():
    sink, client, d, _ = left_behind()
    for _ in range(4):
        with open(spool_of(d), "r+b") as file:
            file.write(b"x" * 4096)
        heals(d, sink, client, "header", Daemon.stop)
        assert 1 <= len([f for f in aside(d) if not f.endswith("-wal")]) <= 2
        client.promised.clear()
    d.log_wait("corrupt|set aside|damaged")


main()
