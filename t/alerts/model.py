# SPDX-License-Identifier: MIT
"""Reference model of the alerts: what is specified, as a program.

Nothing here sleeps, sends or reads a clock.  The caller supplies time and the
answers of the receivers; `disk` stands for the SQLite file: what commit() has
not copied there is gone after a kill.

Two time lines:
  t    sample time, as stamped by the host that measured (wall clock of that host)
  now  alert clock: starts at the saved value, then follows the boot-time clock;
       wall clock steps do not move it.  Cooldowns, reminders, silences, pacing,
       retries and host silence use it.
"""
from dataclasses import replace
from math import isnan, nan

from facts import (Alert, ALL, Crash, FAILURE, glob, GOOD, heard, Host, HOST_RULE, HUB_RULE, Item, Latch,
                   OK, Order, Outbound, Row, seen, WARNING)

DAY = 86400            # a notice that could not be delivered for this long is a dead letter
FORGET = 7 * DAY       # a series (or host) without data for this long is closed
FOLD = 5               # more notices than this ready for one receiver: one digest
FOLD_MAX = 50          # alerts named in one digest; the others go into the next one
GATHER = 10            # host silence is told this much later, to see whether others follow
HOST_MIN = 30          # a host is not silent sooner than this
SETTLE = 5             # longest wait for a replay to settle
LATE = 60              # or 3 intervals: older than that when it was sent, a list is late
REFUSED = 3600         # the same refused content is not tried again sooner
BACKOFF_MAX = 300
UNKNOWN_MIN = 30       # first wait after an answer that never came
DENIED = 60
RETRY_AFTER_MAX = 600
SEND, HOLD, NOTHING = "send", "hold", "nothing"


