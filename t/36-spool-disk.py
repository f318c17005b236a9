#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A disk that is full, broken, slow to be there or gone: rows 4 to 7, 10, 11
and 47 of the faults.  Nothing that was promised is lost, nothing stops, and it
heals by itself within a minute of the disk coming back; the minute is made
short by a clock that runs fast (t/preload/fast.c)."""

import errno
import glob
import os
import shutil
import sqlite3

from harness import Daemon, equal, main, test, wait_until
from sink import Sink
from torture import (SHORT, Client, Tmpfs, adds_up, at_rest, crc32c, degraded,
                     healed, lots, numbers, out, recovers, relay, relaying,
                     rounds, spool, spool_of, start_or_die, waiting)


def made(survive="crash", away=True, fast=True, **more):
    """A relay whose sink is away."""
    sink, client = Sink(), Client()
    if away:
        sink.refuse()
    d = relay(sink, survive, fast=fast, **more)
    return sink, d, client


def falls_ill(d, client, n=2):
    """Posts until it says that its spool cannot be used."""
    def look():
        client.post(d, n)
        return degraded(d)
    wait_until(look, what="the disk to be missed")


def keeps(d, sink, client):
    """What is promised now outlives a kill; all arrives."""
    client.must(d, 5)
    d.faults.off()
    d.kill()
    d.start()
    sink.listen()
    healed(d, sink, client)


def records(d, pattern):
    return len([line for line in d.stderr.all if pattern in line])


@test("4: a disk that is full is missed once and used again once it is not")
def _():
    sink, d, client = made()
    client.must(d, 3)
    fds, threads = d.fds(), d.threads()
    for _ in range(3):
        d.faults.on(errno.ENOSPC, "write")
        falls_ill(d, client)
        # it goes on, in memory, and says so
        before = waiting(d)
        client.post(d, 2)
        wait_until(lambda: waiting(d) >= before + 2)
        d.faults.off()
        recovers(d)
        at_rest(d, fds, threads)
    equal(records(d, "the spool cannot be used"), 3, d.log())
    keeps(d, sink, client)


@test("4: on a file system of 1 MiB it fills the disk, goes on in memory, and "
      "heals when the sink has taken all")
def _():
    sink, client = Sink(), Client()
    sink.refuse()
    d = relay(sink, fast=True, start=False)
    with Tmpfs(d.path("state"), 1 << 20):
        d.start()
        falls_ill(d, client, 200)
        before = waiting(d)
        client.post(d, 10)
        wait_until(lambda: waiting(d) > before)
        adds_up(d)
        sink.listen()
        recovers(d)
        healed(d, sink, client)
        sink.refuse()
        client.must(d, 5)
        d.kill()
        d.start()
        sink.listen()
        healed(d, sink, client)
        d.stop()


@test("4: on a small file system the oldest go and are counted, and when it is "
      "full of others all heals")
def _():
    sink, client = Sink(), Client()
    sink.refuse()
    d = relay(sink, fast=True, start=False, queue="128KiB",
              spool={"max_size": "1MiB"})
    with Tmpfs(d.path("state"), 2 << 20) as state:
        d.start()
        while out(d)["dropped"]["full"] < 1000:
            client.must(d, 500, values=8)
        adds_up(d)
        assert os.path.getsize(spool_of(d)) <= 1 << 20
        filler = os.path.join(state, "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        def look():
            client.post(d, 500, values=8)
            return degraded(d) or out(d)["dropped"]["full"] > 20000
        wait_until(look)
        adds_up(d)
        os.unlink(filler)
        recovers(d)
        client.must(d, 5)
        sink.listen()
        wait_until(lambda: waiting(d) == 0)
        adds_up(d)
        assert not set(range(client.next - 5, client.next)).difference(
            numbers(sink.rows()))
        d.stop()


@test("5: whatever call fails, when ever, nothing promised is lost")
def _():
    rng = lots()
    sink, d, client = made(away=False)
    client.must(d, 3)
    fds, threads = d.fds(), d.threads()
    for call in ("write", "sync", "read", "open", "change"):
        for _ in range(rounds(15) // 5):
            sink.refuse()
            d.faults.on(errno.EIO, call, rng.randrange(30),
                        rng.choice((1, 2, 5)))
            for _ in range(10):
                client.post(d, rng.randint(1, 5))
            d.faults.off()
            recovers(d)
            sink.listen()
            healed(d, sink, client)
    at_rest(d, fds, threads)
    sink.refuse()
    keeps(d, sink, client)


@test("5: a sync that failed is not tried again on the same file")
def _():
    # what else is kept has syncs of its own
    sink, d, client = made("power", folder="state/spool")
    client.must(d, 3)
    d.faults.on(errno.EIO, "sync")
    opened, synced = d.faults.count("open"), d.faults.count("sync")
    falls_ill(d, client)
    for _ in range(3):
        client.post(d, 1)
    tries = d.faults.count("sync") - synced
    opens = d.faults.count("open") - opened
    assert tries <= opens + 1, f"{tries} syncs, {opens} opens"
    d.faults.off()
    recovers(d)
    keeps(d, sink, client)


@test("5: a disk that fails at the start is used when it does not")
def _():
    for call, error in (("open", errno.EIO), ("read", errno.EIO),
                        ("write", errno.ENOSPC), ("open", errno.EMFILE),
                        ("change", errno.EACCES)):
        sink, client = Sink(), Client()
        sink.refuse()
        d = relay(sink, start=False, fast=True)
        d.faults.on(error, call)
        d.start()
        wait_until(lambda: degraded(d), what=f"{call} to be missed")
        client.post(d, 3)
        d.faults.off()
        recovers(d)
        keeps(d, sink, client)
        d.stop()


@test("6: calls that do half of what they were asked for change nothing")
def _():
    sink, d, client = made()
    d.faults.on(SHORT, "write")
    for _ in range(20):
        client.must(d, 4)
    d.faults.off()
    for call in ("write", "read", "sync", "open"):
        d.faults.on(errno.EINTR, call, 3, 3)
        for _ in range(3):
            client.post(d, 4)
        d.faults.off()
        recovers(d)
    keeps(d, sink, client)
    assert not glob.glob(spool_of(d) + ".corrupt-*")


@test("7: where there can be no spool it works without, and says so")
def _():
    def a_file(d):
        d.file("state/spool", "")

    def a_folder(d):
        os.makedirs(spool_of(d))

    def a_link(d):
        os.makedirs(d.path("state/spool"), 0o700)
        os.symlink("/etc/passwd", spool_of(d))
    for spoil in (a_file, a_folder, a_link):
        sink, client = Sink(), Client()
        d = relay(sink, start=False)
        spoil(d)
        d.start()
        wait_until(lambda: degraded(d))
        assert spool(d)["why"], "no reason is told"
        client.post(d, 3)
        wait_until(lambda: len(sink.rows()) == 3)
        adds_up(d)
        assert [line for line in d.stderr.all
                if " error " in line or " warning " in line]
        d.stop()


@test("10: a folder that is removed while it runs is made again")
def _():
    sink, d, client = made()
    client.must(d, 3)
    shutil.rmtree(d.path("state/spool"))
    # what is in memory is promised still: it is written again
    wait_until(lambda: client.post(d, 1) and os.path.exists(spool_of(d)))
    recovers(d)
    keeps(d, sink, client)


@test("11: two on one state directory: the second ends, the first keeps all")
def _():
    sink, d, client = made(fast=False)
    client.must(d, 3)
    second = Daemon(relaying(d.port, sink) | {"state_dir": d.path("state")},
                    files={"token": "x" * 30}, ready=False)
    equal(second.wait(), 1)
    client.must(d, 3)
    keeps(d, sink, client)


def make_newer(path):
    """As the next version of what is in it would have written it."""
    with sqlite3.connect(path) as db:
        for key, value in db.execute("SELECT key, value FROM record"):
            if not key.endswith(b"header"):
                continue
            words = value.split(b" ")
            words[2] = str(int(words[2]) + 1).encode()
            value = b" ".join(words)
            db.execute("UPDATE record SET value = ?, crc = ? WHERE key = ?",
                       (value, crc32c(key + b"\0" + value), key))
    db.close()


@test("47: what a newer version has written is left as it is")
def _():
    sink, d, client = made(fast=False)
    client.must(d, 3)
    equal(d.stop().code, 0)
    make_newer(spool_of(d))
    with open(spool_of(d), "rb") as file:
        before = file.read()
    if start_or_die(d):
        wait_until(lambda: degraded(d))
    else:
        d.wait()
    d.log_wait("newer")
    with open(spool_of(d), "rb") as file:
        equal(file.read() == before, True, "that the file is as it was")
    assert not glob.glob(spool_of(d) + ".corrupt-*")


main()
