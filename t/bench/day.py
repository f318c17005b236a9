# SPDX-License-Identifier: MIT
"""A day of numbers of some hosts, until a while ago: every ten seconds eight of
each host, which go up and down by hundredths.  How servers take it, how they
are asked for its means of five minutes, and what they say."""

import http.client
import json
import random
import time
from urllib.parse import urlencode

import peers

HOSTS, FIELDS = 20, 8
INTERVAL, STEP, DAY = 10, 300, 86400  # seconds
NAMES = [f"field_{i}" for i in range(FIELDS)]


class Day:
    """What every server of a run is given: {host: rows of a time and
    numbers}."""

    def __init__(self):
        self.end = (int(time.time()) - 60) // STEP * STEP
        self.begin = self.end - DAY
        chance = random.Random(1)
        self.hosts = {f"host-{i:02}": list(self.walk(chance))
                      for i in range(HOSTS)}

    def walk(self, chance):
        at = [chance.randrange(10000) for _ in NAMES]
        for stamp in range(self.begin, self.end, INTERVAL):
            yield stamp, *(x / 100 for x in at)
            at = [min(10000, max(0, x + chance.randrange(-50, 51)))
                  for x in at]

    def means(self, host, field):
        """Of each step."""
        numbers = [row[1 + field] for row in self.hosts[host]]
        each = STEP // INTERVAL
        return [sum(numbers[i:i + each]) / each
                for i in range(0, len(numbers), each)]


# --- to give it --------------------------------------------------------------

def post_all(port, path, bodies, headers, good):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == good, (answer.status, said[:500])
    connection.close()


def give_hub(port, day):
    """A batch an hour and host: more is not taken at once."""
    def bodies():
        for host, rows in day.hosts.items():
            for i in range(0, len(rows), 3600 // INTERVAL):
                yield json.dumps({
                    "v": 1, "host": host, "interval": INTERVAL, "plugins": [{
                        "plugin": "bench",
                        "fields": [[name, "gauge", ""] for name in NAMES],
                        "rows": [[None, *row] for row in
                                 rows[i:i + 3600 // INTERVAL]]}]})
    post_all(port, "/ingest", bodies(), {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {peers.TOKEN}"}, 200)


def give_lines(port, day):
    """As the line protocol of InfluxDB, which VictoriaMetrics knows too."""
    bodies = ("".join(
        f"bench,host={host} "
        + ",".join(f"{name}={x}" for name, x in zip(NAMES, row[1:]))
        + f" {row[0]}\n" for row in rows)
        for host, rows in day.hosts.items())
    post_all(port, "/write?db=metrics&precision=s", bodies, {}, 204)


def give_fastapi(port, day):
    bodies = (json.dumps({"host": host, "times": [row[0] for row in rows],
                          "fields": {name: [row[1 + i] for row in rows]
                                     for i, name in enumerate(NAMES)}})
              for host, rows in day.hosts.items())
    post_all(port, "/day", bodies, {"Content-Type": "application/json"}, 200)


# --- to ask for it: one host's first number, or every host's ------------------

def ask_hub(day, one):
    return "/api/v1/query?" + urlencode({
        "series": f"host-00:bench.{NAMES[0]}" if one
        else f"host-*:bench.{NAMES[0]}",
        "from": day.begin, "to": day.end, "points": DAY // STEP})


def ask_influxdb(day, one):
    only = "host = 'host-00' AND " if one else ""
    return "/query?" + urlencode({
        "db": "metrics", "epoch": "s",
        "q": f"SELECT mean({NAMES[0]}) FROM bench WHERE {only}"
             f"time >= {day.begin}s AND time < {day.end}s "
             f"GROUP BY time({STEP}s), host"})


def ask_victoria(day, one):
    """Each point is the mean of the step that ends with it.  To keep the answer
    for whoever asks the same again is forbidden: it would be all there is to
    measure."""
    only = '{host="host-00"}' if one else ""
    return "/api/v1/query_range?" + urlencode({
        "query": f"avg_over_time(bench_{NAMES[0]}{only}[{STEP}s])",
        "start": day.begin + STEP - INTERVAL, "end": day.end - INTERVAL,
        "step": STEP, "nocache": 1})


def ask_fastapi(day, one):
    return "/query?" + urlencode({
        "host": "host-00" if one else "*", "field": NAMES[0],
        "begin": day.begin, "end": day.end, "points": DAY // STEP})


# --- what they answer: {host: means} -----------------------------------------

def told_hub(answer):
    return {s["host"]: s["mean"] for s in answer["series"]}


def told_influxdb(answer):
    return {s["tags"]["host"]: [x for _, x in s["values"]]
            for s in answer["results"][0]["series"]}


def told_victoria(answer):
    return {s["metric"]["host"]: [float(x) for _, x in s["values"]]
            for s in answer["data"]["result"]}


def told_fastapi(answer):
    return {s["host"]: s["mean"] for s in answer["series"]}


def check(day, told, one):
    """It is the whole day of all who were asked for, as it was."""
    wanted = ["host-00"] if one else list(day.hosts)
    assert sorted(told) == wanted, sorted(told)
    for host, means in told.items():
        right = day.means(host, 0)
        assert len(means) == len(right), (host, len(means))
        wrong = max(abs(a - b) for a, b in zip(means, right))
        assert wrong < 0.002, f"a mean of {host} is wrong by {wrong}"
