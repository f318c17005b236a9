# SPDX-License-Identifier: MIT
"""The programs that fettle stands beside, each configured to do the same."""

from contextlib import contextmanager

import bench

TYPES = "/usr/share/collectd/types.db"


# --- collectd ----------------------------------------------------------------

def need_collectd():
    bench.need_program("collectd", "collectd-core")


def collectd_reads(mounts):
    """The configuration for what cpu, memory and disk read."""
    points = "".join(f'MountPoint "{m}"\n' for m in mounts)
    return "LoadPlugin cpu\nLoadPlugin memory\nLoadPlugin df\n" \
        f"<Plugin df>\n{points}</Plugin>\n"


def collectd_command(path, config):
    """Writes the configuration; what starts it in the foreground."""
    file = bench.write(path, "collectd.conf", text=f"""\
Hostname "bench"
FQDNLookup false
BaseDir "{path}"
PIDFile "{path}/pid"
TypesDB "{TYPES}"
Interval 1
{config}""")
    return [bench.need_program("collectd", "collectd-core"), "-f", "-C", file]


@contextmanager
def collectd(config):
    with bench.directory() as path, \
            bench.running(collectd_command(path, config), path) as process:
        yield process
