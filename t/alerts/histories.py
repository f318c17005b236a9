# SPDX-License-Identifier: MIT
"""Random histories from seeds, for model.py or what behaves like it, checked by what the receivers really got."""
import random
from dataclasses import replace
from heapq import heappush, heappop
from math import isnan, nan

import model as M
from model import (ALL, Config, Crash, Disk, Engine, FAILURE, GOOD, HOST_RULE, HUB_RULE, NODATA, OK, Receiver, Rule,
                   WARNING, glob, heard, seen)

M.FORGET = 4000
M.REFUSED = 200
M.DAY = 900
M.FOLD = 3
M.FOLD_MAX = 4
I = 10
SLACK = 40


class Broken(Exception):
    pass


def values(rng, ticks, mirror):
    """A piecewise history of one series: None is a missing sample."""
    out = []
    while len(out) < ticks:
        n = rng.choice((1, 1, 2, 3, 4, 6, 10, 20, 30))
        kind = rng.choice("gggwwfffbxnanr")
        for k in range(n):
            v = {"g": 50.0, "w": 84.0, "f": 95.0, "b": 78.0, "x": 88.0 + 4 * (k % 2)}.get(kind)
            if kind == "n":
                v = nan
            elif kind == "a":
                v = None
            elif kind == "r":
                v = rng.choice((50.0, 79.0, 80.0, 84.0, 90.0, 95.0, nan, None))
            out.append(v)
    out = out[:ticks]
    if mirror:
        out = [v if v is None or isnan(v) else 100 - v for v in out]
    return out


