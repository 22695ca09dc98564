"""The scale of shares: wide at both ends, as a ramp begins at 1 percent and ends at 99."""

from __future__ import annotations

from math import asinh
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

TICKS = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100)
STRETCHED = 2.0
"""Percent around 0 and 100 that are drawn wide, so that both platforms show at 1 percent."""

_HALF = 50.0
_MIDDLE = asinh(_HALF / STRETCHED)


def share_axis(axes: Axes) -> None:
    """Make the vertical axis one of percents, from 0 to 100."""
    axes.set_yscale("function", functions=(_stretch, _unstretch))
    axes.yaxis.set_major_locator(FixedLocator(list(TICKS)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.set_ylim(-0.6, 100.6)


def _stretch(values: Any) -> NDArray[np.float64]:  # noqa: ANN401  what matplotlib gives
    """Draw both ends wide: the way from 0 to 1 percent is seen, and that from 99 to 100."""
    given = np.asarray(values, dtype=float)
    low = np.arcsinh(given / STRETCHED)
    high = 2 * _MIDDLE - np.arcsinh((2 * _HALF - given) / STRETCHED)
    return np.where(given <= _HALF, low, high)


def _unstretch(values: Any) -> NDArray[np.float64]:  # noqa: ANN401  what matplotlib gives
    given = np.asarray(values, dtype=float)
    low = STRETCHED * np.sinh(given)
    high = 2 * _HALF - STRETCHED * np.sinh(2 * _MIDDLE - given)
    return np.where(given <= _MIDDLE, low, high)
