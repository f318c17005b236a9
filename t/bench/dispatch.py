# SPDX-License-Identifier: MIT
"""From a reader's batch to a writer that counts: value lists a second and
core, in reads of ten lists.  collectd does the same by a plugin that is built
for it here, with the five threads that write by default and with one.

On one core is what a core can do.  On all of them the same lists cross from
the reader's core to the dispatch thread's, which some machines make dear: that
is a row of its own, by processor time.

Thresholds are in the way of every list once there is one: each rule watches
one series, the other series are only heard; or one watches all of them."""

import json
import os
import shlex

import bench
import peers
from bench import What

TURNS = 3
SECONDS = 1
ROWS = [What("dispatch, 200 000 series", "lists/s on one core", ">= 5M"),
        What("dispatch, 1 million series", "lists/s on one core",
             ">= 0.8 of 200 000"),
        What("dispatch, 200 000 series of 8 values", "lists/s on one core",
             ""),
        What("dispatch, 200 000 series, on all cores", "lists/s a core", ""),
        *(What(name, unit, "") for how in (
            "1 threshold", "100 thresholds", "10 000 thresholds",
            "1 that watches all") for name, unit in (
                (f"dispatch, 20 000 series, {how}", "lists/s on one core"),
                ("the same, what that adds to a list", "ns")))]
HEADERS = "/usr/include/collectd"


def ours(series, fields=1, cpu=bench.CPUS[0], seconds=SECONDS, rules=()):
    said = bench.output(os.path.join(bench.BUILT, "dispatch"), str(series),
                        "10", str(fields), str(seconds), *rules, cpu=cpu)
    return json.loads(said)["lists_a_core_second"]


def need_headers():
    peers.need_collectd()
    if not os.path.exists(HEADERS):
        raise bench.Missing("collectd-dev is not installed")


def build_load(path):
    """The plugin of collectd, into a directory."""
    source = os.path.join(bench.HERE, "collectd_load.c")
    bench.output(*shlex.split(os.environ.get("CC", "cc")), "-O2", "-fPIC",
                 "-shared", "-DHAVE_CONFIG_H", f"-I{HEADERS}",
                 f"-I{HEADERS}/core", f"-I{HEADERS}/core/daemon",
                 "-o", os.path.join(path, "collectd_load.so"), source)


def collectd(threads, cpu=bench.CPUS[0]):
    with bench.directory() as path:
        build_load(path)
        said = bench.output(*peers.collectd_command(path, f"""\
PluginDir "{path}"
WriteThreads {threads}
LoadPlugin collectd_load
<Plugin collectd_load>
Series 200000
Seconds {2 * SECONDS}
</Plugin>
"""), cpu=cpu)
    return float(said.split()[0])


def few_series(*rules):
    return ours(20000, seconds=SECONDS / 2, rules=rules)


def watched(whats, rules):
    without = bench.Peer("no thresholds", few_series)
    said = bench.in_turn(TURNS, lambda: few_series(rules), without)
    more = [1e9 / a - 1e9 / b for a, b in zip(said[""], said[without.name])]
    return [bench.row(whats[0], said), bench.row(whats[1], {"": more})]


def rows():
    few = bench.row(ROWS[0], bench.in_turn(
        TURNS, lambda: ours(200000),
        bench.Peer("collectd", lambda: collectd(5), need_headers),
        bench.Peer("collectd, 1 thread", lambda: collectd(1), need_headers)))
    many = bench.row(ROWS[1], bench.in_turn(
        TURNS, lambda: ours(1000000),
        bench.Peer("200 000", lambda: ours(200000))))
    wide = bench.row(ROWS[2], bench.in_turn(
        TURNS, lambda: ours(200000, 8)))
    spread = bench.row(ROWS[3], bench.in_turn(
        TURNS, lambda: ours(200000, cpu=None),
        bench.Peer("collectd", lambda: collectd(5, None), need_headers)))
    return [few.keeps(few.ours.median >= 5e6),
            many.keeps(many.ratio("200 000") >= 0.8), wide, spread,
            *(row for i, rules in enumerate(("1", "100", "10000", "all"))
              for row in watched(ROWS[4 + 2 * i:], rules))]


if __name__ == "__main__":
    bench.main(__name__)