class World:
    def __init__(self, seed, engine=Engine, steps=None, dups=None):
        self.seed, self.engine = seed, engine
        self.pair = steps is not None
        r = self.rng = random.Random(seed)
        self.feat = {f for f in ("remote", "kill", "crash", "stop", "silence", "badrcv", "slow", "poison", "steps",
                                 "agentstep", "reload", "dups", "links", "deadhosts", "slots30",
                                 "hubcut")
                     if r.random() < 0.4}
        if seed % 10 == 0:
            self.feat = set()
        if steps is not None:
            self.feat.discard("crash")
            self.feat.add("steps")
        self.with_steps = "steps" in self.feat if steps is None else steps
        self.with_dups = "dups" in self.feat if dups is None else dups
        self.mirror = r.random() < 0.25
        self.sparse = seed % 10 and random.Random("sparse %d" % seed).random() < 0.3   # what has no sample sends no list
        self.ticks = r.choice((40, 60, 90, 140))
        self.end = self.ticks * I
        self.make_config()
        self.tail = max([x.cooldown for x in self.c.rules] + [300 if self.c.hosts else 0]) + 1000
        self.make_values()
        self.disk = Disk()
        self.e = None
        self.R = 0
        self.off = 0
        self.heap, self.n = [], 0
        self.log, self.inbox, self.arrivals = [], {}, {}
        self.rcv_bad_until = {}
        self.removed = set()
        self.oracle, self.arrived, self.stamp = {}, {}, {}
        self.disturbed = {}
        self.start_S = self.reload_S = 0
        self.pending = {}
        self.heard_now, self.hostticks, self.dry, self.moves = set(), {}, {}, []
        self.lastmove, self.lastconf, self.change_t, self.batches = {}, {}, {}, {}
        self.draining = self.cut_silent = None
        self.count = dict(msgs=0, kinds={}, kills=0, unknown=0, holds={})
        self.schedule()

    # ---- generation --------------------------------------------------------------------------------------------
    def make_config(self):
        r = self.rng
        names = ["slack", "mail", "pager"][:r.choice((1, 1, 2, 3))]
        sev = (ALL, ALL, frozenset((FAILURE,)), frozenset((WARNING, FAILURE)), frozenset((FAILURE, NODATA)),
               frozenset((WARNING,)))
        rcv = tuple(Receiver(n, r.choice(sev), r.choice((1, 1, 2))) for n in names)
        self.hosts = ["me"]
        if "remote" in self.feat:
            self.hosts += ["h%d" % i for i in range(r.choice((1, 1, 2, 4)) if "hubcut" not in self.feat else 4)]
        self.series = []
        for h in self.hosts:
            for f in ("disk[/].percent", "mem.percent")[:r.choice((1, 1, 2))]:
                self.series.append(h + ":" + f)
        pats = r.sample(["*.percent", "disk*", "*:*.percent", "me:*"], r.choice((1, 1, 2)))
        rules = tuple(self.make_rule(p, names) for p in pats)
        hosts = Rule(HOST_RULE, notify=tuple(names), cooldown=r.choice((0, 60, 300)), remind=r.choice((0, 240)))
        self.c = Config(rules, rcv, hosts=hosts if "remote" in self.feat else None)

    def make_rule(self, name, names):
        r = self.rng
        w, f = r.choice(((80, 90), (80, 90), (80, None), (None, 90), (80, 80)))
        if self.mirror:
            w, f = (None if w is None else 100 - w), (None if f is None else 100 - f)
        return Rule(name, w, f, self.mirror, r.choice((0, 0, 10, 20, 30, 60)), r.choice((0, 0, 20, 30)),
                    r.choice((0, 0, 5)), r.choice((3, 3, 1, 0)), r.choice((0, 0, 30, 120, 400)),
                    r.choice((0, 30, 60, 120, 300)), tuple(n for n in names if r.random() < 0.85) or (names[0],))

    def make_values(self):
        r = self.rng
        n = self.ticks + self.tail // I + 2
        self.val, self.every = {}, {}
        for s in self.series:
            self.every[s] = 3 if "slots30" in self.feat and r.random() < 0.4 else 1
            v = values(r, self.ticks, self.mirror)
            last = r.choice((50.0, 84.0, 95.0, 50.0, None, nan))
            if self.mirror and last is not None:
                last = 100 - last
            self.val[s] = v + [last] * (n - self.ticks)
        self.alive = {}
        for h in self.hosts:
            a = [True] * n
            if "deadhosts" in self.feat and h != "me":
                for _ in range(r.choice((1, 2))):
                    x = r.randrange(self.ticks)
                    y = x + r.choice((2, 4, 10, 30, 10 ** 6))
                    for k in range(x, min(y, n)):
                        a[k] = False
            self.alive[h] = a
        self.linkdown = {h: [] for h in self.hosts}
        self.spool = {h: r.random() < 0.7 for h in self.hosts}
        if "links" in self.feat:
            for h in self.hosts[1:]:
                for _ in range(r.choice((1, 2))):
                    x = r.randrange(self.end)
                    self.linkdown[h].append((x, min(self.end, x + r.choice((15, 35, 80, 300)))))
        self.cut = None
        if "hubcut" in self.feat and len(self.hosts) > 3:
            x = r.randrange(self.end)
            self.cut = (x, min(self.end, x + r.choice((80, 200, 400))))
            for h in self.hosts[1:]:
                self.linkdown[h] = [(min(self.cut[0] + r.choice((0, 10)), self.cut[1]), self.cut[1])]
        self.aoff = {h: [] for h in self.hosts}
        if "agentstep" in self.feat:
            for h in self.hosts[1:]:
                self.aoff[h].append((r.randrange(self.end), r.choice((-20000, -300, -45, -10, 45, 300))))
        self.bad = {}
        for rc in self.c.receivers:
            b = []
            if "badrcv" in self.feat:
                for _ in range(r.choice((1, 2, 3))):
                    x = r.randrange(self.end)
                    b.append((x, min(self.end, x + r.choice((20, 60, 200, 1300))),
                              r.choice(("busy", "429", "unknown", "lost", "arrived", "denied"))))
            self.bad[rc.name] = b
        self.poison = None
        if "poison" in self.feat:
            x = r.randrange(self.end)
            self.poison = (r.choice(self.series), x, min(self.end, x + 400))
        self.netrng = random.Random(r.random())
        self.steprng = random.Random(r.random())
        self.duprng = random.Random(r.random())

    def push(self, at, *what):
        self.n += 1
        heappush(self.heap, (at, self.n, what))

    def schedule(self):
        r = self.rng
        self.push(0, "start")
        for k in range(self.ticks + self.tail // I):
            self.push(k * I + 0, "produce", k)
        if "kill" in self.feat:
            for _ in range(r.choice((1, 2, 4))):
                self.push(r.randrange(1, self.end), "kill", r.choice((1, 5, 12, 40, 200)))
        if "stop" in self.feat:
            for _ in range(r.choice((1, 2))):
                self.push(r.randrange(1, self.end), "stop", r.choice((1, 5, 12, 40, 200)))
        if "crash" in self.feat:
            for _ in range(r.choice((1, 3))):
                self.push(r.randrange(1, self.end), "crash", r.choice((1, 2, 3, -1, -2, -3)))
        if "silence" in self.feat:
            for _ in range(r.choice((1, 2))):
                self.push(r.randrange(1, self.end), "silence",
                          r.choice(("*", self.series[0], "me:*", "h1:*", "*disk*")), r.choice((30, 100, 400)))
        if "reload" in self.feat:
            for _ in range(r.choice((1, 2, 3))):
                self.push(r.randrange(1, self.end), "reload", r.choice(
                    ("cool", "hold", "limit", "level", "drop", "addrcv", "delrcv", "sev", "notify", "readd", "missing")))
        if "steps" in self.feat:
            for _ in range(r.choice((1, 2))):
                x, d = r.randrange(1, self.end), r.choice((-100000, -3600, -7, 7, 3600, 100000))
                if self.with_steps:
                    self.push(x, "step", d)
        for h in self.hosts:
            for x, y in self.linkdown[h]:
                self.push(y, "drain", h)
            for x, d in self.aoff[h]:
                self.push(x, "agentstep", h, d)
        self.queue = {h: [] for h in self.hosts}
        self.agent_off = {h: 0 for h in self.hosts}

    # ---- run ---------------------------------------------------------------------------------------------------
    def fail(self, what):
        raise Broken("seed %d at real %d: %s" % (self.seed, self.R, what))

    @property
    def wall(self):
        return 10 ** 7 + self.R + self.off

    def run(self):
        stop_at = self.end + self.tail
        self.wake_at = None
        while True:
            nxt = self.heap[0][0] if self.heap else stop_at
            if self.e is not None and self.wake_at is not None and self.wake_at < nxt:
                nxt, what = max(self.wake_at, self.R), ("tick",)
            elif self.heap:
                nxt, _, what = heappop(self.heap)
            else:
                break
            if nxt > stop_at:
                break
            self.R = max(self.R, nxt)
            if self.e is not None:
                self.e.at(self.R, self.wall)
            try:
                getattr(self, "on_" + what[0])(*what[1:])
                self.pump()
            except Crash:
                self.die(self.netrng.choice((1, 7, 30)))
        self.final()
        return self.count

    def pump(self):
        """Let every sender that may send begin, and plan the next look."""
        e = self.e
        if e is None:
            return
        for x in e.trace:
            self.lastmove[x[1:3]] = e.now
            self.moves.append((self.R, e.now) + x[1:] + (tuple(n for n, o in e.out.items() if o.inflight),))
        e.trace = []
        for rc in self.c.receivers:
            for _ in range(3):
                try:
                    items = e.begin(rc.name)
                except Crash:
                    o = self.disk.out.get(rc.name)
                    if o is not None and o[3] is not None:       # marked as under way, never sent
                        self.log.append(dict(S=e.now, end=e.now, name=rc.name, items=o[3], result="unknown"))
                    raise
                if items is None:
                    break
                self.sent(rc.name, items)
        w = e.wake()
        self.wake_at = None if w is None else max(w - e.offset, self.R)
        if self.wake_at == self.R:
            self.spin = getattr(self, "spin", 0) + 1
            if self.spin > 200:
                self.fail("the engine spins: wake() says now, and nothing happens: %s" % self.why())
        else:
            self.spin = 0

    def why(self):
        return [(r.key, self.e.decide(r), r.ready) for r in self.e.rows.values()]

    def on_tick(self):
        self.e.tick()

    def on_start(self):
        if self.e is not None:
            return
        self.heard_now, self.hostticks = set(), {}
        self.clean = self.disk.clean and not (self.disk.clock and self.wall < self.disk.clock[1])
        self.e = self.engine(self.c, self.disk, self.R, self.wall)
        self.start_S = self.e.now
        self.reread(True)
        for h in self.hosts[1:]:
            if self.spool[h] and not self.is_down(h):
                self.on_drain(h)
            elif not self.is_down(h):
                self.queue[h] = []
        self.arrived = {h: self.e.now for h in self.e.hosts}
        if "dups" in self.feat and "agentstep" not in self.feat and not self.pair:
            for h in self.hosts[1:]:                     # the agent sends again what was not acknowledged
                for b in self.batches.get(h, [])[-self.duprng.choice((0, 1, 2, 4)):][:self.duprng.choice((1, 2, 4))]:
                    self.deliver(h, b, True)

    def die(self, down):
        for name, (items, plan, arrives) in self.pending.items():     # under way: the network decides
            if not arrives and plan in ("ok", "unknown") and self.netrng.random() < 0.5:
                self.arrive(name, items)
            self.log_outcome(items, "unknown")
        self.pending = {}
        self.e = None
        self.count["kills"] += 1
        self.push(self.R + down, "start")

    def on_kill(self, down):
        if self.e is not None:
            self.die(down)

    def on_stop(self, down):
        if self.e is not None:
            self.e.stop()
            self.die(down)

    def on_crash(self, n):
        if self.e is not None:
            self.e.crash_in = n

    def on_silence(self, pattern, seconds):
        if self.e is not None:
            self.e.silence(pattern, seconds)

    def on_step(self, d):
        if self.pair and self.e is None:
            return                                       # a step while down cannot be told from time down
        self.off += d
        if self.e is not None:
            self.e.at(self.R, self.wall)
            self.e.step(d)

    def on_agentstep(self, h, d):
        self.agent_off[h] += d
        self.oracle = {k: v for k, v in self.oracle.items() if not k[1].startswith(h + ":")}
        self.stepped = getattr(self, "stepped", set()) | {h}

    def on_reload(self, what):
        r, c = self.rng, self.c
        rules, rcv = list(c.rules), list(c.receivers)
        i = r.randrange(len(rules)) if rules else None
        if what == "cool" and rules:
            rules[i] = replace(rules[i], cooldown=r.choice((0, 30, 120, 300)))
        elif what == "hold" and rules:
            rules[i] = replace(rules[i], hold=r.choice((0, 20, 40)), clear_for=r.choice((0, 20)))
        elif what == "missing" and rules:
            rules[i] = replace(rules[i], missing=r.choice((0, 1, 3)))
        elif what == "limit" and rules:
            d = r.choice((-4, 4, 10))
            x = rules[i]
            rules[i] = replace(x, warning=None if x.warning is None else x.warning + d,
                               failure=None if x.failure is None else x.failure + d)
        elif what == "level" and rules:
            rules[i] = replace(rules[i], failure=None, warning=20 if self.mirror else 80)
        elif what == "drop" and rules:
            self.dropped = rules.pop(i)
        elif what == "readd":
            d = getattr(self, "dropped", None)
            if d is not None and all(x.name != d.name for x in rules):
                rules.append(d)
        elif what == "addrcv" and all(x.name != "extra" for x in rcv):
            rcv.append(Receiver("extra"))
            rules = [replace(x, notify=x.notify + ("extra",)) for x in rules]
            self.bad.setdefault("extra", [])
        elif what == "delrcv" and len(rcv) > 1:
            gone = rcv.pop(r.randrange(len(rcv))).name
            rules = [replace(x, notify=tuple(n for n in x.notify if n != gone)) for x in rules]
            self.removed.add(gone)
            if c.hosts:
                c = replace(c, hosts=replace(c.hosts, notify=tuple(n for n in c.hosts.notify if n != gone)))
        elif what == "sev":
            j = r.randrange(len(rcv))
            rcv[j] = replace(rcv[j], severities=r.choice((ALL, frozenset((FAILURE,)), frozenset((WARNING, FAILURE)))))
        elif what == "notify" and rules:
            x = rules[i]
            rules[i] = replace(x, notify=tuple(n for n in [y.name for y in rcv] if r.random() < 0.6))
        self.c = replace(c, rules=tuple(rules), receivers=tuple(rcv))
        if self.e is not None:
            self.e.reload(self.c)
            self.reload_S = self.e.now
            self.reread(False)

    # ---- samples -----------------------------------------------------------------------------------------------
    def is_down(self, h):
        return any(x <= self.R < y for x, y in self.linkdown[h])

    def on_produce(self, k):
        for h in self.hosts:
            if not self.alive[h][k]:
                continue
            batch = []
            t = k * I
            off = self.agent_off[h] if h != "me" else None
            for s in self.series:
                if s.startswith(h + ":") and k % self.every[s] == 0:
                    batch.append((s, t, off, self.val[s][k]))
            if self.sparse:
                batch = [x for x in batch if x[3] is not None]
            if not self.sparse or k % 3 == 0:
                batch.append((h + ":fettle.up", t, off, None))
            if not batch:
                continue
            if h == "me":
                if self.e is not None:
                    self.deliver(h, batch)
            elif self.is_down(h) or self.e is None:
                self.queue[h].append(batch)
            else:
                self.on_drain(h)
                self.deliver(h, batch)
        self.check_tick()

    def on_drain(self, h):
        if self.e is None or self.is_down(h):
            return
        q, self.queue[h] = self.queue[h], []
        if self.spool[h]:
            for n, b in enumerate(q):
                self.draining = h if len(q) > 4 and 0 < n < len(q) - 1 else None
                self.deliver(h, b)
                if n < len(q) - 1:
                    self.pump()
            self.draining = None

    def deliver(self, h, batch, again=False):
        e = self.e
        if not again:
            self.batches.setdefault(h, []).append(batch)
            del self.batches[h][:-4]
        wall_off = self.off + 10 ** 7 if h == "me" else 10 ** 7
        self.arrived[h] = e.now
        self.hostticks[h] = self.hostticks.get(h, 0) + 1
        for s in self.series:
            if s.startswith(h + ":"):
                self.dry[s] = self.dry.get(s, 0) + 1
        for s, t, off, v in batch:
            if v is not None:
                self.heard_now.add(s)
                if not isnan(v):
                    self.dry[s] = 0
        for n, (s, t, off, v) in enumerate(batch):
            every = 3 if self.sparse and s.endswith("fettle.up") else self.every.get(s, 1)
            was = [(k, a.state) for k, a in e.alerts.items() if k[1] == s]
            if again:
                e.sample(s, t + wall_off + (off or 0), v, I * every, n == len(batch) - 1)
                for k, st in was:
                    if k in e.alerts and e.alerts[k].state != st and t <= self.change_t.get(k, -1):
                        self.fail("%s judged again after a restart" % (k,))
                self.feed_oracle(s, t, v)
                continue
            e.sample(s, t + wall_off + (off or 0), v, I * every, n == len(batch) - 1)
            self.feed_oracle(s, t, v)
            for k, st in was:
                if k in e.alerts and e.alerts[k].state != st:
                    self.change_t[k] = t
        if self.with_dups and not again and self.duprng.random() < 0.15:
            s, t, off, v = self.duprng.choice(batch)
            t -= self.duprng.choice((0, 0, 10, 50))
            v = self.duprng.choice((50.0, 95.0, 5.0, nan)) if v is not None else None
            kept = self.duprng.random() < 0.3           # newer than any, but sent long after
            t += 5 if kept else 0
            stamp = t + wall_off + (off or 0)
            every = I * self.every.get(s, 1)
            e.sample(s, stamp, v, every, sent=stamp + max(60, 3 * every) + 1 if kept else 0)
        self.check_levels(h)

    # ---- the declarative meaning of for, clear_for and hysteresis -------------------------------------------------
    def reread(self, started):
        """After a start or a reload: take the latches as they are; runs begin anew where the specification says so."""
        clean = self.clean
        if started and not clean:
            for o in self.oracle.values():
                o["run"], o["on"] = [], {}
            for s in self.series:                        # what was judged since the last commit is judged again
                o = self.e.order.get(s)
                if s.partition(":")[0] != "me":
                    self.stamp[s] = o.t - 10 ** 7 if o is not None and o.t is not None else None
        for (rn, s), a in self.e.alerts.items():
            if a.forced is not None:
                continue
            rule = self.c.rule(rn)
            o = self.oracle.get((rn, s))
            if o is None or (started and not clean) or o["basis"] != rule.compares():
                o = self.oracle[(rn, s)] = dict(run=[], last=None if o is None else o["last"], basis=rule.compares(),
                                                on={})
            o["on"] = {l: x.on for l, x in a.latch.items()}
            o["obj"] = a
        for k in [k for k in self.oracle if k not in self.e.alerts]:
            if self.c.rule(k[0]) is None:
                del self.oracle[k]

    def feed_oracle(self, s, t, v):
        if v is None or isnan(v):
            last = self.stamp.get(s)
            if last is None or t > last:
                self.stamp[s] = t
            return
        last = self.stamp.get(s)
        if last is not None and t <= last:
            return
        self.stamp[s] = t
        if s.partition(":")[0] in getattr(self, "stepped", ()):
            return
        for rule in self.c.rules:
            if not Engine.matches(rule, s):
                continue
            o = self.oracle.setdefault((rule.name, s), dict(run=[], last=None, basis=rule.compares(), on={}))
            a = self.e.alerts.get((rule.name, s))
            if o.get("obj") is not None and o["obj"] is not a:       # closed meanwhile, and begun anew
                o["run"], o["on"] = [], {}
            o["obj"] = a
            gap = not o["run"] or t - o["run"][-1][0] >= rule.slots() * I * self.every.get(s, 1)
            o["run"].append((t, v, gap))
            sign = -1 if rule.below else 1
            for level, lim in rule.limits():
                breach = lambda x: sign * x >= sign * lim
                clear = lambda x: sign * x < sign * lim - rule.hysteresis
                if self.held(o["run"], breach, rule.hold, rule, s):
                    o["on"][level] = True
                elif self.held(o["run"], clear, rule.clear_for, rule, s):
                    o["on"][level] = False

    def held(self, run, test, need, rule, s):
        """There is an i so that samples i..n all pass, no gap lies between them, and they span `need`."""
        t1 = run[-1][0]
        for t, v, gap in reversed(run):
            if not test(v):
                return False
            if t1 - t >= need:
                return True
            if gap:
                return False
        return False

    def oracle_fresh(self, s):
        return self.dry.get(s, 1) == 0

    def check_levels(self, h):
        for (rn, s), o in self.oracle.items():
            a = self.e.alerts.get((rn, s))
            if a is None or not s.startswith(h + ":") or not o["run"]:
                continue
            rule = self.c.rule(rn)
            if rule is None:
                continue
            keep = {l for l, _ in rule.limits()}
            want = max([l for l, on in o["on"].items() if on and l in keep], default=OK)
            if a.state.level != want:
                self.fail("%s %s: level %s, by definition %s; %s" % (rn, s, a.state, want, o["run"][-8:]))
            on = {l: x.on for l, x in a.latch.items()}
            if on.get(FAILURE) and WARNING in on and not on[WARNING] and self.reload_S == 0:
                self.fail("%s %s: failure without warning" % (rn, s))
            t = o["run"][-1][0]
            if a.nodata and self.stamp.get(s) == t and self.oracle_fresh(s):
                self.fail("%s %s: no-data although the newest sample is a number" % (rn, s))

    # ---- receivers ---------------------------------------------------------------------------------------------
    def plan(self, name, items):
        for x, y, mode in self.bad.get(name, ()):
            if x <= self.R < y:
                return mode
        if self.poison and self.poison[1] <= self.R < self.poison[2] and any(i.key[1] == self.poison[0] for i in items):
            return "refused"
        return "ok"

    def sent(self, name, items):
        e = self.e
        self.count["msgs"] += 1
        for i in items:
            self.count["kinds"][i.kind] = self.count["kinds"].get(i.kind, 0) + 1
        self.check_attempt(name, items)
        mode = self.plan(name, items)
        plan = {"429": "busy", "lost": "unknown", "arrived": "unknown"}.get(mode, mode)
        arrives = mode in ("ok", "arrived") or mode == "unknown" and self.netrng.random() < 0.5
        rec = dict(S=e.now, end=None, name=name, items=items, result=None, moves=len(self.moves))
        self.log.append(rec)
        delay = 0
        if "slow" in self.feat and self.R < self.end:
            delay = self.netrng.choice((0, 0, 1, 5, 25))
        elif plan == "unknown":
            delay = 10
        early = arrives and self.netrng.random() < 0.5
        if early:
            self.arrive(name, items)
        self.pending[name] = (items, plan, early)
        after = 0 if mode != "429" else 90
        self.push(self.R + delay, "answer", name, items, plan, arrives and not early, after, rec)

    def arrive(self, name, items):
        for i in items:
            self.inbox.setdefault((i.key, i.gen), []).append(i)
            self.arrivals.setdefault((i.key, i.gen), []).append((self.R, i))

    def on_answer(self, name, items, plan, arrives, after, rec):
        cur = self.pending.get(name)
        if cur is None or cur[0] is not items:
            return                                       # the daemon died meanwhile
        if arrives:
            self.arrive(name, items)
            self.pending[name] = (items, plan, True)
        rec["end"], rec["result"] = self.e.now, plan
        self.rcv_bad_until[name] = self.e.now
        if plan == "unknown":
            self.count["unknown"] += 1
        if plan not in ("ok", "refused"):
            self.bad_S = getattr(self, "bad_S", {})
            self.bad_S[name] = self.e.now + max(after, 1)
            rec["block"] = after
        self.pending.pop(name, None)
        if plan == "ok":
            for i in items:
                self.lastconf[(i.key, i.gen)] = self.e.now
        try:
            self.e.outcome(name, plan, after)
        except Crash:
            o = self.disk.out.get(name)
            if o is not None and o[3] is not None:       # not committed: nobody will remember the answer
                rec["result"] = "unknown"
            raise

    def log_outcome(self, items, result):
        for rec in reversed(self.log):
            if rec["items"] is items:
                if rec["result"] is None:
                    rec["result"], rec["end"] = result, rec["S"]
                return

    # ---- invariants --------------------------------------------------------------------------------------------
    def check_attempt(self, name, items):
        e = self.e
        if len({i.key for i in items}) != len(items):
            self.fail("an alert twice in one digest")
        prev = [x for x in self.log if x["name"] == name]
        if prev:
            p = prev[-1]
            if p["result"] is None:
                self.fail("two messages under way to %s" % name)
            if p["end"] is not None and p["S"] > self.start_S and e.now < p["end"] + 1:
                self.fail("pacing: %s at %d after %d" % (name, e.now, p["end"]))
            if p.get("block") and p["end"] >= self.start_S and e.now < p["end"] + p["block"]:
                self.fail("Retry-After not honoured by %s" % name)
        for i in items:
            for pattern, end in e.silences.values():
                if e.now < end and glob(pattern, i.key[1]):
                    self.fail("silenced %s sent" % (i.key,))
            host = i.key[1].partition(":")[0]
            h = e.hosts.get(host)
            if i.key[0] not in (HOST_RULE, HUB_RULE) and h and h.silent and self.c.hosts and i.kind != "closed":
                self.fail("%s told while its host is silent" % (i.key,))
            rise = i.kind == "firing" or i.kind == "no data"
            if not rise and i.kind != "closed" and i.key[0] not in (HOST_RULE, HUB_RULE) and i.key[1] not in self.heard_now \
                    and self.hostticks.get(host, 0) < 2 and not self.was_told_higher(i):
                self.fail("%s %s before it was heard again" % (i.kind, i.key))
            if self.draining == host and i.key[0] != HOST_RULE and i.kind != "closed":
                self.fail("%s %s in the middle of a replay" % (i.kind, i.key))
            if self.cut and i.key[0] == HOST_RULE and i.kind == "firing" and self.cut[0] + 12 < self.R < self.cut[1] \
                    and self.cut_silent is not None and host not in self.cut_silent and "deadhosts" not in self.feat \
                    and "silence" not in self.feat and not {"kill", "crash", "stop"} & self.feat:
                self.fail("one message for %s although the whole hub is cut off" % host)
            a = e.alerts.get(i.key[:2])
            rule = self.c.rule(i.key[0])
            if i.kind == "no data" and self.dry.get(i.key[1], 99) * I < (rule.missing or 99) * I * self.every[i.key[1]] \
                    and not self.sparse and not {"kill", "crash", "stop", "reload", "agentstep"} & self.feat:
                self.fail("no data said of %s after %d batches without a number" % (i.key, self.dry.get(i.key[1])))
            if len(items) == 1 and len(e.queue(name)) >= M.FOLD and not e.rows[i.key].solo \
                    and len([1 for r in e.rows.values() if r.receiver == name and e.decide(r)[0] == "send"]) > M.FOLD \
                    and not any(r.solo for r in e.rows.values()):
                self.fail("%s: %d notices ready, and not folded" % (name, len(e.queue(name))))
            if not rise and len(items) == 1 and not e.rows[i.key].solo:
                for r in e.queue(name):
                    if heard(r.told, e.truth(r), e._sev(r)).rank > r.told.rank and r.ready is not None and not r.closing:
                        self.fail("%s %s before the rise of %s" % (i.kind, i.key, r.key))
            if i.key[0] == HOST_RULE and i.kind != "closed":
                f = e.alerts.get((HUB_RULE, HUB_RULE))
                if f is not None and f.forced > OK:
                    self.fail("host told while the hub is isolated")
            self.check_item(name, i)

    def was_told_higher(self, i):
        return self.reload_S > 0                          # reloads change what a rise is

    def check_item(self, name, i):
        """Against the history of this row."""
        past = [(x, j) for x in self.log for j in x["items"] if j.key == i.key and j.gen == i.gen]
        conf = [(x, j) for x, j in past if x["result"] == "ok"]
        since_conf = past[past.index(conf[-1]) + 1:] if conf else past
        ref = [(x, j) for x, j in since_conf if x["result"] == "refused" and len(x["items"]) == 1]
        if ref and ref[-1][1].raw == i.raw and self.e.now < ref[-1][0]["end"] + M.REFUSED:
            self.fail("%s refused and sent again after %d s" % (i.key, self.e.now - ref[-1][0]["end"]))
        unknown = [j for x, j in since_conf if x["result"] == "unknown"]
        told = conf[-1][1].seen if conf else GOOD
        if i.kind in ("resolved", "data back", "eased", "closed") and told.rank == 0 and not unknown:
            self.fail("%s %s without an earlier alert" % (i.kind, i.key))
        if i.kind == "resolved" and not unknown and i.raw.level >= told.level:
            self.fail("resolved %s although the level is still %s" % (i.key, i.raw))
        if not conf and i.seen == GOOD and not unknown and i.kind != "missed":
            self.fail("first message to %s is about something good" % (i.key,))
        if conf and not unknown and i.seen == told and i.kind not in ("reminder", "missed"):
            self.fail("%s told the same again: %s %s" % (i.key, i.kind, i.seen))
        if conf:
            x, j = conf[-1]
            cool = self.coolfloor(i.key)
            rule = self.c.rule(i.key[0])
            if i.kind == "reminder" and self.e.now < x["end"] + rule.remind:
                self.fail("%s: reminder after %d s" % (i.key, self.e.now - x["end"]))
            if i.kind == "firing" and told.rank > 0 and not unknown and not {"reload", "crash"} & self.feat:
                n = sum(1 for m in self.moves[x["moves"]:] if (m[2], m[3]) == i.key[:2]
                        and seen(m[4], self.e._sev(self.e.rows[i.key])) != seen(m[5], self.e._sev(self.e.rows[i.key])))
                if i.flaps != n:
                    self.fail("%s: says %d changes, there were %d" % (i.key, i.flaps, n))
            if i.seen.rank <= told.rank and self.e.now < x["end"] + cool:
                self.fail("%s: %s %d s after %s, cooldown %d" % (i.key, i.kind, self.e.now - x["end"], j.kind, cool))
            for x, j in conf:
                if j.seen.rank == i.seen.rank and i.kind != "closed" and j.kind != "missed" \
                        and self.e.now < x["end"] + cool and "sev" not in self.reloads():
                    self.fail("%s: %s twice within a cooldown" % (i.key, i.seen))

    def reloads(self):
        return ("sev",) if "reload" in self.feat else ()

    def coolfloor(self, key):
        rule = self.c.rule(key[0])
        r = self.e.rows.get(key)
        return min(rule.cooldown if rule else 10 ** 9, r.cool if r else 10 ** 9)

    def view(self, r):
        got = self.inbox.get((r.key, r.gen))
        return (got[-1].raw, got[-1].seen) if got else (GOOD, GOOD)

    def knows(self, view, truth, want, sev):
        if view[1] == want:
            return True
        if "reload" not in self.feat:
            return False
        # severities were narrowed: what was told may stay, unless it has really got better (or worse within them)
        v = view[1]
        return want.level <= v.level <= truth.level and want.nodata <= v.nodata <= truth.nodata

    def check_tick(self):
        e = self.e
        if e is None:
            return
        e.at(self.R, self.wall)
        if self.cut and self.R < self.cut[0] + 10:
            self.cut_silent = {h for h, x in e.hosts.items() if x.silent}
        for h in self.hosts[1:]:
            x = e.hosts.get(h)
            if x is not None and (HOST_RULE, h + ":" + HOST_RULE) in e.alerts and h in self.arrived:
                quiet = e.now - self.arrived[h]
                if x.silent and quiet < M.HOST_MIN and e.now - self.start_S > M.HOST_MIN:
                    self.fail("%s silent %d s after it was heard" % (h, quiet))
                if not x.silent and quiet > e.host_limit(x) + 1:
                    self.fail("%s not silent after %d s" % (h, quiet))
        if len(e.rows) > len(e.alerts) * 4 + 40:
            self.fail("rows grow")
        for r in e.rows.values():
            truth = e.truth(r)
            want = seen(truth, e._sev(r))
            d = self.disturbed.get((r.key, r.gen))
            now = e.now
            busy = e.out[r.receiver].inflight is not None
            quiet = not busy and d is not None and d[0] == truth
            if quiet and any(now < end and glob(p, r.series) for p, end in e.silences.values()):
                quiet = False
            host = e.hosts.get(e.host_of(r.series))
            if quiet and host is not None and host.silent and r.rule not in (HOST_RULE, HUB_RULE):
                quiet = False
            if quiet and r.rule == HOST_RULE and e.alerts.get((HUB_RULE, HUB_RULE)) is not None \
                    and e.alerts[(HUB_RULE, HUB_RULE)].forced:
                quiet = False
            if quiet and any(x <= self.R < y for x, y, _ in self.bad.get(r.receiver, ())):
                quiet = False
            wait = e.out[r.receiver].blocked - now
            if wait > 0:
                quiet = False
                if wait > max(M.BACKOFF_MAX, M.RETRY_AFTER_MAX):
                    self.fail("%s blocked for %d s" % (r.receiver, wait))
            if quiet and self.poison and self.poison[1] <= self.R < self.poison[2]:
                quiet = False
            if not quiet:
                self.disturbed[(r.key, r.gen)] = (truth, now)
                continue
            base = max(d[1], self.lastmove.get((r.rule, r.series), 0), self.start_S + 150, self.reload_S)
            if self.poison and self.R < self.poison[2] + 700:
                continue
            rule = e.c.rule(r.rule)
            if rule and rule.remind and r.told.rank > 0 and not r.closing and r.maybe is None \
                    and now - max(base, r.conf_at or 0) > max(rule.remind, r.cool) + SLACK + 150:
                self.fail("%s: no reminder" % (r.key,))
            if want.rank > self.view(r)[1].rank and now - base > SLACK and not self.hosts[1:] and "reload" not in self.feat:
                self.fail("%s: a rise to %s not told at once; %s" % (r.key, want, e.decide(r)))
            last = self.lastconf.get((r.key, r.gen), -10 ** 9)
            if now > max(base, last + r.cool) + SLACK + (150 if self.hosts[1:] else 0):
                v = self.view(r)
                if not self.knows(v, truth, want, e._sev(r)):
                    self.fail("%s: still believes %s, the truth is %s since %d s; %s %s" %
                              (r.key, v[1], want, now - base, e.decide(r), r))

    def final(self):
        e = self.e
        if e is None:
            self.fail("not running at the end")
        e.at(self.R, self.wall)
        e.tick()
        for r in e.rows.values():
            if e.c.hosts and e.hosts.get(e.host_of(r.series)) and e.hosts[e.host_of(r.series)].silent \
                    and r.rule not in (HOST_RULE, HUB_RULE):
                continue
            if r.rule == HOST_RULE and (HUB_RULE, HUB_RULE) in e.alerts and e.alerts[(HUB_RULE, HUB_RULE)].forced:
                continue
            v = self.view(r)
            truth = e.truth(r)
            want = seen(truth, e._sev(r))
            if not self.knows(v, truth, want, e._sev(r)):
                self.fail("end: %s believes %s, the truth is %s; %s %s" % (r.key, v[1], want, e.decide(r), r))
            if r.peak is not None and r.peak.rank > r.told.rank:
                self.fail("end: %s was due %s and was never told; %s" % (r.key, r.peak, e.decide(r)))
        self.final_levels()
        self.final_rises()
        for S, key, _, why in self.disk.dead:
            if why == "refused" and not (self.poison and key[1] == self.poison[0]):
                self.fail("%s is a dead letter because of another one in its digest" % (key,))
        rows = {(r.key, r.gen) for r in e.rows.values()}
        for (key, gen), got in self.inbox.items():
            if (key, gen) not in rows and key[2] not in self.removed and got[-1].seen.rank > 0:
                self.fail("end: %s closed, but the receiver believes %s" % (key, got[-1].seen))
        for (key, gen), got in self.inbox.items():
            n = len(got) - len({(i.event, i.kind) for i in got})
            k = sum(1 for x in self.log if x["result"] == "unknown" for i in x["items"] if (i.key, i.gen) == (key, gen))
            rem = sum(1 for i in got if i.kind == "reminder")
            if n > k + rem:
                self.fail("%s: %d copies, %d unknown outcomes" % (key, n, k))


    def final_levels(self):
        """The tail is long and steady: the level can only be what its value says."""
        e = self.e
        k = (self.end + self.tail) // I - 1
        for (rn, s), a in e.alerts.items():
            if a.forced is not None:
                continue
            rule, v = e.c.rule(rn), self.val[s][k]
            h = e.hosts[e.host_of(s)]
            if h.silent or not self.alive[s.partition(":")[0]][k]:
                continue
            if v is None or isnan(v):
                if bool(rule.missing) != a.nodata:
                    self.fail("end: %s %s without data is %s" % (rn, s, a.state))
                continue
            sign = -1 if rule.below else 1
            on = {l: sign * v >= sign * lim for l, lim in rule.limits()
                  if sign * v >= sign * lim or sign * v < sign * lim - rule.hysteresis}
            for l, want in on.items():
                if a.latch[l].on != want or a.nodata:
                    self.fail("end: %s %s is %s with %s" % (rn, s, a.state, v))

    def final_rises(self):
        """Every rise that the receiver did not know of was told, now or afterwards, or is a dead letter."""
        if self.feat & {"reload", "silence", "poison", "crash"} or self.hosts[1:]:
            return
        e = self.e
        for R, S, rn, s, old, new, busy in self.moves:
            for r in e.rows.values():
                if (r.rule, r.series) != (rn, s) or r.receiver in busy:
                    continue
                got = self.arrivals.get((r.key, r.gen), [])
                before = [i for x, i in got if x < R]
                view = before[-1].seen if before else GOOD
                w = seen(new, e._sev(r))
                if w.rank <= view.rank:
                    continue
                after = [i for x, i in got if x >= R and (i.seen.rank > 0 or i.kind in ("missed", "resolved", "eased", "data back"))]
                dead = [x for x in e.disk.dead if x[1] == r.key and x[0] >= S]
                if not after and not dead:
                    self.fail("end: %s rose to %s at %d and nobody was told" % (r.key, w, R))


def transcript(w):
    # the worst value is as old as the last commit after a kill
    return [(x["S"], x["name"], [(i.key, i.kind, i.raw, i.seen, i.event, i.flaps, None if "kill" in w.feat else i.worst)
                                 for i in x["items"]], x["result"]) for x in w.log]


def history(seed, engine=Engine, pairs=False):
    """Raises Broken where it does not hold; what it counted otherwise.  pairs: also twice, with and without what must
    not make a difference."""
    count = World(seed, engine).run()
    if pairs and seed % 5 == 1:                                # steps of the own clock change nothing
        a, b = World(seed, engine, steps=True), World(seed, engine, steps=False)
        a.run(), b.run()
        if transcript(a) != transcript(b):
            raise Broken("seed %d: a clock step changed what was sent" % seed)
    if pairs and seed % 5 == 2:                                # late and repeated samples change nothing
        a, b = World(seed, engine, dups=True), World(seed, engine, dups=False)
        if not {"kill", "crash", "stop"} & a.feat:
            a.run(), b.run()
            if transcript(a) != transcript(b):
                raise Broken("seed %d: a late sample changed what was sent" % seed)
    return count
