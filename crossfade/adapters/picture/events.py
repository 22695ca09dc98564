"""The strip above the picture of a ramp: the stages' names, and over them what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from crossfade.adapters.picture import frame
from crossfade.plan.pictures.timeline import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from crossfade.plan.pictures.timeline import Timeline, TimelineMark

LETTER_WIDTH = 0.0085
"""About how much of the plot's width a letter of a stage's name takes."""

ROWS, NEAR = 3, 0.018
"""Rows of events, and how near two of one row may be, as part of the plot's width."""

MARKS: dict[MarkKind, tuple[str, str]] = {
    MarkKind.BACK: ("<", frame.RED),
    MarkKind.ABORT: ("X", frame.RED),
    MarkKind.REVERSE: ("v", frame.RED),
    MarkKind.HOLD: ("s", frame.BLUE),
    MarkKind.FOREIGN: ("D", frame.PINK),
    MarkKind.FAIL: ("P", frame.BLACK),
    MarkKind.COMPLETE: ("*", frame.GREEN),
    MarkKind.SIMPLE: ("p", frame.GREEN),
    MarkKind.FINAL: ("H", frame.BLACK),
}
"""Shape and colour of each kind of event."""


def draw_strip(axes: Axes, timeline: Timeline) -> None:
    """Draw the stages' names, and above them what happened."""
    axes.set_ylim(0, 1 + ROWS)
    axes.axis("off")
    for number, (name, begun, end) in enumerate(_stages(timeline)):
        color = "#dfe8ef" if number % 2 else "#eef2f5"
        axes.axvspan(frame.day(begun), frame.day(end), 0.02, 0.24, color=color, linewidth=0)
        part = (end - begun) / (timeline.end - timeline.start)
        shown = name if len(name) * LETTER_WIDTH < part else ""
        axes.text(
            frame.day(begun + (end - begun) / 2),
            0.5,
            shown,
            size=frame.SMALL,
            color=frame.BLACK,
            ha="center",
            va="center",
        )
    for mark, row in _rows(timeline):
        shape, color = MARKS[mark.kind]
        axes.plot([frame.day(mark.at)], [1.3 + row], shape, color=color, markersize=8)


def _rows(timeline: Timeline) -> Iterator[tuple[TimelineMark, int]]:
    """Give marks that would cover each other rows of their own."""
    near = NEAR * (timeline.end - timeline.start)
    last: dict[int, datetime] = {}
    for mark in timeline.marks:
        free = (row for row in range(ROWS) if row not in last or mark.at - last[row] > near)
        row = next(free, ROWS - 1)
        last[row] = mark.at
        yield mark, row


def _stages(timeline: Timeline) -> list[tuple[str, datetime, datetime]]:
    """The stages as they followed each other, with their times; at the baseline there is none."""
    settings = timeline.settings
    if not settings:
        return []
    turns = [*(one.at for one in settings[1:]), timeline.end]
    whole = zip(settings, turns, strict=True)
    return [(one.stage, one.at, end) for one, end in whole if one.stage and one.at < end]


def draw_lines(plots: Iterable[Axes], timeline: Timeline) -> None:
    """Draw a line through the plots below at each event."""
    for axes in plots:
        for mark in timeline.marks:
            color = MARKS[mark.kind][1]
            axes.axvline(frame.day(mark.at), color=color, linewidth=0.9, linestyle=":", zorder=1)


def mark_handles(timeline: Timeline) -> list[Artist]:
    """Return the legend's entries for the events that there are."""
    kinds = {mark.kind for mark in timeline.marks}
    return [
        Line2D([], [], linestyle="", marker=shape, color=color, markersize=7, label=kind.value)
        for kind, (shape, color) in MARKS.items()
        if kind in kinds
    ]
