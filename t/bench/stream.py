# SPDX-License-Identifier: MIT
"""Server-sent events to 500 readers, beside FastAPI: batches of 50 numbers are
posted as fast as all of them hear of them.  The server has one processor, the
readers the other.

Who posts is never more than so many numbers ahead of the slowest reader, so
nobody is dropped for being slow; every reader must have heard every number."""

import http.client
import json
import select
import socket
import time
from contextlib import ExitStack
from operator import itemgetter

import bench
import peers
from bench import What

TURNS = 3
SECONDS = 3
READERS = 50 if bench.SHORT else 500
VALUES, AHEAD = 50, 20000  # of a batch, of the slowest reader
WAIT = 0.002  # seconds that readers listen at the most before more is posted
MARK = b"~"  # is in the name of every number once, and nowhere else
ROWS = [What("stream to 500 readers, told to all together", "values/s", ""),
        What("the same by CPU time, a value and reader", "ns", ""),
        What("the same, memory", "KiB a reader", ""),
        What("the same, not heard by somebody", "values", "0")]


class Readers:
    """They count, and do nothing else."""

    def __init__(self, port):
        self.poll = select.epoll()
        self.sockets, self.heard = {}, {}
        for _ in range(READERS):
            self.add(port)

    def add(self, port):
        s = socket.create_connection(("127.0.0.1", port))
        s.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        text = b""
        while b"event: hello" not in text:  # it hears all from now on
            more = s.recv(4096)
            assert more, text
            text += more
        assert text.startswith(b"HTTP/1.1 200"), text
        s.setblocking(False)
        self.poll.register(s, select.EPOLLIN)
        self.sockets[s.fileno()], self.heard[s.fileno()] = s, 0

    def listen(self):
        for fd, _ in self.poll.poll(WAIT):
            more = self.sockets[fd].recv(1 << 20)
            if not more:
                self.poll.unregister(fd)
            self.heard[fd] += more.count(MARK)

    def slowest(self):
        return min(self.heard.values())

    def close(self):
        for s in self.sockets.values():
            s.close()
        self.poll.close()


class Poster:
    def __init__(self, port):
        self.n = 0
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=30)

    def post(self):
        self.n += 1
        now = time.time()
        body = json.dumps({
            "v": 1, "host": f"host-{self.n % 20}", "sent": now,
            "interval": 10, "plugins": [{
                "plugin": "bench",
                "fields": [[f"field_{i}", "gauge", ""] for i in range(5)],
                "rows": [[f"{MARK.decode()}{row}", now] +
                         [round(self.n * 0.01 + i, 2) for i in range(5)]
                         for row in range(VALUES // 5)]}]})
        self.connection.request("POST", "/ingest", body, {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {peers.TOKEN}"})
        answer = self.connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said


def run(readers, poster, until):
    """The seconds that it took until all have heard all, or nobody hears
    anything any more."""
    begun = time.monotonic()
    last, changed = 0, begun
    while True:
        now = time.monotonic()
        sent, slowest = poster.n * VALUES, readers.slowest()
        if now < until and sent - slowest + VALUES <= AHEAD:
            poster.post()
        elif slowest == sent:
            return now - begun
        readers.listen()
        if sum(readers.heard.values()) != last:
            last, changed = sum(readers.heard.values()), now
        elif now > changed + 10:
            return changed - begun


def told(server):
    with server(bench.SERVER_CPU) as (port, pid), \
            bench.pinned(bench.CLIENT_CPU), ExitStack() as stack:
        poster = Poster(port)
        before, _ = bench.memory(pid)
        readers = Readers(port)
        stack.callback(readers.close)
        cpu = bench.cpu_seconds(pid)
        took = run(readers, poster, time.monotonic() + SECONDS)
        cpu = bench.cpu_seconds(pid) - cpu
        after, _ = bench.memory(pid)
        heard = sum(readers.heard.values())
        return heard / took, cpu * 1e9 / heard, (after - before) / READERS, \
            READERS * poster.n * VALUES - heard


def hub(cpu):
    return peers.hub(cpu, ring={"connections_per_address": READERS + 10})


def fastapi(cpu):
    return peers.fastapi(cpu, "fastapi_stream")


def rows():
    peers.need_hub()
    results = bench.in_turn(
        TURNS, lambda: told(hub),
        bench.Peer("FastAPI", lambda: told(fastapi), peers.need_fastapi))
    found = [bench.row(what, results, itemgetter(i))
             for i, what in enumerate(ROWS[:3])]
    lost = bench.row(ROWS[3], {"": results[""]}, itemgetter(3))
    return [*found, lost.keeps(max(lost.ours) == 0)]


if __name__ == "__main__":
    bench.main(__name__)