class Engine:
    def __init__(self, config, disk, real, wall, mutant=""):
        """real: the boot-time clock now; wall: the wall clock now."""
        self.c, self.disk, self.mutant = config, disk, mutant
        self.crash_in = None         # tests: die at the n-th commit from now (negative: just after it)
        base = 0 if disk.clock is None else disk.clock[0] + max(0, wall - disk.clock[1])
        self.offset = base - real
        self.real, self.wall = real, wall
        if mutant == "wall_clock":
            self.offset = 0
        self.started = self.now
        self.trace = []              # for `explain`
        self.order = {}
        self.counter = {}
        self.dirty_a, self.dirty_r, self.dirty_o = set(), set(), set()
        back = disk.clock is not None and wall < disk.clock[1]
        timers = disk.clean and not back or mutant == "timers_always"
        self.alerts = {k: Alert.thaw(f) for k, f in disk.alerts.items()}
        if not timers:               # killed, or down for nobody knows how long: runs may have been broken since
            for a in self.alerts.values():
                a.num_t = None
                for l in a.latch.values():
                    l.set_since = l.clear_since = None
        disk.clean = False
        self.rows = {k: replace(r) for k, r in disk.rows.items()}
        self.out = {k: Outbound.thaw(f) for k, f in disk.out.items()}
        self.silences = dict(disk.silences)
        self.hosts = {}
        for h, (silent, silent_at, imin) in disk.hosts.items():
            self.hosts[h] = Host(self.now)
            self.hosts[h].imin = imin
            self.hosts[h].silent, self.hosts[h].silent_at, self.hosts[h].gather = silent, silent_at, self.now + GATHER
        for a in self.alerts.values():       # what was judged before the start is not judged again
            o = self.order.setdefault(a.series, Order())
            if mutant != "no_bound":
                o.t = max((x for x in (o.t, a.num_t, a.moved_t) if x is not None), default=None)
        if back:
            self._shift(config.local, wall - disk.clock[1])      # our own clock went back while we were down
        if mutant == "memory_only":
            self.alerts, self.rows = {}, {}
        for name, o in self.out.items():     # killed while a message was under way: nobody knows whether it arrived
            if o.inflight is not None:
                self._unknown(name, o)
        self.reload(config)

    # ---- time and storage -------------------------------------------------------------------------------------
    @property
    def now(self):
        return self.offset + self.real if self.mutant != "wall_clock" else self.wall - 10 ** 7

    def at(self, real, wall):
        self.real, self.wall = real, wall

    def commit(self):
        """One transaction: every changed alert and row, the senders, the silences, the clock."""
        if self.crash_in is not None:
            self.crash_in -= 1 if self.crash_in > 0 else -1
            if self.crash_in == 0:
                raise Crash
        d = self.disk
        for k in self.dirty_a:
            a = self.alerts.get(k)
            if a is None:
                d.alerts.pop(k, None)
            else:
                d.alerts[k] = a.freeze(self.mutant == "timers_always")
        for k in self.dirty_r:
            r = self.rows.get(k)
            if r is None:
                d.rows.pop(k, None)
            else:
                d.rows[k] = replace(r)
        for k in self.dirty_o:
            d.out[k] = self.out[k].freeze() if k in self.out else Outbound().freeze()
        d.hosts = {h: (x.silent, x.silent_at, x.imin) for h, x in self.hosts.items()}
        d.silences = dict(self.silences)
        d.clock = (self.now, self.wall)
        self.dirty_a, self.dirty_r, self.dirty_o = set(), set(), set()
        if self.crash_in is not None and self.crash_in == -1:
            raise Crash

    def stop(self):
        """Clean exit: the timers are saved too."""
        self.commit()
        for k, a in self.alerts.items():
            self.disk.alerts[k] = a.freeze(True)
        self.disk.clean = True

    def step(self, delta):
        """The daemon saw its own wall clock stepped by delta."""
        if self.mutant != "no_shift":
            self._shift(self.c.local, delta)
        if self.mutant != "no_anchor":
            self.commit()            # a new pair (alert clock, wall clock)

    def _shift(self, host, delta):
        def shift(t):
            return None if t is None else t + delta
        for k, a in self.alerts.items():
            if self.host_of(a.series) == host and a.forced is None:
                a.times(shift)
                self.dirty_a.add(k)
        for s, o in self.order.items():
            if self.host_of(s) == host:
                o.t = shift(o.t)
        for s, (t, v) in list(self.counter.items()):
            if self.host_of(s) == host:
                self.counter[s] = (t + delta, v)
        for r in self.rows.values():
            if self.host_of(r.series) == host and r.rule not in (HOST_RULE, HUB_RULE):
                r.since = shift(r.since)
                self.dirty_r.add(r.key)
        h = self.hosts.get(host)
        if h:
            h.newest, h.resume = shift(h.newest), shift(h.resume)

    @staticmethod
    def host_of(series):
        return series.partition(":")[0] if ":" in series else ""

    # ---- samples ----------------------------------------------------------------------------------------------
    def sample(self, series, t, value, interval, last=True, sent=0):
        """One value list with one field.  value None: another list of that host, nothing about this series.
        last: the last one of what arrived together; a transaction ends here.  sent: when, by its sender's clock."""
        host = self.host_of(series)
        h = self.hosts.get(host)
        if h is None:
            h = self.hosts[host] = Host(self.now)
        kept = sent and sent - t > max(3 * interval, LATE) and self.mutant != "kept_counts"
        in_order = not kept and self._in_order(host, series, t, interval)
        self._heard(host, h, t, interval, in_order)
        if in_order and value is not None:
            for rule in self.c.rules:
                if self.matches(rule, series):
                    a = self.alerts.get((rule.name, series))
                    if a is not None:
                        a.fresh = True
                        a.interval = max(a.interval or 0, interval) if a.num_t is not None else interval
                        if isnan(value) and self.mutant == "nan_clears":
                            self._number(rule, a, t, -1e9, interval)
                    if not isnan(value):
                        if a is None:            # no-data needs a number before it
                            a = self.alerts[(rule.name, series)] = Alert(rule.name, series)
                            a.basis = rule.compares()
                            a.anew = any(r.told != GOOD or r.maybe is not None for r in self._rows_of(a))
                            self._rows_for(a, rule)
                            self.dirty_a.add((rule.name, series))
                        self._number(rule, a, t, value, interval)
        self._absent(host, h)
        if last:
            self.settle()

    def counted(self, series, t, value, interval):
        """A counter: compared as a rate."""
        old = self.counter.get(series)
        o = self.order.get(series)
        late = o is not None and o.t is not None and t <= o.t
        if not late:
            self.counter[series] = (t, value)
        rate = nan
        if old and not late and value >= old[1] and t - old[0] < 3.5 * interval:
            rate = (value - old[1]) / (t - old[0])
        self.sample(series, t, rate, interval)

    @staticmethod
    def matches(rule, series):
        if ":" in rule.name:
            return glob(rule.name, series)
        return glob(rule.name, series.partition(":")[2] or series)

    def _in_order(self, host, series, t, interval):
        o = self.order.get(series)
        if o is None:
            o = self.order[series] = Order()
        if o.t is not None and t <= o.t and self.mutant != "late_counts":
            if host == self.c.local:
                return False
            pace = o.late_n and t > o.late_t and t - o.late_t < 3.5 * interval and \
                self.now - o.late_at >= interval / 2
            o.late_n = o.late_n + 1 if pace else 1
            o.late_t, o.late_at = t, self.now
            if o.late_n < 3 or self.mutant == "no_rebase":
                return False
            self._shift(host, t - interval - o.t)        # the agent's clock went back: go with it
        o.late_n = 0
        o.t, o.interval = t, interval
        return True

    def _learn_pace(self, host, h):
        """What came often and comes no more, or less often now, says nothing of when the host is to be heard."""
        h.imin = min((o.interval for s, o in self.order.items() if self.host_of(s) == host and
                      o.interval is not None and h.newest - o.t < 3.5 * o.interval), default=h.imin)

    def _heard(self, host, h, t, interval, in_order):
        h.heard = self.now
        h.imin = interval if h.imin is None else min(h.imin, interval)
        if in_order and (h.newest is None or t > h.newest):
            if h.newest is not None and t - h.newest >= 1.5 * h.imin:
                self._learn_pace(host, h)
            if h.newest is None or t - h.newest >= 1.5 * h.imin and self.mutant != "no_resume":
                h.resume = t                             # the whole host paused: every series gets its time again
            if host != self.c.local:                     # a replay: after a pause, or faster than time passes
                if h.newest is None or self.now - h.newest_at >= 3.5 * h.imin or \
                        2 * (self.now - h.newest_at) < t - h.newest:
                    h.settle = self.now + min(int(1.5 * h.imin), SETTLE)
                else:
                    h.settle = self.now
            h.newest, h.newest_at = t, self.now
        if host != self.c.local and self.c.hosts:
            k = (HOST_RULE, host + ":" + HOST_RULE)
            if k not in self.alerts:
                a = self.alerts[k] = Alert(*k)
                a.forced = OK
                self._rows_for(a, self.c.hosts)
                self.dirty_a.add(k)
            if h.silent:
                h.silent = False
                self._force(k, OK, t)

    def _number(self, rule, a, t, v, interval):
        """The rule machine.  Depends on the sequence of in-order numbers only."""
        old = a.state
        a.interval = max(interval, a.interval or 0) if a.num_t is not None else interval
        gap = a.num_t is None or t - a.num_t >= rule.slots() * a.interval
        if self.mutant == "bridge_all" and a.num_t is not None:
            gap = False
        for level, limit in rule.limits():
            l = a.latch.setdefault(level, Latch())
            x, lim, hyst = (-v, -limit, rule.hysteresis) if rule.below else (v, limit, rule.hysteresis)
            if x >= lim:
                l.clear_since = None
                if gap or l.set_since is None:
                    l.set_since = t
                if self.mutant == "one_timer" and level == FAILURE and WARNING in a.latch:
                    l.set_since = a.latch[WARNING].set_since
                if not l.on and t - l.set_since >= rule.hold and not (self.mutant == "hold_plus" and
                                                                      t - l.set_since < rule.hold + a.interval):
                    l.on = True
                    if old.level == OK and a.state.level > OK:
                        a.since = min(l.set_since, t)
            elif x < lim - hyst or (self.mutant == "no_hysteresis"):
                l.set_since = None
                if gap or l.clear_since is None:
                    l.clear_since = t
                if l.on and t - l.clear_since >= rule.clear_for:
                    l.on = False
            else:                                        # inside the hysteresis: neither breach nor recovery
                l.set_since = l.clear_since = None
        a.num_t, a.num, a.interval = t, v, interval
        a.nodata = False
        a.fresh = True
        if not any(l.set_since is not None and not l.on for l in a.latch.values()):
            a.anew = False
        a.absent_at = None
        self._moved(a, old, rule, t)

    def _absent(self, host, h):
        """Missed: the host reports times that are `missing` intervals past the last number.  A moment later, for its
        number may be on the way in the same tick, it is no-data."""
        for k, a in list(self.alerts.items()):
            if a.forced is not None or self.host_of(a.series) != host:
                continue
            rule = self.c.rule(a.rule)
            if rule is None or h.newest is None:
                continue
            base = max(x for x in (a.num_t, h.resume) if x is not None)
            last = a.num_t if a.num_t is not None else a.moved_t if a.moved_t is not None else base
            if a.nodata and a.fresh and h.newest - last >= FORGET:
                self._close_alert(k, "no data for 7 d")
            elif not (a.fresh and a.nodata) and h.newest - base >= rule.slots() * (a.interval or 10):
                if a.absent_at is None:
                    a.absent_at = self.now
                    a.since_absent = base
            else:
                a.absent_at = None

    def absent_until(self, a):
        return a.absent_at + min(int((a.interval or 10) / 2), SETTLE)

    def _no_data(self):
        for a in self.alerts.values():
            rule = self.c.rule(a.rule)
            if a.absent_at is None or rule is None or self.now < self.absent_until(a):
                continue
            old = a.state
            a.absent_at = None
            a.fresh, a.anew = True, False                # waited long enough
            a.nodata = bool(rule.missing)
            if self.mutant == "nodata_clears":
                for l in a.latch.values():
                    l.on = False
            if a.nodata and a.since is None:
                a.since = a.since_absent
            self._moved(a, old, rule, a.num_t)

    def _moved(self, a, old, rule, t=None):
        new = a.state
        if a.num is not None and new.level > OK and not new.nodata:
            if a.worst is None or (a.num < a.worst if rule.below else a.num > a.worst):
                a.worst = a.num
        if new == old:
            return
        self.trace.append((self.now, a.rule, a.series, old, new))
        a.moved_t = t if t is not None else a.moved_t
        if old.rank == OK:
            a.incident += 1
        for r in self._rows_of(a):
            sev = self._sev(r)
            if seen(old, sev) != seen(new, sev):
                r.flaps += 1
            if a.worst is not None and r.since is not None:
                if r.worst is None or (a.worst < r.worst if rule.below else a.worst > r.worst):
                    r.worst = a.worst
            self.dirty_r.add(r.key)
        if new.rank == OK:
            a.since = a.worst = None
        self.dirty_a.add((a.rule, a.series))

    def _force(self, key, level, since):
        a = self.alerts[key]
        old = a.state
        a.forced = level
        if level > OK and a.since is None:
            a.since = since
        self._moved(a, old, self.c.hosts)

    # ---- operator ---------------------------------------------------------------------------------------------
    def silence(self, pattern, seconds):
        n = max(self.silences, default=0) + 1
        self.silences[n] = (pattern, self.now + seconds)
        self.settle()
        return n

    def unsilence(self, n):
        self.silences.pop(n, None)
        self.settle()

    def reload(self, config):
        self.c = config
        for k, a in list(self.alerts.items()):
            rule = config.rule(a.rule)
            if rule is None:
                self._close_alert(k, "rule removed")
                continue
            if a.forced is None:
                before = a.state
                keep = {s for s, _ in rule.limits()}
                for s in list(a.latch):
                    if s not in keep:                    # this severity no longer exists
                        del a.latch[s]
                if a.basis != rule.compares() and self.mutant != "reload_keeps_timers":
                    for l in a.latch.values():           # the timers measured against another limit
                        l.set_since = l.clear_since = None
                    a.basis = rule.compares()
                    self.dirty_a.add(k)
                if a.nodata and not rule.missing:
                    a.nodata = False
                self._moved(a, before, rule)
            self._rows_for(a, rule)
        for k, r in list(self.rows.items()):
            rule = config.rule(r.rule)
            if config.receiver(r.receiver) is None:
                del self.rows[k]                         # nobody left to tell
                self.dirty_r.add(k)
            elif rule is None or r.receiver not in rule.notify:
                self._close_row(r, "rule removed" if rule is None else "no longer reported here")
            else:
                if r.closing and (r.rule, r.series) in self.alerts:
                    r.closing = None
                if r.cool != rule.cooldown:
                    r.cool = rule.cooldown
                self.dirty_r.add(k)
        for name in list(self.out):
            if config.receiver(name) is None:
                del self.out[name]
                self.dirty_o.add(name)
        for r in config.receivers:
            if r.name not in self.out:
                self.out[r.name] = Outbound()
                self.dirty_o.add(r.name)
        self.settle()

    def _rows_for(self, a, rule):
        for name in rule.notify:
            k = (a.rule, a.series, name)
            if self.c.receiver(name) is None:
                continue
            r = self.rows.get(k)
            if r is None:
                self.disk.gen += 1
                self.rows[k] = Row(a.rule, a.series, name, self.disk.gen, rule.cooldown)
                if self.mutant == "new_receiver_knows":
                    self.rows[k].told = a.state
                self.dirty_r.add(k)
            elif r.closing:
                r.closing = None
                self.dirty_r.add(k)

    def _close_row(self, r, why):
        k = r.key
        busy = self._busy(k)
        if r.told == GOOD and r.maybe is None and not busy or self.mutant == "closing_forgotten":
            del self.rows[k]
        else:
            r.closing = r.closing or why
            r.peak = None
        self.dirty_r.add(k)

    def _close_alert(self, k, why):
        a = self.alerts.pop(k)
        self.dirty_a.add(k)
        for r in self._rows_of(a):
            self._close_row(r, why)

    # ---- what is owed to whom -----------------------------------------------------------------------------------
    def _rows_of(self, a):
        return [r for r in self.rows.values() if r.rule == a.rule and r.series == a.series]

    def _sev(self, r):
        rc = self.c.receiver(r.receiver)
        return rc.severities if rc else ALL

    def _busy(self, key):
        o = self.out.get(key[2])
        return bool(o and o.inflight and any(i.key == key for i in o.inflight))

    def truth(self, r):
        a = self.alerts.get((r.rule, r.series))
        return GOOD if r.closing or a is None else a.state

    def decide(self, r):
        """(SEND, kind, None) | (HOLD, why, until) | (NOTHING, None, until).  The one place where it is decided."""
        now, m = self.now, self.mutant
        truth = self.truth(r)
        want = seen(truth, self._sev(r)) if m == "filter_naive" else heard(r.told, truth, self._sev(r))
        differs = r.maybe is not None or want != r.told
        missed = not differs and r.peak is not None and r.peak.rank > r.told.rank
        rule = self.c.rule(r.rule)
        remind_at = None
        if rule and rule.remind and r.conf_at is not None and r.told != GOOD and not r.closing:
            remind_at = r.conf_at + rule.remind
        if not (differs or missed):
            if remind_at is None:
                return NOTHING, None, None
            if now < remind_at:
                return NOTHING, None, remind_at
        rise = differs and not r.closing and want.rank > r.told.rank
        if m == "strict_cooldown":
            rise = False
        if m == "rise_by_level":
            rise = differs and (want.level, want.nodata) > (r.told.level, r.told.nodata) \
                or differs and want != r.told and want.nodata != r.told.nodata
        for pattern, end in self.silences.values():
            if now < end and glob(pattern, r.series) and m != "silence_ignored":
                if not (m == "rise_passes_silence" and rise):
                    return HOLD, "silence", end
        a = self.alerts.get((r.rule, r.series))
        if a is not None and m != "no_cover":
            if r.rule == HOST_RULE:
                fleet = self.alerts.get((HUB_RULE, HUB_RULE))
                if fleet is not None and fleet.forced > OK:
                    return HOLD, "hub isolated", None
                h = self.hosts.get(self.host_of(r.series))
                if truth.rank > OK and h is not None and now < h.gather and m != "no_gather":
                    return HOLD, "gathering", h.gather
            elif r.rule != HUB_RULE:
                h = self.hosts.get(self.host_of(r.series))
                if h is not None and h.silent and self.c.hosts:
                    return HOLD, "host silent", None
        h = self.hosts.get(self.host_of(r.series))
        if h is not None and now < h.settle and a is not None and a.forced is None and m != "no_settle":
            return HOLD, "replay", h.settle
        if not rise and a is not None and (not a.fresh or a.anew) and m != "no_stale":
            return HOLD, "not heard yet", None
        if not rise and r.conf_at is not None and now < r.conf_at + r.cool:
            if not (m == "recovery_resets" and r.flaps > 1 or m == "remind_ignores_cooldown" and not differs):
                return HOLD, "cooldown", r.conf_at + r.cool
        wait = r.refused_at + max(r.cool, REFUSED)
        if r.refused == truth and now < wait and m != "no_refused":
            return HOLD, "refused", wait
        return SEND, self._kind(r, want, differs, missed), None

    @staticmethod
    def _kind(r, want, differs, missed):
        if r.closing:
            return "closed"
        if missed:
            return "missed"
        if not differs:
            return "reminder"
        told = r.told if want != r.told else r.maybe
        if want.level > told.level:
            return "firing"
        if want.nodata and not told.nodata:
            return "no data"
        if want == GOOD:
            return "resolved" if told.level > OK else "data back"
        return "eased" if want.level < told.level else "data back" if told.nodata else "firing"

    def settle(self):
        """After every event: bring hosts, rows and outbox up to date, in one transaction."""
        self._hosts()
        self._no_data()
        for r in list(self.rows.values()):
            self._refresh(r)
        self.commit()

    tick = settle

    def unwatched(self):
        """Hosts of which nobody would be told that they are silent, and when they have not been heard for too long."""
        return [(name, h.heard + FORGET) for name, h in self.hosts.items() if not self.c.hosts or
                name == self.c.local or (HOST_RULE, name + ":" + HOST_RULE) not in self.alerts]

    def _forget_host(self, name):
        for ak in [x for x, a in self.alerts.items() if self.host_of(a.series) == name]:
            self._close_alert(ak, "host not heard for 7 d")
        del self.hosts[name]

    def _hosts(self):
        for name, at in self.unwatched():
            if self.now >= at:
                self._forget_host(name)
        if not self.c.hosts:
            return
        now, n, silent = self.now, 0, 0
        for name, h in list(self.hosts.items()):
            k = (HOST_RULE, name + ":" + HOST_RULE)
            if name == self.c.local or k not in self.alerts:
                continue
            if not h.silent and now >= h.heard + self.host_limit(h) and h.newest is not None:
                self._learn_pace(name, h)
            if not h.silent and now >= h.heard + self.host_limit(h):
                h.silent, h.silent_at, h.gather = True, now, now + GATHER
                for a in self.alerts.values():
                    if self.host_of(a.series) == name and a.forced is None:
                        a.fresh = False
                self._force(k, FAILURE, h.heard)
            if h.silent and now >= self.forget_at(h):
                self._forget_host(name)
                continue
            n += 1
            silent += h.silent
        k = (HUB_RULE, HUB_RULE)
        a = self.alerts.get(k)
        isolated = n >= 3 and 2 * silent > n and self.mutant != "no_fleet"
        if a is None and isolated:
            a = self.alerts[k] = Alert(*k)
            a.forced = OK
            self._rows_for(a, self.c.hosts)
        if a is not None and (a.forced > OK) != isolated:
            if not isolated:                             # those still silent wait to see who follows
                for h in self.hosts.values():
                    if h.silent:
                        h.gather = now + GATHER
            self._force(k, FAILURE if isolated else OK, now)

    def forget_at(self, h):              # a host that was silent before the start gets its time to be heard
        return max(h.silent_at + FORGET, self.started + self.host_limit(h))

    def host_limit(self, h):
        return max(HOST_MIN, int(self.c.hosts.slots() * (h.imin or 0)))

    def _refresh(self, r):
        if self._busy(r.key):
            return
        before = (r.ready, r.peak)
        verb, what, _ = self.decide(r)
        if verb == SEND and r.ready is not None and self.now - r.ready >= DAY:
            self.disk.dead.append((self.now, r.key, r.peak, "undeliverable for a day"))
            r.peak = r.ready = None                      # the notice is given up, the debt is not
            verb, what, _ = self.decide(r)
        if verb == SEND:
            if r.ready is None:
                r.ready = self.now
            want = heard(r.told, self.truth(r), self._sev(r))
            if what != "missed" and (r.peak is None or want.rank > r.peak.rank) and self.mutant != "no_missed":
                r.peak = want
                a = self.alerts.get((r.rule, r.series))
                if a is not None and want.rank > OK and r.since is None:
                    r.since = a.since
        else:
            r.ready = None
            if verb == NOTHING:
                r.peak = None
                if r.told == GOOD and r.maybe is None:
                    r.flaps, r.since, r.worst = 0, None, None
            if r.closing and r.told == GOOD and r.maybe is None:
                del self.rows[r.key]
                self.dirty_r.add(r.key)
                return
        if (r.ready, r.peak) != before:
            self.dirty_r.add(r.key)

    # ---- sending ----------------------------------------------------------------------------------------------
    def queue(self, receiver):
        q = [r for r in self.rows.values() if r.receiver == receiver and self.decide(r)[0] == SEND]
        def order(r):                    # rises first, then the worst, then the oldest
            rank = heard(r.told, self.truth(r), self._sev(r)).rank
            rise = rank > r.told.rank and self.mutant != "no_priority"
            return not rise, -rank, r.ready if r.ready is not None else self.now, r.gen
        q.sort(key=order)
        return q

    def begin(self, receiver):
        """Takes what this receiver is owed, marks it as under way (committed), and returns its items, or None."""
        o = self.out.get(receiver)
        if o is None or o.inflight is not None or self.now < max(o.free_at, o.blocked):
            return None
        q = self.queue(receiver)
        if not q:
            return None
        solo = [r for r in q if r.solo]
        if solo:
            q = solo[:1]
        elif len(q) > FOLD and self.mutant != "no_fold":
            q = q[:FOLD_MAX]
        else:
            q = q[:1]
        items = []
        for r in q:
            if r.ready is None:
                r.ready = self.now
            kind = self.decide(r)[1]
            truth = self.truth(r)
            want = seen(truth, self._sev(r)) if self.mutant == "filter_naive" else heard(r.told, truth, self._sev(r))
            a = self.alerts.get((r.rule, r.series))
            if r.since is None and a is not None:
                r.since = a.since
            worst = r.worst
            if a is not None and a.worst is not None:
                rule = self.c.rule(r.rule)
                if worst is None or (a.worst < worst if rule.below else a.worst > worst):
                    worst = a.worst
            r.worst = worst
            if r.drawn != (kind, truth):
                r.event += 1
                r.drawn = (kind, truth)
            items.append(Item(r.key, r.gen, kind, truth, want, r.flaps, r.event, r.since, worst))
            self.dirty_r.add(r.key)
        o.inflight = tuple(items)
        self.dirty_o.add(receiver)
        if self.mutant == "cooldown_at_attempt":
            for r in q:
                r.conf_at = self.now
        if self.mutant == "no_inflight_mark":
            keep, o.inflight = o.inflight, None
            self.commit()
            o.inflight = keep
        else:
            self.commit()
        return o.inflight

    def outcome(self, receiver, result, retry_after=0):
        """result: ok | busy (surely not delivered) | unknown | refused (this content) | denied (this receiver)."""
        o = self.out.get(receiver)
        if o is None or o.inflight is None:
            return                                       # receiver removed meanwhile
        items = o.inflight
        self.dirty_o.add(receiver)
        rows = [(i, self.rows.get(i.key)) for i in items]
        rows = [(i, r) for i, r in rows if r is not None and r.gen == i.gen]
        gap = self.c.receiver(receiver).gap
        if result == "unknown" and self.mutant == "unknown_is_ok":
            result = "ok"
        if result == "ok":
            o.fails = 0
            for i, r in rows:
                r.told = seen(self.truth(r), self._sev(r)) if self.mutant == "told_is_current" else i.seen
                r.conf_at = self.now
                r.maybe = r.peak = r.ready = r.refused = r.drawn = None
                r.flaps -= i.flaps
                r.solo = False
                if i.seen == GOOD:
                    r.since = r.worst = None
        elif result == "unknown":
            self._unknown(receiver, o)
        elif result == "busy":
            o.fails += 1
            if self.mutant == "retry_after_ignored":
                retry_after = 0
            o.blocked = self.now + max(min(retry_after, RETRY_AFTER_MAX), min(2 ** (o.fails - 1), BACKOFF_MAX))
        elif result == "denied":
            o.fails += 1
            o.blocked = self.now + DENIED
        elif result == "refused":
            o.fails = 0
            if len(items) > 1 and self.mutant != "digest_refused":
                for _, r in rows:                        # one of them is the bad one
                    r.solo = True
            else:
                for i, r in rows:
                    self.disk.dead.append((self.now, i.key, i.seen, "refused"))
                    r.refused, r.refused_at = i.raw, self.now
                    r.peak = r.ready = None
                    r.solo = False
        o.inflight = None
        o.free_at = self.now + gap
        for _, r in rows:
            self.dirty_r.add(r.key)
        self.settle()

    def _unknown(self, receiver, o):
        for i in o.inflight:
            r = self.rows.get(i.key)
            if r is None or r.gen != i.gen or self.mutant == "no_maybe":
                continue
            if i.seen != r.told or r.maybe is not None:
                if r.maybe is None or i.seen.rank > r.maybe.rank:
                    r.maybe = i.seen
            self.dirty_r.add(r.key)
        o.fails += 1
        o.blocked = self.now + min(UNKNOWN_MIN * 2 ** (o.fails - 1), BACKOFF_MAX)
        o.inflight = None
        self.dirty_o.add(receiver)

    # ---- when to look again -------------------------------------------------------------------------------------
    def wake(self):
        """The alert clock at which something may become due, or None."""
        times = [self.absent_until(a) for a in self.alerts.values() if a.absent_at is not None]
        for r in self.rows.values():
            if self._busy(r.key):
                continue
            verb, _, until = self.decide(r)
            if verb == SEND:
                o = self.out[r.receiver]
                if o.inflight is None:
                    times.append(max(o.free_at, o.blocked))
                if r.ready is not None:
                    times.append(r.ready + DAY)
            elif until is not None:
                times.append(until)
        of_alerts = {self.host_of(a.series) for a in self.alerts.values()}
        times += [at for name, at in self.unwatched() if name in of_alerts]
        if self.c.hosts:
            for name, h in self.hosts.items():
                if name != self.c.local and (HOST_RULE, name + ":" + HOST_RULE) in self.alerts:
                    times.append(self.forget_at(h) if h.silent else h.heard + self.host_limit(h))
        return min(times, default=None)
