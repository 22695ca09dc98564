"""The picture of a ramp: shares above, requests below, stages and events in a strip over both."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from crossfade.adapters.picture import frame
from crossfade.adapters.picture.events import draw_lines, draw_strip, mark_handles
from crossfade.adapters.picture.scale import share_axis
from crossfade.plan.dns.vector import BASELINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from crossfade.adapters.picture.file import Form
    from crossfade.plan.pictures.timeline import Judged, Setting, Timeline

HEIGHT = 6.4
LEFT, WIDTH = 0.075, 0.905
_STRIP, _SHARES, _REQUESTS = (0.795, 0.12), (0.395, 0.395), (0.2, 0.165)
"""Bottom and height of the three parts, as parts of the figure's height."""


def drawn(timeline: Timeline, form: Form) -> bytes:
    """Draw a timeline and return the picture's bytes."""
    figure = frame.new_figure(HEIGHT)
    frame.titled(
        figure, f"{timeline.name}: share of the traffic on the new platform", _told(timeline)
    )
    strip, shares, requests = (
        figure.add_axes((LEFT, bottom, WIDTH, height))
        for bottom, height in (_STRIP, _SHARES, _REQUESTS)
    )
    limits = (timeline.start, timeline.end)
    for axes in (strip, shares, requests):
        axes.set_xlim(*frame.days(limits))
    draw_strip(strip, timeline)
    handles = [*_draw_shares(shares, timeline), *_draw_requests(requests, timeline)]
    draw_lines((shares, requests), timeline)
    handles += mark_handles(timeline)
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(LEFT - 0.012, 0.126),
        borderaxespad=0,
        labelspacing=0.4,
        ncols=4,
        fontsize=frame.SMALL,
        frameon=False,
        labelcolor=frame.BLACK,
    )
    return frame.written(figure, form)


def _told(timeline: Timeline) -> str:
    """The line below the title: where it stands, and what could not be shown."""
    if not timeline.settings:
        return "; ".join(timeline.caveats)
    last = timeline.settings[-1]
    weights = str(last.vector) if last.vector else "the records as they were found"
    where = f", stage {last.stage}" if last.stage else ""
    now = f"{timeline.end:%Y-%m-%d %H:%M} UTC: {weights}{where}"
    return "; ".join([now, *timeline.caveats])


def _draw_shares(axes: Axes, timeline: Timeline) -> list[Artist]:
    frame.plain_axes(axes)
    frame.time_axis(axes)
    share_axis(axes)
    axes.tick_params(labelbottom=False, length=0)
    axes.xaxis.get_offset_text().set_visible(False)
    axes.set_ylabel("share on new", size=frame.SMALL, color=frame.BLACK)
    band = _draw_band(axes, timeline.judged)
    counted = _draw_counted(axes, timeline)
    for _, ones in groupby(timeline.judged, key=lambda one: one.setting):
        some = list(ones)
        axes.plot(
            frame.days([one.at for one in some]),
            [one.share for one in some],
            color=frame.ORANGE,
            linewidth=1.8,
            zorder=3,
            marker="o" if len(some) == 1 else None,
            markersize=4,
        )
    points = timeline.propagated
    if not points:
        return []
    (held,) = axes.plot(
        frame.days([timeline.start, *(point.at for point in points)]),
        [_first(timeline.settings), *(point.value for point in points)],
        color=frame.SKY,
        linewidth=1.6,
        linestyle=(0, (4, 2)),
        label="propagated (resolvers' caches)",
    )
    (put,) = axes.step(
        frame.days([timeline.start, *(one.at for one in timeline.settings), timeline.end]),
        [*(values := _values(timeline.settings)), values[-1]],
        where="post",
        color=frame.BLUE,
        linewidth=1.4,
        label="set (weights in sync)",
    )
    gate = Line2D([], [], color=frame.ORANGE, linewidth=1.8, label="measured, as its gate sees it")
    return [put, held, *counted, *([gate, band] if timeline.judged else [])]


def _draw_band(axes: Axes, judged: Sequence[Judged]) -> Artist:
    for _, ones in groupby(judged, key=lambda one: one.setting):
        some = list(ones)
        axes.fill_between(
            frame.days([one.at for one in some]),
            [max(0.0, one.expected - one.tolerance) for one in some],
            [min(100.0, one.expected + one.tolerance) for one in some],
            color=frame.ORANGE,
            alpha=0.16,
            linewidth=0,
        )
    return Patch(color=frame.ORANGE, alpha=0.16, linewidth=0, label="the gate's tolerance")


def _draw_counted(axes: Axes, timeline: Timeline) -> list[Artist]:
    shown = [(one.at, one.share) for one in timeline.counted if one.share is not None]
    if not shown:
        return []
    middle = timeline.resolution / 2
    (counted,) = axes.plot(
        frame.days([at + middle for at, _ in shown]),
        [share for _, share in shown],
        color=frame.RED,
        linewidth=0.7,
        alpha=0.75,
        label=f"measured in {_span(timeline.resolution)}",
    )
    return [counted]


def _draw_requests(axes: Axes, timeline: Timeline) -> list[Artist]:
    frame.plain_axes(axes)
    frame.time_axis(axes)
    axes.set_xlabel("time (UTC)", size=frame.SMALL, color=frame.BLACK)
    axes.set_ylabel("requests/min", size=frame.SMALL, color=frame.BLACK)
    if not timeline.counted:
        axes.set_yticks([])
        frame.said(axes, "requests were not read")
        return []
    at = frame.days([one.at for one in timeline.counted])
    axes.set_yscale("symlog", linthresh=1)
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    lines: list[Artist] = []
    for name, color, style in (("legacy", frame.BLACK, "--"), ("new", frame.RED, "-")):
        values = [getattr(one, name) for one in timeline.counted]
        lines += axes.step(
            at,
            values,
            where="post",
            color=color,
            linewidth=1.1,
            linestyle=style,
            label=f"requests on {name}",
        )
    axes.set_ylim(bottom=0)
    return lines


def _short(value: float, _position: int) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"  # noqa: PLR2004  a thousand


def _first(settings: Sequence[Setting]) -> float:
    return float((settings[0].previous or BASELINE).share) if settings else 0.0


def _values(settings: Sequence[Setting]) -> list[float]:
    return [_first(settings), *(one.share for one in settings)]


def _span(resolution: timedelta) -> str:
    minutes = round(resolution / timedelta(minutes=1))
    if minutes == 1:
        return "single minutes"
    return f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"
