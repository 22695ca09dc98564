"""The picture of cron jobs: who ran which tick, over a day or a week.

Each job has a row with three lanes: legacy above, new below, and between them what nobody ran.
What went well is a thin bar; what somebody should look at has a shape of its own, drawn over it.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator

from crossfade.adapters.picture import frame
from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count
from crossfade.plan.pictures.tick_looks import Spot, TickLook, TickRow, spots_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from crossfade.adapters.picture.file import Form

MOST_JOBS = 40
"""Jobs of one picture; what is left out is said below its title."""

MOST_SHAPES = 250
"""Marks of one look that are drawn as shapes; more would cover each other and are bars."""

BESIDE = 0.008
"""Part of the time that is left free at both ends, so that marks there are whole."""

LETTERS = 25
"""Letters of a job's name that fit beside its row."""

LANES: dict[Platform | None, float] = {Platform.LEGACY: 0.28, None: 0.0, Platform.NEW: -0.28}
"""Where in its row a lane is; rows are 1 high."""

BARS = {TickLook.LEGACY: frame.BLUE, TickLook.NEW: frame.ORANGE}
SHAPES: dict[TickLook, tuple[str, str]] = {
    TickLook.UNKNOWN: (".", frame.GREY),
    TickLook.DUE: ("o", frame.GREY),
    TickLook.HELD: ("s", frame.GREY),
    TickLook.SKIPPED: ("_", frame.BLACK),
    TickLook.RUNNING: (">", frame.GREEN),
    TickLook.CRASHED: ("X", frame.PINK),
    TickLook.FAILED: ("x", frame.RED),
    TickLook.MISSED: ("v", frame.RED),
    TickLook.DOUBLE: ("*", frame.BLACK),
}
"""Shape and colour, in the order in which they are drawn: the worst on top."""

_HOLLOW = {TickLook.DUE, TickLook.HELD}
_ROW, _ABOVE, _BELOW = 0.5, 0.75, 1.3
"""Inches: of a row, of the title, and of the time axis with the legend."""


def drawn(rows: Sequence[TickRow], start: datetime, end: datetime, form: Form) -> bytes:
    """Draw rows of ticks and return the picture's bytes."""
    shown = rows[:MOST_JOBS]
    plot = max(1.0 if len(shown) == 1 else 0.6, _ROW * len(shown))
    height = _ABOVE + plot + _BELOW
    figure = frame.new_figure(height)
    _title(figure, rows, start, end)
    left = 0.075 if len(shown) == 1 else 0.2
    axes = figure.add_axes((left, _BELOW / height, 0.98 - left, plot / height))
    frame.plain_axes(axes)
    frame.time_axis(axes)
    axes.set_xlabel("time (UTC)", size=frame.SMALL, color=frame.BLACK)
    beside = BESIDE * (end - start)
    axes.set_xlim(*frame.days((start - beside, end + beside)))
    axes.set_ylim(-len(shown) + 0.5 if shown else -0.5, 0.5)
    _name_rows(axes, shown)
    spots = [(number, spot) for number, row in enumerate(shown) for spot in spots_of(row.ticks)]
    thickness = _thickness(max((len(row.ticks) for row in shown), default=0))
    handles = [
        *(_draw_bars(axes, spots, look, color, thickness) for look, color in BARS.items()),
        *(_draw_shapes(axes, spots, look, thickness) for look in SHAPES),
    ]
    if not spots:
        frame.said(axes, "no ticks" if shown else "no cron jobs")
    figure.legend(
        handles=[handle for handle in handles if handle is not None],
        loc="upper left",
        bbox_to_anchor=(0.062, (_BELOW - 0.52) / height),
        borderaxespad=0,
        labelspacing=0.4,
        ncols=4,
        fontsize=frame.SMALL,
        frameon=False,
        labelcolor=frame.BLACK,
    )
    return frame.written(figure, form)


def _title(figure: Figure, rows: Sequence[TickRow], start: datetime, end: datetime) -> None:
    ticks = sum(len(row.ticks) for row in rows)
    what = rows[0].job if len(rows) == 1 else f"{len(rows)} cron jobs"
    told = [f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC", count(ticks, "tick")]
    if len(rows) != 1:
        told.append("in each row legacy above, new below, not run between")
    if len(rows) > MOST_JOBS:
        told.append(f"the first {MOST_JOBS} of {len(rows)} jobs")
    frame.titled(figure, f"{what}: who ran which tick", ", ".join(told))


def _name_rows(axes: Axes, rows: Sequence[TickRow]) -> None:
    """Write the jobs' names beside their rows; of one job the lanes'."""
    names: dict[float, str] = {-number: _short(row.job) for number, row in enumerate(rows)}
    if len(rows) == 1:
        names = {at: str(lane or "not run") for lane, at in LANES.items()}
    axes.yaxis.set_major_locator(FixedLocator(list(names)))
    axes.yaxis.set_major_formatter(FixedFormatter(list(names.values())))
    axes.tick_params(axis="y", length=0)
    if len(rows) > 1:
        axes.grid(visible=False, axis="y")
        for number in range(1, len(rows)):
            axes.axhline(0.5 - number, color=frame.PALE, linewidth=0.8)


def _draw_bars(
    axes: Axes, spots: Iterable[tuple[int, Spot]], look: TickLook, color: str, thickness: float
) -> Artist | None:
    """Draw the bars of one look as one broken line, which keeps the picture small."""
    found = [(number, spot) for number, spot in spots if spot.look is look]
    if not found:
        return None
    xs, ys = [], []
    for number, spot in found:
        middle, at = LANES[spot.lane] - number, frame.day(spot.at)
        xs += [at, at, nan]
        ys += [middle - 0.11, middle + 0.11, nan]
    axes.plot(xs, ys, color=color, linewidth=thickness, solid_capstyle="butt")
    label = f"{look.value} ({len(found)})"
    return Line2D(
        [], [], linestyle="", marker="|", color=color, markersize=8, markeredgewidth=2, label=label
    )


def _draw_shapes(
    axes: Axes, spots: Sequence[tuple[int, Spot]], look: TickLook, thickness: float
) -> Artist | None:
    found = [(number, spot) for number, spot in spots if spot.look is look]
    shape, color = SHAPES[look]
    if not found or len(found) > MOST_SHAPES:
        return _draw_bars(axes, spots, look, color, thickness)
    (line,) = axes.plot(
        frame.days(spot.at for _, spot in found),
        [LANES[spot.lane] - number for number, spot in found],
        shape,
        color=color,
        markersize=7 if look is not TickLook.UNKNOWN else 4,
        markeredgewidth=1.8 if shape in "x_" else 1.0,
        markerfacecolor="white" if look in _HOLLOW else color,
        label=f"{look.value} ({len(found)})",
        zorder=3,
    )
    return line


def _thickness(ticks: int) -> float:
    """Points of a bar, where a row has so many: apart from each other, and never too thin."""
    return min(3.0, max(0.5, 350 / max(ticks, 1)))


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
