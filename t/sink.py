# SPDX-License-Identifier: MIT
"""A hub that answers as it is told, and remembers what it has taken.

    sink = Sink()
    sink.then(answer(503), reset(), drip())   # to the next three requests
    sink.always = answer(200)                 # to all after them
    sink.always = lambda request: answer(413) if ... else answer(200)

An act answers one request.  It says what comes back, not what is taken: a
batch is taken if the act says so, as answer(200) does and reset(taken=True),
where the answer is lost on the way.  What is taken is judged as a hub does:
lists whose number is not above the highest of their queue were there before.

One thread for each connection; all of them end with the process or with
close().  Nothing here keeps a daemon waiting but what an act is for.
"""

import gzip
import json
import socket
import struct
import threading
import time
from collections import namedtuple

PATIENCE = 120

# One value list: of what, when, which numbers; hashable.
Row = namedtuple("Row", "host plugin instance time values")


class Request(namedtuple("Request", "path headers body at")):
    """One that was read: headers by their names in lower case, the body
    unpacked, when it came (monotonic seconds)."""

    def batch(self):
        """The id of its queue, the number of its first list, its rows."""
        batch = json.loads(self.body)
        return batch["queue"], batch["seq"], rows_of(batch)


def rows_of(batch):
    """The value lists of a batch, in the order of their numbers."""
    rows = []
    for group in batch["plugins"]:
        host = group.get("host", batch.get("host"))
        names = [field[0] for field in group["fields"]]
        for instance, stamp, *values in group["rows"]:
            rows.append(Row(host, group["plugin"], json.dumps(instance),
                            stamp, tuple(zip(names, values))))
    return rows


# --- acts --------------------------------------------------------------------

