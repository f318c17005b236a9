# SPDX-License-Identifier: MIT
"""How many lines of statsd are taken in, by processor time of the daemon: the
sender, in datagrams of twenty lines and of one, waits for it."""

import socket

import bench
import harness
from bench import What

TURNS = 3
NAMES = 1000
LINES = 1000000
ROWS = [What("statsd, 20 lines a datagram", "lines/s a core", ""),
        What("statsd, a line a datagram", "lines/s a core", "")]


def datagrams(size):
    lines = [b"page.%d.views:%d|c|#country:de" % (i % NAMES, i % 7)
             for i in range(NAMES * size)]
    return [b"\n".join(lines[i:i + size]) for i in range(0, len(lines), size)]


def lines_a_core(size, total):
    """A unix socket makes the sender wait where the daemon is slower."""
    each = datagrams(size)
    with bench.directory() as path, bench.fettled({
            "interval": "1s", "plugins": {"statsd": {
                "listen": [], "socket": path + "/s"}}}) as d, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(path + "/s")
        before = bench.cpu_seconds(d.pid)
        for i in range(total // size):
            s.send(each[i % len(each)])
        harness.wait_until(lambda: d.value("statsd.lines") == total)
        return total / (bench.cpu_seconds(d.pid) - before)


def rows():
    return [bench.row(ROWS[0], bench.in_turn(
                TURNS, lambda: lines_a_core(20, LINES))),
            bench.row(ROWS[1], bench.in_turn(
                TURNS, lambda: lines_a_core(1, LINES // 10)))]


if __name__ == "__main__":
    bench.main(__name__)
