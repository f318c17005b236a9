# SPDX-License-Identifier: MIT
"""From the start of the program to the first values of memory and disk, as a
client of its socket sees them, and from SIGTERM to the end, with a writer
whose peer is well."""

import http.server
import socket
import threading
import time
from operator import itemgetter

import bench
import peers
from bench import What, harness

TURNS = 10
ROWS = [What("start to first values", "ms", "<= 50"),
        What("SIGTERM to exit", "ms", "<= 1000")]


class Sink(http.server.BaseHTTPRequestHandler):
    """Takes whatever is posted."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def until(there):
    """Until it says so; it may fail while nobody listens yet."""
    deadline = time.monotonic() + harness.PATIENCE
    while time.monotonic() < deadline:
        try:
            if there():
                return
        except OSError:
            pass
        time.sleep(0.0005)
    raise AssertionError("there are no values")


def milliseconds(begun):
    return (time.monotonic() - begun) * 1000


def fettled(url):
    d = harness.Daemon({"plugins": {
        "memory": None, "disk": None, "http_ingest": {
            "url": url, "token_file": "token"}}},
        files={"token": "a-token-of-some-length\n"}, start=False)
    begun = time.monotonic()
    d.start(ready=False)
    until(lambda: d.values("memory") and d.values("disk[*]"))
    started = milliseconds(begun)
    # what it has is on its way when it is told to end
    ended = bench.seconds_to_end(d.pid) * 1000
    d.wait()
    wrong = d.end()
    assert not wrong, wrong
    return started, ended


def listed(path):
    """The names that collectd has values of."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(b"LISTVAL\n")
        with s.makefile("rb") as answer:
            n = int(answer.readline().split()[0])
            return b" ".join(answer.readline() for _ in range(n))


def collectd():
    with bench.directory() as path:
        command = peers.collectd_command(path, f"""\
LoadPlugin memory
LoadPlugin df
LoadPlugin unixsock
<Plugin unixsock>
SocketFile "{path}/socket"
</Plugin>
""")

        def there():
            names = listed(f"{path}/socket")
            return b"/memory/" in names and b"/df-" in names
        begun = time.monotonic()
        with bench.running(command, path) as process:
            until(there)
            started = milliseconds(begun)
            ended = bench.seconds_to_end(process.pid) * 1000
            return started, ended


def rows():
    bench.need_plugin("http_ingest")
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{sink.server_port}/ingest"
    results = bench.in_turn(
        TURNS, lambda: fettled(url),
        bench.Peer("collectd", collectd, peers.need_collectd))
    sink.shutdown()
    sink.server_close()
    began = bench.row(ROWS[0], results, itemgetter(0))
    ended = bench.row(ROWS[1], results, itemgetter(1))
    return [began.keeps(began.ours.median <= 50),
            ended.keeps(ended.ours.median <= 1000)]


if __name__ == "__main__":
    bench.main(__name__)
