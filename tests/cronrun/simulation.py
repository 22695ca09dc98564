"""Both platforms against a virtual memcached, in virtual time, with faults drawn from a seed.

The code under test is `crossfade.plan.cron.claim.session.session`, unchanged: what the wrapper
drives with real processes is driven here from a heap of events. Each minute is a tick, on which
each platform starts once or more, early, late, twice or not at all. The checker knows nothing of
the protocol: it looks at which contenders started the command, told that they had won, and who
believed to hold the lease at the same time.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.actions import Policy, Report, StartCommand, Stop, WatchCommand
from crossfade.plan.cron.claim.records import lease_key
from crossfade.plan.cron.claim.requests import (
    Add,
    Answer,
    Driven,
    NoAnswer,
    Pause,
    Read,
    Stats,
    Swap,
    Value,
)
from crossfade.plan.cron.claim.session import session
from crossfade.plan.cron.claim.terms import Contender, Terms
from crossfade.plan.cron.schedule.ticks import MINUTE
from tests.cronrun.virtual_memcached import VirtualMemcached

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.plan.cron.claim.actions import Act

JOB = "reports"
TIMEOUT = 1.0
PERIOD = MINUTE
HALF = PERIOD / 2
SKEW = 4.0
"""Seconds by which each host's clock is off at most, so two are apart by less than the tolerance
of ten, early starts included."""


class Weather(NamedTuple):
    """How often what goes wrong: chances for each request, each answer, each tick.

    Attributes:
        drop_request: A request gets lost.
        drop_answer: It is carried out, and its answer gets lost.
        late: It is carried out only up to two minutes after the client gave up.
        pause: A process is frozen for up to twenty minutes when an answer comes.
        crash: A process dies when an answer comes.
        cold: The server restarts empty.
        warm: It restarts with all it had.
        evict: It drops half of its items.
        flush: It drops all of them.
        full: It refuses to store anything for some seconds.
        cut: One platform cannot reach it for up to half a minute.
        long: A run lasts longer than its period.
    """

    drop_request: float = 0.0
    drop_answer: float = 0.0
    late: float = 0.0
    pause: float = 0.0
    crash: float = 0.0
    cold: float = 0.0
    warm: float = 0.0
    evict: float = 0.0
    flush: float = 0.0
    full: float = 0.0
    cut: float = 0.0
    long: float = 0.0


CALM = Weather()
STORM = Weather(
    drop_request=0.01, drop_answer=0.01, late=0.02, pause=0.004, crash=0.003,
    cold=0.02, warm=0.01, evict=0.02, flush=0.01, full=0.02, cut=0.02, long=0.03,
)  # fmt: skip


@dataclass
class Tally:
    """What the checker counted.

    `doubles`: ticks of which more than one contender was told that it won. `missed`: ticks that
    nobody ran; `unexplained`: those with nothing in their way. `two_leases`: how often a contender
    got the lease while another could still be certain of it. `strays`: ticks that the other
    platform ran though the preferred one was there a second earlier.
    """

    ticks: int = 0
    runs: int = 0
    doubles: int = 0
    missed: int = 0
    unexplained: int = 0
    two_leases: int = 0
    strays: int = 0
    told: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = ", ".join(f"{kind} {count}" for kind, count in sorted(self.told.items()))
        return (
            f"ticks {self.ticks}, runs {self.runs}, doubles {self.doubles}, missed {self.missed} "
            f"(without a cause {self.unexplained}), two leases {self.two_leases}; told: {told}; "
            f"faults: {sum(self.faults.values())}"
        )


@dataclass(eq=False)
class Actor:
    """One start of the wrapper, and the command that it may run.

    `connection` is the server's life in which it was opened, 0 for none. It believes to hold the
    lease until `believes`.
    """

    me: Contender
    driven: Driven[Act, int]
    skew: float
    connection: int = 0
    ends_at: float = 0.0
    believes: float = float("-inf")


class Bend:
    """How a broken protocol differs from the real one; this one does not."""

    def request(self, actor: Actor, act: object) -> object:
        """Return what is sent instead of a request."""
        del actor
        return act

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        """Return what the protocol is told instead of what was answered."""
        del actor, act
        return value

    def server(self, actor: Actor, act: object) -> int:
        """Return which of the two servers is asked."""
        del actor, act
        return 0


TERMS = Terms(deadline=0.0, lease=20, retention=600, handicap=8.0, prefer=Platform.NEW)


class World:
    """Time, hosts, the server and the network between them."""

    def __init__(
        self,
        seed: int,
        weather: Weather = STORM,
        *,
        terms: Terms = TERMS,
        policy: Policy | None = None,
        bend: Bend | None = None,
    ) -> None:
        self.random = Random(seed)  # noqa: S311  repeatable on purpose
        self.weather = weather
        self.terms = terms
        self.policy = policy or Policy()
        self.bend = bend or Bend()
        self.now = 1_800_000_000.0
        self.servers = [VirtualMemcached(self.random, self.now - 3600) for _ in range(2)]
        self.full_until = 0.0
        self.cut_until = dict.fromkeys(Platform, 0.0)
        self.tally = Tally()
        self.wins: Counter[tuple[int, int]] = Counter()
        self.preferred_came: dict[int, float] = {}
        self.troubled: set[int] = set()
        self.believers: set[Actor] = set()
        self.events: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self.number = 0

    def run(self, ticks: int, *, until: Callable[[Tally], object] = lambda _: False) -> Tally:
        """Let so many ticks pass, or fewer if `until` finds what it looks for, and count."""
        first = int(self.now) // MINUTE + 2
        every = range(first, first + ticks)
        for tick in every:
            if until(self.tally):
                every = range(first, tick)
                break
            self._until(tick * MINUTE - HALF)
            self._change_weather()
            self._start_wrappers(tick)
        self._until(float("inf"))
        missed = [tick for tick in every if not self.wins[tick, 1]]
        self.tally.ticks = len(every)
        self.tally.runs = self.wins.total()
        self.tally.missed = len(missed)
        self.tally.unexplained = len([tick for tick in missed if tick not in self.troubled])
        return self.tally

    # Time

    def _at(self, when: float, what: Callable[..., None], *arguments: object) -> None:
        self.number += 1
        assert when >= self.now
        heapq.heappush(self.events, (when, self.number, what, arguments))

    def _until(self, when: float) -> None:
        while self.events and self.events[0][0] <= when:
            self.now, _, what, arguments = heapq.heappop(self.events)
            what(*arguments)
        if when < float("inf"):
            self.now = when

    # What happens around a tick

    def _start_wrappers(self, tick: int) -> None:
        chance = self.random.random
        sure = False
        for platform in Platform:
            starts = 0 if chance() < 0.03 else 2 if chance() < 0.05 else 1
            for _ in range(starts):
                skew = SKEW * (2 * chance() - 1)
                late = chance() * (40.0 if chance() < 0.03 else 5.0)
                sure = sure or late < HALF / 2
                begin = tick * MINUTE + late - skew
                self._at(begin, self._begin, tick, platform, skew)
        if not sure:
            self.troubled.add(tick)

    def _begin(self, tick: int, platform: Platform, skew: float) -> None:
        token = f"{self.random.getrandbits(64):016x}"
        me = Contender(JOB, tick, token, platform, "host", self.now + skew)
        if platform == Platform.NEW:
            self.preferred_came.setdefault(tick, self.now)
        terms = self.terms._replace(deadline=self.terms.deadline or tick * MINUTE + HALF)
        self._advance(Actor(me, Driven(session(me, terms, self.policy)), skew), None)

    def _change_weather(self) -> None:
        chance, weather = self.random.random, self.weather
        server = self.servers[0]
        evil: list[tuple[str, float, Callable[..., None], tuple[object, ...]]] = [
            ("cold", weather.cold, server.restart, ()),
            ("warm", weather.warm, server.restart_warm, ()),
            ("evict", weather.evict, server.evict, (0.5,)),
            ("flush", weather.flush, server.flush, ()),
            ("full", weather.full, self._fill, ()),
            ("cut", weather.cut, self._cut_off, ()),
        ]
        for name, likely, what, arguments in evil:
            if chance() < likely:
                self._at(self.now + PERIOD * chance(), self._strike, name, what, arguments)

    def _strike(self, name: str, what: Callable[..., None], arguments: tuple[object, ...]) -> None:
        self._trouble(name)
        if name == "cold":
            what(self.now)
        else:
            what(*arguments)

    def _fill(self) -> None:
        self.full_until = self.now + 20 * self.random.random()

    def _cut_off(self) -> None:
        platform = self.random.choice(list(Platform))
        self.cut_until[platform] = self.now + 30 * self.random.random()

    def _trouble(self, name: str) -> None:
        """Remember that ticks about now may be missed for a cause."""
        self.tally.faults[name] += 1
        tick = int(self.now + HALF) // MINUTE
        self.troubled.update(range(tick, tick + 3))

    # One wrapper

    def _advance(self, actor: Actor, value: Value, sent: float = 0.0) -> None:
        """Give a wrapper its answer, and do what it asks next."""
        chance, weather = self.random.random, self.weather
        if weather.crash and chance() < weather.crash:
            self._trouble("crash")
            self.believers.discard(actor)
            return
        if weather.pause and chance() < weather.pause and value is not None:
            self._trouble("pause")
            self._at(self.now + 1200 * chance() ** 3, self._resume, actor, value, sent)
            return
        self._resume(actor, value, sent)

    def _resume(self, actor: Actor, value: Value, sent: float) -> None:
        driven = actor.driven
        if actor.ends_at or sent:
            driven.answer(Answer(value, self.now + actor.skew, sent, self.now))
        while not driven.over:
            act = driven.asks
            if type(act) in REQUESTS:
                self._send(actor, act)
                return
            if isinstance(act, Pause) and act.seconds:
                self._at(self.now + act.seconds, self._advance, actor, None, self.now)
                return
            if isinstance(act, WatchCommand):
                until = min(actor.ends_at, self.now + act.seconds)
                self._at(max(self.now, until), self._look, actor)
                return
            self._do(actor, act)
            driven.answer(Answer(None, self.now + actor.skew, self.now, self.now))
        self.believers.discard(actor)

    def _look(self, actor: Actor) -> None:
        ended = self.now >= actor.ends_at
        self._advance(actor, 0 if ended else None, self.now)

    def _do(self, actor: Actor, act: object) -> None:
        if isinstance(act, StartCommand):
            if act.claim == "won":
                self.wins[actor.me.tick, act.attempt] += 1
                self.tally.doubles += self.wins[actor.me.tick, act.attempt] == 2
            came = self.preferred_came.get(actor.me.tick, self.now)
            self.tally.strays += actor.me.platform == Platform.LEGACY and came + 1 < self.now
            long = self.random.random() < self.weather.long
            if long:  # the next ticks wait for it, or are skipped
                self.troubled.update(range(actor.me.tick, actor.me.tick + 4))
            actor.ends_at = self.now + self.random.random() * (150 if long else 10)
        elif isinstance(act, Stop):
            actor.ends_at = min(actor.ends_at, self.now + 1)
        elif isinstance(act, Report):
            self.tally.told[act.entry.event + " " + act.entry.outcome] += 1
            if act.entry.outcome == "skipped":
                self.troubled.add(actor.me.tick)

    # The network

    def _send(self, actor: Actor, act: object) -> None:
        chance, weather = self.random.random, self.weather
        server = self.servers[self.bend.server(actor, act)]
        actor.connection = actor.connection or self._life()
        request = self.bend.request(actor, act)
        if isinstance(act, Swap) and act.life < 0 and act.key == LEASE:
            self.believers.discard(actor)  # it gives the lease back
        draw = chance()
        if self.cut_until[actor.me.platform] > self.now or draw < weather.drop_request:
            self._trouble("drop request")
            self._at(self.now + TIMEOUT, self._fail, actor, act, self.now, "timed out")
        elif draw < weather.drop_request + weather.drop_answer:
            self._trouble("drop answer")
            self._at(self.now + 0.002 * chance(), self._arrive_late, server, request, server.life)
            self._at(self.now + TIMEOUT, self._fail, actor, act, self.now, "timed out")
        elif draw < weather.drop_request + weather.drop_answer + weather.late:
            self._trouble("late")
            after = 120 * chance() ** 3
            self._at(self.now + after, self._arrive_late, server, request, server.life)
            self._at(self.now + TIMEOUT, self._fail, actor, act, self.now, "timed out")
        else:
            after = 0.002 * chance()
            self._at(self.now + after, self._arrive, actor, act, request, server, self.now)

    def _arrive(
        self, actor: Actor, act: object, request: object, server: VirtualMemcached, sent: float
    ) -> None:
        if actor.connection != self._life():
            self._fail(actor, act, sent, "connection reset")
            return
        if self.now < self.full_until and isinstance(request, Add | Swap):
            self._fail(actor, act, sent, "out of memory")
            return
        value = self.bend.answer(actor, act, server.apply(request, self.now))
        if isinstance(act, Add | Swap) and act.key == LEASE and value is True and act.life > 0:
            self._believe(actor, sent + act.life - 1)
        self._advance(actor, value, sent)

    def _arrive_late(self, server: VirtualMemcached, request: object, life: int) -> None:
        if server.life == life and self.now >= self.full_until:
            self._trouble("applied")
            server.apply(request, self.now)

    def _fail(self, actor: Actor, act: object, sent: float, reason: str) -> None:
        self._trouble("no answer")
        actor.connection = 0
        self._advance(actor, self.bend.answer(actor, act, NoAnswer(reason)), sent)

    def _life(self) -> int:
        first, second = self.servers
        return first.life + second.life

    def _believe(self, actor: Actor, until: float) -> None:
        others = [other for other in self.believers if other.believes > self.now]
        self.tally.two_leases += any(other is not actor for other in others)
        self.believers = {*others, actor}
        actor.believes = until


LEASE = lease_key(JOB)
REQUESTS = frozenset((Read, Add, Swap, Stats))
