#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A third party's plugins: built outside the tree, by pkg-config alone."""

import json
import os
import shutil
import socket
import subprocess

from harness import (PLUGIN_DIR, SRCDIR, STAGE, Daemon, equal, main, test,
                     wait_until)


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


main()
