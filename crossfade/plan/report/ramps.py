"""Migrations: where each stands, its stages, and the decisions with their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Tone
from crossfade.plan.base.duration import shown_duration
from crossfade.plan.dns.vector import percent, weights
from crossfade.plan.report.decisions import decisions_of, said_last
from crossfade.plan.report.page import Badge, Migration, Step
from crossfade.plan.report.shown import command, moment
from crossfade.plan.report.sites import badge_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.ramp.progress import Progress
    from crossfade.plan.ramp.stages import Stage
    from crossfade.plan.report.known import KnownMigration

MOST_DECISIONS = 30
"""Decisions of one migration that the page shows."""


def migration_of(known: KnownMigration) -> Migration:
    """Return what the page says of a migration."""
    progress = known.progress
    decisions = decisions_of(known.operations)
    more = known.more or len(decisions) > MOST_DECISIONS
    return Migration(
        name=known.name,
        badge=badge_of(known) or standing_of(progress),
        share=float(progress.vector.share) if progress and progress.vector else _ended(progress),
        line=_line(known),
        facts=tuple(_facts(known)),
        steps=tuple(_steps(known)),
        gates=said_last(progress.results) if progress else (),
        decisions=decisions[:MOST_DECISIONS],
        more=command("history", known.subject, "--limit", "0") if more else "",
        unseen=known.unseen,
    )


def standing_of(progress: Progress | None) -> Badge:
    """Say in a word or two how a migration stands."""
    if progress is None:
        return Badge("unreadable", Tone.BAD)
    decided = progress.decided
    standings = (
        (progress.final_at is not None, "finished", Tone.GOOD),
        (progress.completed_at is not None, "complete", Tone.GOOD),
        (decided is None and progress.vector is None, "not begun", Tone.ASIDE),
        (decided is not None and decided.word == "back", "went back", Tone.BAD),
        (progress.frozen is not None, "frozen", Tone.NOTICE),
        (waits_for_a_person(progress), "waits for a person", Tone.WAITING),
    )
    first = next((Badge(text, tone) for holds, text, tone in standings if holds), None)
    return first or Badge("under way", Tone.BUSY)


def waits_for_a_person(progress: Progress) -> bool:
    """Whether only a person's word lets a ramp go on."""
    decided = progress.decided
    if decided is None or decided.word != "hold" or progress.completed_at is not None:
        return False
    return decided.ask_again is None or "needs an approval" in decided.reason


def _ended(progress: Progress | None) -> float:
    """The share where there are no weights: all once the records are simple ones of new."""
    return 100.0 if progress is not None and progress.simple_at is not None else 0.0


def _line(known: KnownMigration) -> str:
    progress = known.progress
    if progress is None:
        return known.trouble
    if progress.simple_at is not None:
        return "simple records of the new platform"
    if progress.vector is None:
        return "the records as they were found"
    stage = f"stage {progress.stage}: " if progress.stage else "before the first stage: "
    return stage + weights(progress.vector)


def _facts(known: KnownMigration) -> Iterator[tuple[str, str]]:
    progress = known.progress
    if progress is None:
        return
    if progress.since is not None:
        yield "since", moment(progress.since)
    if progress.decided is not None:
        yield "decided last", f"{progress.decided.word}: {progress.decided.reason}"
        if progress.decided.ask_again is not None:
            yield "asks again", moment(progress.decided.ask_again)
    if progress.frozen is not None:
        yield "frozen", f"by {progress.frozen.by}, {moment(progress.frozen.at)}"
    yield from _consents(progress)
    if progress.completed_at is not None:
        yield "complete", moment(progress.completed_at)
    if progress.final_at is not None:
        yield "point of no return", moment(progress.final_at)
    elif known.reversible_until is not None:
        yield "reversible until", moment(known.reversible_until)


def _consents(progress: Progress) -> Iterator[tuple[str, str]]:
    for one in progress.approvals:
        yield "approved", f"by {one.by}, {moment(one.at)}, until {moment(one.expires)}"
    for gate in progress.overrides:
        yield "overridden", f"gate {gate.gate} by {gate.by}: {gate.reason}"


def _steps(known: KnownMigration) -> Iterator[Step]:
    """The stages in order; those up to the present one are done."""
    plan, progress = known.plan, known.progress
    if plan is None or progress is None:
        return
    names = [stage.name for stage in plan.stages]
    present = names.index(progress.stage) if progress.stage in names else -1
    whole = progress.completed_at is not None
    begun = _begun(known)
    for at, stage in enumerate(plan.stages):
        reached = at <= present
        state = "ahead" if not reached else "done" if whole or at < present else "now"
        since = begun.get(stage.name, "") if reached else ""
        yield Step(stage.name, percent(stage.share), state, since, tuple(_asks(stage)))


def _begun(known: KnownMigration) -> dict[str, str]:
    """When each stage's weights were in sync, the last time that it began."""
    if known.timeline is None:
        return {}
    return {one.stage: moment(one.at) for one in known.timeline.settings if one.kind == "advance"}


def _asks(stage: Stage) -> Iterator[str]:
    if stage.approval:
        yield "begins with an approval"
    if stage.windows:
        yield "begins in its windows"
    if stage.crons:
        yield f"moves {', '.join(stage.crons)}"
    if stage.bake:
        yield f"bakes {shown_duration(stage.bake)}"
    if stage.gates:
        yield f"gates {', '.join(stage.gates)}"
