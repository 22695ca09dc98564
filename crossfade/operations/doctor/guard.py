"""Examining one thing so that what keeps it from being examined becomes a finding too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput, CrossfadeError, Unavailable
from crossfade.plan.base.finding import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def guarded(
    check: str,
    subject: str,
    look: Callable[[], Iterable[Finding]],
    *,
    level: Level = Level.PROBLEM,
) -> list[Finding]:
    """Examine one thing; what keeps it from being examined is a finding too.

    Args:
        check: The check's name.
        subject: What is examined.
        look: Examines it.
        level: How bad it is when it cannot be examined.
    """
    found: list[Finding] = []
    try:
        for finding in look():
            found.append(finding)  # noqa: PERF402  what was found before an error counts
    except CrossfadeError as error:
        found.append(Finding(level, check, subject, str(error), mend_of(error)))
    return found


def mend_of(error: CrossfadeError) -> str:
    """Say what to do about an error that kept something from being examined."""
    if isinstance(error, Unavailable):
        return (
            "see whether the endpoint is up and can be reached, then run `crossfade doctor` again"
        )
    if isinstance(error, BadInput):
        return "correct what the message names, then run `crossfade doctor` again"
    return (
        "if access was denied, attach what `crossfade doctor --rights doctor` prints to this "
        "identity; otherwise do what the message says"
    )
