# SPDX-License-Identifier: MIT
"""What must hold in a history, whatever happened in it: histories.py makes one and asks here after each event."""
from math import isnan

import model as M
from facts import FAILURE, glob, GOOD, heard, HOST_RULE, HUB_RULE, OK, seen, WARNING
from model import Engine

I = 10
SLACK = 40


class Broken(Exception):
    pass


class Checks:
    """The half of a World that only looks."""

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
