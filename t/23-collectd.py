#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What daemons of collectd send: its own, signed and encrypted, and packets
made here."""

import os
import shutil
import socket
import struct
import subprocess
import time

from harness import (Daemon, PLUGIN_DIR, clean_environment, die_with_parent,
                     equal, free_port, main, skip, test, wait_until)

USERS = "joe: a-secret\nann: another\n"
TYPES = "/usr/share/collectd/types.db"


def fettled(security="none", users=None, **more):
    if not os.path.exists(f"{PLUGIN_DIR}/collectd.so"):
        skip("the plugin collectd was not built")
    port = free_port()
    options = {"listen": f"127.0.0.1:{port}", "security": security, **more}
    if users:
        options["auth_file"] = "users"
    d = Daemon({"hostname": "hub", "interval": "100ms",
                "plugins": {"collectd": options}},
               files={"users": users} if users else None)
    return d, port


# --- collectd itself ---------------------------------------------------------

CONFIG = """\
Hostname "web-1"
FQDNLookup false
BaseDir "{dir}"
PIDFile "{dir}/pid"
TypesDB "{types}"
Interval 0.2
LoadPlugin load
LoadPlugin memory
LoadPlugin cpu
LoadPlugin interface
LoadPlugin network
<Plugin network>
  <Server "127.0.0.1" "{port}">
    {security}
  </Server>
