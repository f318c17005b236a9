#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""influxdb against the real InfluxDB 1 and VictoriaMetrics, and against what
versions 2 and 3 are known to say: what is there is what left."""

import gzip
import json
import math
import os
import shutil
import subprocess
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import (Daemon, die_with_parent, equal, free_port, get,
                     http_request, main, skip, test, wait_until)

ODD = "/x\ny\\x0a \u202e\"'{}[],=ü\x01 #"
TOLD = r"/x\x0ay\x5cx0a " + "\u202e\"'{}[],=ü" + r"\x01 #"
SINK = {"plugin": "sinkfile", "path": "lists"}


def instance_name(plugin):
    """The daemon's own numbers are of instances, which have names."""
    return "name" if plugin == "fettle" else "instance"


# --- servers -----------------------------------------------------------------

class Server:
    """A server with a directory of its own, until the end of the block."""

    def __init__(self):
        if shutil.which(self.program) is None:
            skip(f"there is no {self.program}")
        self.dir = tempfile.mkdtemp(prefix="fettle-", dir="/tmp")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        with open(os.path.join(self.dir, "log"), "a") as log:
            self.process = subprocess.Popen(
                [self.program, *self.arguments()], cwd=self.dir, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent)
        wait_until(self.is_up, what=self.program)

    def is_up(self):
        assert self.process.poll() is None, f"{self.program} has ended"
        try:
            return get(self.port, "/ping").status == 204
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


INFLUXDB = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {auth}
[logging]
  level = "error"
"""


class InfluxDB(Server):
    program = "influxd"

    def __init__(self, auth=False):
        self.auth = auth
        super().__init__()

    def arguments(self):
        path = os.path.join(self.dir, "conf")
        with open(path, "w") as conf:
            conf.write(INFLUXDB.format(
                dir=self.dir, port=self.port, rpc=free_port(),
                auth=str(self.auth).lower()))
        return ["-config", path]

    def query(self, q, db="metrics", **more):
        """The series of the answer."""
        parameters = urllib.parse.urlencode(
            {"q": q, "db": db, "epoch": "ns", **more})
        got = http_request(self.port, "POST", f"/query?{parameters}")
        equal(got.status, 200, got.body)
        result = json.loads(got.body)["results"][0]
        assert "error" not in result, result
        return result.get("series", [])

    def rows(self):
        """All that is in the database: (measurement, stamp, instance) -> what
        is known of that."""
        found = {}
        for series in self.query("SELECT * FROM /.*/"):
            for values in series["values"]:
                row = {k: v for k, v in zip(series["columns"], values)
                       if v is not None}
                key = series["name"], row.pop("time"), \
                    row.get(instance_name(series["name"]))
                assert key not in found, key
                found[key] = row
        return found


class VictoriaMetrics(Server):
    program = "victoria-metrics"

    def arguments(self):
        return ["-storageDataPath", self.dir, "-httpListenAddr",
                f"127.0.0.1:{self.port}", "-loggerLevel", "ERROR"]

    def samples(self):
        """{(name, stamp in ms, labels): number}"""
        get(self.port, "/internal/force_flush")
        found = {}
        text = get(self.port, "/api/v1/export?match[]=%7B__name__!=%22%22%7D")
        for line in text.body.splitlines():
            series = json.loads(line)
            labels = series["metric"]
            name = labels.pop("__name__")
            for stamp, value in zip(series["timestamps"], series["values"]):
                key = name, stamp, tuple(sorted(labels.items()))
                assert key not in found, key
                found[key] = value
        return found


# --- what left ---------------------------------------------------------------

def left(d):
    """What the daemon's other writer has got: as InfluxDB.rows."""
    found = {}
    with open(d.path("lists")) as f:
        for line in f:
            if not line.endswith("\n"):
                break  # the rest of it is on its way
            one = json.loads(line)
            row = {k: v for k, v in one["values"].items() if v is not None}
            row.update(one["host_tags"], host=one["host"], **one["tags"])
            if one["instance"] is not None:
                row[instance_name(one["plugin"])] = one["instance"]
            found[one["plugin"], one["time_ns"], one["instance"]] = row
    return found


def count(d, plugin):
    try:
        with open(d.path("lists")) as f:
            return sum(f'"plugin": "{plugin}"' in line for line in f)
    except FileNotFoundError:
        return 0


