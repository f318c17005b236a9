# SPDX-License-Identifier: MIT
"""What the rows of `make bench' share: figures and the table of them, and
processes that are measured.

A row is a file with ROWS, what it measures, and rows(), which does it; it runs
alone as well.  What is built is found by the environment, as in t/harness.py.
Machines wobble: what is compared is measured in turns, in one run, and each
figure is a median, with the least and the most beside it.
"""

import ctypes
import os
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from contextlib import contextmanager

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import harness  # noqa: E402

BUILT = os.path.join(harness.BUILDDIR, "t", "bench")
PYTHON = "/usr/bin/python3"  # Debian's modules are for this one
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, CLIENT_CPU = CPUS[0], CPUS[-1]
# To see that every row works: what it measures then is worth nothing.
SHORT = bool(os.environ.get("BENCH_SHORT"))


class Missing(Exception):
    """What a figure needs is not there; the text says what."""


def need_plugin(name):
    if not os.path.exists(os.path.join(harness.PLUGIN_DIR, f"{name}.so")):
        raise Missing(f"{name} is not built")


def need_program(name, package):
    """Its path."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if path is None:
        raise Missing(f"{package} is not installed")
    return path


def need_modules(*names):
    command = "import " + ", ".join(names)
    if subprocess.run([PYTHON, "-c", command], capture_output=True).returncode:
        raise Missing("without " + ", ".join(f"python3-{n}" for n in names))


# --- figures -----------------------------------------------------------------

def short(x):
    """Three digits, as people say them."""
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if abs(x) >= size:
            scaled = x / (1e6 if letter == "M" else 1e3)
            return (f"{scaled:.3g}" if scaled < 1000 else f"{scaled:.0f}") \
                + letter
    return f"{x:.3g}" if abs(x) < 1000 else f"{x:.0f}"


def times(x):
    return f"{x:.2f}" if x < 10 else f"{x:.0f}"


class Figures(list):
    """One number for each turn."""

    @property
    def median(self):
        return statistics.median(self)

    def __str__(self):
        if min(self) == max(self):
            return short(self.median)
        return f"{short(self.median)} ({short(min(self))}.." \
            f"{short(max(self))})"


What = namedtuple("What", "name unit budget")


class Row:
    """A line of the table: our figures, {peer: its Figures, or why there are
    none}, whether the budget is kept; None: not measured, or none to keep."""

    def __init__(self, what, ours=None, peers=None, missing=""):
        self.what, self.ours, self.peers = what, ours, peers or {}
        self.kept, self.missing = None, missing

    def ratio(self, peer):
        """Of the medians; None where the peer is missing."""
        theirs = self.peers[peer]
        return None if isinstance(theirs, str) \
            else self.ours.median / theirs.median

    def keeps(self, kept):
        self.kept = kept
        return self

    def verdict(self):
        if self.kept is None:
            return "not measured" if self.what.budget else ""
        return "met" if self.kept else "missed"


class Peer:
    """What a row is compared with.  measure: called with nothing, gives a
    result; need: called first, raises Missing where it cannot be measured."""

    def __init__(self, name, measure, need=lambda: None):
        self.name, self.measure, self.missing = name, measure, ""
        try:
            need()
        except Missing as reason:
            self.missing = str(reason)


def in_turn(turns, ours, *peers):
    """Measures us and each peer, then all again, so many times.  {name:
    results, or why there are none}; we are the one without a name."""
    there = {"": ours, **{p.name: p.measure for p in peers if not p.missing}}
    results = {p.name: p.missing or [] for p in (Peer("", ours), *peers)}
    for _ in range(1 if SHORT else turns):
        for name, measure in there.items():
            results[name].append(measure())
    return results


def row(what, results, pick=lambda result: result):
    """Of what in_turn gave; pick: the number in a result.  Whether the budget
    is kept is for the caller to say."""
    figures = {name: r if isinstance(r, str) else Figures(map(pick, r))
               for name, r in results.items()}
    return Row(what, figures.pop(""), figures)


# --- the table ---------------------------------------------------------------

HEAD = ("what", "fettle", "peer", "ratio", "budget", "")


def lines_of(row):
    """The cells of its line, and of one for each further peer."""
    peers = []
    for name, figures in row.peers.items():
        beside = row.ratio(name)
        peers.append((f"{name} {figures}", times(beside)) if beside
                     else (f"{name}: {figures}", ""))
    first, *others = peers or [("", "")]
    yield (f"{row.what.name}, {row.what.unit}", row.missing or str(row.ours),
           *first, row.what.budget, row.verdict())
    for peer, beside in others:
        yield "", "", peer, beside, "", ""


def table(rows):
    lines = [HEAD, *(line for row in rows for line in lines_of(row))]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    lines.insert(1, ["-" * width for width in widths])
    text = "".join("  ".join(cell.ljust(width)
                             for cell, width in zip(line, widths)).rstrip()
                   + "\n" for line in lines)
    verdicts = [row.verdict() for row in rows if row.what.budget]
    counts = [f"{verdicts.count(v)} {v}" for v in
              ("met", "missed", "not measured") if v in verdicts]
    return text + "\n" + ", ".join(counts) + "\n"


def rows_of(module):
    """The rows of a module, measured or not."""
    try:
        return module.rows()
    except Missing as reason:
        return [Row(what, missing=str(reason)) for what in module.ROWS]


def main(module):
    """For a row that is run alone."""
    print(table(rows_of(sys.modules[module])), end="")


# --- processes ---------------------------------------------------------------

def cpu_seconds(*pids):
    """Processor time of processes: of all threads, those that ended too."""
    total = 0
    for pid in pids:
        clock = ctypes.c_int()
        error = harness.libc.clock_getcpuclockid(pid, ctypes.byref(clock))
        assert error == 0, os.strerror(error)
        total += time.clock_gettime(clock.value)
    return total


def memory(pid):
    """KiB resident, and KiB that are its own; None where one may not look."""
    with open(f"/proc/{pid}/status") as status:
        resident = next(line for line in status if line.startswith("VmRSS:"))
    try:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            private = next(line for line in rollup
                           if line.startswith("Private_Dirty:"))
    except PermissionError:
        return int(resident.split()[1]), None
    return int(resident.split()[1]), int(private.split()[1])


@contextmanager
def pinned(cpu):
    """What is started inside runs on that processor; None: on any."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if cpu is None else {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def directory():
    path = tempfile.mkdtemp(prefix="fettle-bench-", dir="/tmp")
    os.chmod(path, 0o755)  # peers may read it as somebody else
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def write(*place, text):
    path = os.path.join(*place)
    with open(path, "w") as out:
        out.write(text)
    return path