</Plugin>
"""


class Collectd:
    def __init__(self, d, port, security=""):
        program = shutil.which("collectd", path="/usr/sbin:/usr/bin")
        if not program:
            skip("collectd-core is not installed")
        directory = d.path("collectd")
        os.mkdir(directory)
        config = d.file("collectd/conf", CONFIG.format(
            dir=directory, port=port, types=TYPES, security=security))
        self.process = subprocess.Popen(
            [program, "-f", "-C", config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=clean_environment(directory), preexec_fn=die_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def has_come(d):
    """Its values are there, whole, and their rates are known."""
    def looks_right():
        memory = d.values("web-1:collectd_memory")
        names = {f["name"] for v in memory for f in v["fields"]
                 if f["value"] is not None}
        return {"memory_used", "memory_free", "memory_cached",
                "memory_buffered"} <= names
    wait_until(looks_right)
    wait_until(lambda: d.value("web-1:collectd_load.load_shortterm")
               is not None)
    with open("/proc/meminfo") as meminfo:
        total = int(meminfo.readline().split()[1]) * 1024
    assert 0 < d.value("web-1:collectd_memory.memory_free") < total

    def rate():
        for v in d.values("web-1:collectd_cpu[0]"):
            for f in v["fields"]:
                if f["name"] == "cpu_idle" and f.get("rate") is not None:
                    return f
        return None
    wait_until(rate)
    wait_until(lambda: d.value("web-1:collectd_interface[lo].if_octets_rx")
               is not None)
    equal(d.value("collectd.malformed"), 0)


@test("collectd's own values come as lists of their plugins, with rates")
def _():
    d, port = fettled()
    with Collectd(d, port):
        has_come(d)
        equal(d.value("collectd.unauthorised"), 0)
        equal(d.value("collectd.refused"), 0)


@test("what collectd signs is taken where signatures are demanded")
def _():
    d, port = fettled("sign", USERS)
    with Collectd(d, port, 'SecurityLevel "Sign"\n'
                  'Username "joe"\nPassword "a-secret"'):
        has_come(d)
        equal(d.value("collectd.unauthorised"), 0)


@test("what collectd encrypts is taken where encryption is demanded")
def _():
    d, port = fettled("encrypt", USERS)
    with Collectd(d, port, 'SecurityLevel "Encrypt"\n'
                  'Username "ann"\nPassword "another"'):
        has_come(d)
        equal(d.value("collectd.unauthorised"), 0)


@test("with a wrong password, or less protection, nothing is taken")
def _():
    for security in ('SecurityLevel "Sign"\nUsername "joe"\nPassword "x"',
                     'SecurityLevel "Encrypt"\nUsername "joe"\nPassword "x"',
                     ""):
        d, port = fettled("sign", USERS)
        with Collectd(d, port, security):
            wait_until(lambda: (d.value("collectd.unauthorised") or 0) > 0)
            equal(d.value("collectd.values"), 0)
            equal(d.values("web-1:*"), [])
        d.stop()


# --- packets made here -------------------------------------------------------

def text(kind, value):
    value = value.encode() + b"\0"
    return struct.pack(">HH", kind, 4 + len(value)) + value


def number(kind, value):
    return struct.pack(">HHQ", kind, 12, value)


def gauge(value):
    return struct.pack(">HHHB", 6, 15, 1, 1) + struct.pack("<d", value)


def absolute(value):
    return struct.pack(">HHHBQ", 6, 15, 1, 3, value)


def packet(at, plugin, values, host="web-2", interval=10, instance=""):
    """values: {(type, instance): part}"""
    data = text(0, host) + number(8, int(at * 2**30)) \
        + number(9, int(interval * 2**30)) \
        + text(2, plugin) + text(3, instance)
    for (kind, which), part in values.items():
        data += text(4, kind) + text(5, which) + part
    return data


def send(port, *packets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for data in packets:
            s.sendto(data, ("127.0.0.1", port))


@test("what comes in several packets is one list, and what adds is added up")
def _():
    d, port = fettled()
    now = int(time.time()) - 100
    for i in range(3):
        at = now + 10 * i
        send(port,
             packet(at, "a-b", {("gauge", "x"): gauge(i),
                                ("gauge", "y"): gauge(10 + i)}),
             packet(at + 0.001, "a-b", {("absolute", ""): absolute(5)}))
    wait_until(lambda: d.value("web-2:collectd_a_b.absolute") == 15)
    equal(d.value("web-2:collectd_a_b.gauge_x"), 2)
    equal(d.value("web-2:collectd_a_b.gauge_y"), 12)
    lists = d.values("web-2:collectd_a_b")
    equal(len(lists), 1)
    rate = [f["rate"] for f in lists[0]["fields"] if f["name"] == "absolute"]
    equal(rate, [0.5])


@test("malformed packets are counted and harm nobody")
def _():
    d, port = fettled()
    now = int(time.time())
    good = packet(now, "p", {("gauge", ""): gauge(1)})
    cut = [good[:n] for n in range(1, len(good), 3)]
    send(port, *cut, b"", b"\2\0\0\0", b"\2\0\0\4", b"\2\x10\0\4",
         os.urandom(500), b"\0\6\xff\xff" * 100)
    wait_until(lambda: d.value("collectd.packets") == len(cut) + 6)
    assert d.value("collectd.malformed") >= len(cut)
    equal(d.values("web-2:*"), [])
    send(port, good, packet(now + 10, "p", {("gauge", ""): gauge(2)}))
    wait_until(lambda: d.value("web-2:collectd_p.gauge") == 2)


@test("what a notification says is in the log, harmless")
def _():
    d, port = fettled()
    send(port, text(0, "web-2") + number(8, int(time.time()) << 30)
         + number(0x101, 1) + text(2, "df") + text(4, "percent")
         + text(0x100, "it is full\x1b[31m\nreally"))
    d.log_wait(r"it is full.*really")
    wait_until(lambda: d.value("collectd.notifications") == 1)
    assert "\x1b" not in d.log()


@test("values from the future, twice, or of another kind are refused")
def _():
    d, port = fettled()
    now = int(time.time())
    send(port, packet(now + 3600, "p", {("gauge", ""): gauge(1)}))
    wait_until(lambda: d.value("collectd.dropped") == 1)
    send(port, packet(2**33, "p", {("gauge", ""): gauge(1)}))
    wait_until(lambda: d.value("collectd.dropped") == 2)
    for _ in range(2):
        send(port, packet(now - 30, "q", {("gauge", ""): gauge(1)}))
    wait_until(lambda: d.value("collectd.dropped") == 3)
    for at in (now - 20, now - 10):
        send(port, packet(at, "p", {("x", ""): gauge(1)}))
    for at in (now - 20, now - 10):
        send(port, packet(at, "p", {("x", ""): absolute(1)}, instance="i"))
    wait_until(lambda: d.value("collectd.refused") == 2)


@test("new passwords are taken in while it runs")
def _():
    d, port = fettled("sign", "joe: old\n")
    security = 'SecurityLevel "Sign"\nUsername "joe"\nPassword "new"'
    with Collectd(d, port, security):
        wait_until(lambda: (d.value("collectd.unauthorised") or 0) > 0)
        d.file("users", "joe: new\n")
        d.reload()
        wait_until(lambda: d.values("web-1:collectd_memory"))


main()
