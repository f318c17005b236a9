# SPDX-License-Identifier: MIT
"""GET /history of 1000 records by 8 connections, beside nginx with a file of
the same bytes and FastAPI with the same records; each server on one
processor."""

import http.client
import json
import time
from contextlib import contextmanager
from operator import itemgetter

import bench
import peers
from bench import What, harness

TURNS = 3
SECONDS = 2
RECORDS = 1000
ROWS = [What("GET /history, 1000 records", "answers/s", ">= 0.4 of nginx"),
        What("the same by its CPU time", "answers/s a core", "")]


def snapshot(i):
    """One of a hundred hosts, ten seconds after its last."""
    return {
        "timestamp": int(time.time()) // 10 * 10 - 100 + i // 100 * 10,
        "hostname": f"host-{i % 100:04}",
        "cpu": {"per_core": [12.5, 40.1, 3.9, 99.2], "average": 38.925},
        "memory": {"total": 25200000000, "used": 4200000000,
                   "free": 21000000000, "percent": 16.7},
        "disk": {"total": 270000000000, "used": 17000000000,
                 "free": 239000000000, "percent": 6.6}}


def fill(port):
    """Posts the records, and gets all of them back."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for i in range(RECORDS):
        connection.request("POST", "/ingest", json.dumps(snapshot(i)), {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {peers.TOKEN}"})
        answer = connection.getresponse()
        assert answer.read() and answer.status == 200, answer.status
    connection.request("GET", "/history")
    text = connection.getresponse().read().decode()
    connection.close()
    assert len(json.loads(text)) == RECORDS, len(json.loads(text))
    return text


def rates(port, pid):
    return peers.rates(peers.wrk(port, pid, "/history", "get.lua",
                                 connections=8, seconds=SECONDS))


@contextmanager
def filled(server):
    with server(bench.SERVER_CPU) as (port, pid):
        yield port, pid, fill(port)


def nginx(text):
    with peers.nginx(bench.SERVER_CPU, {"history": text}) as (port, pid):
        assert harness.get(port, "/history").body.decode() == text
        return rates(port, pid)


def fastapi():
    with filled(peers.fastapi) as (port, pid, _):
        return rates(port, pid)


def rows():
    peers.need_hub()
    with filled(peers.hub) as (port, pid, text):
        results = bench.in_turn(
            TURNS, lambda: rates(port, pid),
            bench.Peer("nginx", lambda: nginx(text), peers.need_nginx),
            bench.Peer("FastAPI", fastapi, peers.need_fastapi))
    row = bench.row(ROWS[0], results, itemgetter(0))
    ratio = row.ratio("nginx")
    return [row.keeps(None if ratio is None else ratio >= 0.4),
            bench.row(ROWS[1], results, itemgetter(1))]


if __name__ == "__main__":
    bench.main(__name__)
