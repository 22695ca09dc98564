"""One contender at a time against a virtual memcached, with faults at chosen requests."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.actions import Report, StartCommand, Stop, WatchCommand
from crossfade.plan.cron.claim.claim import claim
from crossfade.plan.cron.claim.outcome import UNDECIDED, ClaimOutcome
from crossfade.plan.cron.claim.records import TickRecord, decode_tick, tick_key
from crossfade.plan.cron.claim.requests import Answer, CannotStart, NoAnswer, Pause, Value, drive
from crossfade.plan.cron.claim.seen import leave_mark
from crossfade.plan.cron.claim.terms import Contender, Terms
from tests.cronrun.virtual_memcached import VirtualMemcached

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.plan.cron.claim.actions import Act, Acts
    from crossfade.plan.cron.claim.requests import Request, Steps
    from crossfade.plan.cron.claim.spool_line import Entry

TICK = 30_000_000
AT = TICK * 60.0
TERMS = Terms(deadline=AT + 1800)
Result = TypeVar("Result")


def contender(token: str, platform: Platform = Platform.NEW, *, tick: int = TICK) -> Contender:
    return Contender("reports", tick, token, platform, f"host-{token}", AT)


class Command:
    """A command in virtual time: how long it runs, what it ends with, what it was told."""

    def __init__(self, *, seconds: float = 5, code: int = 0, cannot_start: int = 0) -> None:
        self.seconds = seconds
        self.code = code
        self.cannot_start = cannot_start
        self.started: list[StartCommand] = []
        self.stopped_at: list[float] = []
        self.ends = float("inf")


class Line:
    """A memcached and a line to it that can be made to fail, in virtual time."""

    def __init__(self) -> None:
        self.now = AT + 1
        self.command = Command()
        self.entries: list[Entry] = []
        self.server = VirtualMemcached(Random(1), AT - 86_400)  # noqa: S311  repeatable
        self.requests = 0
        self.travel = (0.001, 0.0)
        self.trouble: dict[int, str] = {}
        self.on_pause: Callable[[float], None] = lambda _: None
        self.on_watch: Callable[[float], None] = lambda _: None

    def carry(self, steps: Acts[Result] | Steps[Result]) -> Result:
        """Carry out a part of the protocol."""
        return drive(steps, self._answer)

    def _answer(self, request: Act) -> Answer:
        sent = self.now
        value = self._do(request)
        return Answer(value, self.now, sent, self.now)

    def _do(self, request: Act) -> Value:
        value: Value = None
        if isinstance(request, Pause):
            self.now += request.seconds
            self.on_pause(request.seconds)
        elif isinstance(request, StartCommand):
            self.command.started.append(request)
            self.command.ends = self.now + self.command.seconds
            code = self.command.cannot_start
            value = CannotStart(code, "no-such-program: not found") if code else None
        elif isinstance(request, WatchCommand):
            self.now = max(self.now, min(self.now + request.seconds, self.command.ends))
            self.on_watch(self.now)
            value = self.command.code if self.now >= self.command.ends else None
        elif isinstance(request, Stop):
            self.command.stopped_at.append(self.now)
            self.command.ends, self.command.code = self.now + 1, 143
        elif isinstance(request, Report):
            self.entries.append(request.entry)
        else:
            value = self._ask(request)
        return value

    def _ask(self, request: Request) -> Value:
        self.requests += 1
        there, back = self.travel
        self.now += there
        trouble = self.trouble.get(self.requests, "")
        if trouble == "restart":
            self.server.restart(self.now)
        if trouble == "request lost":
            return self._no_answer()
        value = self.server.apply(request, self.now)
        self.now += back
        return self._no_answer() if trouble else value

    def _no_answer(self) -> NoAnswer:
        self.now += 1
        return NoAnswer("timed out")

    def claims(self, token: str, terms: Terms = TERMS, **who: Platform | int) -> ClaimOutcome:
        """Let a contender claim, and leave its mark."""
        me = contender(token, **who)  # type: ignore[arg-type]
        outcome = self.carry(claim(me, terms))
        if outcome.kind not in UNDECIDED:
            self.carry(leave_mark(me, outcome.kind, outcome.sample))
        return outcome

    def record(self, tick: int = TICK) -> TickRecord | None:
        value = self.server.value(tick_key("reports", tick), self.now)
        return decode_tick(value) if value else None

    def put(self, key: str, value: str, life: float = 1000) -> None:
        """Write something as if another had written it."""
        self.server.store(key, value, int(life), self.now)
