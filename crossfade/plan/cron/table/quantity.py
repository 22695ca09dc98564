"""Amounts of cpu and memory as Kubernetes writes them."""

from __future__ import annotations

import re
from decimal import Decimal

from crossfade.errors import BadInput

_QUANTITY = re.compile(
    r"(?P<number>\d+(?:\.\d*)?|\.\d+)(?P<unit>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?", re.ASCII
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
FINEST = {"cpu": Decimal("0.001"), "memory": Decimal(1)}
"""The smallest amount that Kubernetes tells apart: a thousandth of a core, a byte."""


def read_quantity(text: str, what: str) -> Decimal:
    """Read an amount, in cores or bytes.

    Args:
        text: Such as `500m`, `2`, `128Mi` or `1.5G`.
        what: `cpu` or `memory`.

    Raises:
        BadInput: It is none, or is less than Kubernetes tells apart.
    """
    sample = "500m or 2" if what == "cpu" else "128Mi or 1G"
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise BadInput(f"{what} {text!r} is no amount that Kubernetes reads: write {sample}")
    unit, number = str(match["unit"] or ""), Decimal(match["number"])
    if unit in _BINARY:
        amount = number * Decimal(2 ** _BINARY[unit])
    else:
        power = int(unit[1:]) if unit[:1] in {"e", "E"} and unit[1:] else _DECIMAL[unit]
        amount = number.scaleb(power)
    if amount < FINEST[what]:
        least = "1m, a thousandth of a core" if what == "cpu" else "one byte: m is a thousandth"
        raise BadInput(f"{what} {text!r} is less than {least}: write {sample}")
    return amount