def agent(server, plugins, files=None, **options):
    return Daemon({
        "hostname": "web 1", "interval": "50ms", "tags": {"env": "a, b=c"},
        "limits": {"fields": 512},
        "plugins": {"sink": SINK, "db": {
            "plugin": "influxdb", "url": server.url, "interval": "50ms",
            **options}, **plugins}}, files=files, args=["--strict"])


def check_same(got, wanted):
    equal(set(got) ^ set(wanted), set(), "what is in one alone")
    for key, row in wanted.items():
        # InfluxDB shows a float without a point where it is a whole number
        equal({k: float(v) if isinstance(row.get(k), float) else v
               for k, v in got[key].items()}, row, key)


# --- InfluxDB 1 --------------------------------------------------------------

@test("InfluxDB 1 has every number and name as it left, and nothing else")
def _():
    with InfluxDB() as server:
        d = agent(server, {
            "exact": {"instance": ODD, "tag": ODD},
            "counter": {"start": 1 << 62, "step": 7, "reset": 4},
            "dynamic": {"fields": 300}},
            database="metrics", create_database=True)
        wait_until(lambda: min(count(d, p) for p in
                               ("exact", "counter", "dynamic")) > 10)
        d.log_wait(f"db: {server.url} is InfluxDB 1")
        equal(d.instance("db")["failures"], 0)
        d.stop()
        rows = server.rows()
        check_same(rows, left(d))
        exact = next(r for k, r in rows.items() if k[0] == "exact")
        equal((exact["instance"], exact["a"], exact["b"], exact["env"],
               exact["host"]), (TOLD, "first", TOLD, "a, b=c", "web 1"))
        equal(exact["count_4"], (1 << 53) + 1)
        equal(exact["count_5"], (1 << 63) - 1)
        assert "gauge_20" not in exact, "NaN is no value"
        counts = [r["count"] for k, r in sorted(rows.items(), key=str)
                  if k[0] == "counter"]
        equal(set(counts), {(1 << 62) + 7 * i for i in range(4)})
        kinds = {k: v for s in server.query("SHOW FIELD KEYS")
                 for k, v in s["values"] if s["name"] in ("exact", "counter")}
        for name, kind in kinds.items():
            equal(kind, "integer" if name.startswith("count") else "float",
                  name)


@test("nothing is missing after InfluxDB was away")
def _():
    with InfluxDB() as server:
        d = agent(server, {"counter": None}, database="metrics",
                  create_database=True)
        wait_until(lambda: d.instance("db")["sent"] > 5)
        server.stop()
        d.log_wait("warning db: write: ")  # refused, reset or no reply
        seen = count(d, "counter")
        wait_until(lambda: count(d, "counter") > seen + 10)
        server.start()
        d.log_wait("db: .*works again")
        seen = count(d, "counter")
        wait_until(lambda: count(d, "counter") > seen + 5)
        equal(d.instance("db")["dropped"],
              dict.fromkeys(d.instance("db")["dropped"], 0))
        d.stop()
        check_same(server.rows(), left(d))


@test("what InfluxDB will not take is given up with its reason, alone")
def _():
    with InfluxDB() as server:
        server.query("CREATE DATABASE metrics")
        equal(http_request(server.port, "POST", "/write?db=metrics",
                           'exact count_0="text"').status, 204)
        d = agent(server, {"exact": None, "counter": None},
                  database="metrics")
        d.log_wait("db: 1 value list given up: HTTP 400: partial write: field "
                   'type conflict: input field "count_0" on measurement '
                   '"exact" is type integer, already exists as type string')
        wait_until(lambda: count(d, "counter") > 10)
        d.stop()
        rows = {k: r for k, r in server.rows().items() if k[0] != "exact"}
        check_same(rows,
                   {k: r for k, r in left(d).items() if k[0] != "exact"})