def head(status, headers, length):
    lines = [f"HTTP/1.1 {status} as told", "Content-Type: application/json"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Act:
    """taken: whether the request counts as taken.  send(connection) answers,
    and returns whether the connection may be used again."""

    def __init__(self, send, taken=False):
        self.send, self.taken = send, taken


def answer(status=200, body=b'{"message": "as told"}', headers=None,
           taken=None):
    """A whole answer."""
    if isinstance(body, str):
        body = body.encode()

    def send(connection):
        connection.sendall(head(status, headers or {}, len(body)) + body)
        return True
    return Act(send, status // 100 == 2 if taken is None else taken)


def hang(taken=False):
    """No answer, until the other side has had enough of it."""
    def send(connection):
        connection.settimeout(None)
        try:
            while connection.recv(65536):
                pass
        except OSError:
            pass
        return False
    return Act(send, taken)


def hang_up(taken=False):
    """No answer: the connection ends in order."""
    return Act(lambda connection: False, taken)


def reset(after=0, taken=False):
    """The connection is reset after so many bytes of a good answer."""
    def send(connection):
        body = b'{"message": "as told"}'
        connection.sendall((head(200, {}, len(body)) + body)[:after])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
        return False
    return Act(send, taken)


def drip(status=200, pause=0.01, taken=None):
    """A whole answer, a byte at a time."""
    def send(connection):
        body = b"{}"
        for byte in head(status, {}, len(body)) + body:
            connection.sendall(bytes([byte]))
            stopped.wait(pause)
        return True
    stopped = threading.Event()
    return Act(send, status // 100 == 2 if taken is None else taken)


def drip_for_ever(taken=False):
    """An answer that goes on, a byte at a time, and never ends."""
    def send(connection):
        connection.sendall(head(200, {}, 1 << 40))
        pause = threading.Event()
        try:
            while True:
                connection.sendall(b" ")
                pause.wait(0.05)
        except OSError:
            return False
    return Act(send, taken)


def lie(length, body=b"{}", taken=False):
    """An answer that says another length than it has, then ends."""
    def send(connection):
        connection.sendall(head(200, {}, length) + body)
        return False
    return Act(send, taken)


def flood(size=10 << 30, taken=True):
    """An answer as large as that."""
    def send(connection):
        connection.sendall(head(200, {}, size))
        part = b" " * (1 << 20)
        try:
            for _ in range(size // len(part)):
                connection.sendall(part)
        except OSError:
            pass
        return False
    return Act(send, taken)


def say(text, taken=False):
    """These bytes, whatever they are, then the end."""
    def send(connection):
        connection.sendall(text)
        return False
    return Act(send, taken)


# --- the server --------------------------------------------------------------

class Refused(Exception):
    """What came is no request."""


class Sink:
    """port: one that nobody has or gets, unless told.  listen: whether to begin at
    once; else the port refuses until listen()."""

    def __init__(self, port=None, listen=True):
        self.always = answer(200)
        self.script = []
        self.requests = []     # all that were read, in order
        self.taken = []        # (queue, number of the first, rows) of those
        self.wrong = []        # what came and was no request
        self.most_at_once = 0  # requests that were under way together
        self.changed = threading.Condition()
        self.under_way = 0
        self.connections = set()
        self.socket = None
        self.place = self.bound(port or 0)  # nobody else gets it meanwhile
        self.port = self.place.getsockname()[1]
        if listen:
            self.listen()

    # what it does

    @staticmethod
    def bound(port):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", port))
        return s

    def listen(self):
        """Takes connections, from now on."""
        server = self.bound(self.port)
        server.listen(64)
        self.socket = server
        threading.Thread(target=self.accept, args=(server,),
                         daemon=True).start()

    def refuse(self):
        """Refuses connections, and ends those that there are."""
        server, self.socket = self.socket, None
        if server:
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        with self.changed:
            connections = list(self.connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    close = refuse

    def then(self, *acts):
        """These to the next requests, after those that were told before."""
        with self.changed:
            self.script += acts

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/ingest"

    def accept(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with self.changed:
                self.connections.add(connection)
            threading.Thread(target=self.serve, args=(connection,),
                             daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                connection.settimeout(PATIENCE)
                connection.setsockopt(
                    socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with connection.makefile("rb") as stream:
                    while self.one(connection, stream):
                        pass
        except OSError:
            pass  # the other side has gone, or this one was told to
        except Refused as reason:
            with self.changed:
                self.wrong.append(str(reason))
        finally:
            with self.changed:
                self.connections.discard(connection)
                self.changed.notify_all()

    def one(self, connection, stream):
        """One request; whether another one may follow."""
        request = self.read(connection, stream)
        if request is None:
            return False
        with self.changed:
            act = self.script.pop(0) if self.script else self.always
            act = act if isinstance(act, Act) else act(request)
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
            self.requests.append(request)
            if act.taken:
                self.take(request)
            self.changed.notify_all()
        try:
            return act.send(connection)
        finally:
            with self.changed:
                self.under_way -= 1

    def read(self, connection, stream):
        line = stream.readline(65536)
        if not line:
            return None
        try:
            method, path, _ = line.decode().split(" ")
        except ValueError:
            raise Refused(repr(line)) from None
        headers = {}
        while (line := stream.readline(65536)) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        if method != "POST" or "content-length" not in headers:
            raise Refused(f"{method} {path} {headers}")
        if headers.get("expect") == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = int(headers["content-length"])
        body = stream.read(length)
        if len(body) < length:
            return None  # it was ended on the way
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return Request(path, headers, body, time.monotonic())

    def take(self, request):
        queue, first, rows = request.batch()
        self.taken.append((queue, first, rows))

    # what it has taken

    def wait(self, found, timeout=PATIENCE, what="what was waited for"):
        """What found() returns once that is true; it is asked again after
        every request."""
        with self.changed:
            result = None

            def look():
                nonlocal result
                result = found()
                return result
            self.changed.wait_for(look, timeout)
        assert result, f"{what} did not come within {timeout} s"
        return result

    def wait_requests(self, n, timeout=PATIENCE):
        self.wait(lambda: len(self.requests) >= n, timeout, f"request {n}")

    def judged(self):
        """As a hub would judge it: (fresh, duplicates, jumps).  fresh: rows in
        the order in which they came, without those that were there before;
        jumps: how many numbers were left out."""
        highest, fresh, duplicates, jumps = {}, [], 0, 0
        with self.changed:
            taken = list(self.taken)
        for queue, first, rows in taken:
            for number, row in enumerate(rows, first):
                before = highest.get(queue, 0)
                if number <= before:
                    duplicates += 1
                    continue
                jumps += number - before - 1
                highest[queue] = number
                fresh.append(row)
        return fresh, duplicates, jumps

    def rows(self):
        """Every row that was taken, once."""
        with self.changed:
            return {row for _, _, rows in self.taken for row in rows}
