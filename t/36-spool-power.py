#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The power is cut: row 3 of the faults.  What a daemon does to its spool is
written down (t/preload/record.c); from the records come disks as a cut may
leave them: what was synced is there, of what was not any part, in sectors of
512 bytes.  A daemon that starts from such a disk keeps, with survive: power,
all that was promised; with survive: crash all up to some moment."""

import os
import struct
from collections import namedtuple

from harness import comment, main, test, wait_until
from sink import Sink, answer
from torture import (PRELOAD, ROUNDS, Client, healed, lost, lots, numbers,
                     relay)

SECTOR = 512
HEAD = struct.Struct("=cHIQ")
Record = namedtuple("Record", "what path data at end")


def read_records(path):
    """All of them; end: how long the file was with it."""
    with open(path, "rb") as file:
        text = file.read()
    records, at = [], 0
    while at < len(text):
        what, n_path, n_data, offset = HEAD.unpack_from(text, at)
        at += HEAD.size
        name = text[at:at + n_path].decode()
        data = text[at + n_path:at + n_path + n_data]
        at += n_path + n_data
        records.append(Record(what.decode(), name, data, offset, at))
    return records


class File:
    """One as it is on the disk, and what was done to it since it was synced."""

    def __init__(self):
        self.synced, self.since, self.certain = bytearray(), [], False

    def do(self, what, data, at):
        if what == "t":
            del self.synced[at:]
            self.synced += bytes(at - len(self.synced))
        else:
            self.synced += bytes(max(0, at - len(self.synced)))
            self.synced[at:at + len(data)] = data

    def sync(self):
        for step in self.since:
            self.do(*step)
        self.since, self.certain = [], True

    def cut(self, rng, mood):
        """What is there after a cut; None: no such file."""
        if not self.certain and mood != "all" and rng.random() < 0.5:
            return None
        for what, data, at in self.since:
            if mood == "all":
                self.do(what, data, at)
            elif mood == "none" or rng.random() < 0.4:
                continue
            elif what == "t" or rng.random() < 0.5:
                self.do(what, data, at)
            else:  # torn
                for sector in range(0, len(data), SECTOR):
                    if rng.random() < 0.5:
                        self.do("w", data[sector:sector + SECTOR],
                                at + sector)
        return bytes(self.synced)


def disk_after(records, rng):
    """name -> bytes, as a cut after those records may leave it."""
    files, gone = {}, {}
    mood = rng.choice(("all", "none", "some", "some", "some"))
    for r in records:
        if r.what == "u":
            gone[r.path] = files.pop(r.path, None)
            continue
        if r.what == "s" and r.path.endswith("/spool"):
            for file in files.values():
                file.certain = True
            gone.clear()
            continue
        file = files.setdefault(r.path, File())
        if r.what == "s":
            file.sync()
        elif r.what in "wt":
            file.since.append((r.what, r.data, r.at))
    for name, file in gone.items():
        if file and rng.random() < 0.5:
            files.setdefault(name, file)
    left = {name: file.cut(rng, mood) for name, file in files.items()}
    return {name: data for name, data in left.items() if data is not None}


class Run:
    """A daemon that was recorded: what it promised, and when."""

    def __init__(self, survive, rng):
        self.sink, self.client = Sink(), Client()
        self.sink.refuse()
        self.d = d = relay(self.sink, survive, start=False, queue="64KiB",
                           spool={"max_size": "2MiB"})
        self.log = d.file("records", b"")
        preload = d.env["LD_PRELOAD"]
        d.env["LD_PRELOAD"] += f":{PRELOAD}/record.so"
        d.env["FETTLE_RECORD"] = self.log
        d.start()
        self.sizes = []     # how long the records were when it took some
        self.promised = []  # (how long the records were, numbers)
        for i in range(60):
            first = self.client.next
            self.client.must(d, rng.randint(1, 60), values=4)
            self.promised.append((os.path.getsize(self.log),
                                  range(first, self.client.next)))
            if i == 30:  # some leave: rows are removed
                self.sink.then(*3 * [self.take])
                self.sink.always = answer(503)
                self.sink.listen()
                self.sink.wait_requests(3)
        d.kill()
        d.env["LD_PRELOAD"] = preload
        self.sink.refuse()
        self.records = [r for r in read_records(self.log)
                        if "/spool/" in r.path or r.path.endswith("/spool")]
        self.taken = list(zip(self.sizes, self.sink.taken))

    def take(self, _request):
        self.sizes.append(os.path.getsize(self.log))
        return answer(200)

    def start_after(self, n, rng):
        """A daemon on the disk of a cut after n records delivers what it has.
        What was promised by then, in order, and what there is of it."""
        d, sink = self.d, self.sink
        end = self.records[n - 1].end
        for name in os.listdir(d.path("state/spool")):
            os.unlink(d.path(f"state/spool/{name}"))
        for name, data in disk_after(self.records[:n], rng).items():
            d.file(f"state{name}", data)
        with sink.changed:
            sink.taken = [taken for at, taken in self.taken if at <= end]
            sink.always = answer(200)
        sink.listen()
        d.start()
        try:
            healed(d, sink)
            new = Client()
            new.next = self.client.next + 1000000
            new.must(d, 3)
            wait_until(lambda: not lost(sink, new))
        finally:
            sink.refuse()
            d.kill()
        promised = [i for at, numbers_ in self.promised if at <= end
                    for i in numbers_]
        return promised, set(numbers(sink.rows()))


def cuts(survive, judge_cut):
    rng = lots()
    run = Run(survive, rng)
    total = len(run.records)
    syncs = sum(r.what == "s" for r in run.records)
    n = ROUNDS * 2 or 20
    comment(f"{n} cuts in {total} calls, {syncs} of them syncs")
    assert syncs > 0
    full = 0
    for _ in range(n):
        after = rng.randrange(1, total + 1)
        seed = rng.randrange(1 << 32)
        try:
            promised, there = run.start_after(after, type(rng)(seed))
            judge_cut(promised, there)
        except Exception:
            comment(f"cut after {after} of {total}, seed {seed}")
            raise
        full += bool(promised) and there.issuperset(promised)
    comment(f"{full} had all")


@test("3: what was promised with survive: power outlives a power cut")
def _():
    def all_of_it(promised, there):
        missing = sorted(set(promised) - there)
        assert not missing, f"{len(missing)} are lost: {missing[:20]}"
    cuts("power", all_of_it)


@test("3: with survive: crash a power cut costs the last, and only them")
def _():
    def up_to_some_moment(promised, there):
        missing = [i for i in promised if i not in there]
        after = [i for i in promised if missing and i >= missing[0]]
        assert missing == after, f"{missing[:9]} are lost, later ones not"
    cuts("crash", up_to_some_moment)


main()