@test("a password that is not taken, a database that is not there, then both")
def _():
    with InfluxDB(auth=True) as server:
        admin = {"u": "me", "p": "canary-7c1e"}
        server.query("CREATE USER me WITH PASSWORD 'canary-7c1e' "
                     "WITH ALL PRIVILEGES")
        options = {"database": "metrics", "user": "me",
                   "password_file": "password"}
        d = agent(server, {"counter": None}, {"password": "canary-wrong"},
                  **options)
        d.log_wait("db: .*HTTP 401: authorization failed")
        wait_until(lambda: d.instance("db")["state"] == "unauthorised")
        d.file("password", "canary-7c1e")
        d.reload()
        d.log_wait('db: .*database "metrics" does not exist; create it or '
                   "set create_database: true")
        wait_until(lambda: d.instance("db")["state"] == "unauthorised")
        with open(d.config) as config:
            text = config.read().replace("database: metrics",
                                         "database: metrics\n"
                                         "    create_database: true")
        d.reload(text)
        wait_until(lambda: d.instance("db")["sent"] > 5)
        assert "canary" not in d.log() + json.dumps(d.status()), d.log()
        d.stop()
        got = server.query("SELECT count(*) FROM counter", **admin)
        equal(got[0]["values"][0][1], count(d, "counter"))


TOKEN = "a-token-of-the-tests-0123456789abcdef"


def posts_to(port):
    """A hub's section, and that of an agent which spools what is for it."""
    return ({"listen": f"127.0.0.1:{port}", "token_file": "token"},
            {"plugin": "http_ingest", "interval": "50ms", "drain": "60s",
             "url": f"http://127.0.0.1:{port}/ingest", "token_file": "token",
             "spool": {"survive": "crash"}})


def spool(d, label):
    return d.asked(do="spool", writer=label)["spools"][0]


def written(d, label):
    """Waits until what waits there is on disk, while more comes; how much
    that is."""
    n = spool(d, label)["lists"]
    # what was under way when they were counted may be without some of them
    for _ in range(2):
        size = spool(d, label)["bytes"]
        wait_until(lambda: spool(d, label)["bytes"] > size)
    return n


def from_agent(rows):
    return {k: r for k, r in rows.items() if r.get("host") == "web 1" and
            k[0] in ("exact", "counter", "dynamic")}


@test("through two spools, two kills and two outages it arrives as it left")
def _():
    with InfluxDB() as server:
        server.stop()
        ring, ingest = posts_to(free_port())
        hub = Daemon({"hostname": "hub", "interval": "24h",
                      "limits": {"fields": 512}, "plugins": {
                          "ringbuffer_http": ring, "sink": SINK, "db": {
                              "plugin": "influxdb", "url": server.url,
                              "database": "metrics", "create_database": True,
                              "interval": "50ms", "drain": "5s",
                              "spool": {"survive": "crash"}}}},
                     files={"token": TOKEN}, start=False)
        a = Daemon({"hostname": "web 1", "interval": "50ms",
                    "tags": {"env": "a, b=c"}, "limits": {"fields": 512},
                    "plugins": {
                        "sink": SINK, "hub": ingest,
                        "exact": {"instance": ODD, "tag": ODD},
                        "counter": {"start": (1 << 53) + 1, "step": 7,
                                    "reset": 4},
                        "dynamic": {"fields": 300}}}, files={"token": TOKEN})
        # the agent's spool has it, and the agent is no more
        wait_until(lambda: count(a, "dynamic") > 10)
        old = set(from_agent(left(a)))
        n = written(a, "hub")
        a.kill()
        known = from_agent(left(a))
        sent = dict(known)
        a.start()
        hub.start()
        wait_until(lambda: a.instance("hub")["sent"] >= n)
        sent.update(from_agent(left(a)))
        a.stop()
        sent.update(from_agent(left(a)))
        # then the hub's has it, and the hub is no more
        # as it promised when it took it
        assert spool(hub, "db")["lists"] >= n
        wait_until(lambda: hub.instance("sink")["queue"]["lists"] == 0)
        got = from_agent(left(hub))
        hub.kill()
        hub.start()
        server.start()
        wait_until(lambda: hub.instance("db")["queue"]["lists"] == 0)
        equal(hub.instance("db")["dropped"],
              dict.fromkeys(hub.instance("db")["dropped"], 0))
        hub.stop()
        there = from_agent(server.rows())
        check_same({k: got[k] for k in got if k in sent},
                   {k: sent[k] for k in got if k in sent})
        # the spool may have had what the sink had not when both were killed
        for plugin, at, _ in set(got) - set(sent):
            assert at > max(t for p, t, _ in known if p == plugin), at
        check_same(there, got)
        exact = next(r for k, r in there.items() if k[0] == "exact")
        equal((exact["count_4"], exact["count_5"], exact["instance"],
               exact["b"]), ((1 << 53) + 1, (1 << 63) - 1, TOLD, TOLD))
        assert "gauge_20" not in exact, "NaN is no value"
        equal({r["count"] for k, r in there.items() if k[0] == "counter"},
              {(1 << 53) + 1 + 7 * i for i in range(4)})
        wide = [r for k, r in there.items() if k[0] == "dynamic"]
        assert all(len([f for f in r if f.startswith("made_")]) == 300
                   for r in wide)
        # what was on disk when the agent was killed
        assert len(old) > 10 and old <= set(there), old - set(there)


