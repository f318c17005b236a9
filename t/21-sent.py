#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What programs send to the plugins that wait for it."""

import os
import socket

from harness import Daemon, equal, free_port, main, test, wait_until


def statsd(**more):
    port = free_port()
    d = Daemon({"hostname": "web-1", "interval": "50ms", "plugins": {
        "statsd": {"listen": f"127.0.0.1:{port}", **more}}})
    return d, port


def send_udp(port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(text, ("127.0.0.1", port))


@test("what is told by statsd is values under its name and tags")
def _():
    d, port = statsd()
    send_udp(port, b"page.views:3|c|@0.5|#country:de,app:shop\n"
                   b"queue.length:17|g\nrender:12:20|ms")
    wait_until(lambda: d.value("statsd[render].count") == 2)
    equal(d.value("statsd[page.views]{country=de}.count"), 6)
    equal(d.value("statsd[queue.length].value"), 17)
    send_udp(port, b"queue.length:+3|g")
    wait_until(lambda: d.value("statsd[queue.length].value") == 20)
    equal(d.value("statsd.malformed"), 0)


@test("a unix socket takes the same, from any user, and is gone at the end")
def _():
    d = Daemon({"interval": "50ms", "plugins": {}}, start=False)
    path = d.path("statsd.sock")
    d.configure({"interval": "50ms", "plugins": {
        "statsd": {"listen": [], "socket": path}}})
    d.start()
    equal(os.stat(path).st_mode & 0o777, 0o666)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(b"hits:1|c", path)
    wait_until(lambda: d.value("statsd[hits].count") == 1)
    d.stop()
    assert not os.path.exists(path)


@test("hostile names are told apart and harm nobody")
def _():
    d, port = statsd(series=100)
    send_udp(port, b"\xff\x1b[31m\xe2\x80\xae:1|c\na\\b:1|c\na]b.c{d}:1|c\n"
                   + b"x" * 255 + b":1|c\n" + b"y" * 256 + b":1|c\n")
    wait_until(lambda: d.value("statsd.lines") == 5)
    equal(d.value("statsd.malformed"), 1)
    names = {v["instance"] for v in d.values("statsd[*]")}
    equal(len(names), 4)
    assert all(c >= " " and c != "\x7f" for n in names for c in n), names
    for i in range(200):
        send_udp(port, b"n%d:1|c" % i)
    wait_until(lambda: d.value("statsd.lines") == 205)
    equal(d.value("statsd.series"), 100)
    equal(d.value("statsd.dropped"), 104)
    d.log_wait("100 names are known: no new ones are taken")


@test("a burst loses nothing that the kernel could hold")
def _():
    d, port = statsd()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(200):
            s.sendto(b"hits:1|c\n" * 20, ("127.0.0.1", port))
    wait_until(lambda: d.value("statsd[hits].count") == 4000)


main()
