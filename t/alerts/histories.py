# SPDX-License-Identifier: MIT
"""Random histories from seeds, for model.py or what behaves like it, checked by what the receivers really got."""
import random
from dataclasses import replace
from heapq import heappop, heappush
from math import isnan, nan

import model as M
from facts import ALL, Config, Crash, Disk, FAILURE, HOST_RULE, NODATA, Receiver, Rule, WARNING
from invariants import Broken, Checks, I
from model import Engine

M.FORGET = 4000
M.REFUSED = 200
M.DAY = 900
M.FOLD = 3
M.FOLD_MAX = 4


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


class World(Checks):
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
