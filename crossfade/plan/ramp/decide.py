"""The decision: from plan, journal, evidence and now to one thing to do next.

The order of the questions is the rule: whether to go back is asked first, before a foreign change,
a freeze, a window, a missing approval or missing data can hold anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from crossfade.plan.base.duration import shown_duration
from crossfade.plan.dns.vector import Vector, percent
from crossfade.plan.gates.gate import GateResult, OnFail, Outcome, counted, limit_reached
from crossfade.plan.ramp.approval import missing_approval
from crossfade.plan.ramp.progress import Checkpoint, completed
from crossfade.plan.ramp.return_plan import given_up, previous_checkpoint, reversible_until
from crossfade.plan.ramp.stages import Plan, Return, Stage
from crossfade.plan.ramp.windows import closed_by, next_opening

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from crossfade.plan.ramp.progress import Progress


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read for one decision.

    Attributes:
        results: What the present stage's gates say.
        difference: Sentences on how the live records differ from those that the journal recorded;
            empty if they do not.
        live: The weights in DNS, or None where they cannot be read as a vector.
        away: Percent of new lookups that are not answered with legacy, whatever stands there; None
            where that is what `live` says.
        stopped: Reason of the stop switch for all migrations, or "".
        digest: Digest of the live records, the next change and the rest of the plan.
        moving: Cron jobs of the present stage that are not done moving.
        stuck: Cron jobs of the present stage that wait for a person, each with why and the mend.
    """

    results: tuple[GateResult, ...] = ()
    difference: tuple[str, ...] = ()
    live: Vector | None = None
    away: Fraction | None = None
    stopped: str = ""
    digest: str = ""
    moving: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advance:
    """Go on.

    Attributes:
        stage: The stage to begin; "" to adopt the records, which comes before the first one.
        vector: The weights to set, or None to adopt the records: a pair keeps its own, a simple
            record becomes one.
        reason: Why.
    """

    stage: str
    vector: Vector | None
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay.

    Attributes:
        reason: Why, with the figures.
        ask_again: When the answer may be another one; None if only a person can change it.
        conflict: Whether the records were changed by somebody else.
        done: Whether the ramp is complete.
        escalate: Whether a person should be told: a limit was reached that asks for holding.
        waiting: Whether only time is missing: the stage bakes, or its cron jobs are watched.
    """

    reason: str
    ask_again: datetime | None = None
    conflict: bool = False
    done: bool = False
    escalate: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """Return to a checkpoint, at once."""

    to: Checkpoint
    reason: str


Decision = Advance | Hold | Back


def decide(plan: Plan, progress: Progress, evidence: Evidence, now: datetime) -> Decision:
    """Decide what to do next.

    Pure: the same facts give the same decision. The caller stores `observed(progress, results)`.
    """
    return (
        _back(plan, progress, evidence, now)
        or _blocked(progress, evidence)
        or _unfinished(plan, progress, evidence, now)
        or _onward(plan, progress, evidence, now)
    )


def _back(plan: Plan, progress: Progress, evidence: Evidence, now: datetime) -> Decision | None:
    """Go back if a gate's limit is reached. Only what would bring more traffic to new is refused.

    After a foreign change the checkpoint may have more on the new platform than there is now:
    somebody was quicker, and going "back" would go forward.
    """
    stage = plan.stage(progress.stage)
    failing = _failing(plan, stage, progress, evidence) if stage else ""
    baseline = plan.back_to is Return.BASELINE
    to = progress.baseline if baseline else previous_checkpoint(progress)
    if not failing or to is None or given_up(plan, progress, now):
        return None
    share = to.vector.share if to.vector else 0
    there = evidence.live.share if evidence.live else evidence.away
    if evidence.difference and there is not None and there < share:
        found = evidence.live or percent(there)
        return Hold(f"{failing}; somebody else already took new to {found}", conflict=True)
    where = to.stage or "the baseline"
    return Back(to, f"{failing}: back to {where}")


def _failing(plan: Plan, stage: Stage, progress: Progress, evidence: Evidence) -> str:
    """Say which gate's limit asks for going back; "" if none does."""
    skipped = _overridden(progress)
    results = (*progress.results, *evidence.results)
    reasons = {(result.gate, result.outcome): result.reason for result in results}
    gates = {gate.name: gate for gate in plan.gates_of(stage) if gate.on_fail is OnFail.BACK}
    told: list[str] = []
    for tally in counted(progress.tallies, evidence.results):
        gate = gates.get(tally.gate)
        if gate is None or gate.name in skipped or tally.outcome is Outcome.PASS:
            continue
        if limit_reached(gate, tally):
            reason = reasons.get((tally.gate, tally.outcome), f"{tally.count} in a row")
            told.append(f"gate {gate.name}: {tally.outcome} ({reason})")
    return "; ".join(told)


