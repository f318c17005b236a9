#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a hub keeps of what was measured is there again after its end, also
after a death, and a reload leaves it alone."""

import os
import re
import time

from harness import Daemon, equal, free_port, get, main, test, wait_until


def config(port, **more):
    ring = {"listen": f"127.0.0.1:{port}", "open_read": True, **more}
    return {"hostname": "hub", "interval": "100ms", "plugins": {
        "cpu": None, "memory": None, "ringbuffer_http": ring}}


def hub(**more):
    port = free_port()
    d = Daemon(config(port, **more), args=["--strict"])
    d.port = port
    return d


def says(d, name):
    """A number of history among the metrics."""
    body = get(d.port, "/metrics").body.decode()
    found = re.search(rf"^fettle_ringbuffer_http_history_{name} (\d+)$", body,
                      re.MULTILINE)
    return int(found[1]) if found else None


def folder(d):
    return os.path.join(d.path("state"), "ringbuffer_http", "history")


@test("history is there again after the end")
def _():
    d = hub()
    wait_until(lambda: says(d, "samples_total") > 100, what="some numbers")
    series = says(d, "series")
    d.stop()
    day = time.strftime("%Y-%m-%d", time.gmtime())
    assert any(name.startswith(day[:4]) for name in os.listdir(folder(d)))
    d.start()
    assert says(d, "series") >= series
    equal(says(d, "damaged_files_total"), 0)


@test("a death costs no more than what was open, and no file")
def _():
    d = hub()
    wait_until(lambda: says(d, "samples_total") > 100, what="some numbers")
    d.stop()
    before = {name: os.path.getsize(os.path.join(folder(d), name))
              for name in os.listdir(folder(d))}
    d.start()
    wait_until(lambda: says(d, "samples_total") > 100, what="some numbers")
    d.kill()
    for name, size in before.items():
        assert os.path.getsize(os.path.join(folder(d), name)) >= size, name
    d.start()
    assert says(d, "series") > 0
    equal(says(d, "damaged_files_total"), 0)


@test("a reload keeps history, with the memory that it says then")
def _():
    d = hub(memory="3MiB")
    wait_until(lambda: says(d, "samples_total") > 100, what="some numbers")
    equal(says(d, "memory_limit_bytes"), 3 << 20)
    d.reload(config(d.port, memory="2MiB"))
    equal(says(d, "memory_limit_bytes"), 2 << 20)
    assert says(d, "samples_total") > 100
    d.reload(config(d.port, history=False))
    equal(says(d, "series"), None)


main()
