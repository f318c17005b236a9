# SPDX-License-Identifier: MIT
"""Pretended machines for pictures of the dashboard: what each of them measures
at a time, as http_ingest would send it.  All of it comes from the names of the
machines and the time, so the same moment looks the same again."""

import math
import zlib

STEP = 10  # seconds between readings
GIB = 1 << 30
HOUR = 3600
BUSY = {"user": 0.65, "nice": 0.01, "system": 0.26, "irq": 0.01,
        "softirq": 0.07}  # parts of what a processor does
STATES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq",
          "steal", "guest", "guest_nice")


def chance(*of):
    """From 0 to 1, always the same for the same."""
    return zlib.crc32(repr(of).encode()) * 2654435761 % 2**32 / 2**32


def wave(name, time, period):
    """What goes up and down between 0 and 1, in about that many seconds."""
    at = time / period
    turn = at - math.floor(at)
    turn *= turn * (3 - 2 * turn)
    left, right = (chance(name, math.floor(at) + i) for i in (0, 1))
    return left + (right - left) * turn


class Machine:
    """role: tag; cores; memory: GiB; base, swing: percent of its processors;
    disks: mount -> (GiB, percent full now, percent more in an hour); busy:
    (seconds ago, percent) since when it has much to do; silent: seconds since
    when it sends nothing."""

    def __init__(self, name, role, cores, memory, base, swing, disks,
                 traffic=1e6, busy=None, silent=0):
        self.name, self.tags = name, {"role": role, "site": "fra1"}
        self.cores, self.memory = cores, memory * GIB
        self.base, self.swing, self.busy = base, swing, busy
        self.disks, self.traffic, self.silent = disks, traffic, silent
        self.up = 3 * 86400 + chance(name, "up") * 60 * 86400
        self.counted = {}

    def load(self, time, now):
        """Percent of all its processors."""
        p = self.base + self.swing * wave(self.name, time, 1500) ** 2
        p += 0.3 * self.swing * wave(self.name + "b", time, 140)
        p += 2 * chance(self.name, time)
        if self.busy and time > now - self.busy[0]:
            rise = min(1, (time - now + self.busy[0]) / 90)
            p += (self.busy[1] - p) * rise * \
                (0.9 + 0.1 * wave(self.name, time, 45))
        return min(p, 99.5)

    def count(self, name, rate):
        """A counter that has gone on for a step at a rate."""
        start = chance(self.name, name) * 1e11
        self.counted[name] = self.counted.get(name, start) + rate * STEP
        return int(self.counted[name])

    def cpu(self, stamp, busy, core=None):
        wait = 1.5 * wave(f"{self.name} wait", stamp, 200)
        busy = min(busy, 100 - wait)
        states = {name: busy * part for name, part in BUSY.items()}
        states.update(iowait=wait, idle=100 - wait - busy)
        return [core, stamp, busy, *(states.get(name, 0) for name in STATES)]

    def cores_at(self, stamp, busy):
        for core in range(self.cores):
            lean = 0.5 + wave(f"{self.name} {core}", stamp, 170)
            yield self.cpu(stamp, min(busy * lean, 99), str(core))

    def memory_at(self, stamp):
        part = 0.22 + 0.4 * chance(self.name, "memory") + \
            0.06 * wave(self.name + "m", stamp, 2400)
        other, slab, buffers = (int(self.memory * p) for p in
                                (part, 0.03, 0.01))
        cached = int(self.memory * (0.18 + 0.08 * wave(
            self.name + "c", stamp, 3000)))
        free = self.memory - other - slab - buffers - cached
        used = other + slab // 2
        return [None, stamp, self.memory, used, free, self.memory - used,
                buffers, cached, slab, other, 100 * used / self.memory]

    def disks_at(self, stamp, now):
        for mount, (size, percent, rise) in self.disks.items():
            percent += rise * (stamp - now) / HOUR
            total = size * GIB
            used = int(total * percent / 100)
            yield [mount, stamp, total, used, total - used, percent]

    def devices_at(self, stamp, busy):
        for name in ("nvme0n1",):
            read = 4e5 + 9e6 * wave(name + self.name, stamp, 240) ** 3
            write = 8e5 + 1e5 * busy
            yield [name, stamp, min(99, busy * 0.6),
                   self.count("read", read), self.count("write", write),
                   self.count("reads", read / 32e3),
                   self.count("writes", write / 16e3),
                   4e-4 + busy * 3e-5]

    def links_at(self, stamp, busy):
        rate = self.traffic * (0.3 + busy / 30)
        for name, part in (("eth0", 1), ("lo", 0.04)):
            rx = part * rate * (0.6 + 0.5 * wave(f"{self.name} rx", stamp, 60))
            tx = part * rate * (0.3 + 0.4 * wave(f"{self.name} tx", stamp, 70))
            yield [name, stamp, self.count(name + "rx", rx),
                   self.count(name + "tx", tx),
                   self.count(name + "rxp", rx / 900),
                   self.count(name + "txp", tx / 900), 0, 0, 1]

    def load_at(self, stamp, now):
        def mean(back):
            return sum(self.load(stamp - i * back, now) for i in
                       range(6)) / 600 * self.cores
        return [None, stamp, *(round(mean(b), 2) for b in (10, 50, 150)),
                120 + 40 * self.cores]

    def rows(self, stamp, now):
        """Plugin -> rows of one reading."""
        busy = self.load(stamp, now)
        return {"cpu": [self.cpu(stamp, busy), *self.cores_at(stamp, busy)],
                "memory": [self.memory_at(stamp)],
                "disk": [*self.disks_at(stamp, now)],
                "diskio": [*self.devices_at(stamp, busy)],
                "network": [*self.links_at(stamp, busy)],
                "load": [self.load_at(stamp, now)],
                "uptime": [[None, stamp, self.up + stamp - now]]}


