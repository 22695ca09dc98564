"""What was measured along a ramp: the requests, and the measured share as its gate sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crossfade.plan.dns.vector import BASELINE, WHOLE
from crossfade.plan.gates.gate import Circumstances
from crossfade.plan.gates.judge import judge
from crossfade.plan.gates.kinds import STANDARD_GATES, ShareGate
from crossfade.plan.gates.samples import MINUTE, PlatformSamples, Samples, between, is_count
from crossfade.plan.journal.operation import instant
from crossfade.plan.pictures.timeline import Counted, Judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crossfade.plan.gates.samples import Series
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.pictures.timeline import Setting
    from crossfade.plan.ramp.stages import Plan

RESOLUTIONS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 180, 360, 720, 1440)
)
MOST_PERIODS = 360
"""Periods of one timeline; more are narrower than the eye tells apart at 900 pixels."""

MOST_JUDGED = 240
"""Instants of one timeline at which the measured share is judged."""

KEPT = ((timedelta(days=63), timedelta(hours=1)), (timedelta(days=15), timedelta(minutes=5)))
"""How long CloudWatch keeps what is finer than an hour, and than five minutes."""


def resolution_of(start: datetime, end: datetime, now: datetime) -> timedelta:
    """Return how long the periods are that a timeline's requests are counted in."""
    kept = [least for age, least in KEPT if now - start > age]
    least = max(kept, default=MINUTE)
    fits = [one for one in RESOLUTIONS if one >= least and (end - start) / one <= MOST_PERIODS]
    return fits[0] if fits else RESOLUTIONS[-1]


def aligned(at: datetime, resolution: timedelta) -> datetime:
    """Return the beginning of an instant's period, where CloudWatch begins its own."""
    seconds = resolution.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, at.tzinfo)


def counted_of(legacy: Series, new: Series, resolution: timedelta) -> tuple[Counted, ...]:
    """Join both platforms' requests; a period without a count on either side has no point."""
    minutes = resolution / MINUTE
    here, there = (
        {point.at: point.value for point in one if is_count(point.value)} for one in (legacy, new)
    )
    return tuple(
        Counted(at, here.get(at, 0.0) / minutes, there.get(at, 0.0) / minutes)
        for at in sorted(here.keys() | there.keys())
    )


def judged_of(
    settings: Sequence[Setting],
    samples: Samples,
    plan: Plan,
    *,
    resolution: timedelta,
    until: datetime,
) -> tuple[Judged, ...]:
    """Ask the gate of the measured share along the ramp, as it would have been asked then.

    Args:
        settings: The weights that were set, oldest first.
        samples: Both platforms' requests in each period.
        plan: How the traffic moves.
        resolution: Length of the periods.
        until: The end of what was read.
    """
    gate = next(one for one in (*plan.gates, *STANDARD_GATES) if isinstance(one, ShareGate))
    gate = replace(gate, window=max(gate.window, resolution))
    ends = [*(later.begun for later in settings[1:]), until]
    spans = list(enumerate(zip(settings, ends, strict=True)))
    shown = max((until - settings[0].at) / resolution, 1.0) if settings else 1.0
    every = resolution * max(1, round(shown / MOST_JUDGED))
    return tuple(
        judged
        for number, (setting, end) in spans
        for at in _instants(setting, end, every)
        if (judged := _judge(gate, samples, _at(setting, at, plan.keep_alive), number)) is not None
    )


def _instants(setting: Setting, end: datetime, every: timedelta) -> Iterator[datetime]:
    """Yield ends of periods until the next change; the gate itself leaves out the first TTL."""
    at = aligned(setting.at, every) + every
    while at <= end and setting.vector is not None:
        yield at
        at += every


def _at(setting: Setting, now: datetime, keep_alive: timedelta) -> Circumstances:
    return Circumstances(
        now=now,
        since=setting.at,
        vector=setting.vector or BASELINE,
        previous=setting.previous or BASELINE,
        ttl=setting.ttl,
        keep_alive=keep_alive,
        concentration=setting.concentration,
        delay=timedelta(),
    )


def _judge(gate: ShareGate, samples: Samples, at: Circumstances, number: int) -> Judged | None:
    period = at.period(gate.window, settling=at.ttl)
    seen = Samples(
        legacy=_within(samples.legacy, period.start, period.end),
        new=_within(samples.new, period.start, period.end),
    )
    return _from_figures(judge(gate, seen, at).figures, period.end, number)


def _within(samples: PlatformSamples, start: datetime, end: datetime) -> PlatformSamples:
    return PlatformSamples(requests=between(samples.requests, start, end))


def journalled(
    operations: Iterable[Operation[Any, Any]], settings: Sequence[Setting]
) -> tuple[Judged, ...]:
    """Return the measured share as the gate recorded it with the decisions, oldest first."""
    turns = [(one.at, later.at) for one, later in pairwise(settings)]
    found: dict[datetime, Judged] = {}
    for note in (note for operation in operations for note in operation.notes):
        if "share_measured" not in note.figures:
            continue
        at = instant(str(note.figures["end"]))
        number = sum(later <= at for _, later in turns)
        judged = _from_figures(note.figures, at, number)
        if judged is not None:
            found[at] = judged
    return tuple(found[at] for at in sorted(found))


def _from_figures(figures: Mapping[str, Any], at: datetime, number: int) -> Judged | None:
    """Read what the gate recorded; None where there was nothing that it could measure."""
    if figures.get("share_measured") is None:
        return None
    measured, expected, tolerance = (
        WHOLE * float(figures[name]) for name in ("share_measured", "share_set", "tolerance")
    )
    return Judged(at, number, measured, expected, tolerance)
