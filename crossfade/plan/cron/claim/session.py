"""One start of the wrapper from its claim to its end, as one procedure.

Like the claim it is a generator: besides requests to memcached it yields what is to be done with
the command, and what is to be written down. The wrapper drives it with real processes and the
simulation with virtual ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.actions import Acts, Policy, Report, StartCommand
from crossfade.plan.cron.claim.claim import claim
from crossfade.plan.cron.claim.finish import finish
from crossfade.plan.cron.claim.outcome import UNDECIDED, ClaimOutcome, OutcomeKind, record_of
from crossfade.plan.cron.claim.records import RunningLease, State
from crossfade.plan.cron.claim.requests import CannotStart, Cut, Pause, Steps, Unreadable
from crossfade.plan.cron.claim.running_lease import release_lease, take_lease
from crossfade.plan.cron.claim.seen import leave_mark
from crossfade.plan.cron.claim.spool_line import Entry, Event
from crossfade.plan.cron.claim.supervise import RunEnding, SupervisedRun, supervise

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.terms import Contender, Terms

LOCK_AWAY = 75
"""Exit code when the command was not run though perhaps nobody runs it (EX_TEMPFAIL): the lock was
away or suspect, unreadable, it was too late, or the host had no means to run it."""


def session(me: Contender, terms: Terms, policy: Policy) -> Acts[int]:
    """Contend for a tick, run the command if it was won, and record what happened.

    Returns:
        The wrapper's exit code.
    """
    terms = terms._replace(take_suspect=policy.runs_without_lock(me.platform))
    outcome = yield from (_by_hand(me, terms) if policy.manual else claim(me, terms))
    if not _runs(me, policy, outcome):
        return (yield from _stay_away(me, policy, outcome))
    attempt = outcome.record.attempt if outcome.record else 1
    started = yield StartCommand(outcome.kind, attempt)
    entry = _entry(me, outcome, Event.START, started.wall)
    entry = entry._replace(attempt=attempt, start=started.wall)
    if isinstance(started.value, CannotStart):
        why = f"the command could not be started: {started.value.reason}"
        ending = RunEnding(started.value.exit_code, started.wall, stopped=why)
        return (yield from _end(me, terms, outcome, entry, ending))
    yield Report(entry)
    unrecorded = None
    if outcome.mine:
        entry = entry._replace(server=(yield from leave_mark(me, outcome.kind, outcome.sample)))
    elif outcome.kind in UNDECIDED and me.tick:
        running = record_of(me, State.RUNNING, started.wall)
        unrecorded = running._replace(start=started.wall, reason=outcome.reason)
    run = SupervisedRun(me, terms, policy, entry, outcome.keeping, unrecorded)
    ending = yield from supervise(run, started.now)
    return (yield from _end(me, terms, outcome, entry, ending))


def _runs(me: Contender, policy: Policy, outcome: ClaimOutcome) -> bool:
    """Whether the command is to be run."""
    if outcome.kind in UNDECIDED:
        return policy.runs_without_lock(me.platform)
    return outcome.mine or outcome.kind is OutcomeKind.MANUAL


def _stay_away(me: Contender, policy: Policy, outcome: ClaimOutcome) -> Acts[int]:
    """Record that the command was not run, and leave the mark that it could have been."""
    server = ""
    if outcome.kind not in UNDECIDED and me.tick:
        server = yield from leave_mark(me, outcome.kind, outcome.sample)
    now = yield Pause(0)
    holder = outcome.record
    entry = _entry(me, outcome, Event.SKIP, now.wall)._replace(
        holder=f"{holder.platform}/{holder.host}" if holder else "", server=server
    )
    yield Report(entry)
    expected = outcome.kind in {OutcomeKind.HELD, OutcomeKind.SKIPPED}
    return policy.skip_exit if expected else LOCK_AWAY


def _end(
    me: Contender, terms: Terms, outcome: ClaimOutcome, entry: Entry, ending: RunEnding
) -> Acts[int]:
    """Record how the run ended, in memcached and on the host."""
    if not me.tick:
        trouble = yield from _release(me, terms)
    else:
        record = outcome.record if outcome.mine else None
        final = (record or record_of(me, State.RUNNING, ending.at))._replace(
            state=State.FAILED if ending.exit_code else State.DONE,
            at=ending.at,
            start=entry.start,
            end=ending.at,
            exit_code=ending.exit_code,
            reason=ending.stopped or outcome.reason,
            outcome=outcome.kind,
        )
        away = outcome.kind in UNDECIDED  # then nobody waits for it to come back
        trouble = yield from finish(me, terms._replace(tries=1) if away else terms, final)
    yield Report(
        entry._replace(
            event=Event.END,
            at=ending.at,
            end=ending.at,
            exit_code=ending.exit_code,
            stopped=ending.stopped,
            lost=ending.lost,
            trouble=trouble,
        )
    )
    return ending.exit_code


def _by_hand(me: Contender, terms: Terms) -> Steps[ClaimOutcome]:
    """Take only the running lease: a start by hand is no tick, but must not overlap one."""
    if not terms.leased:
        return ClaimOutcome(OutcomeKind.MANUAL)
    try:
        held = yield from take_lease(me, terms)
    except Cut as cut:
        return ClaimOutcome(OutcomeKind.UNAVAILABLE, f"memcached gave no answer: {cut}")
    except Unreadable as found:
        return ClaimOutcome(OutcomeKind.UNREADABLE, str(found))
    if isinstance(held, RunningLease):
        return ClaimOutcome(OutcomeKind.SKIPPED, f"{held.platform}/{held.host} still runs it")
    return ClaimOutcome(OutcomeKind.MANUAL, keeping=held)


def _release(me: Contender, terms: Terms) -> Steps[str]:
    """Give the lease back; say why not."""
    try:
        if terms.leased:
            yield from release_lease(me)
    except Cut as cut:
        return f"memcached gave no answer: {cut}"
    return ""


def _entry(me: Contender, outcome: ClaimOutcome, event: Event, at: float) -> Entry:
    """Return the beginning of a line in the record."""
    return Entry(
        id=me.token,
        event=event,
        job=me.job,
        tick=me.tick,
        platform=me.platform,
        host=me.host,
        at=at,
        outcome=outcome.kind,
        reason=outcome.reason,
    )
