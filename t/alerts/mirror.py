# SPDX-License-Identifier: MIT
"""The model and the engine side by side: every event goes to both, and after each they must agree."""
import subprocess
from math import isnan

import model
from facts import Crash, FAILURE, heard, HOST_RULE, HUB_RULE, NODATA, WARNING

TUNING = ("FORGET", "DAY", "REFUSED", "FOLD", "FOLD_MAX")
LETTER = {NODATA: "n", WARNING: "w", FAILURE: "f"}


class Differs(AssertionError):
    pass


class Driver:
    """A process of t/alert_model; what is said to it is kept back until an answer is wanted."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.past = []

    def say(self, *words):
        self.lines.append(" ".join(str(w) for w in words))

    def ask(self, *words):
        self.say(*words)
        self.say(".")
        self.past += self.lines
        self.process.stdin.write("\n".join(self.lines) + "\n")
        self.process.stdin.flush()
        self.lines = []
        answer = []
        for line in self.process.stdout:
            if line == ".\n":
                return answer
            answer.append(line.rstrip("\n"))
        raise Differs("the driver ended with %s after\n%s" % (self.process.wait(), "\n".join(self.past[-40:])))

    def end(self):
        """Its exit status."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


def series_of(name):
    """Model and engine name things differently: patterns of the model are globs over the whole name."""
    return name.replace("[/]", "")


def split(series):
    """host, plugin, instance, field"""
    host, _, rest = series_of(series).partition(":")
    rest, _, field = rest.rpartition(".")
    plugin, bracket, instance = rest.partition("[")
    return host, plugin, instance[:-1] if bracket else "-", field


def id_of(rule):
    return rule if rule in (HOST_RULE, HUB_RULE) else "%s (%s)" % (rule, rule)


def limit(x):
    return "-" if x is None else x


def state_of(state):
    return "none" if state is None else str(state)


