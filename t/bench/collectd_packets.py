# SPDX-License-Identifier: MIT
"""How many packets of collectd are taken in, by processor time of the daemon:
as they come, and signed.  The sender waits until the kernel holds none."""

import hashlib
import hmac
import socket
import struct
import time

import bench
import harness
from bench import What

TURNS = 3
HOSTS = 100
VALUES = 32  # in a packet of some 1400 bytes
ROUNDS = 200
BURST = 20   # that the kernel surely holds
ROWS = [What("collectd, 32 values a packet", "packets/s a core", ""),
        What("collectd, the same signed", "packets/s a core", "")]


def text(kind, value):
    value = value.encode() + b"\0"
    return struct.pack(">HH", kind, 4 + len(value)) + value


def packet(host, at):
    data = text(0, f"web-{host}") + struct.pack(
        ">HHQHHQ", 8, 12, int(at * 2**30), 9, 12, 10 << 30)
    data += text(2, "cpu")
    for i in range(VALUES):
        if i % 8 == 0:
            data += text(3, str(i // 8)) + text(4, "percent")
        data += text(5, f"state{i % 8}") + struct.pack(">HHHB", 6, 15, 1, 1) \
            + struct.pack("<d", i)
    return data


def sign(data):
    seal = hmac.new(b"secret", b"joe" + data, hashlib.sha256).digest()
    return struct.pack(">HH", 0x200, 39) + seal + b"joe" + data


def waiting(port):
    """Bytes that the kernel holds for the port."""
    with open("/proc/net/udp") as table:
        for line in table:
            if f":{port:04X} " in line:
                return int(line.split()[4].split(":")[1], 16)
    raise AssertionError(f"nobody listens on {port}")


def packets_a_core(seal):
    port = harness.free_port()
    now = int(time.time()) - 10 * ROUNDS
    config = {"interval": "1s", "plugins": {"collectd": {
        "listen": f"127.0.0.1:{port}", "auth_file": "users"}}}
    with bench.fettled(config, files={"users": "joe: secret\n"}) as d, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        before = bench.cpu_seconds(d.pid)
        for i in range(ROUNDS):
            each = [seal(packet(h, now + 10 * i)) for h in range(HOSTS)]
            for at in range(0, HOSTS, BURST):
                for data in each[at:at + BURST]:
                    s.send(data)
                while waiting(port):
                    pass
        harness.wait_until(
            lambda: d.value("collectd.packets") == ROUNDS * HOSTS)
        assert d.value("collectd.unauthorised") == 0
        assert d.value("collectd.malformed") == 0
        return ROUNDS * HOSTS / (bench.cpu_seconds(d.pid) - before)


def rows():
    return [bench.row(ROWS[0], bench.in_turn(
                TURNS, lambda: packets_a_core(lambda data: data))),
            bench.row(ROWS[1], bench.in_turn(
                TURNS, lambda: packets_a_core(sign)))]


if __name__ == "__main__":
    bench.main(__name__)
