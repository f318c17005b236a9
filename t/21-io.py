#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What goes in and out of this machine is what others count of it: disks,
interfaces, sockets.  Counters only rise, so what one reads lies between what
the other read before and after."""

import os
import re
import shutil
import socket
import subprocess
import time

import psutil

from harness import (Daemon, die_with_parent, equal, free_port, get, main,
                     skip, test, wait_until)

# sockets: often, to catch a moment in which nobody else opens or closes one
d = Daemon({"interval": "100ms", "plugins": {
    "diskio": {"include": ["*"]}, "network": {"include": ["*"]},
    "sockets": {"interval": "20ms"}}})


def fields(pattern):
    """instance -> field -> value"""
    return {v.get("instance"): {f["name"]: f["value"] for f in v["fields"]}
            for v in d.values(pattern)}


def bracketed(label, ask):
    """What the plugin has read between two times that ask() was called, and
    what that returned."""
    before, begun = ask(), time.time()
    wait_until(lambda: d.values(label) and all(
        v["time"] > begun for v in d.values(label)))
    values = fields(label)
    return before, values, ask()


def between(before, value, after, what, slack=0):
    assert before - slack <= value <= after + slack, \
        f"{what} is {value}, not within {before} and {after}"


@test("disks are those of psutil, with its counters")
def _():
    before, disks, after = bracketed(
        "diskio", lambda: psutil.disk_io_counters(perdisk=True, nowrap=False))
    # psutil leaves out what it knows as another's partition only
    assert set(disks) <= set(after) | set(os.listdir("/sys/block")), disks
    assert set(os.listdir("/sys/block")) <= \
        {name.replace("/", "!") for name in disks}, disks
    for name, v in disks.items():
        if name not in before or name not in after:
            continue
        a, b = before[name], after[name]
        for field, told in (("read_ops", "read_count"),
                            ("write_ops", "write_count"),
                            ("read_bytes", "read_bytes"),
                            ("write_bytes", "write_bytes")):
            between(getattr(a, told), v[field], getattr(b, told),
                    f"{name}.{field}")
        if "read_time" in v:  # in ms there
            between(a.read_time / 1000, v["read_time"], b.read_time / 1000,
                    f"{name}.read_time", 0.001)
            between(a.write_time / 1000, v["write_time"],
                    b.write_time / 1000, f"{name}.write_time", 0.001)


@test("by default whole disks are shown, and nothing that is none")
def _():
    plain = Daemon({"plugins": {"diskio": None}})
    wait_until(lambda: plain.values("diskio"))
    shown = {v["instance"] for v in plain.values("diskio")}
    whole = set(os.listdir("/sys/block"))
    left_out = {n for n in whole
                if re.match(r"(loop|ram|zram|fd|sr)\d|nvme\d+c", n)}
    equal({n.replace("/", "!") for n in shown}, whole - left_out)


@test("what is written to a disk is counted there")
def _():
    path = os.path.join(d.dir, "written")
    device = os.stat(d.dir).st_dev
    link = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"
    if not os.path.exists(link):
        skip(f"{d.dir} is on no block device")
    name = os.path.basename(os.path.realpath(link))
    if name not in fields("diskio"):
        name = os.path.basename(os.path.dirname(os.path.realpath(link)))
    start = fields("diskio")[name]["write_bytes"]
    with open(path, "wb", 0) as out:
        for _ in range(20):
            out.write(os.urandom(1 << 20))
            os.fsync(out.fileno())
    os.unlink(path)
    wait_until(lambda: fields("diskio")[name]["write_bytes"]
               >= start + (20 << 20))
    shares = d.values(f"diskio[{name}].percent")[0]["fields"]
    assert all(0 <= share["value"] <= 100 for share in shares), shares


@test("interfaces are those of psutil, with its counters")
def _():
    before, links, after = bracketed(
        "network", lambda: psutil.net_io_counters(pernic=True, nowrap=False))
    equal(set(links), set(after))
    for name, v in links.items():
        a, b = before[name], after[name]
        for field, told in (("rx_bytes", "bytes_recv"),
                            ("tx_bytes", "bytes_sent"),
                            ("rx_packets", "packets_recv"),
                            ("tx_packets", "packets_sent"),
                            ("rx_errors", "errin"), ("tx_errors", "errout"),
                            ("rx_dropped", "dropin"),
                            ("tx_dropped", "dropout")):
            between(getattr(a, told), v[field], getattr(b, told),
                    f"{name}.{field}")


@test("an interface is up and as fast as psutil says")
def _():
    stats = psutil.net_if_stats()
    for name, v in fields("network").items():
        equal(v["up"], float(stats[name].isup), f"{name}.up")
        if stats[name].speed:
            equal(v["speed"], stats[name].speed * 125000, f"{name}.speed")
        else:
            assert "speed" not in v, v
        with open(f"/sys/class/net/{name}/carrier_changes") as changes:
            equal(v["carrier_changes"], int(changes.read()),
                  f"{name}.carrier_changes")


@test("what goes over the loopback is counted there")
def _():
    start = fields("network")["lo"]["rx_bytes"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        for _ in range(100):
            s.sendto(b"x" * 1000, s.getsockname())
            s.recv(2000)
    wait_until(lambda: fields("network")["lo"]["rx_bytes"] >= start + 100000)


@test("without rtnetlink the text has the same counters")
def _():
    other = Daemon({"plugins": {"network": {"include": ["*"]}}}, start=False)
    with open("/proc/net/dev") as dev:
        other.file("proc/net/dev", dev.read())
    other.configure({"proc": other.path("proc"), "interval": "100ms",
                     "plugins": {"network": {"include": ["*"]}}})
    other.start()
    wait_until(lambda: other.values("network"))
    text = {v["instance"]: {f["name"]: f["value"] for f in v["fields"]}
            for v in other.values("network")}
    _, now, _ = bracketed("network", lambda: None)
    equal(set(text), set(now))
    for name, v in text.items():
        equal(v["up"], now[name]["up"], f"{name}.up")
        for field in ("rx_bytes", "tx_bytes", "rx_errors", "rx_multicast",
                      "tx_dropped", "carrier_changes"):
            between(0, v[field], now[name][field], f"{name}.{field}")


class Connections:
    """Sockets in states that do not pass by themselves."""

    def __enter__(self):
        self.kept = []
        for family, address in ((socket.AF_INET, "127.0.0.1"),
                                (socket.AF_INET6, "::1")):
            try:
                listener = socket.create_server((address, 0), family=family)
            except OSError:
                continue  # without IPv6
            self.kept.append(listener)
            for shut in (False, True):
                near_end = socket.create_connection(
                    listener.getsockname()[:2])
                self.kept += [near_end, listener.accept()[0]]
                if shut:
                    near_end.shutdown(socket.SHUT_WR)
        return self

    def __exit__(self, *_):
        for s in self.kept:
            s.close()


def states():
    """What /proc/net/tcp and tcp6 list, by state."""
    names = {"01": "established", "02": "syn_sent", "03": "syn_recv",
             "04": "fin_wait1", "05": "fin_wait2", "06": "time_wait",
             "08": "close_wait", "09": "last_ack", "0A": "listen",
             "0B": "closing"}
    count = dict.fromkeys(names.values(), 0)
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not os.path.exists(path):
            continue
        with open(path) as file:
            for line in file.readlines()[1:]:
                state = names.get(line.split()[3])
                if state:
                    count[state] += 1
    return count


@test("TCP sockets by state are those that the kernel lists")
def _():
    with Connections():
        def same():
            before, found, after = bracketed("sockets", states)
            for state in ("established", "fin_wait2", "close_wait", "listen"):
                if not before[state] == after[state] == \
                        found[None]["tcp_" + state]:
                    return None
            return before
        told = wait_until(same, what="the same number of sockets")
        assert told["listen"] and told["close_wait"] and told["fin_wait2"]


@test("what is sent by UDP, and what a program does not take, is counted")
def _():
    before = fields("sockets")[None]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        s.bind(("127.0.0.1", 0))
        for _ in range(100):
            s.sendto(b"x" * 1000, s.getsockname())
        wait_until(lambda: fields("sockets")[None]["udp_out"]
                   >= before["udp_out"] + 100)
    now = fields("sockets")[None]
    lost = now["udp_rcvbuf_errors"] - before["udp_rcvbuf_errors"]
    assert lost > 90, lost  # more, if others lose some as well
    assert now["udp_in_errors"] - before["udp_in_errors"] >= lost


# --- node_exporter -----------------------------------------------------------

class Exporter:
    """prometheus-node-exporter, asked for what concerns us."""

    def __enter__(self):
        program = shutil.which("prometheus-node-exporter")
        if program is None:
            skip("prometheus-node-exporter is not installed")
        self.port = free_port()
        self.process = subprocess.Popen(
            [program, f"--web.listen-address=127.0.0.1:{self.port}",
             "--collector.disable-defaults", "--collector.diskstats",
             "--collector.netdev", "--collector.netclass",
             "--collector.sockstat", "--collector.netstat"],
            stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        wait_until(self.answers, what="node_exporter")
        return self

    def answers(self):
        try:
            return self.ask()
        except OSError:
            return None

    def ask(self):
        """metric -> label -> number"""
        told = {}
        for line in get(self.port, "/metrics").body.decode().splitlines():
            found = re.fullmatch(
                r'node_(\w+)(?:\{device="([^"]*)"\})? (\S+)', line)
            if found:
                metric, label, number = found.groups()
                told.setdefault(metric, {})[label] = float(number)
        return told

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


DISK = {"read_bytes": "disk_read_bytes_total",
        "read_ops": "disk_reads_completed_total",
        "read_time": "disk_read_time_seconds_total",
        "write_bytes": "disk_written_bytes_total",
        "write_ops": "disk_writes_completed_total",
        "write_time": "disk_write_time_seconds_total",
        "discard_ops": "disk_discards_completed_total",
        "discard_time": "disk_discard_time_seconds_total",
        "flush_ops": "disk_flush_requests_total",
        "flush_time": "disk_flush_requests_time_seconds_total"}
NETWORK = {"rx_bytes": "network_receive_bytes_total",
           "rx_packets": "network_receive_packets_total",
           "rx_errors": "network_receive_errs_total",
           "rx_dropped": "network_receive_drop_total",
           "rx_multicast": "network_receive_multicast_total",
           "tx_bytes": "network_transmit_bytes_total",
           "tx_packets": "network_transmit_packets_total",
           "tx_errors": "network_transmit_errs_total",
           "tx_dropped": "network_transmit_drop_total",
           "carrier_changes": "network_carrier_changes_total"}
SOCKETS = {"tcp_active_opens": "netstat_Tcp_ActiveOpens",
           "tcp_passive_opens": "netstat_Tcp_PassiveOpens",
           "tcp_in_segments": "netstat_Tcp_InSegs",
           "tcp_out_segments": "netstat_Tcp_OutSegs",
           "tcp_retransmits": "netstat_Tcp_RetransSegs",
           "tcp_in_errors": "netstat_Tcp_InErrs",
           "tcp_out_resets": "netstat_Tcp_OutRsts",
           "tcp_listen_overflows": "netstat_TcpExt_ListenOverflows",
           "tcp_listen_drops": "netstat_TcpExt_ListenDrops",
           "tcp_syncookies_sent": "netstat_TcpExt_SyncookiesSent",
           "udp_in": "netstat_Udp_InDatagrams",
           "udp_out": "netstat_Udp_OutDatagrams",
           "udp_no_ports": "netstat_Udp_NoPorts",
           "udp_in_errors": "netstat_Udp_InErrors",
           "udp_rcvbuf_errors": "netstat_Udp_RcvbufErrors",
           "udp6_in": "netstat_Udp6_InDatagrams",
           "udp6_in_errors": "netstat_Udp6_InErrors"}


def compare(label, names, ask):
    """How many numbers were compared."""
    before, values, after = bracketed(label, ask)
    compared = 0
    for instance, v in values.items():
        for field, metric in names.items():
            if field not in v or instance not in after.get(metric, {}):
                continue
            # the text that it is told in has 17 digits, time has ms
            between(before[metric][instance], v[field],
                    after[metric][instance], f"{label}[{instance}].{field}",
                    0.001 if field.endswith("_time") else 0)
            compared += 1
    return compared


@test("counters are those of node_exporter")
def _():
    with Exporter() as exporter:
        assert compare("network", NETWORK, exporter.ask) >= len(NETWORK)
        assert compare("sockets", SOCKETS, exporter.ask) >= len(SOCKETS) - 2
        compare("diskio", DISK, exporter.ask)
        told = exporter.ask()
        disks = set(told.get("disk_reads_completed_total", {}))
        assert disks <= set(fields("diskio")), disks


main()