# --- VictoriaMetrics ---------------------------------------------------------

@test("VictoriaMetrics has every number to 12 digits, by its own names")
def _():
    with VictoriaMetrics() as server:
        d = agent(server, {
            "exact": {"instance": ODD, "tag": ODD},
            "counter": {"start": 1 << 53, "step": 8, "reset": 4},
            "dynamic": {"fields": 300}})
        wait_until(lambda: min(count(d, p) for p in
                               ("exact", "counter", "dynamic")) > 10)
        d.log_wait(f"db: {server.url} is VictoriaMetrics")
        d.stop()
        wanted = {}
        for (plugin, stamp, _), row in left(d).items():
            labels = {k: v for k, v in row.items() if isinstance(v, str)}
            for field in set(row) - set(labels):
                wanted[f"{plugin}_{field}", stamp // 1000000,
                       tuple(sorted(labels.items()))] = row[field]
        got = wait_until(lambda: (s := server.samples()) and
                         len(s) >= len(wanted) and s)
        equal(set(got) ^ set(wanted), set(), "what is in one alone")
        for key, value in wanted.items():
            if abs(value) >= 1e-300:  # it has nothing between that and 0
                assert math.isclose(got[key], value, rel_tol=1e-12), \
                    (key, got[key], value)
        assert any(dict(k[2]).get("instance") == TOLD for k in got)


# --- versions 2 and 3, as they are known to answer ---------------------------

class Recorded(ThreadingHTTPServer):
    """Keeps what is written to it.  Lines that have REFUSED in them are not
    taken, and named in the way of version 3."""

    daemon_threads = True

    def __init__(self, ping):
        self.ping, self.requests, self.lines = ping, [], []
        super().__init__(("127.0.0.1", 0), RecordedHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *args):
        self.shutdown()
        super().__exit__(*args)


class RecordedHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(*self.server.ping)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.server.requests.append((self.path,
                                     self.headers["Authorization"]))
        bad = []
        for number, line in enumerate(body.decode().splitlines(), 1):
            if "REFUSED" in line:
                bad.append({"original_line": line, "line_number": number,
                            "error_message": "it is refused"})
            else:
                self.server.lines.append(line)
        if bad:
            self.answer(400, {"Content-Type": "application/json"}, json.dumps({
                "error": "partial write of line protocol occurred",
                "data": bad}).encode())
        else:
            self.answer(204, {})


@test("version 2 gets its bucket, org and token")
def _():
    with Recorded((204, {"X-Influxdb-Version": "v2.7.1",
                         "X-Influxdb-Build": "OSS"})) as server:
        d = agent(server, {"counter": None}, {"token": "canary-2"},
                  org="me & you", bucket="metrics", token_file="token")
        d.log_wait(f"db: {server.url} is InfluxDB 2")
        wait_until(lambda: d.instance("db")["sent"] > 5)
        d.stop()
        equal(set(server.requests), {(
            "/api/v2/write?precision=ns&bucket=metrics&org=me%20%26%20you",
            "Token canary-2")})
        equal(len(set(server.lines)), len(left(d)))


@test("version 3 names the lines that it does not take, and has the others")
def _():
    ping = json.dumps({"version": "3.1.0", "revision": "9c1d"}).encode()
    with Recorded((200, {"Content-Type": "application/json"}, ping)) as server:
        d = agent(server, {"counter": None, "exact": {"tag": "REFUSED"}},
                  {"token": "canary-3"}, database="metrics",
                  token_file="token")
        d.log_wait("db: 1 value list given up: HTTP 400: it is refused")
        wait_until(lambda: count(d, "counter") > 10)
        equal(d.instance("db")["failures"], 0)
        d.stop()
        equal(set(server.requests), {(
            "/api/v3/write_lp?precision=nanosecond&accept_partial=true"
            "&db=metrics",
            "Bearer canary-3")})
        equal(len(server.lines), len(set(server.lines)))
        equal(len(server.lines),
              sum(key[0] != "exact" for key in left(d)))


main()
