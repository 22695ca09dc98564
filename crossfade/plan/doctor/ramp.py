"""What the doctor says of a migration: its records, its way back, its windows and its gates."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Refused
from crossfade.plan.base.duration import shown_duration
from crossfade.plan.base.finding import Finding, Level, ok, problem, warning
from crossfade.plan.dns.change import plan_change
from crossfade.plan.dns.pair import adopted, live_vector, pairs_of
from crossfade.plan.dns.records import differences
from crossfade.plan.dns.vector import WHOLE, percent
from crossfade.plan.gates.kinds import ErrorsGate, LatencyGate, ShareGate
from crossfade.plan.ramp.windows import HORIZON, closed_by, next_opening

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import datetime

    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.dns.traffic import Traffic
    from crossfade.plan.ramp.preview import StagePreview
    from crossfade.plan.ramp.progress import Progress
    from crossfade.plan.ramp.stages import Plan, Stage

PREFLIGHT = "preflight"
GATES = "gates"
RECORDS = "records"
WAY_BACK = "way back"
WINDOWS = "windows"

_AT_FIRST = frozenset({"adopted-share"})
"""Findings that are about what was there before the migration, and mean nothing later."""


def stages_ahead(plan: Plan, progress: Progress) -> tuple[Stage, ...]:
    """Return the stages that have not begun; all of them for a stage that the plan lost."""
    names = [stage.name for stage in plan.stages]
    begun = names.index(progress.stage) + 1 if progress.stage in names else 0
    return plan.stages[begun:]


def say_preflight(
    subject: str, findings: Iterable[Finding], *, accepted: frozenset[str], begun: bool
) -> Iterator[Finding]:
    """Say what the preflight found, and what of it the configuration accepts.

    Args:
        subject: The migration's name in the journal.
        findings: What the preflight found.
        accepted: The words that the configuration accepts.
        begun: Whether the records are adopted already, so that nothing is refused any more.
    """
    told = [one for one in findings if not (begun and one.code in _AT_FIRST)]
    for finding in told:
        saw = f"{finding.subject}: {finding.saw} [{finding.code}]"
        risky = finding.level is Level.RISK
        if risky and finding.code in accepted:
            yield ok(PREFLIGHT, subject, f"accepted: {saw}")
            continue
        mend = finding.mend
        if risky:
            mend += f'; or bear it: accept = ["{finding.code}"]'
        level = Level.WARNING if finding.level is Level.NOTE or begun else Level.PROBLEM
        yield Finding(level, PREFLIGHT, subject, saw, mend)
    if not told:
        yield ok(PREFLIGHT, subject, "nothing stands in the way")


def say_first_change(
    subject: str, records: Sequence[RecordSet], traffic: Traffic
) -> Iterator[Finding]:
    """Say what the first `advance` would do; nothing where it would be refused."""
    try:
        target = adopted(records, traffic)
        vector = live_vector(pairs_of(target, traffic))
    except (Refused, BadInput):
        return
    change = plan_change(records, target, reason=subject)
    names = ", ".join(str(record) for record in records)
    if change.empty:
        yield ok(RECORDS, subject, f"a weighted pair already, adopted as it is at {vector}")
    else:
        yield ok(
            RECORDS, subject, f"{names} would become a weighted pair at {vector}, in one batch"
        )


def say_records(
    subject: str, name: str, progress: Progress, records: Sequence[RecordSet]
) -> Finding:
    """Say whether the records stand as they were set last."""
    changed = differences(progress.records, records)
    at = f"{progress.vector}, {progress.stage or 'before the first stage'}"
    if not changed:
        return ok(RECORDS, subject, f"as they were set: {at}")
    return problem(
        RECORDS,
        subject,
        f"somebody else changed them since they were set to {at}: {'; '.join(changed)}",
        f"put them back as they were set, or return from what stands there: `crossfade abort "
        f"{name}`; until then `crossfade advance {name}` holds",
    )


def say_windows(
    subject: str, plan: Plan, ahead: Sequence[Stage], now: datetime
) -> Iterator[Finding]:
    """Say which stages could never begin, and when the next one may."""
    never = [stage for stage in ahead if next_opening(plan.windows_of(stage), now) is None]
    for stage in never:
        told = ", ".join(str(window) for window in plan.windows_of(stage))
        yield problem(
            WINDOWS,
            subject,
            f"stage {stage.name} can never begin: its windows do not open within "
            f"{HORIZON.days} days ({told})",
            "widen what is allowed, or shorten what is denied",
        )
    if not ahead or ahead[0] in never:
        return
    first = ahead[0]
    opening = next_opening(plan.windows_of(first), now)
    closed = closed_by(plan.windows_of(first), now)
    if closed and opening is not None:
        text = f"stage {first.name} may begin from {opening:%Y-%m-%d %H:%M} UTC on: now {closed}"
    else:
        text = f"stage {first.name} may begin now"
    yield ok(WINDOWS, subject, text)


def say_way_back(
    subject: str, previews: Sequence[StagePreview], *, left: Container[str]
) -> Iterator[Finding]:
    """Say how long it takes at worst until nobody meets the new platform any more.

    Args:
        subject: The migration's name in the journal.
        previews: The plan's stages, foretold.
        left: Names of the stages that are not over.
    """
    open_yet = [one for one in previews if one.name in left]
    worst = max(open_yet, key=lambda one: one.back.total)
    yield ok(WAY_BACK, subject, f"at worst, from stage {worst.name}: {worst.back}")
    blind = [one.name for one in open_yet if one.back.detection is None]
    if all(one.back.detection is None for one in previews):
        yield warning(
            WAY_BACK,
            subject,
            "no gate of any stage takes it back: a person or an alarm must start that",
            'name gates that do: gates = ["errors"], or let an alarm call `crossfade back`',
        )
    elif blind:
        stages = f"stage{'s' * (len(blind) > 1)} {', '.join(blind)}"
        yield ok(WAY_BACK, subject, f"no gate takes it back from {stages}: somebody must look")


def say_too_few(
    subject: str, plan: Plan, ahead: Sequence[Stage], requests: float
) -> Iterator[Finding]:
    """Say which gates would stay inconclusive for want of requests on the new platform.

    Args:
        subject: The migration's name in the journal.
        plan: The plan.
        ahead: The stages to look at.
        requests: Requests per second of both platforms together.
    """
    for stage in ahead:
        for gate in plan.gates_of(stage):
            if not isinstance(gate, ErrorsGate | LatencyGate | ShareGate):
                continue
            # `measured-share` counts both platforms' requests, the others those of new.
            share = Fraction(WHOLE) if isinstance(gate, ShareGate) else stage.vector.share
            expected = requests * float(share / WHOLE) * gate.window.total_seconds()
            if expected < gate.min_requests:
                yield warning(
                    GATES,
                    subject,
                    f"gate {gate.name} would stay inconclusive at stage {stage.name}: it needs "
                    f"{gate.min_requests} requests in {shown_duration(gate.window)}, and "
                    f"{percent(share)} of {requests:.1f} a second are about {expected:.0f}",
                    "give it a longer window or a smaller min_requests, or the stage a larger "
                    "share",
                )