def _blocked(progress: Progress, evidence: Evidence) -> Hold | None:
    """Whether something stands in the way of going forward at all."""
    if evidence.difference:
        told = "; ".join(evidence.difference)
        return Hold(f"changed by someone else: {told}", conflict=True)
    if evidence.stopped:
        return Hold(f"all migrations are stopped: {evidence.stopped}")
    if progress.frozen is not None:
        since = f"{progress.frozen.at:%Y-%m-%d %H:%M} UTC"
        return Hold(f"frozen by {progress.frozen.by} since {since}: {progress.frozen.reason}")
    if progress.final_at is not None:
        return Hold("past the point of no return: nothing is left to do", done=True)
    return None


def _unfinished(plan: Plan, progress: Progress, evidence: Evidence, now: datetime) -> Hold | None:
    """Whether the present stage is not done: cron jobs, bake, gates."""
    if not progress.stage:
        return _before_the_first(plan, progress, evidence, now)
    stage = plan.stage(progress.stage)
    if stage is None:
        return Hold(
            f"the present stage {progress.stage} is no longer in the plan: put it back, or go back"
        )
    soon = now + plan.check_every
    if evidence.stuck:
        return Hold("; ".join(evidence.stuck))
    if evidence.moving:
        told = ", ".join(evidence.moving)
        return Hold(f"cron jobs are still moving: {told}", soon, waiting=True)
    baked = (progress.since or now) + stage.bake
    if stage.bake and now < baked:
        left = shown_duration(baked - now)
        return Hold(f"stage {stage.name} bakes for another {left}", baked, waiting=True)
    return _gates_hold(plan, stage, progress, evidence, soon)


def _before_the_first(
    plan: Plan, progress: Progress, evidence: Evidence, now: datetime
) -> Hold | None:
    """Whether a gate that is asked before any traffic moves is not passed."""
    skipped = _overridden(progress)
    told = [
        f"gate {one.gate}: {one.outcome} ({one.reason})"
        for one in evidence.results
        if one.outcome is not Outcome.PASS and one.gate not in skipped
    ]
    return Hold("; ".join(told), now + plan.check_every) if told else None


def _gates_hold(
    plan: Plan, stage: Stage, progress: Progress, evidence: Evidence, soon: datetime
) -> Hold | None:
    skipped = _overridden(progress)
    said = {result.gate: result for result in evidence.results}
    tallies = counted(progress.tallies, evidence.results)
    told: list[str] = []
    escalate = False
    for gate in plan.gates_of(stage):
        result = said.get(gate.name)
        if gate.name in skipped or (result and result.outcome is Outcome.PASS):
            continue
        if result is None:
            told.append(f"gate {gate.name}: was not asked")
            continue
        own = [tally for tally in tallies if tally.gate == gate.name]
        escalate = escalate or any(limit_reached(gate, tally) for tally in own)
        told.append(f"gate {gate.name}: {result.outcome} ({result.reason})")
    return Hold("; ".join(told), soon, escalate=escalate) if told else None


def _onward(plan: Plan, progress: Progress, evidence: Evidence, now: datetime) -> Decision:
    """Go on to the next stage, if it may begin now."""
    if progress.vector is None:
        return Advance("", None, "adopt the records as weighted pairs")
    stage = plan.after(progress.stage)
    if stage is None:
        return Hold(f"all stages are done; {_way_back(plan, progress, now)}", done=True)
    windows = plan.windows_of(stage)
    closed = closed_by(windows, now) if windows else ""
    if closed:
        opens = next_opening(windows, now)
        when = f"opens {opens:%Y-%m-%d %H:%M} UTC" if opens else "does not open within 400 days"
        return Hold(f"stage {stage.name} may not begin now ({closed}); {when}", opens)
    if stage.approval:
        missing = missing_approval(progress.approvals, evidence.digest, now)
        if missing:
            return Hold(f"stage {stage.name} needs an approval: {missing}", now + plan.check_every)
    passed = _passed(evidence.results)
    why = f"{passed}; on to {percent(stage.share)}" if passed else f"on to {percent(stage.share)}"
    return Advance(stage.name, stage.vector, why)


def _way_back(plan: Plan, progress: Progress, now: datetime) -> str:
    """Say until when a complete ramp may be taken back."""
    done = completed(progress, now)
    until = reversible_until(plan, done)
    return given_up(plan, done, now) or f"reversible until {until:%Y-%m-%d %H:%M} UTC"


def _passed(results: Iterable[GateResult]) -> str:
    return "; ".join(f"gate {result.gate}: {result.outcome}" for result in results)


def _overridden(progress: Progress) -> frozenset[str]:
    return frozenset(one.gate for one in progress.overrides if one.stage == progress.stage)


def told(decision: Decision) -> dict[str, Any]:
    """Write a decision as JSON, its word first: `advance`, `hold` or `back`."""
    word = type(decision).__name__.lower()
    return {"decision": word, **_ADAPTER.dump_python(decision, mode="json")}


_ADAPTER: TypeAdapter[Decision] = TypeAdapter(Decision)
