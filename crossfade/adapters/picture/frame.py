"""What all pictures have in common: size, colours, time axes, and how they become bytes.

matplotlib is used through its objects only: pyplot keeps figures and settings for the whole
process. The colours are those of Okabe and Ito, which colour-blind readers tell apart; nothing is
told by colour alone.
"""

from __future__ import annotations

import io
import re
from datetime import UTC
from typing import TYPE_CHECKING

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from matplotlib.axes import Axes

    from crossfade.adapters.picture.file import Form

INCHES, DOTS = 9.0, 100
"""Width, and dots for each inch: 900 pixels."""

BLACK, GREY, PALE = "#222222", "#767676", "#ececec"
BLUE, SKY, GREEN, ORANGE, RED, PINK = (
    "#0072B2",
    "#56B4E9",
    "#009E73",
    "#E69F00",
    "#D55E00",
    "#CC79A7",
)
SMALL, NORMAL, LARGE = 8.5, 9.5, 12.5


SECONDS = 86_400


def day(at: datetime) -> float:
    """Return an instant as matplotlib counts time: days since 1970."""
    return at.timestamp() / SECONDS


def days(instants: Iterable[datetime]) -> list[float]:
    """Return instants as matplotlib counts time."""
    return [day(at) for at in instants]


def new_figure(height: float) -> Figure:
    """Return an empty figure of the common width, some inches high."""
    return Figure(figsize=(INCHES, height), dpi=DOTS, facecolor="white")


def written(figure: Figure, form: Form) -> bytes:
    """Return a figure as a file's bytes; without the date, so that the same data look the same."""
    file = io.BytesIO()
    figure.savefig(file, format=form, metadata={"Date": None} if form == "svg" else {})
    return smaller(file.getvalue()) if form == "svg" else file.getvalue()


def smaller(svg: bytes) -> bytes:
    """Return an SVG of two thirds the size: hundredths of a point, few names, no line breaks.

    It goes into a page of Prefect's database, again and again. Only the scale of the letters needs
    more digits, and nothing refers to a group by its name.
    """
    short = re.sub(rb"(?<!scale\()(\b\d+\.\d\d)\d+", rb"\1", svg)
    short = re.sub(rb'<g id="[^"]+"', b"<g", short.replace(b"DejaVuSans-", b"d"))
    return re.sub(rb"\s+", b" ", short)


def titled(figure: Figure, title: str, below: str) -> None:
    """Write a title at the left of a figure, and a smaller line below it."""
    height = figure.get_figheight()
    left = 0.075
    figure.text(left, 1 - 0.12 / height, title, size=LARGE, color=BLACK, va="top")
    figure.text(left, 1 - 0.36 / height, below, size=SMALL, color=GREY, va="top")


def said(axes: Axes, text: str) -> None:
    """Write in the middle of a plot that has nothing to show why that is so."""
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY, size=NORMAL
    )


def plain_axes(axes: Axes) -> None:
    """Take away what does not carry data, and draw a light grid below it."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(labelsize=SMALL, colors=BLACK, color=GREY)
    axes.grid(visible=True, color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def time_axis(axes: Axes) -> None:
    """Make the lower axis one of instants in UTC, as few words as tell them apart."""
    locator: AutoDateLocator = AutoDateLocator(tz=UTC, minticks=5, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_fontsize(SMALL)
