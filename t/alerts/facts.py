# SPDX-License-Identifier: MIT
"""What the model of the alerts knows things by: levels, rules, alerts, rows, notices.  model.py says what they do."""
from dataclasses import dataclass
from typing import NamedTuple, Optional

OK, NODATA, WARNING, FAILURE = 0, 1, 2, 3
NAME = {OK: "ok", NODATA: "no-data", WARNING: "warning", FAILURE: "failure"}
ALL = frozenset((NODATA, WARNING, FAILURE))
HOST_RULE, HUB_RULE = "host.silent", "hub.isolated"


class State(NamedTuple):
    """The truth about one (rule, series): the level that numbers have established, and whether numbers still come."""
    level: int
    nodata: bool

    @property
    def rank(self):
        return max(self.level, NODATA if self.nodata else OK)

    def __str__(self):
        if not self.nodata:
            return NAME[self.level]
        return "no-data" if self.level == OK else "no-data(%s)" % NAME[self.level]


GOOD = State(OK, False)


def seen(state, severities):
    """What of the truth a receiver with these severities takes part in."""
    level = max(s for s in (OK, WARNING, FAILURE) if s <= state.level and (s == OK or s in severities))
    return State(level, state.nodata and NODATA in severities)


def heard(told, truth, severities):
    """What a receiver that believes `told` will believe after a message that states `truth`.  With unchanged
    severities this is seen(truth); after they were changed by a reload it says only what really changed."""
    want = seen(truth, severities)
    level = want.level if want.level > told.level or truth.level < told.level else told.level
    nodata = want.nodata if want.nodata > told.nodata or told.nodata > truth.nodata else told.nodata
    return State(level, nodata)


def glob(pattern, text):
    """`*` and `?` only; anything else is itself (an instance may hold [ or ])."""
    p = t = 0
    star = mark = -1
    while t < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark, p = p, t, p + 1
        elif p < len(pattern) and pattern[p] in ("?", text[t]):
            p, t = p + 1, t + 1
        elif star >= 0:
            mark += 1
            p, t = star + 1, mark
        else:
            return False
    return all(c == "*" for c in pattern[p:])


@dataclass(frozen=True)
class Rule:
    name: str                        # the pattern as written is the rule's identity
    warning: Optional[float] = None
    failure: Optional[float] = None
    below: bool = False
    hold: int = 0                    # `for`
    clear_for: int = 0
    hysteresis: float = 0
    missing: int = 3                 # 0: never no-data
    remind: int = 0                  # 0: never
    cooldown: int = 300
    notify: tuple = ()

    def limits(self):
        return [(s, x) for s, x in ((WARNING, self.warning), (FAILURE, self.failure)) if x is not None]

    def slots(self):                 # missed samples that end a run; half an interval of tolerance
        return (self.missing or 3) + 0.5

    def compares(self):              # what the timers have measured against
        return (self.warning, self.failure, self.below, self.hysteresis)


@dataclass(frozen=True)
class Receiver:
    name: str
    severities: frozenset = ALL
    gap: int = 1                     # seconds between two messages


@dataclass(frozen=True)
class Config:
    rules: tuple
    receivers: tuple
    local: str = "me"                # the host this daemon reads itself
    hosts: Optional[Rule] = None     # rule `host.silent`; None: not a hub

    def rule(self, name):
        if self.hosts and name in (HOST_RULE, HUB_RULE):
            return self.hosts
        return next((r for r in self.rules if r.name == name), None)

    def receiver(self, name):
        return next((r for r in self.receivers if r.name == name), None)


class Latch:
    __slots__ = ("on", "set_since", "clear_since")

    def __init__(self, on=False, set_since=None, clear_since=None):
        self.on, self.set_since, self.clear_since = on, set_since, clear_since