def gauges(unit, *names):
    return [[n, "gauge", unit] for n in names]


def counters(unit, *names):
    return [[n, "counter", unit] for n in names]


FIELDS = {
    "cpu": ("core", gauges("percent", "percent", *STATES)),
    "memory": (None, gauges("bytes", "total", "used", "free", "available",
                            "buffers", "cached", "slab", "other") +
               gauges("percent", "percent")),
    "disk": ("mount", gauges("bytes", "total", "used", "free") +
             gauges("percent", "percent")),
    "diskio": ("device", gauges("percent", "percent") +
               counters("bytes", "read_bytes", "write_bytes") +
               counters("", "read_ops", "write_ops") +
               gauges("seconds", "wait")),
    "network": ("interface", counters("bytes", "rx_bytes", "tx_bytes") +
                counters("", "rx_packets", "tx_packets", "rx_errors",
                         "tx_errors") + gauges("", "up")),
    "load": (None, gauges("", "1m", "5m", "15m", "tasks")),
    "uptime": (None, gauges("seconds", "uptime")),
}


class Sender:
    """What an agent sends of a machine; each batch goes on where the one
    before ended."""

    def __init__(self, machine):
        self.machine = machine
        self.queue = f"{zlib.crc32(machine.name.encode()):032x}"
        self.seq = 1

    def batch(self, stamps, now):
        """A body for /ingest; None where the machine is silent."""
        m = self.machine
        stamps = [s for s in stamps if s <= now - m.silent]
        if not stamps:
            return None
        rows = {plugin: [] for plugin in FIELDS}
        for stamp in stamps:
            for plugin, some in m.rows(stamp, now).items():
                rows[plugin] += some
        body = {"v": 1, "queue": self.queue, "seq": self.seq,
                "host": m.name, "tags": m.tags, "interval": STEP,
                "sent": stamps[-1] + 0.2,
                "plugins": [{"plugin": plugin, "rows": rows[plugin],
                             **({"instance_name": name} if name else {}),
                             "fields": fields}
                            for plugin, (name, fields) in FIELDS.items()]}
        self.seq += sum(map(len, rows.values()))
        return body


def machines():
    system = {"/": (40, 31.4, 0.02)}
    webs = [Machine(f"web-{i}", "web", 4, 8, 8 + 3 * i, 22,
                    {"/": (40, 28 + 3 * i, 0.02)}, traffic=2.4e6)
            for i in (1, 2, 3)]
    return [
        *webs,
        Machine("web-4", "web", 4, 8, 14, 20, system, traffic=5e6,
                busy=(27 * 60, 93)),
        Machine("db-1", "database", 16, 64, 9, 12,
                {"/": (40, 44.1, 0), "/var/lib/postgresql":
                 (900, 71.3, 0.05)}, traffic=9e6),
        Machine("db-2", "database", 16, 64, 12, 14,
                {"/": (40, 45.7, 0), "/var/lib/postgresql":
                 (900, 95.4, 2.4)}, traffic=7e6),
        Machine("build-1", "build", 32, 128, 4, 88,
                {"/": (80, 52.0, 0), "/srv/cache": (1800, 63.4, 0.4)},
                traffic=1.2e6),
        Machine("cache-1", "cache", 8, 32, 6, 9, system, traffic=2.2e7),
        Machine("mail-1", "mail", 2, 4, 3, 10,
                {"/": (40, 57.2, 0.01)}, traffic=2e5),
        Machine("backup-1", "backup", 4, 16, 3, 30,
                {"/": (40, 22.9, 0), "/srv/backup": (7200, 78.6, 0.1)},
                traffic=3e6, silent=11 * 60),
    ]
