# SPDX-License-Identifier: MIT
"""Value lists as line protocol, and all the way: batches posted to a daemon
that writes them to a database, until it has the last.  The daemon and the
database share the machine."""

import http.client
import json
import os
import time

import bench
import peers
from bench import What, harness

TURNS = 3
SECONDS = 0.5
LISTS, FIELDS, BATCHES = 100, 8, 500
ROWS = [What("InfluxDB writer, encoding 4 values a list", "values/s a core",
             ">= 2M"),
        What("the same, compressed", "values/s a core", ""),
        What("through fettled into InfluxDB", "values/s", ""),
        What("the same, CPU time of fettled", "us a value", ""),
        What("through fettled into VictoriaMetrics", "values/s", ""),
        What("the same, CPU time of fettled", "us a value", "")]


def encode():
    return json.loads(bench.output(os.path.join(bench.BUILT, "line"), "4",
                                   str(SECONDS), cpu=bench.CPUS[0]))


def batch(seq, stamp):
    """Of LISTS rows; each value another than before."""
    rows = [[f"device-{i}", stamp] +
            [seq * 1.5 + i + f / 8 for f in range(FIELDS)]
            for i in range(LISTS)]
    return json.dumps({
        "v": 1, "queue": "0" * 32, "seq": seq * LISTS + 1, "sent": stamp,
        "host": "agent", "interval": 1, "plugins": [{
            "plugin": "bench", "instance_name": "device",
            "fields": [[f"field_{f}", "gauge", ""] for f in range(FIELDS)],
            "rows": rows}]}).encode()


def post_all(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    now = int(time.time()) - BATCHES
    bodies = [batch(seq, now + seq) for seq in range(BATCHES)]
    begun = time.monotonic()
    for body in bodies:
        connection.request("POST", "/ingest", body, {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {peers.TOKEN}"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        assert answer.status == 200 and said["accepted"] == LISTS, said
    return begun


def through(server):
    with server(None) as (database, _):
        port = harness.free_port()
        with bench.fettled({"plugins": {
                "ringbuffer_http": {"listen": f"127.0.0.1:{port}",
                                    "token_file": "token"},
                "influxdb": {"url": f"http://127.0.0.1:{database}",
                             "database": "metrics", "routes": "bench",
                             "interval": "100ms", "queue": "256MiB"}}},
                files={"token": peers.TOKEN}) as d:
            before = bench.cpu_seconds(d.pid)
            begun = post_all(port)
            harness.wait_until(
                lambda: d.instance("influxdb")["sent"] >= BATCHES * LISTS, 60)
            took = time.monotonic() - begun
            cpu = bench.cpu_seconds(d.pid) - before
            status = d.instance("influxdb")
    assert status["sent"] == BATCHES * LISTS and not status["failures"], status
    values = BATCHES * LISTS * FIELDS
    return values / took, cpu * 1e6 / values


def end_to_end(names, server, need):
    try:
        need()
    except bench.Missing as reason:
        return [bench.Row(what, missing=str(reason)) for what in names]
    said = bench.in_turn(TURNS, lambda: through(server))
    return [bench.row(what, said, lambda result, i=i: result[i])
            for i, what in enumerate(names)]


def rows():
    bench.need_plugin("influxdb")
    bench.need_plugin("ringbuffer_http")
    said = bench.in_turn(TURNS, encode)
    plain = bench.row(ROWS[0], said, lambda result: result["values_a_second"])
    packed = bench.row(ROWS[1], said, lambda result: result["packed_a_second"])
    return [plain.keeps(plain.ours.median >= 2e6), packed,
            *end_to_end(ROWS[2:4], peers.influxdb, peers.need_influxdb),
            *end_to_end(ROWS[4:], peers.victoria, peers.need_victoria)]


if __name__ == "__main__":
    bench.main(__name__)
