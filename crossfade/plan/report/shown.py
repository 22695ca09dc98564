"""Instants and command lines as the page writes them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from crossfade.plan.base.words import when
from crossfade.plan.journal.operation import iso

if TYPE_CHECKING:
    from datetime import datetime


def moment(at: datetime | None) -> str:
    """Write an instant, in UTC and to the second; "" for none."""
    return when(iso(at)) if at is not None else ""


def command(*words: str) -> str:
    """Write a command that a shell takes as it is, whatever its names hold."""
    return shlex.join(("crossfade", *words))
