"""Whether a new picture of a ramp would show something that the last one did not.

A schedule decides every minute for weeks; most of these decisions look the same.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from crossfade.plan.gates.gate import Outcome
from crossfade.plan.gates.samples import MINUTE

if TYPE_CHECKING:
    from datetime import datetime

    from crossfade.plan.ramp.progress import Progress

GROWTH = 1.1
"""A picture that shows a tenth more time differs to the eye: some 90 in three weeks."""


def picture_due(before: Progress, after: Progress, *, conflict: bool = False) -> bool:
    """Whether a decision changed what a picture shows, or the ramp has grown by a tenth.

    Args:
        before: Where the migration stood before the decision was recorded.
        after: Where it stands now.
        conflict: Whether the decision found a change by somebody else.
    """
    told = [progress.decided.reason if progress.decided else "" for progress in (before, after)]
    news = conflict and told[0] != told[1]
    return news or _shown(before) != _shown(after) or _grown(before, after)


def _shown(progress: Progress) -> tuple[object, ...]:
    """What of a progress is seen in its picture."""
    failing = {tally.gate for tally in progress.tallies if tally.outcome is Outcome.FAIL}
    return (
        progress.since,
        progress.vector,
        progress.frozen,
        progress.completed_at,
        progress.final_at,
        failing,
    )


def _grown(before: Progress, after: Progress) -> bool:
    baseline = after.baseline
    if baseline is None or before.decided is None or after.decided is None:
        return False
    sizes = (_size(baseline.at, one.decided.at) for one in (before, after) if one.decided)
    return len(set(sizes)) > 1


def _size(begun: datetime, at: datetime) -> int:
    """How often a ramp's time has grown by a tenth since its first minute."""
    return int(log(max(at - begun, MINUTE) / MINUTE) / log(GROWTH))
