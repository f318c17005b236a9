#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A third party's plugins: built outside the tree, by pkg-config alone."""

import json
import os
import shutil
import subprocess

from harness import (PLUGIN_DIR, SRCDIR, STAGE, Daemon, equal, free_port, main,
                     test, wait_until)
from sink import (Request, Row, Sink, answer, drip_for_ever, hang, hang_up,
                  lie, reset, say)
from torture import (Client, faulty, healed, judge, kill_in_storm, lots, moody,
                     numbers, out, rounds, take_all, waiting)


def build(directory, *more):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C",
           "PKG_CONFIG_PATH": os.path.join(STAGE, "lib", "pkgconfig")}
    done = subprocess.run(["make", "-C", directory, *more], env=env,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def examples(config, make=Daemon, **more):
    """A daemon with the example plugins, which is not started."""
    d = make({"plugins": {}}, start=False, **more)
    shutil.copytree(os.path.join(SRCDIR, "contrib", "example-plugin"),
                    d.path("outside"))
    os.chmod(d.path("outside"), 0o755)
    build(d.path("outside"))
    build(d.path("outside"), "install", f"DESTDIR={d.path('root')}")
    # where plugins of the installed daemon lie it finds these by itself
    for name in ("store-sqlite", "ringbuffer_http"):
        shutil.copy(os.path.join(PLUGIN_DIR, f"{name}.so"),
                    d.path("root") + PLUGIN_DIR)
    d.configure({"hostname": "relay", "plugins": config(d),
                 "plugin_dir": d.path("root") + PLUGIN_DIR})
    return d


def readings(d):
    d.file("readings", "room 21.5\n", 0o644)
    return {"file": d.path("readings"), "interval": "100ms"}


@test("the example plugins build with pkg-config, and the daemon runs them")
def _():
    d = examples(lambda d: {"readings": readings(d),
                            "appendfile": {"file": d.path("out")}})
    d.start()
    wait_until(lambda: os.path.exists(d.path("out"))
               and os.path.getsize(d.path("out")) > 0)
    equal(wait_until(lambda: d.value("readings[room].value")), 21.5)
    with open(d.path("out")) as f:
        assert "21.5" in f.read()


# --- a writer of sixty lines, and what its server can do to it ---------------

class Lines(Request):
    """What postlines posts."""

    def batch(self):
        rows = []
        for line in self.body.decode().removesuffix("\n").split("\n"):
            queue, number, stamp, host, plugin, instance, *more = \
                line.split("\t")
            pairs = tuple(tuple(pair.split("=", 1)) for pair in more)
            rows.append((queue, int(number), Row(
                host, plugin, json.dumps(instance), int(stamp), tuple(
                    (k, v if k.startswith("#") else float(v))
                    for k, v in pairs))))
        queue, first, _ = rows[0]
        equal([row[:2] for row in rows],
              [(queue, first + i) for i in range(len(rows))])
        return queue, first, [row for _, _, row in rows]


class LineSink(Sink):
    def read(self, connection, stream):
        request = super().read(connection, stream)
        return request and Lines(*request)


def plugins(d, sink, **more):
    """Hands on by postlines what it is posted."""
    return {"ringbuffer_http": {"listen": f"127.0.0.1:{d.port}",
                                "token_file": "token"},
            "out": {"plugin": "postlines", "url": sink.url, "timeout": "1s",
                    "interval": "20ms", "drain": "200ms", "routes": ["*:t"],
                    "spool": {"survive": "crash"}, **more}}


def relay(sink, **more):
    port = free_port()

    def config(d):
        d.port = port
        return plugins(d, sink, **more)
    return examples(config, faulty)


def reconfigure(d, sink, **more):
    d.configure({"hostname": "relay", "plugins": plugins(d, sink, **more),
                 "plugin_dir": d.path("root") + PLUGIN_DIR})


@test("a writer of sixty lines says all that there is of a value list")
def _():
    sink = LineSink()
    d = examples(lambda d: {"readings": readings(d), "out": {
        "plugin": "postlines", "url": sink.url, "routes": ["readings"]}})
    d.start()
    sink.wait_requests(1)
    row = sink.requests[0].batch()[2][0]
    equal((row.host, row.plugin, row.instance, row.values),
          ("relay", "readings", '"room"', (("value", 21.5),)))


@test("what its server refuses, forgets or answers badly arrives, in order")
def _():
    sink, client = LineSink(), Client()
    sink.refuse()
    d = relay(sink)
    d.start()
    for _ in range(10):
        client.must(d, 10)
    wait_until(lambda: waiting(d) == 100)
    sink.then(*map(answer, (500, 502, 503, 504, 408, 425, 429)),
              hang(), drip_for_ever(), reset(), reset(after=9),
              reset(after=40), hang_up(), lie(5000), say(b"\0" * 100),
              say(b"HTTP/1.1 2"), reset(taken=True), hang_up(taken=True),
              answer(500, taken=True))
    sink.listen()
    healed(d, sink, client)
    order = numbers(sink.judged()[0])
    equal(order, sorted(order))
    equal(len(order), 100)
    equal(out(d)["sent"], 100)
    assert judge(sink, client) > 0  # came again, and was known


@test("what its server will never take goes alone, the good ones arrive")
def _():
    sink, client, bad = LineSink(), Client(), {17, 33}
    sink.refuse()
    d = relay(sink)
    d.start()
    client.must(d, 50)

    def judge_rows(request):
        rows = request.batch()[2]
        if len(rows) > 20:
            return answer(413)
        return answer(400 if bad.intersection(numbers(rows)) else 200)
    sink.always = judge_rows
    sink.listen()
    healed(d, sink)
    equal(set(numbers(sink.rows())), client.promised - bad)
    equal((out(d)["sent"], out(d)["dropped"]["refused"]), (48, 2))


@test("killed at random, and started with other batches, it loses nothing")
def _():
    rng = lots()
    sink, client = LineSink(), Client()
    sink.always = moody(rng)
    d = relay(sink)
    for _ in range(rounds(8)):
        reconfigure(d, sink, queue=rng.choice(("64KiB", "16MiB")),
                    interval=rng.choice(("10ms", "50ms", "200ms")))
        d.start()
        client.must(d, 10)  # however slow the storm is
        kill_in_storm(d, sink, client, rng, 0.02)
    take_all(sink)
    d.start()
    healed(d, sink, client)
    equal(set(out(d)["dropped"].values()), {0}, out(d)["dropped"])


main()
