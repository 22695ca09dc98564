"""Watching over a run: its lease, its longest time, and what to do when either is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.cron.claim.actions import OnLost, Report, Stop, WatchCommand
from crossfade.plan.cron.claim.finish import record_late
from crossfade.plan.cron.claim.running_lease import BEATS, beat
from crossfade.plan.cron.claim.spool_line import Event

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.actions import Acts, Policy
    from crossfade.plan.cron.claim.records import TickRecord
    from crossfade.plan.cron.claim.running_lease import Keeping
    from crossfade.plan.cron.claim.spool_line import Entry
    from crossfade.plan.cron.claim.terms import Contender, Terms

FOREVER = float("inf")

RETRY = 4
"""How many times sooner an extension without an answer is tried again."""


class SupervisedRun(NamedTuple):
    """A run under way. Instants are on the monotonic clock, in seconds.

    Attributes:
        me: The contender that runs.
        terms: Its terms.
        policy: Its policy.
        entry: How its lines in the record begin.
        keeping: Its lease, if it has one.
        unrecorded: What is still to be written, if it runs without a claim.
        limit: When it is to be ended.
        next_beat: When to extend the lease, or try to record.
        stopped: Why it was told to end.
        lost: Why its lease was lost, or who has the tick too.
    """

    me: Contender
    terms: Terms
    policy: Policy
    entry: Entry
    keeping: Keeping | None
    unrecorded: TickRecord | None
    limit: float = FOREVER
    next_beat: float = FOREVER
    stopped: str = ""
    lost: str = ""


class RunEnding(NamedTuple):
    """How a run ended.

    Attributes:
        exit_code: What the command ended with.
        at: When, in seconds since 1970.
        stopped: Why it was told to end.
        lost: Why its lease was lost, or who has the tick too.
    """

    exit_code: int
    at: float
    stopped: str = ""
    lost: str = ""


def supervise(run: SupervisedRun, now: float) -> Acts[RunEnding]:
    """Watch over a run, which began at `now`, until it ends."""
    if run.policy.max_runtime is not None:
        run = run._replace(limit=now + run.policy.max_runtime)
    if run.keeping is not None or run.unrecorded is not None:
        run = run._replace(next_beat=now)  # the lease was taken for seconds only
    while True:
        expiry = run.keeping.until if run.keeping and not run.lost else FOREVER
        wake = min(run.next_beat, run.limit, expiry)
        answer = yield WatchCommand(max(0.0, wake - now))
        now = answer.now
        if isinstance(answer.value, int):
            return RunEnding(answer.value, answer.wall, run.stopped, run.lost)
        if now >= run.limit:
            yield Stop()
            run = run._replace(
                limit=FOREVER, stopped=f"ran longer than {run.policy.max_runtime:g} s"
            )
        if run.keeping is not None:
            run = yield from _keep(run, run.keeping, now, answer.wall)
        elif run.unrecorded is not None and now >= run.next_beat:
            run = yield from _record(run, run.unrecorded, now, answer.wall)


def _keep(run: SupervisedRun, keeping: Keeping, now: float, wall: float) -> Acts[SupervisedRun]:
    """Extend the lease when it is time, and notice when it is lost."""
    lost = keeping.lost(now)  # before anything is sent: a run that was frozen must not think again
    if now >= run.next_beat:
        keeping = yield from beat(run.me, run.terms, keeping)
        lost = lost or keeping.lost(now)
        pause = run.terms.lease / (BEATS * RETRY if keeping.away else BEATS)
        run = run._replace(keeping=keeping, next_beat=FOREVER if keeping.taken_by else now + pause)
    return (yield from _lose(run, lost, wall)) if lost and not run.lost else run


def _record(run: SupervisedRun, record: TickRecord, now: float, wall: float) -> Acts[SupervisedRun]:
    """Write the record of a run without a claim, and notice when another has the tick too."""
    found = yield from record_late(run.me, run.terms, record)
    if found is None:
        return run._replace(next_beat=now + run.terms.lease / (BEATS * RETRY))
    run = run._replace(unrecorded=None, next_beat=FOREVER)
    if found.token == run.me.token:
        return run
    return (yield from _lose(run, f"{found.platform}/{found.host} has the tick too", wall))


def _lose(run: SupervisedRun, lost: str, wall: float) -> Acts[SupervisedRun]:
    """Say that the lease is lost, once, and do what the policy wants."""
    yield Report(run.entry._replace(event=Event.LOST, at=wall, lost=lost))
    if run.policy.on_lost is not OnLost.STOP or run.stopped:
        return run._replace(lost=lost)
    yield Stop()
    return run._replace(lost=lost, stopped="stopped because its lease was lost")