class Alert:
    """One (rule, series)."""
    __slots__ = ("rule", "series", "basis", "latch", "forced", "nodata", "num_t", "num", "interval", "since",
                 "worst", "incident", "moved_t", "absent_at", "since_absent", "fresh", "anew")

    def __init__(self, rule, series):
        self.rule, self.series = rule, series
        self.basis = None            # the limits its timers have measured against
        self.latch = {}              # level -> Latch
        self.forced = None           # host.silent and hub.isolated: the level, set by the engine
        self.nodata = False
        self.num_t = self.num = self.interval = None
        self.since = self.worst = None
        self.incident = 0
        self.moved_t = None          # sample time of the last change of state
        self.absent_at = self.since_absent = None        # alert clock when enough samples were missed
        self.fresh = True            # heard since the start or since the host came back
        self.anew = False            # somebody was told worse of the one before, and no number has said that it is over

    @property
    def state(self):
        if self.forced is not None:
            return State(self.forced, False)
        level = OK
        for s, l in self.latch.items():
            if l.on and s > level:
                level = s
        return State(level, self.nodata)

    def freeze(self, timers):
        latch = tuple((s, l.on, l.set_since if timers else None, l.clear_since if timers else None)
                      for s, l in self.latch.items())
        return (self.rule, self.series, latch, self.forced, self.nodata, self.num_t if timers else None,
                self.num, self.interval, self.since, self.worst, self.incident, self.moved_t, self.basis)

    @staticmethod
    def thaw(f):
        a = Alert(f[0], f[1])
        a.latch = {s: Latch(on, x, y) for s, on, x, y in f[2]}
        (a.forced, a.nodata, a.num_t, a.num, a.interval, a.since, a.worst, a.incident, a.moved_t, a.basis) = f[3:]
        a.fresh = a.forced is not None
        return a

    def times(self, shift):
        """The host's clock was stepped: the stored sample times move with it."""
        for l in self.latch.values():
            l.set_since = shift(l.set_since)
            l.clear_since = shift(l.clear_since)
        self.num_t, self.since, self.moved_t = shift(self.num_t), shift(self.since), shift(self.moved_t)


@dataclass
class Row:
    """One (rule, series, receiver): what the receiver knows, and what it is owed.  Ledger and outbox in one."""
    rule: str
    series: str
    receiver: str
    gen: int                         # tells a row from a later one with the same key
    cool: int
    told: State = GOOD               # what it believes after the last confirmed message
    conf_at: Optional[int] = None    # when that was confirmed
    maybe: Optional[State] = None    # worst state sent since then whose outcome is unknown
    peak: Optional[State] = None     # worst state that was due since then
    ready: Optional[int] = None      # sendable since
    refused: Optional[State] = None
    refused_at: int = 0
    flaps: int = 0                   # changes since the last confirmed message
    since: Optional[int] = None
    worst: Optional[float] = None
    closing: Optional[str] = None
    solo: bool = False               # was in a digest that was refused
    event: int = 0
    drawn: object = None             # last content tried and not confirmed

    @property
    def key(self):
        return (self.rule, self.series, self.receiver)


class Item(NamedTuple):
    key: tuple
    gen: int
    kind: str
    raw: State
    seen: State
    flaps: int
    event: int
    since: object
    worst: object


class Outbound:
    """Sending side of one receiver."""
    __slots__ = ("free_at", "blocked", "fails", "inflight")

    def __init__(self):
        self.free_at = self.blocked = self.fails = 0
        self.inflight = None

    def freeze(self):
        return (self.free_at, self.blocked, self.fails, self.inflight)

    @staticmethod
    def thaw(f):
        o = Outbound()
        o.free_at, o.blocked, o.fails, o.inflight = f
        return o


class Host:
    __slots__ = ("newest", "newest_at", "resume", "imin", "heard", "silent", "silent_at", "gather", "settle")

    def __init__(self, now):
        self.newest = self.newest_at = self.resume = self.imin = None
        self.heard, self.silent, self.silent_at, self.gather, self.settle = now, False, 0, 0, 0


class Order:
    """Order of the samples of one series (one value list identity)."""
    __slots__ = ("t", "interval", "late_t", "late_at", "late_n")

    def __init__(self):
        self.t = self.interval = self.late_t = self.late_at = None
        self.late_n = 0


class Disk:
    def __init__(self):
        self.alerts, self.rows, self.out, self.hosts, self.silences = {}, {}, {}, {}, {}
        self.clock = None            # (alert clock, wall clock) of the last commit
        self.clean = False
        self.gen = 0
        self.dead = []


class Crash(Exception):
    pass