class Mirror(model.Engine):
    driver = None
    mutant = ""                              # a fault of the model

    # ---- what goes to both -------------------------------------------------------------------------------------
    def __init__(self, config, disk, real, wall):
        d = self.driver
        self.nested = 0
        self.decided = None                  # what is owed, while both are compared
        self.count = None                    # a counter on its way to sample
        self.serials = {}                    # receiver -> of the message under way
        self.looked = None                   # alert clock when all was compared last, and nothing was due
        self.engine_wake = -1
        self.buried = None                   # dead letters of both when this life began
        if not hasattr(disk, "mirrored"):
            disk.mirrored = True
            d.say("reset")
            d.past = []
        else:
            d.say("kill")
        d.say("tuning", *(getattr(model, x) for x in TUNING))
        self.configure(config)
        d.say("start", real, wall)
        self.both(lambda: super(Mirror, self).__init__(config, disk, real, wall, self.mutant))

    def both(self, event, ticked=True):
        """The event has been said to the driver; does it in the model, commits in both, compares."""
        if self.nested:                      # one event of the model calls another
            return event()
        self.nested += 1
        try:
            result = event()
        except Crash:
            if self.crash_in == -1:          # died just after the transaction
                self.driver.say("commit")
            raise
        finally:
            self.nested -= 1
        self.driver.say("commit")
        self.compare(ticked)
        return result

    def configure(self, c):
        d = self.driver
        d.say("policy", c.local)
        for r in c.rules:
            d.say("rule", r.name, r.name, limit(r.warning), limit(r.failure), int(r.below), r.hold, r.clear_for,
                  r.hysteresis, r.missing, r.remind, r.cooldown, ",".join(r.notify) or "-")
        if c.hosts:
            d.say("hosts", c.hosts.missing, c.hosts.remind, c.hosts.cooldown, ",".join(c.hosts.notify) or "-")
        for r in c.receivers:
            d.say("listener", r.name, "".join(sorted(LETTER[s] for s in r.severities)), r.gap)

    def at(self, real, wall):
        super().at(real, wall)
        self.driver.say("at", real, wall)

    def sample(self, series, t, value, interval, last=True, sent=0):
        said = "-" if value is None else self.count if self.count is not None else \
            "nan" if isnan(value) else repr(value)
        self.driver.say("list", *split(series), t, interval, said, sent)
        if not last:
            self.looked = None
            return super().sample(series, t, value, interval, False, sent)
        self.driver.say("tick")
        return self.both(lambda: super(Mirror, self).sample(series, t, value, interval, True, sent))

    def counted(self, series, t, value, interval):
        self.count = "+%d" % value
        super().counted(series, t, value, interval)
        self.count = None

    def tick(self):
        self.driver.say("tick")
        return self.both(super().settle)

    def step(self, delta):
        self.driver.say("step", delta)
        return self.both(lambda: super(Mirror, self).step(delta), False)

    def stop(self):
        self.driver.say("stop")
        return self.both(super().stop, False)

    def silence(self, pattern, seconds):
        self.driver.say("silence", series_of(pattern), seconds)
        return self.both(lambda: super(Mirror, self).silence(pattern, seconds))

    def reload(self, config):
        if self.nested:
            return super().reload(config)
        self.configure(config)
        self.driver.say("reload")
        return self.both(lambda: super(Mirror, self).reload(config))

    def begin(self, receiver):
        if self.looked != self.now:
            self.tick()                      # what is due by now; the engine does so as well
        before = self.out.get(receiver)
        if before is None or before.inflight is not None:
            return super().begin(receiver)
        try:
            self.nested += 1
            items = super().begin(receiver)
        except Crash:
            self.driver.ask("begin", receiver)
            if self.crash_in == -1:
                self.driver.say("commit")
            raise
        finally:
            self.nested -= 1
        if items is None and not -1 < self.engine_wake <= self.real:
            return None                      # the engine has said that it has nothing to send
        answer = self.driver.ask("begin", receiver)
        self.driver.say("commit")
        want = [self.item(i) for i in items or ()]
        if answer[1:] != want:
            raise Differs("at %d %s: the engine sends\n%s\nthe model\n%s" % (
                self.now, receiver, "\n".join(answer), "\n".join(want)))
        if items is not None:
            self.serials[receiver] = answer[0].split()[1]
            self.compare()
        return items

    def outcome(self, receiver, result, retry_after=0):
        o = self.out.get(receiver)
        if o is None or o.inflight is None:
            return
        self.driver.say("answer", receiver, self.serials[receiver], result, retry_after)
        self.both(lambda: super(Mirror, self).outcome(receiver, result, retry_after))

    # ---- where the model leaves it open ------------------------------------------------------------------------
    def queue(self, receiver):
        """What is equal in every respect goes in the order of its name."""
        q = super().queue(receiver)

        def order(r):
            rank = heard(r.told, self.truth(r), self._sev(r)).rank
            ready = r.ready if r.ready is not None else self.now
            return rank <= r.told.rank, -rank, ready, id_of(r.rule), series_of(r.series)
        return sorted(q, key=order)

    def _shift(self, host, delta):
        """The stamp from which on samples were missed moves with the clock as all others do."""
        super()._shift(host, delta)
        for a in self.alerts.values():
            if self.host_of(a.series) == host and a.forced is None and a.since_absent is not None:
                a.since_absent += delta

    def _absent(self, host, h):
        """Where no rule misses samples, nobody waits for them."""
        super()._absent(host, h)
        for a in self.alerts.values():
            if a.forced is None and a.fresh and self.c.rule(a.rule) and not self.c.rule(a.rule).missing:
                a.absent_at = None

    # ---- comparing ---------------------------------------------------------------------------------------------
    def item(self, i):
        since = "-"
        if i.since is not None:
            forced = i.key[0] in (HOST_RULE, HUB_RULE)
            since = self.wall + i.since - self.now if forced else i.since
        return "\t".join(("item", id_of(i.key[0]), series_of(i.key[1]), i.kind, str(i.raw), str(i.seen),
                          str(i.flaps), str(i.event), str(since), "nan" if i.worst is None else "%g" % i.worst))

    def alert_line(self, a):
        return "\t".join(("alert", id_of(a.rule), series_of(a.series), str(a.state), str(a.incident)))

    def row_line(self, r):
        verb, what, _ = self.decide(r)
        word = what if verb == "hold" else verb
        busy = self._busy(r.key)
        return "\t".join(("row", id_of(r.rule), series_of(r.series), r.receiver, str(r.told), state_of(r.maybe),
                          state_of(r.peak), state_of(r.refused), str(-1 if r.conf_at is None else r.conf_at),
                          str(-1 if r.ready is None else r.ready), str(r.flaps), str(r.event),
                          str(int(r.closing is not None)), str(int(r.solo)), word,
                          what if verb == "send" else "-")) if not busy else \
            "\t".join(("row", id_of(r.rule), series_of(r.series), r.receiver, "under way"))

    def compare(self, ticked=True):
        lines = self.driver.ask("state")
        self.decided = {}
        wake, dead = int(lines.pop().split("\t")[1]), int(lines.pop().split("\t")[1])
        have = set(lines)
        want = {self.alert_line(a) for a in self.alerts.values()} | {self.row_line(r) for r in self.rows.values()}
        if have != want:
            self.differ("the engine says", sorted(have - want), "the model", sorted(want - have))
        if self.buried is None:
            self.buried = dead, len(self.disk.dead)
        if dead - self.buried[0] != len(self.disk.dead) - self.buried[1]:
            self.differ("dead letters of the engine", [str(dead)], "of the model", map(str, self.disk.dead))
        self.compare_wake(wake, ticked)
        self.decided = None
        self.looked = self.now if ticked else None
        self.engine_wake = wake

    def decide(self, r):
        """Nothing changes while both are compared."""
        if self.decided is None:
            return super().decide(r)
        if r.key not in self.decided:
            self.decided[r.key] = super().decide(r)
        return self.decided[r.key]

    def compare_wake(self, wake, ticked):
        """It may wake too early now and then, never too late, and not for nothing."""
        want = self.wake()
        if want is not None:
            want -= self.offset
            if wake == -1 or wake > max(want, self.real):
                self.differ("the engine wakes", [str(wake)], "the model", [str(want)])
        if ticked and -1 < wake <= self.real and (want is None or want > self.real):
            self.differ("the engine has something to do at", [str(wake)], "the model", [str(want)])

    def differ(self, one, these, other, those):
        raise Differs("\n".join(["at real %d, alert clock %d, after" % (self.real, self.now), *self.driver.past[-12:],
                                 one, *these, other, *those]))
