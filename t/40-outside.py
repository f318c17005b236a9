#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A third party's plugins: built outside the tree, by pkg-config alone."""

import os
import shutil
import subprocess

from harness import (PLUGIN_DIR, SRCDIR, STAGE, Daemon, equal, main, test,
                     wait_until)


def build(directory, *more):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C",
           "PKG_CONFIG_PATH": os.path.join(STAGE, "lib", "pkgconfig")}
    done = subprocess.run(["make", "-C", directory, *more], env=env,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@test("the example plugins build with pkg-config, and the daemon runs them")
def _():
    d = Daemon({"plugins": {}}, start=False)
    shutil.copytree(os.path.join(SRCDIR, "contrib", "example-plugin"),
                    d.path("outside"))
    os.chmod(d.path("outside"), 0o755)
    build(d.path("outside"))
    build(d.path("outside"), "install", f"DESTDIR={d.path('root')}")
    d.file("readings", "room 21.5\n", 0o644)
    d.configure({"interval": "100ms", "plugin_dir": d.path("root") + PLUGIN_DIR,
                 "plugins": {
                     "readings": {"file": d.path("readings")},
                     "appendfile": {"file": d.path("out")}}})
    d.start()
    wait_until(lambda: os.path.exists(d.path("out"))
               and os.path.getsize(d.path("out")) > 0)
    equal(wait_until(lambda: d.value("readings[room].value")), 21.5)
    with open(d.path("out")) as f:
        assert "21.5" in f.read()


main()
