"""Findings on a terminal: the worst last, each with its mend below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Line, Tone
from crossfade.plan.base.finding import Level, worst_last

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.plan.base.finding import Finding

TONES = {
    Level.OK: Tone.ASIDE,
    Level.NOTE: Tone.ASIDE,
    Level.WARNING: Tone.NOTICE,
    Level.RISK: Tone.NOTICE,
    Level.PROBLEM: Tone.BAD,
}


def finding_lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """Tell findings, the worst last, where a person looks first."""
    width = max((len(one.code) for one in findings), default=0)
    for one in worst_last(findings):
        head = f"{one.level.value:<7}  {one.code:<{width}}"
        yield Line(f"{head}  {one.subject}: {one.saw}", TONES[one.level])
        if one.mend:
            yield Line(f"{'':<{len(head)}}  mend: {one.mend}")
