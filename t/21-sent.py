#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What programs send to the plugins that wait for it."""

import os
import signal
import socket
import tempfile

from harness import Daemon, equal, free_port, main, run, test, wait_until


def statsd(**more):
    port = free_port()
    d = Daemon({"hostname": "web-1", "interval": "50ms", "plugins": {
        "statsd": {"listen": f"127.0.0.1:{port}", **more}}})
    return d, port


def send_udp(port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(text, ("127.0.0.1", port))


@test("what is told by statsd is values under its name and tags")
def _():
    d, port = statsd()
    send_udp(port, b"page.views:3|c|@0.5|#country:de,app:shop\n"
                   b"queue.length:17|g\nrender:12:20|ms")
    wait_until(lambda: d.value("statsd[render].count") == 2)
    equal(d.value("statsd[page.views]{country=de}.count"), 6)
    equal(d.value("statsd[queue.length].value"), 17)
    send_udp(port, b"queue.length:+3|g")
    wait_until(lambda: d.value("statsd[queue.length].value") == 20)
    equal(d.value("statsd.malformed"), 0)


@test("a unix socket takes the same, from any user, and is gone at the end")
def _():
    d = Daemon({"interval": "50ms", "plugins": {}}, start=False)
    path = d.path("statsd.sock")
    d.configure({"interval": "50ms", "plugins": {
        "statsd": {"listen": [], "socket": path}}})
    d.start()
    equal(os.stat(path).st_mode & 0o777, 0o666)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(b"hits:1|c", path)
    wait_until(lambda: d.value("statsd[hits].count") == 1)
    d.stop()
    assert not os.path.exists(path)


@test("hostile names are told apart and harm nobody")
def _():
    d, port = statsd(series=100)
    send_udp(port, b"\xff\x1b[31m\xe2\x80\xae:1|c\na\\b:1|c\na]b.c{d}:1|c\n"
                   + b"x" * 255 + b":1|c\n" + b"y" * 256 + b":1|c\n")
    wait_until(lambda: d.value("statsd.lines") == 5)
    equal(d.value("statsd.malformed"), 1)
    names = {v["instance"] for v in d.values("statsd[*]")}
    equal(len(names), 4)
    assert all(c >= " " and c != "\x7f" for n in names for c in n), names
    for i in range(200):
        send_udp(port, b"n%d:1|c" % i)
    wait_until(lambda: d.value("statsd.lines") == 205)
    equal(d.value("statsd.series"), 100)
    equal(d.value("statsd.dropped"), 104)
    d.log_wait("100 names are known: no new ones are taken")


@test("a burst loses nothing that the kernel could hold")
def _():
    d, port = statsd()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(200):
            s.sendto(b"hits:1|c\n" * 20, ("127.0.0.1", port))
    wait_until(lambda: d.value("statsd[hits].count") == 4000)


# --- exec --------------------------------------------------------------------

ROOT = os.geteuid() == 0


def program(script, **more):
    options = {"plugin": "exec", "shell": script, **more}
    if ROOT:
        options.setdefault("user", "nobody")
    return Daemon({"hostname": "web-1", "interval": "100ms",
                   "plugins": {"prog": options}})


def is_there(pid):
    """Whether the process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@test("what a program prints each interval is values, in three languages")
def _():
    d = program("""
        echo "PUTVAL $COLLECTD_HOSTNAME/thermo-cellar/temperature N:12.5"
        echo "putval $COLLECTD_HOSTNAME/thermo-cellar/humidity interval=1 N:50"
        echo "PUTVAL $COLLECTD_HOSTNAME/thermo-attic/gauge 1:2 1:3"
        echo 'weather,city=Bonn wind=3i,rain=0.5'
        echo '{"plugin": "shop", "values": {"carts": 3},'\
            '"counters": {"sold": 17}}'
        echo 'this is nothing'
        echo 'PUTNOTIF severity=warning message="it is damp"'
        echo 'PUTNOTIF severity=OKAY message="it is dry"'
        echo 'and this is trouble' >&2
        """)
    wait_until(lambda: d.value("thermo[cellar].temperature") == 12.5)
    equal(d.value("thermo[cellar].humidity"), 50)
    equal(d.value("weather{city=Bonn}.wind"), 3)
    equal(d.value("weather{city=Bonn}.rain"), 0.5)
    equal(d.value("shop.carts"), 3)
    equal(d.value("shop.sold"), 17)
    wait_until(lambda: (d.value("exec[prog].malformed") or 0) >= 2)
    equal(d.value("exec[prog].failures"), 0)
    wait_until(lambda: (d.value("exec[prog].dropped") or 0) >= 1)
    d.log_wait("warning .*it is damp")
    d.log_wait("notice .*it is dry")
    d.log_wait("it says: and this is trouble")


@test("each of several programs has numbers of its own")
def _():
    own = {"plugin": "exec", "run": "keep"}
    if ROOT:
        own["user"] = "nobody"
    d = Daemon({"hostname": "web-1", "interval": "100ms", "plugins": {
        "calm": {**own, "shell": "echo 'a x=1'; exec sleep 1000"},
        "loud": {**own, "shell": "printf '%s\\n' x y z; exec sleep 1000"}}})
    wait_until(lambda: d.value("exec[loud].malformed") == 3)
    wait_until(lambda: d.value("exec[calm].lists") == 1)
    equal(d.value("exec[calm].malformed"), 0)
    equal(d.value("exec[loud].lists"), 0)


@test("a program that is kept posts when it prints, and is ended with us")
def _():
    d = program("""
        echo "{\\"values\\": {\\"pid\\": $$$$, \\"uid\\": $(id -u)}}"
        exec sleep 1000
        """, run="keep")
    pid = int(wait_until(lambda: d.value("prog.pid")))
    assert is_there(pid)
    equal(d.value("prog.uid") == 0, False)
    wait_until(lambda: d.value("exec[prog].up") == 1)
    d.stop()
    assert not is_there(pid)


@test("one that dies is started again, after a while, with what it left gone")
def _():
    d = program("""
        sleep 1000 &
        echo "{\\"values\\": {\\"child\\": $!, \\"pid\\": $$$$}}"
        sleep 1000
        """, run="keep")
    child = int(wait_until(lambda: d.value("prog.child")))
    pid = int(d.value("prog.pid"))
    if ROOT:
        os.kill(pid, signal.SIGKILL)
    else:
        run("kill", "-9", str(pid), check=0)
    wait_until(lambda: not is_there(child))
    wait_until(lambda: d.value("prog.pid") != pid)
    wait_until(lambda: d.value("exec[prog].runs") == 2)
    d.log_wait("the program was ended by signal 9")


@test("one that fails each time is said to once, and so is that it does not")
def _():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        d = program(f"test -e {folder}/well || "
                    "{ echo one >&2; echo two >&2; exit 3; }")
        wait_until(lambda: (d.value("exec[prog].failures") or 0) >= 3)
        open(f"{folder}/well", "w").close()
        d.log_wait("the program runs well again")
        seen = []
        for _ in range(2):
            runs = d.value("exec[prog].runs")
            wait_until(lambda: d.value("exec[prog].runs") > runs + 2)
            seen.append(d.value("exec[prog].failures"))
        equal(seen[0], seen[1])
        d.stop()
        for text in "says: one", "says: two", "the program ended with 3":
            equal(sum(text in line for line in d.stderr.all), 1)


@test("one that floods, hangs or falls silent is ended and said to be")
def _():
    d = program("yes 'a x=1'", run="keep", lines=1000)
    d.log_wait("prints too many lines and was ended")
    d.stop()
    d = program("yes trouble >&2", run="keep", lines=1000)
    d.log_wait("prints too many lines and was ended")
    d.stop()
    assert sum("it says: trouble" in line for line in d.stderr.all) % 10 == 0
    d.log_wait("it says more, which is left out")
    d = program("head -c 100000 /dev/zero | tr '\\0' x", bytes="20KiB")
    d.log_wait("prints too much and was ended")
    wait_until(lambda: (d.value("exec[prog].too_long") or 0) > 0)
    d.stop()
    d = program("sleep 1000", limit="200ms")
    d.log_wait("takes too long and was ended")
    d.stop()
    d = program("echo 'a x=1'; sleep 1000", run="keep", silence="300ms")
    d.log_wait("is silent and was ended")
    wait_until(lambda: d.value("exec[prog].runs") >= 2)
    equal(d.value("a.x"), 1)


@test("what collides with the declaration of a plugin is refused and counted")
def _():
    d = Daemon({"hostname": "web-1", "interval": "100ms", "plugins": {
        "memory": None,
        "prog": {"plugin": "exec", "shell":
                 "echo '{\"plugin\": \"memory\", \"values\": "
                 "{\"total\": 1}}'", **({"user": "nobody"} if ROOT else {})}}})
    wait_until(lambda: (d.value("exec[prog].refused") or 0) > 0)
    equal(d.value("exec[prog].lists"), 0)
    assert d.value("memory.total") > 1


main()
