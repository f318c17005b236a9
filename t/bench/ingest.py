# SPDX-License-Identifier: MIT
"""POST /ingest, one snapshot a request, by 32 connections of one client.  The
server has one processor for all of its threads, the client the other."""

from operator import itemgetter

import bench
import peers
from bench import What

TURNS = 3
ROWS = [What("POST /ingest, a snapshot each", "requests/s",
             ">= 50k on one core"),
        What("the same by its CPU time", "requests/s a core", "")]


def rates(port, pid, script="snapshots.lua", path="/ingest"):
    return peers.rates(peers.wrk(port, pid, path, script, HOSTS="1000",
                                 TOKEN=peers.TOKEN))


def peer(name, server, need, **way):
    def measure():
        with server(bench.SERVER_CPU) as (port, pid):
            return rates(port, pid, **way)
    return bench.Peer(name, measure, need)


def databases():
    """Those that are there: they are large, and asked for only by name."""
    every = [peer("InfluxDB", peers.influxdb, peers.need_influxdb,
                  script="lines.lua", path="/write?db=metrics&precision=s"),
             peer("VictoriaMetrics", peers.victoria, peers.need_victoria,
                  script="lines.lua", path="/write?precision=s")]
    return [p for p in every if not p.missing]


def ours():
    with peers.hub(bench.SERVER_CPU) as (port, pid):
        return rates(port, pid)


def rows():
    peers.need_hub()
    results = bench.in_turn(
        TURNS, ours,
        peer("FastAPI", peers.fastapi, peers.need_fastapi), *databases())
    row = bench.row(ROWS[0], results, itemgetter(0))
    return [row.keeps(row.ours.median >= 50000),
            bench.row(ROWS[1], results, itemgetter(1))]


if __name__ == "__main__":
    bench.main(__name__)
