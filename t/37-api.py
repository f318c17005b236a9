#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What people's pages ask the hub: hosts, series, points, the daemon; every
answer is as openapi.json says."""

import json
import time
from urllib.parse import quote

from harness import (Daemon, equal, free_port, get, main, near, post, test,
                     wait_until)
from schema import mistakes

TOKEN = "canary-5d41402abc4b2a76b9719d911017c592"
# what stands for a backslash in a name is its number
EVIL = "<b>\"'\\\\&\u2028\u00e9</b>"
NOW = time.time()


def hub(plugins=None, thresholds=None, **more):
    port = free_port()
    ring = {"listen": f"127.0.0.1:{port}", "token_file": "token",
            "open_read": True, **more}
    d = Daemon({"hostname": "hub", "interval": "200ms",
                "thresholds": thresholds or {},
                "plugins": {"ringbuffer_http": ring, **(plugins or {})}},
               files={"token": TOKEN + "\n"}, args=["--strict"])
    d.port = port
    return d


def described(d):
    return json.loads(get(d.port, "/api/v1/openapi.json").body)


def asked(d, path, status=200):
    """An answer, which must be what openapi.json says of that path."""
    answer = get(d.port, path)
    equal(answer.status, status, answer.body[:300])
    equal(answer.headers["Content-Type"], "application/json")
    api, value = described(d), json.loads(answer.body)
    said = api["paths"][path.partition("?")[0]]["get"]["responses"]
    schema = said[str(status)]["content"]["application/json"]["schema"]
    wrong = list(mistakes(schema, api, value))
    assert not wrong, wrong[:5]
    return value


def send(d, host, plugin, fields, rows, **more):
    """fields: [[name, kind, unit]]; rows: [[instance, time, values...]]"""
    answer = post(d.port, "/ingest", {"v": 1, "host": host, "interval": 10,
                                      "plugins": [{
                                          "plugin": plugin, "fields": fields,
                                          "rows": rows, **more}]},
                  token=TOKEN)
    equal(answer.status, 200, answer.body)
    equal(json.loads(answer.body)["dropped"], {})


PERCENT = [["percent", "gauge", "percent"]]


@test("openapi.json is OpenAPI 3.1, and all it refers to is there")
def _():
    d = hub()
    api = described(d)
    assert api["openapi"].startswith("3.1")
    names = set(api["components"]["schemas"])

    def walk(node):
        for key, value in (node.items() if isinstance(node, dict)
                           else enumerate(node)):
            if key == "$ref":
                assert value.rpartition("/")[2] in names, value
            elif isinstance(value, (dict, list)):
                walk(value)
    walk(api)


@test("hosts: each in a few numbers, its own included")
def _():
    d = hub({"cpu": None, "memory": None, "disk": {"mounts": ["/"]},
             "load": None, "uptime": None})
    send(d, "web-1", "cpu", PERCENT, [[None, NOW - 60, 10.5],
                                      [None, NOW - 1, 12.5]])
    send(d, "web-1", "disk", PERCENT, [["/", NOW - 1, 40], ["/var", NOW - 1,
                                                           71.5]])
    send(d, "web-1", "network", [["rx_bytes", "counter", "bytes"],
                                 ["tx_bytes", "counter", "bytes"]],
         [["eth0", NOW - 11, 1000, 0], ["lo", NOW - 11, 0, 0],
          ["eth0", NOW - 1, 2000, 500], ["lo", NOW - 1, 9999, 9999]])
    send(d, "late", "load", [["1m", "gauge", ""]], [[None, NOW - 600, 1]])

    def whole():
        found = {h["host"]: h for h in asked(d, "/api/v1/hosts")["hosts"]}
        return found if all(found.get("hub", {}).get(k) for k in (
            "cpu", "memory", "disk", "uptime")) else None
    hosts = wait_until(whole)
    equal(set(hosts), {"hub", "web-1", "late"})
    web = hosts["web-1"]
    equal((web["state"], web["cpu"]["value"]), ("ok", 12.5))
    points = [p for p in web["cpu"]["points"] if p is not None]
    near(points[-1], 12.5, 2.1)
    equal(web["disk"], {"mount": "/var", "value": 71.5})
    near(web["network"]["value"], 150, 0.1)
    equal((web["memory"], web["load"], web["version"]), (None, None, None))
    near(web["last_seen"], time.time(), 30)
    equal((web["interval"], web["history"]), (10, True))
    # whose clock is wrong, or who sends what it had kept, is not silent
    near(hosts["late"]["last_seen"], time.time(), 30)
    equal((hosts["late"]["state"], hosts["late"]["load"]), ("ok", None))
    assert hosts["hub"]["version"] and hosts["hub"]["uptime"] > 0
    equal(hosts["hub"]["disk"]["mount"], "/")


def host(d, name):
    return next((h for h in asked(d, "/api/v1/hosts")["hosts"]
                 if h["host"] == name), None)


@test("hosts: there is each that the daemon knows, with history or without")
def _():
    d = hub(memory="1MiB")
    fields = [[f"f{i}", "gauge", ""] for i in range(20)]
    for k in range(60):
        send(d, f"h-{k}", "x", fields, [[None, NOW - 1, *range(20)]],
             tags={"n": str(k)})
    hosts = {h["host"]: h for h in asked(d, "/api/v1/hosts")["hosts"]}
    equal(set(hosts) - {"hub"}, {f"h-{k}" for k in range(60)})
    without = [h for h in hosts.values() if not h["history"]]
    assert 10 < len(without) < 60, len(without)
    equal(asked(d, "/api/v1/series?host=" + without[-1]["host"]),
          {"series": []})
    for h in without:
        equal((h["state"], h["cpu"], h["load"]), ("ok", None, None))
        equal((h["interval"], h["tags"]), (10, {"n": h["host"][2:]}))
        near(h["last_seen"], time.time(), 30)
    d = hub(history=False)
    send(d, "web-1", "x", fields, [[None, NOW - 1, *range(20)]])
    equal(host(d, "web-1")["history"], False)


@test("hosts: one that only history knows is silent since its newest value")
def _():
    d = hub()
    send(d, "web-1", "load", [["1m", "gauge", ""]], [[None, NOW - 600, 1]])
    d.stop()
    d.start()
    old = host(d, "web-1")
    equal((old["state"], old["history"], old["tags"]), ("silent", True, {}))
    near(old["last_seen"], NOW - 600, 0.1)


@test("hosts: which fettle each runs, as its own daemon says")
def _():
    d = hub()
    for name, sender in (
            ("web-1", {"host": "web-1", "version": "9.8.7"}),
            ("web-2", {"host": "relay", "version": "9.8.7"}),
            ("web-3", {"host": "web-3", "version": EVIL + "x" * 100})):
        answer = post(d.port, "/ingest", {
            "v": 1, "host": name, "sender": sender, "plugins": [{
                "plugin": "x", "fields": [["a", "gauge", ""]],
                "rows": [[None, NOW - 1, 1]]}]}, token=TOKEN)
        equal(answer.status, 200, answer.body)
    equal(host(d, "web-1")["version"], "9.8.7")
    equal(host(d, "web-2")["version"], None)
    plain = "".join(chr(c) if c < 127 else "?" for c in EVIL.encode())
    equal(host(d, "web-3")["version"], (plain + "x" * 100)[:31])
    Daemon({"hostname": "agent", "interval": "100ms", "plugins": {
        "memory": None, "http_ingest": {
            "url": f"http://127.0.0.1:{d.port}/ingest",
            "token_file": "token"}}}, files={"token": TOKEN})
    agent = wait_until(lambda: host(d, "agent"))
    equal(agent["version"], asked(d, "/api/v1/hosts")["version"])


@test("series: what there is, with unit, help and the newest")
def _():
    d = hub({"memory": None})
    send(d, "web-1", "net", [["rx", "counter", "bytes"]],
         [["eth0", NOW - 11, 1000], ["eth0", NOW - 1, 2000]],
         instance_name="device")
    wait_until(lambda: d.values("hub:memory"))
    found = {s["series"]: s for s in asked(d, "/api/v1/series")["series"]}
    equal(found["hub:memory.percent"]["unit"], "percent")
    assert found["hub:memory.percent"]["help"]
    only = asked(d, "/api/v1/series?host=web-*")["series"]
    equal([s["series"] for s in only], ["web-1:net[eth0].rx"])
    equal({k: only[0][k] for k in ("host", "plugin", "instance", "field",
                                   "instance_name", "kind", "unit", "tags")},
          {"host": "web-1", "plugin": "net", "instance": "eth0",
           "field": "rx", "instance_name": "device", "kind": "counter",
           "unit": "bytes", "tags": {}})
    near(only[0]["value"], 100, 0.01)
    equal(asked(d, "/api/v1/series?host=db-*"), {"series": []})


@test("query: points on a grid, of every pattern once, holes as null")
def _():
    d = hub()
    send(d, "web-1", "x", [["a", "gauge", ""], ["b", "gauge", ""]],
         [[None, NOW - 100 + 10 * i, i, None] for i in range(10)])
    send(d, "web-2", "x", [["a", "gauge", ""]], [[None, NOW - 5, 7]])
    got = asked(d, f"/api/v1/query?series=web-1:x.a&from={NOW - 300}"
                f"&to={NOW}&points=300")
    equal(got["tier"], "raw")
    (series,) = got["series"]
    equal(series["series"], "web-1:x.a")
    # the minutes that they began and ended in are known before and after
    at = [i for i, v in enumerate(series["mean"]) if v == 3][-1]
    equal(series["mean"][at - 2:at + 7], list(range(1, 10)))
    near(got["from"] + got["step"] * at, NOW - 70, got["step"] + 0.1)
    both = asked(d, "/api/v1/query?series=x.a&series=web-*:x.*")
    equal([s["series"] for s in both["series"]], ["web-1:x.a", "web-2:x.a"])
    coarse = asked(d, f"/api/v1/query?series=web-1:x.a&from={NOW - 120}"
                   f"&to={NOW + 60}&points=2")["series"][0]
    assert min(v for v in coarse["min"] if v is not None) == 0
    assert max(v for v in coarse["max"] if v is not None) == 9
    nothing = asked(d, "/api/v1/query?series=nobody")
    equal((nothing["series"], nothing["tier"]), ([], None))


@test("query: the hub says which tier it chose, and all are on one grid")
def _():
    d = hub()
    send(d, "web-1", "x", [["a", "gauge", ""]], [[None, NOW - 30, 1]])
    send(d, "web-2", "y", [["b", "gauge", ""]], [[None, NOW - 30, 2]],
         interval=60)

    def tier(seconds, points):
        return asked(d, f"/api/v1/query?series=x&from={NOW - seconds}"
                     f"&to={NOW}&points={points}")["tier"]
    equal([tier(3600, 300), tier(3600, 20), tier(3600, 3), tier(7 * 3600, 2000),
           tier(50 * 3600, 2000)], ["raw", "1m", "15m", "1m", "15m"])
    for patterns in ("series=x&series=y", "series=y&series=x&series=?"):
        got = asked(d, f"/api/v1/query?{patterns}&from={NOW - 3600}&to={NOW}")
        equal([s["series"] for s in got["series"]], ["web-1:x.a", "web-2:y.b"])
        n = round((got["to"] - got["from"]) / got["step"])
        equal([len(s["mean"]) for s in got["series"]], [n, n])
    # what is beyond the limit is said, also where each pattern is below it
    many = [[f"i{i}", NOW - 1, 1] for i in range(300)]
    for plugin in ("p", "q"):
        send(d, "web-1", plugin, [["a", "gauge", ""]], many)
    got = asked(d, "/api/v1/query?series=p[*]&series=q[*]&points=2")
    equal((len(got["series"]), got["more"]), (500, True))


@test("a query that is wrong is 400 and says why")
def _():
    d = hub()
    for query in ("", "?series=", "?series=a[", "?series=cpu&from=x",
                  "?series=cpu&points=0", "?series=cpu&points=2001",
                  "?series=cpu&points=1e3", "?series=cpu&from=5&to=5",
                  "?series=cpu&limit=5", "?series=%ff", "?series=%0",
                  "?" + "&".join(["series=a"] * 40)):
        assert asked(d, "/api/v1/query" + query, 400)["error"], query
    for path in ("series", "stream"):
        for query in ("?host=%c0%80", "?hots=a", "?host"):
            assert asked(d, f"/api/v1/{path}{query}", 400)["error"]


@test("hostile names come back as text, and can be asked for")
def _():
    d = hub()
    send(d, EVIL, "x", [["a", "gauge", "<u>"]], [[EVIL + "]", NOW - 1, 1]])
    name = EVIL.replace("\\", "\\x5c")
    (series,) = (s for s in asked(d, "/api/v1/series")["series"]
                 if s["plugin"] == "x")
    equal((series["host"], series["instance"]), (name, name + "]"))
    equal(series["unit"], "<u>")
    assert name in [h["host"] for h in asked(d, "/api/v1/hosts")["hosts"]]
    again = asked(d, "/api/v1/query?series=" + quote(series["series"]))
    equal([s["instance"] for s in again["series"]], [name + "]"])
    raw = get(d.port, "/api/v1/series").body
    assert b"\n" not in raw.rstrip(b"\n")


@test("status is what the control protocol says")
def _():
    d = hub({"memory": None})
    status, own = asked(d, "/api/v1/status"), d.status()
    equal(set(status), set(own))
    equal(status["pid"], own["pid"])
    equal([i["label"] for i in status["instances"]],
          [i["label"] for i in own["instances"]])


@test("alerts: those of the daemon, and what they say of hosts and series")
def _():
    d = hub({"load": None}, thresholds={
        "web-*:x.a": {"warning": 5, "failure": 10}, "load.1m": 100000})
    send(d, "web-1", "x", [["a", "gauge", "bytes"]], [[None, NOW - 1, 11]])
    (alert,) = wait_until(lambda: [
        a for a in asked(d, "/api/v1/alerts")["alerts"]
        if a["state"] == "failure"])
    equal((alert["series"], alert["host"]), ("web-1:x.a", "web-1"))
    (series,) = asked(d, "/api/v1/series?host=web-*")["series"]
    rule = alert["rule"]
    equal(series["limits"], [
        {"level": "warning", "value": 5, "below": False, "rule": rule},
        {"level": "failure", "value": 10, "below": False, "rule": rule}])
    hosts = {h["host"]: h["state"] for h in asked(
        d, "/api/v1/hosts")["hosts"]}
    equal(hosts, {"hub": "ok", "web-1": "failure"})
    equal(set(asked(d, "/api/v1/alerts")), {
        *d.asked(do="alerts", all=True)} - {"ok"})


@test("a hub that keeps no history says so")
def _():
    d = hub(history=False)
    equal(get(d.port, "/api/v1/query?series=cpu").status, 501)
    equal(get(d.port, "/api/v1/status").status, 200)


main()
