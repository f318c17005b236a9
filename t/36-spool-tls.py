#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A server whose TLS is not as it should be: row 18 of the faults.  It is told
nothing, the token least of all; what is for it waits, and the log says why."""

import os
import socket
import ssl
import warnings

from harness import equal, main, run, test, wait_until
from sink import Sink
from torture import (PRELOAD, Client, adds_up, healed, out, relay, waiting)

DAY = 86400
warnings.simplefilter("ignore")  # that it is old is what is tried


def certificate(d, name, host="IP:127.0.0.1", days=2):
    """One that is its own authority; its path."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj",
        f"/CN={name}", "-addext", f"subjectAltName={host}", "-keyout",
        d.path(f"{name}.key"), "-out", d.path(name), check=0)
    return d.path(name)


def context(d, name, host="IP:127.0.0.1"):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate(d, name, host), d.path(f"{name}.key"))
    return made


class TlsSink(Sink):
    """context: what it shakes hands with; None: it says nothing.  first: the
    first byte of each connection, which is 22 where that is TLS."""

    context = None

    def __init__(self):
        self.first, self.shaken, self.broken = set(), 0, 0
        super().__init__()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/ingest"

    def serve(self, connection):
        try:
            self.first.add(connection.recv(1, socket.MSG_PEEK))
            if self.context is None:
                connection.settimeout(None)
                while connection.recv(4096):
                    pass
                return
            secure = self.context.wrap_socket(connection, server_side=True)
        except OSError:
            self.broken += 1
            return
        with self.changed:  # which is ended, where all are
            self.shaken += 1
            self.connections.add(secure)
        super().serve(secure)


def made(**more):
    """A sink, and a daemon that trusts the certificate `good'."""
    sink = TlsSink()
    d = relay(sink, start=False, ca_file="", **more)
    good = context(d, "good")
    with open(d.config) as config:
        d.configure(config.read().replace('ca_file: ""',
                                          f"ca_file: {d.path('good')}"))
    return sink, d, good, Client()


def is_told_nothing(sink, d, client, *words):
    """Whoever that is; and the reason is said."""
    client.must(d, 3)
    wait_until(lambda: out(d)["retried"] > 1)
    # a slow machine may have no time for one of the attempts
    wait_until(lambda: any(word in (out(d)["error"] or "") for word in words),
               what=f"{words} in the reason")
    assert sink.first <= {b"\x16", b""}, sink.first
    equal(sink.requests, [])
    assert waiting(d) >= 3
    adds_up(d)


def mends(sink, d, good, client):
    sink.context = good
    healed(d, sink, client)
    assert sink.shaken > 0


@test("18: a certificate of nobody it trusts, or of another, is told nothing")
def _():
    sink, d, good, client = made()
    d.start()
    for name, host in (("stranger", "IP:127.0.0.1"),
                       ("elsewhere", "DNS:elsewhere.example")):
        sink.context = context(d, name, host)
        is_told_nothing(sink, d, client, "certificate")
    mends(sink, d, good, client)


@test("18: one that is trusted but of another host is told nothing")
def _():
    sink, d, good, client = made()
    sink.context = context(d, "other", "DNS:elsewhere.example")
    with open(d.path("good"), "a") as bundle, open(d.path("other")) as other:
        bundle.write(other.read())
    d.start()
    is_told_nothing(sink, d, client, "name", "certificate")
    mends(sink, d, good, client)


@test("18: one that expires while it runs is not trusted any more")
def _():
    sink, d, good, client = made()
    sink.context = good
    off = d.file("off", "0")
    d.env["LD_PRELOAD"] += ":" + os.path.join(PRELOAD, "step.so")
    d.env["STEP"] = off
    d.start()
    client.must(d, 3)
    healed(d, sink, client)
    before = len(sink.requests)
    # the agent's clock alone; what it is posted comes late by that
    client.must(d, 3)
    healed(d, sink, client)
    sink.refuse()
    client.must(d, 3)
    os.rename(d.file("off.new", str(3 * DAY)), off)
    sink.listen()
    wait_until(lambda: "certificate" in (out(d)["error"] or ""))
    equal(len(sink.requests), before + 1)
    os.rename(d.file("off.new", "0"), off)
    mends(sink, d, good, client)


@test("18: TLS older than 1.2 is none")
def _():
    sink, d, good, client = made()
    old = context(d, "old")
    with open(d.path("good"), "a") as bundle, open(d.path("old")) as other:
        bundle.write(other.read())
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    sink.context = old
    d.start()
    is_told_nothing(sink, d, client, "version", "TLS", "SSL", "alert")
    mends(sink, d, good, client)


@test("18: who shakes no hands is given up, and so is who speaks without TLS")
def _():
    sink, d, good, client = made(timeout="1s")
    d.start()
    is_told_nothing(sink, d, client, "time", "Time")
    mends(sink, d, good, client)
    sink.refuse()
    plain = Sink(sink.port)
    client.must(d, 3)
    before = out(d)["retried"]
    wait_until(lambda: out(d)["retried"] > before + 1)
    equal(plain.requests, [])
    plain.refuse()
    sink.listen()
    mends(sink, d, good, client)


main()
