#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""kill -9: rows 1 and 2 of the faults.  At random, and at every point between
two system calls that write, sync, open, remove, send or receive: the shim
counts them, so a point needs no name and no code in the daemon."""

import json
import os
import signal
import threading
import time

from harness import PATIENCE, comment, equal, main, test, wait_until
from sink import Sink, answer, reset
from torture import (KILL, KILL_AFTER, KILL_HALF, ROUNDS, Client, adds_up,
                     at_rest, dead, faulty, healed, judge, kill_in_storm,
                     lots, moody, numbers, out, over, relay, relaying,
                     rounds, section, spool, spool_of, start_or_die, take_all,
                     waiting)

PAUSE = threading.Event()  # never set: waits that are a part of the fault


@test("1: killed at random, it keeps what was promised, and numbers it so "
      "that nothing comes twice")
def _():
    rng = lots()
    sink, client = Sink(), Client()
    d = relay(sink, start=False)
    sink.always = moody(rng)
    for i in range(rounds(25)):
        # what a batch, a request or the memory holds is another each time
        d.configure(relaying(d.port, sink, interval=rng.choice(
            ("10ms", "50ms", "200ms")), queue=rng.choice(
                ("64KiB", "16MiB"))))
        d.start()
        if i % 2:
            client.must(d, 10)  # however slow the storm is
        kill_in_storm(d, sink, client, rng, 0.005)
    take_all(sink)
    d.start()
    healed(d, sink, client)
    comment(f"{len(client.promised)} promised, {client.unsure} not, "
            f"{judge(sink, client)} came again")
    equal(out(d)["dropped"]["corrupt"], 0)
    assert len(client.promised) > 100
    client.must(d, 3)
    healed(d, sink, client)


def one_life(d, sink, client):
    """Start, some batches, an end in order: as far as it comes."""
    sink.script = []
    sink.then(answer(200), reset(taken=True), answer(503))
    if not start_or_die(d):
        return
    for n in (1, 3, 7):
        if not client.post(d, n):
            return
    try:
        wait_until(lambda: waiting(d) == 0)
        d.signal(15)
        d.process.wait(PATIENCE)
    except OSError:
        pass  # it was killed in the midst of it


@test("2: killed at any system call, it keeps what was promised")
def _():
    rng = lots()
    sink, client = Sink(), Client()
    d = relay(sink, start=False)
    one_life(d, sink, client)
    d.wait()
    calls = d.faults.count()
    few = rounds(20)
    points = range(1, calls + 1) if few >= calls \
        else sorted(rng.sample(range(1, calls + 1), few))
    lives = kills = 0
    for n in points:
        for action in (KILL, KILL_HALF, KILL_AFTER):
            if few < calls and action != rng.choice((KILL, KILL_HALF,
                                                     KILL_AFTER)):
                continue
            d.faults.on(action, after=n - 1, times=1)
            one_life(d, sink, client)
            # some lives have fewer calls than the one that was counted
            lives += 1
            kills += over(d)
            # and what it does first when it is back may end as well
            if rng.random() < 0.3:
                d.faults.on(KILL, after=rng.randrange(40), times=1)
                if start_or_die(d):
                    PAUSE.wait(0.02)
                dead(d)
            d.faults.off()
            sink.script = []
            d.start()
            healed(d, sink, client)
            d.kill()
    comment(f"killed in {kills} of {lives} lives, at {len(points)} of "
            f"{calls} calls")
    assert kills > lives / 2, (kills, lives)


@test("1: what was read a second before the kill is kept")
def _():
    sink = Sink()
    sink.refuse()
    d = faulty({"interval": "20ms", "plugins": {
        "steady": {"instances": 3},
        "witness": {"plugin": "sinkfile", "path": "lists",
                    "interval": "10ms"},
        "out": {**section(sink), "routes": ["steady"]}}})
    wanted = set()
    for _ in range(2):
        begun, entered = time.time(), out(d)["entered"]
        wait_until(lambda: out(d)["entered"] > entered + 240)
        with open(d.path("lists")) as lists:
            seen = [json.loads(line) for line in lists
                    if line.endswith("\n") and '"plugin": "steady"' in line]
        wanted |= {(round(line["time_ns"] / 10**6), line["instance"])
                   for line in seen if begun < line["time_ns"] / 10**9}
        # written when they have waited for a second: what was under way when
        # they were read may be without some of them
        for _ in range(2):
            size = spool(d)["bytes"]
            wait_until(lambda: spool(d)["bytes"] > size)
        d.kill()
        d.start()
    assert len(wanted) > 100, len(wanted)
    sink.listen()

    def missing():
        return wanted - {(round(row.time * 1000), json.loads(row.instance))
                         for row in sink.rows()}
    wait_until(lambda: waiting(d) < 10)
    wait_until(lambda: not missing(), what="what was read before")
    adds_up(d)


@test("1: what waits costs neither time nor memory at the start")
def _():
    sink, client = Sink(), Client()
    sink.refuse()
    d = relay(sink, start=False, queue="256KiB", spool={"max_size": "64MiB"})
    with open(d.config) as config:  # whose memory is not looked at here
        d.configure(config.read().replace(
            "ringbuffer_http:\n", "ringbuffer_http:\n    history: false\n"))
    d.start()
    empty, fds, threads = d.rss(), d.fds(), d.threads()
    lists = 600000 if ROUNDS else 30000
    while client.next < lists:
        client.must(d, 3000, values=8)
    size = os.path.getsize(spool_of(d))
    comment(f"{size / (1 << 20):.1f} MiB wait")
    assert size > lists * 40
    d.grown(empty, 8 << 20)
    for end in (d.kill, d.stop):
        end()
        # what was written last is read to see what is whole, all else is not
        path = spool_of(d) + "-wal"
        log = os.path.getsize(path) if os.path.exists(path) else 0
        d.start()
        read = d.has_read()
        assert read < 2 * log + (1 << 20), (read, log, size)
        equal(waiting(d), lists)
        d.grown(empty, 6 << 20)
    sink.listen()
    healed(d, sink, client, PATIENCE)
    equal(len(numbers(sink.rows())), lists)
    at_rest(d, fds, threads)
    d.grown(empty, 8 << 20)


@test("20: stopped in the midst of all that it goes on, and nothing is lost")
def _():
    rng = lots()
    sink, client = Sink(), Client()
    sink.always = moody(rng)
    d = relay(sink)
    over = threading.Event()
    storm = client.storm(d, rng, over)
    for _ in range(5):
        PAUSE.wait(rng.uniform(0.01, 0.05))
        d.signal(signal.SIGSTOP)
        PAUSE.wait(0.2)
        d.signal(signal.SIGCONT)
    over.set()
    storm.join()
    sink.always = answer(200)
    healed(d, sink, client)
    assert "stuck" not in d.log()


@test("exit: what the drain leaves is sent after the start")
def _():
    sink, client = Sink(), Client()
    sink.refuse()
    d = relay(sink, "exit")
    for _ in range(3):
        client.must(d, 20)
    wait_until(lambda: waiting(d) == 60)
    assert not os.path.exists(spool_of(d)) \
        or os.path.getsize(spool_of(d)) < 60 << 10
    equal(d.stop().code, 0)
    d.start()
    wait_until(lambda: waiting(d) == 60)
    sink.listen()
    healed(d, sink, client)


@test("power: what was promised outlives the process as well")
def _():
    sink, client = Sink(), Client()
    sink.refuse()
    d = relay(sink, "power")
    synced = d.faults.count("sync")
    for _ in range(5):
        client.must(d, 3)
    # each promise was synced
    assert d.faults.count("sync") >= synced + 5
    d.kill()
    d.start()
    equal(waiting(d), 15)
    sink.listen()
    healed(d, sink, client)


main()
