#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many agents at one hub, with clocks of their own, who hear no answer now and
then, and start anew: each value list is there once, whoever sent it twice."""

import json
import os

from harness import BUILDDIR, Daemon, equal, free_port, main, run, test, \
    wait_until

TOKEN = "a-token-of-the-tests-0123456789abcdef"


def hub(**ring):
    port = free_port()
    d = Daemon({"hostname": "hub", "interval": "24h", "plugins": {
        "ringbuffer_http": {"listen": f"127.0.0.1:{port}",
                            "token_file": "token", **ring},
        "sink": {"plugin": "sinkfile", "path": "lists", "interval": "50ms",
                 "routes": ["*:fleet"], "spool": {"survive": "crash"}}}},
        files={"token": TOKEN})
    d.port = port
    return d


def fleet(d, agents, seconds, interval_ms, seed):
    done = run(os.path.join(BUILDDIR, "t", "fleet"), str(d.port), TOKEN,
               str(agents), str(seconds), str(interval_ms), str(seed))
    equal(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)


def taken(d):
    """What the hub's sink has got, each with its place; of the last line
    there may be a part only."""
    with open(d.path("lists")) as f:
        lines = [line for line in f if line.endswith("\n")]
    return [(one["host"], one["instance"], int(one["values"]["number"]))
            for one in map(json.loads, lines)]


def is_all_there(d, told, agents):
    equal((told["refused"], told["waiting"]), (0, 0), told)
    wait_until(lambda: len(taken(d)) >= told["sent"])
    lists = taken(d)
    equal(len(lists), told["sent"], told)
    equal(len(set(lists)), len(lists))
    equal(len({host for host, _, _ in lists}), agents)
    # of each agent all numbers, from 1
    highest = {}
    for host, instance, number in lists:
        key = host, instance
        highest[key] = max(highest.get(key, 0), number)
    equal(sum(1 + (number - 1) // 3 for number in highest.values()),
          len(lists))


@test("of 50 agents nothing is lost, and what comes again is known")
def _():
    d = hub()
    told = fleet(d, 50, 2, 100, 7)
    is_all_there(d, told, 50)
    assert told["sent"] > 2000 and told["anew"] > 0, told
    if told["failed"] == 0:
        equal((told["accepted"], told["duplicate"]),
              (told["sent"], told["resent"]))
    assert told["duplicate"] > 0, told


@test("where there are fewer connections than agents, all take their turns")
def _():
    d = hub(connections=20)
    is_all_there(d, fleet(d, 30, 1, 100, 11), 30)


@test("the same seed sends the same")
def _():
    first, second = (fleet(hub(), 20, 1, 100, 3) for _ in range(2))
    for name in ("sent", "resent", "anew", "duplicate"):
        equal(first[name], second[name], name)


main()
