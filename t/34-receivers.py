#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mails as a real server gets them, under TLS and with a password, and as
Python's own parser reads them."""

import email
import email.policy
import importlib.util
import logging
import os
import ssl
import subprocess
import tempfile

from harness import BUILDDIR, PATIENCE, equal, free_port, main, run, skip, test

PASSWORD = "canary-77c1"
DELIVERED, RETRY, REFUSED, UNAUTHORISED = 0, 1, 3, 4

for module in ("aiosmtpd",):
    if importlib.util.find_spec(module) is None:
        skip(f"there is no {module}")

from aiosmtpd.controller import Controller  # noqa: E402
from aiosmtpd.smtp import AuthResult  # noqa: E402

logging.disable(logging.WARNING)  # it warns of its own future
directory = tempfile.TemporaryDirectory(prefix="receivers.")


def make_certificate():
    key = os.path.join(directory.name, "key.pem")
    certificate = os.path.join(directory.name, "cert.pem")
    try:
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate, check=0)
    except FileNotFoundError:
        skip("there is no openssl")
    return key, certificate


KEY, CERTIFICATE = make_certificate()
SECRET = os.path.join(directory.name, "password")
with open(os.open(SECRET, os.O_CREAT | os.O_WRONLY, 0o600), "w") as secret:
    secret.write(PASSWORD)


class Mails:
    """What a server has taken; refuse: recipients that it does not."""

    def __init__(self, refuse=()):
        self.refuse = refuse
        self.mails = []
        self.users = []

    async def handle_RCPT(self, _server, session, envelope, address, options):
        if address in self.refuse:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        self.users.append(session.auth_data)
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(
            envelope.content, policy=email.policy.default)))
        return "250 2.0.0 queued as 17"

    def last(self):
        return self.mails[-1][1]


class Server(Controller):
    def __init__(self, mails, tls=True, implicit=False, auth=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        more = {}
        if implicit:
            more["ssl_context"] = context
        self.options = {}
        if tls and not implicit:
            self.options.update(tls_context=context, require_starttls=True)
        if auth:
            self.options.update(authenticator=self.check, auth_required=True)
        super().__init__(mails, hostname="127.0.0.1", port=free_port(),
                         ready_timeout=PATIENCE, **self.options, **more)

    @staticmethod
    def check(_server, _session, _envelope, _mechanism, data):
        if data.password != PASSWORD.encode():
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=data.login.decode())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


def tell(server, options="", title="failure: web-1", text="value: 97 %",
         severity="FAILURE", scheme="smtp", host="localhost",
         to="[a@example.org, b@example.org]", trust=True):
    """The answer, the reason and what was logged."""
    yaml = (f"server: {scheme}://{host}:{server.port}\n"
            f"from: fettle@example.org\nto: {to}\n{options}")
    if trust:
        yaml += f"ca_file: {CERTIFICATE}\n"
    said = subprocess.run(
        [os.path.join(BUILDDIR, "t", "notify_once"), title, text, severity],
        input=yaml, capture_output=True, text=True, check=True,
        timeout=PATIENCE)
    assert PASSWORD not in said.stdout + said.stderr, said
    first, _, log = said.stdout.partition("\n")
    answer, _, reason = first.partition(" ")
    return int(answer), reason, log


WITH_PASSWORD = f"user: me\npassword_file: {SECRET}\n"


@test("a mail comes by STARTTLS, and reads as it was meant")
def _():
    mails = Mails()
    title = "failure: wäb-1 cpu.percent 97 % (limit 90 %) " + "x" * 60
    text = "host: wäb-1\nvalue: 97 %\n.\n<b>& more"
    with Server(mails) as server:
        equal(tell(server, "tls: required\n", title, text),
              (DELIVERED, "mail: 250 2.0.0 queued as 17", ""))
    to, mail = mails.mails[0]
    equal(to, ["a@example.org", "b@example.org"])
    equal(mail.defects, [])
    equal(mail["subject"], title)
    equal(mail["from"], "fettle <fettle@example.org>")
    equal(mail["to"], "a@example.org, b@example.org")
    equal(mail["auto-submitted"], "auto-generated")
    assert mail["date"].datetime is not None
    plain = mail.get_body(("plain",)).get_content().splitlines()
    equal(plain[:-2], [title, ""] + text.splitlines())
    html = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;&amp; more" in html, html


@test("TLS from the first byte on is understood as well")
def _():
    mails = Mails()
    with Server(mails, implicit=True) as server:
        equal(tell(server, scheme="smtps")[0], DELIVERED)
    equal(len(mails.mails), 1)


@test("a password is only shown under TLS, and a wrong one is said to be")
def _():
    mails = Mails()
    with Server(mails, auth=True) as server:
        equal(tell(server, WITH_PASSWORD)[0], DELIVERED)
        equal(mails.users, ["me"])
        answer, reason, _ = tell(server, "tls: required\n")
        equal((answer, reason[:9]), (UNAUTHORISED, "MAIL: 530"))
        with open(SECRET, "w") as file:
            file.write("another")
        answer, reason, _ = tell(server, WITH_PASSWORD)
        equal((answer, reason[:9]), (UNAUTHORISED, "AUTH: 535"))
        with open(SECRET, "w") as file:
            file.write(PASSWORD)
    with Server(mails, tls=False) as server:
        equal(tell(server, WITH_PASSWORD)[:2],
              (UNAUTHORISED, "the server does not offer STARTTLS"))
    equal(len(mails.mails), 1)


@test("a certificate must be trusted and of that name")
def _():
    mails = Mails()
    with Server(mails) as server:
        answer, reason, _ = tell(server, "tls: required\n", trust=False)
        equal(answer, RETRY)
        assert "certificate" in reason, reason
        answer, reason, _ = tell(server, "tls: required\n", host="127.0.0.1")
        equal(answer, RETRY)
        assert "does not match" in reason or "no alternative" in reason, reason
    equal(mails.mails, [])


@test("a recipient who is refused keeps the mail from no other")
def _():
    mails = Mails(refuse=["a@example.org"])
    with Server(mails, tls=False) as server:
        answer, _, log = tell(server)
        equal(answer, DELIVERED)
        assert '"a@example.org" is refused: 550 5.1.1' in log, log
        equal(mails.mails[0][0], ["b@example.org"])
        equal(tell(server, to="a@example.org")[:2],
              (REFUSED, "RCPT: 550 5.1.1 no such user"))


@test("the mails about one incident answer the same one")
def _():
    mails = Mails()
    with Server(mails, tls=False) as server:
        tell(server)
        first = mails.last()
        tell(server, title="resolved", severity="OK")
        second = mails.last()
    assert first["message-id"] != second["message-id"]
    equal(first["references"], second["references"])
    equal(second["in-reply-to"], second["references"])


@test("nobody there is no more than a reason to try again")
def _():
    with Server(Mails(), tls=False) as server:
        pass
    equal(tell(server)[0], RETRY)


main()
