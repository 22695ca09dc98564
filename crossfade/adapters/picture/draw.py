"""Pictures: what matplotlib draws, as the bytes of an SVG or PNG file.

matplotlib takes half a second to load and belongs to the extra `flows`, so that it is loaded only
when something is drawn.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from crossfade.adapters.picture.file import Form
    from crossfade.plan.pictures.tick_looks import TickRow
    from crossfade.plan.pictures.timeline import Timeline


def draw_ramp(timeline: Timeline, form: Form = "svg") -> bytes:
    """Draw the timeline of a ramp: shares, requests, stages and what happened.

    Raises:
        BadInput: matplotlib is not installed.
    """
    with _installed():
        from crossfade.adapters.picture.ramp import drawn  # noqa: PLC0415  takes half a second
    return drawn(timeline, form)


def draw_ticks(
    rows: Sequence[TickRow], start: datetime, end: datetime, form: Form = "svg"
) -> bytes:
    """Draw what became of the ticks of one cron job or of many, each job in a row of its own.

    Args:
        rows: The jobs with their ticks.
        start: Where the picture begins.
        end: Where it ends.
        form: What it is written as.

    Raises:
        BadInput: matplotlib is not installed.
    """
    with _installed():
        from crossfade.adapters.picture.ticks import drawn  # noqa: PLC0415  takes half a second
    return drawn(rows, start, end, form)


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise BadInput(
            "pictures need matplotlib, which is not installed: pip install 'crossfade[flows]'"
        ) from error
