# SPDX-License-Identifier: MIT
"""Runs the worked timelines of timelines.txt against model.py.  Every message that is sent must be written there, at its time."""
import re
from dataclasses import replace
from math import nan

import model
from facts import ALL, Config, Disk, FAILURE, HOST_RULE, HUB_RULE, NODATA, Receiver, Rule, WARNING

UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
LEVELS = {"no-data": NODATA, "warning": WARNING, "failure": FAILURE}
W0 = 10 ** 7


def seconds(x):
    n, u = re.fullmatch(r"([+-]?\d+)([smhd]?)", x).groups()
    return int(n) * UNIT[u]


class Line:
    def __init__(self, head, engine=model.Engine):
        self.engine = engine
        self.hosts, self.names, self.sev = ["me"], ["slack"], {}
        self.many, self.counter = 1, False
        self.rule = self.parse(Rule("*:cpu*", notify=("slack",)), head.split())
        rcv = tuple(Receiver(n, self.sev.get(n, ALL)) for n in self.names)
        hub = self.hosts != ["me"]
        hosts = Rule(HOST_RULE, notify=("slack",), cooldown=self.rule.cooldown) if hub else None
        self.c = Config((replace(self.rule, notify=tuple(self.names)),), rcv, hosts=hosts)
        self.disk, self.e = Disk(), None
        self.R, self.off = 0, 0
        self.mode, self.held = "up", []
        self.repeat, self.next = None, None
        self.got = []
        self.start()

    def parse(self, rule, words):
        it = iter(words)
        for w in it:
            if w in ("warning", "failure"):
                rule = replace(rule, **{w: float(next(it))})
            elif w == "below":
                rule = replace(rule, below=True)
            elif w == "for":
                rule = replace(rule, hold=seconds(next(it)))
            elif w in ("clear_for", "cooldown", "remind"):
                rule = replace(rule, **{w: seconds(next(it))})
            elif w == "hysteresis":
                rule = replace(rule, hysteresis=float(next(it)))
            elif w == "missing":
                rule = replace(rule, missing=int(next(it)))
            elif w == "severities":
                self.sev["slack"] = frozenset(LEVELS[x] for x in next(it).split(","))
            elif w == "notify":
                self.names = next(it).split(",")
            elif w == "hosts":
                self.hosts = next(it).split(",")
            elif w == "series":
                self.many = int(next(it))
            elif w == "counter":
                self.counter = True
            else:
                raise ValueError(w)
        return rule

    # ---- the world ---------------------------------------------------------------------------------------------
    def start(self):
        self.e = self.engine(self.c, self.disk, self.R, W0 + self.R + self.off)
        self.pump()

    def series(self, host):
        return ["%s:cpu[%d].percent" % (host, n) for n in range(self.many)] if self.many > 1 else ["%s:cpu.percent" % host]

    def feed(self, what, t=None, sent=None):
        if self.e is None or what == "x":
            return
        t = W0 + self.off + (self.R if t is None else t)
        sent = 0 if sent is None else W0 + self.off + sent
        hosts = self.hosts
        if what.startswith("heard"):
            hosts, what = what.split()[1].split(","), "50"
        for h in hosts:
            for s in self.series(h):
                if what == "-":
                    continue
                if self.counter:
                    self.e.counted(s, t, float(what), 10)
                else:
                    self.e.sample(s, t, nan if what == "nan" else float(what), 10, False, sent)
            self.e.sample(h + ":fettle.up", t, None, 10, True, sent)

    def pump(self):
        while self.e is not None:
            for r in self.c.receivers:
                items = self.e.begin(r.name)
                if items is None:
                    continue
                if self.mode == "hangs":
                    continue
                if self.mode in ("up", "got"):
                    self.got.append((r.name, items))
                self.e.outcome(r.name, {"up": "ok", "down": "busy", "lost": "unknown", "got": "unknown",
                                        "refuses": "refused"}[self.mode])
            w = self.e.wake()
            if w is None or w - self.e.offset > self.R:
                break
            self.e.tick()

    def run_to(self, R):
        """Time passes: the last input is repeated every 10 s, the engine wakes when it asked to."""
        while True:
            times = [R]
            if self.e is not None:
                w = self.e.wake()
                if w is not None:
                    times.append(max(self.R, w - self.e.offset))
            if self.next is not None:
                times.append(self.next)
            t = min(times)
            self.R = t
            if self.e is not None:
                self.e.at(t, W0 + t + self.off)
            if t >= R:
                return
            self.got = []
            if self.next is not None and t == self.next:
                self.feed(self.repeat)
                self.next = t + 10
            elif self.e is not None:
                self.e.tick()
            self.pump()
            if self.got:
                raise AssertionError("at %d unexpected: %s" % (t, self.said()))

    def step(self, at, what):
        self.run_to(at)
        self.got = []
        word = what.split()
        if word[0] == "kill":
            self.e = None
        elif word[0] == "stop":
            self.e.stop()
            self.e = None
        elif word[0] == "start":
            self.start()
        elif word[0] == "silence":
            self.e.silence("*cpu*", seconds(word[1]))
        elif word[0] == "step":
            self.off += seconds(word[1])
            self.e.at(self.R, W0 + self.R + self.off)
            self.e.step(seconds(word[1]))
        elif word[0] == "receiver":
            self.mode = word[1]
        elif word[0] == "reload":
            if word[1] == "drop":
                self.c = replace(self.c, rules=())
            else:
                rule = self.parse(self.c.rules[0], word[1:])
                self.c = replace(self.c, rules=(replace(rule, notify=tuple(self.names)),),
                                 receivers=tuple(Receiver(n, self.sev.get(n, ALL)) for n in self.names))
            self.e.reload(self.c)
        elif what == ".":
            if self.next is not None and self.next == self.R:
                self.feed(self.repeat)
                self.next += 10
            elif self.e is not None:
                self.e.tick()
        elif "@" in what:
            v, t = what.split("@")
            t, _, sent = t.partition("/")
            self.feed(v, int(t), int(sent) if sent else None)
        else:
            self.feed(what)
            self.repeat, self.next = what, self.R + 10
        self.pump()

    def state(self):
        a = [x for k, x in self.e.alerts.items() if k[0] == "*:cpu*"]
        return str(a[0].state) if a else "none"

    def said(self):
        out = []
        for name, items in self.got:
            if len(items) > 1:
                out.append(("digest of %d" % len(items), name, None))
            for i in items[:1] if len(items) > 1 else items:
                if len(items) > 1:
                    break
                who = {HOST_RULE: i.key[1].partition(":")[0] + " silent: ", HUB_RULE: "hub isolated: "}.get(i.key[0], "")
                text = who + i.kind
                if i.kind not in ("resolved", "data back", "closed", "missed", "no data") or i.raw.rank:
                    text += " " + str(i.raw)
                out.append((text, name, i.flaps))
        return out

    def expect(self, text):
        want = []
        for m in [x.strip() for x in text.split(",")] if text else []:
            name = None
            if re.match(r"(slack|mail|pager):", m):
                name, m = m.split(":", 1)
            x = re.search(r" x(\d+)$", m)
            want.append((m[:x.start()] if x else m, name, int(x.group(1)) if x else None))
        got = self.said()
        ok = len(want) == len(got) and all(
            w[0] == g[0] and (w[1] is None or w[1] == g[1]) and (w[2] is None or w[2] == g[2]) for w, g in zip(want, got))
        if not ok:
            raise AssertionError("at %d: said %s, written %s" % (self.R, got, want))


    def run(self, steps):
        for s in steps.split(" | "):
            m = re.match(r"(\d+) (.*?)(?: -> (\S+))?(?: > (.*))?$", s.strip())
            at, what, state, msg = m.groups()
            self.step(int(at), what)
            self.expect(msg)
            if state is not None and self.state() != state:
                raise AssertionError("at %s: state %s, written %s" % (at, self.state(), state))


def timelines(path):
    """number title | rule | step | step ..."""
    with open(path) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                head, rule, steps = line.strip().split(" | ", 2)
                n, title = head.split(" ", 1)
                yield int(n), title, rule, steps
