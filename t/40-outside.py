#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A third party's plugins: built outside the tree, by pkg-config alone."""

import json
import os
import shutil
import socket
import subprocess
import threading

from harness import (PLUGIN_DIR, SRCDIR, STAGE, Daemon, equal, free_port, main,
                     test, wait_until)


def build(directory, *more):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C",
           "PKG_CONFIG_PATH": os.path.join(STAGE, "lib", "pkgconfig")}
    done = subprocess.run(["make", "-C", directory, *more], env=env,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def examples(config):
    """A daemon with the example plugins, which is not started."""
    d = Daemon({"plugins": {}}, start=False)
    shutil.copytree(os.path.join(SRCDIR, "contrib", "example-plugin"),
                    d.path("outside"))
    os.chmod(d.path("outside"), 0o755)
    build(d.path("outside"))
    build(d.path("outside"), "install", f"DESTDIR={d.path('root')}")
    # where plugins of the installed daemon lie it finds this by itself
    shutil.copy(os.path.join(PLUGIN_DIR, "store-sqlite.so"),
                d.path("root") + PLUGIN_DIR)
    d.file("readings", "room 21.5\n", 0o644)
    d.configure({"interval": "100ms", "plugin_dir": d.path("root") + PLUGIN_DIR,
                 "plugins": {"readings": {"file": d.path("readings")},
                             **config(d)}})
    return d


@test("the example plugins build with pkg-config, and the daemon runs them")
def _():
    d = examples(lambda d: {"appendfile": {"file": d.path("out")}})
    d.start()
    wait_until(lambda: os.path.exists(d.path("out"))
               and os.path.getsize(d.path("out")) > 0)
    equal(wait_until(lambda: d.value("readings[room].value")), 21.5)
    with open(d.path("out")) as f:
        assert "21.5" in f.read()


@test("the example that sends lines sends them again until they are taken")
def _():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        d = examples(lambda d: {"jsonlines": {
            "port": str(listener.getsockname()[1]), "routes": "readings"}})
        d.start()

        def batch(answer):
            peer = listener.accept()[0]
            with peer, peer.makefile("rw") as lines:
                got = [json.loads(line) for line in lines]
                lines.write(answer(got))
            return got
        first = batch(lambda got: "")
        batch(lambda got: f"{got[-1]['seq'] - 1}\n")
        again = batch(lambda got: f"{got[-1]['seq']}\n")
        equal(again[:len(first)], first)
        equal([line["seq"] for line in again],
              list(range(first[0]["seq"], first[0]["seq"] + len(again))))
        equal(first[0]["values"], {"value": 21.5})
        equal((first[0]["plugin"], first[0]["instance"]),
              ("readings", "room"))
        more = batch(lambda got: f"{got[-1]['seq']}\n")
        equal(more[0]["seq"], again[-1]["seq"] + 1)
        wait_until(lambda: d.instance("jsonlines")["sent"] >= len(again))


class Peer:
    """Takes lines and acknowledges them, from now until the end of the block;
    of what it has acknowledged it knows the numbers, and when measured."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.taken = {}
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def serve(self):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return
            with peer, peer.makefile("rw") as lines:
                got = [json.loads(line) for line in lines]
                for line in got:
                    self.taken[line["queue"], line["seq"]] = line["time_ns"]
                lines.write(f"{got[-1]['seq']}\n")


@test("what it could not send outlives its peer's absence and kill -9")
def _():
    port = free_port()
    d = examples(lambda d: {"jsonlines": {
        "port": str(port), "routes": "readings",
        "spool": {"survive": "crash"}}})
    d.start()

    def waiting():
        return d.asked(do="spool", writer="jsonlines")["spools"][0]
    wait_until(lambda: waiting()["lists"] >= 30)
    kept, oldest = waiting()["lists"], waiting()["oldest"]
    # what has waited for a second is on disk
    wait_until(lambda: waiting()["oldest"] > oldest + 1.5)
    d.kill()
    d.start()
    with Peer(port) as peer:
        wait_until(lambda: waiting()["lists"] == 0 and peer.taken)
        # one queue each life, and in each no number is missing
        for queue in {queue for queue, _ in peer.taken}:
            numbers = sorted(n for q, n in peer.taken if q == queue)
            equal(numbers, list(range(1, len(numbers) + 1)))
        first = min(peer.taken.values())
        assert len([t for t in peer.taken.values()
                    if t < first + 10**8 * kept]) >= kept, peer.taken
        equal(sum(waiting()["dropped"].values()), 0)
        d.stop()


main()