def output(*command, cpu=None, env=None, cwd=None):
    """What a program prints, which must end well within a minute."""
    with pinned(cpu):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, cwd=cwd,
            env={**os.environ, **(env or {})},
            preexec_fn=harness.die_with_parent)
    assert done.returncode == 0, \
        f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running(command, cwd, cpu=None):
    """A process, until the end of the block."""
    with open(os.path.join(cwd, "log"), "w+") as log:
        with pinned(cpu):
            process = subprocess.Popen(
                command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, preexec_fn=harness.die_with_parent)
        try:
            yield process
            log.seek(0)
            assert not process.poll(), \
                f"{command} ended with {process.poll()}:\n{log.read()}"
        finally:
            end(process)


def seconds_to_end(pid):
    """Ends a child by SIGTERM; how long that takes.  Not reaped."""
    poll = select.poll()
    ended = os.pidfd_open(pid)
    try:
        poll.register(ended, select.POLLIN)
        begun = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        assert poll.poll(60000), "it does not end"
        return time.monotonic() - begun
    finally:
        os.close(ended)


@contextmanager
def fettled(config, cpu=None, **more):
    """A daemon, until the end of the block."""
    with pinned(cpu):
        d = harness.Daemon(config, **more)
    try:
        yield d
    finally:
        wrong = d.end()
    assert not wrong, wrong


def mounts():
    """What the disk plugin reports on this machine; needs all three that read
    it."""
    for name in ("cpu", "memory", "disk"):
        need_plugin(name)
    with fettled({"plugins": {"disk": None}}) as d:
        return sorted(v["instance"] for v in harness.wait_until(
            lambda: d.values("disk[*]")))
