# SPDX-License-Identifier: MIT
"""A day of one series, and of twenty by a pattern, as 288 means of five
minutes: beside InfluxDB, VictoriaMetrics and FastAPI that hold the same day.
Each server has one processor.

fettle has means of minutes by then, with the least and the greatest, which it
sends as well; the others go through what came every ten seconds.  FastAPI has
the day in lists and knows nothing but it."""

import json
from contextlib import ExitStack
from operator import itemgetter

import bench
import day
import peers
from bench import What, harness

TURNS = 3
SECONDS = 1
ROWS = [What("query, a day of one series, 288 points", "answers/s", ""),
        What("the same by its CPU time", "answers/s a core", ""),
        What("the same, an answer", "bytes", ""),
        What("query, a day of 20 series by a pattern", "answers/s", ""),
        What("the same by its CPU time", "answers/s a core", ""),
        What("the same, an answer", "bytes", "")]


class Server:
    """Is started and given the day when it is measured first, and stays.

    start: a context of (port, pid); give, ask, told: of day."""

    def __init__(self, stack, whole, start, give, ask, told):
        self.stack, self.day, self.start = stack, whole, start
        self.give, self.ask, self.told = give, ask, told
        self.pid = None

    def begin(self):
        self.port, self.pid = self.stack.enter_context(
            self.start(bench.SERVER_CPU))
        self.give(self.port, self.day)

    def measure(self, one):
        """Answers a second, and of processor time, and bytes of each."""
        if self.pid is None:
            self.begin()
        path = self.ask(self.day, one)
        answer = harness.get(self.port, path)
        assert answer.status == 200, answer.body[:500]
        day.check(self.day, self.told(json.loads(answer.body)), one)
        said = peers.wrk(self.port, self.pid, path, "get.lua",
                         connections=8, seconds=SECONDS)
        return *peers.rates(said), len(answer.body)


def give_victoria(port, whole):
    day.give_lines(port, whole)
    harness.get(port, "/internal/force_flush")


OURS = peers.hub, day.give_hub, day.ask_hub, day.told_hub
PEERS = [
    ("InfluxDB", peers.need_influxdb,
     peers.influxdb, day.give_lines, day.ask_influxdb, day.told_influxdb),
    ("VictoriaMetrics", peers.need_victoria,
     peers.victoria, give_victoria, day.ask_victoria, day.told_victoria),
    ("FastAPI", peers.need_fastapi,
     peers.fastapi, day.give_fastapi, day.ask_fastapi, day.told_fastapi)]


def measured(names, ours, others, one):
    results = bench.in_turn(TURNS, lambda: ours.measure(one), *(
        bench.Peer(name, lambda server=server: server.measure(one), need)
        for name, need, server in others))
    return [bench.row(what, results, itemgetter(i))
            for i, what in enumerate(names)]


def rows():
    peers.need_hub()
    whole = day.Day()
    with ExitStack() as stack:
        ours = Server(stack, whole, *OURS)
        others = [(name, need, Server(stack, whole, *how))
                  for name, need, *how in PEERS]
        return measured(ROWS[:3], ours, others, True) + \
            measured(ROWS[3:], ours, others, False)


if __name__ == "__main__":
    bench.main(__name__)
