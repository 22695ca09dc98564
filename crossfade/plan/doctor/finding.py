"""The doctor's findings: what was examined, what was seen, and how to mend it.

The modules named `checkup_…` turn what was read of the world into findings. They ask nothing
themselves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How bad a finding is: only a problem makes the doctor fail."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should know or decide."""
    PROBLEM = "problem"
    """Something fails, or will, or loses what a promise needs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found of one subject.

    Attributes:
        level: How bad it is.
        check: The check, in one or two words; scripts may depend on it.
        subject: What was examined: a bucket, an environment, a site, a distribution.
        saw: What was seen, in one sentence.
        mend: One sentence or command that puts it right; "" where nothing has to be.
    """

    level: Level
    check: str
    subject: str
    saw: str
    mend: str = ""


def ok(check: str, subject: str, saw: str) -> Finding:
    """Find that a thing is as it must be."""
    return Finding(Level.OK, check, subject, saw)


def warning(check: str, subject: str, saw: str, mend: str) -> Finding:
    """Find something that somebody should know."""
    return Finding(Level.WARNING, check, subject, saw, mend)


def problem(check: str, subject: str, saw: str, mend: str) -> Finding:
    """Find something that must be mended."""
    return Finding(Level.PROBLEM, check, subject, saw, mend)


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing among the findings is a problem."""
    return all(finding.level is not Level.PROBLEM for finding in findings)


def tally(findings: Iterable[Finding]) -> str:
    """Say how many findings there are of each level: `12 ok, 1 warning, 0 problems`."""
    counts = Counter(finding.level for finding in findings)
    warnings, problems = counts[Level.WARNING], counts[Level.PROBLEM]
    return (
        f"{counts[Level.OK]} ok, {warnings} warning{'' if warnings == 1 else 's'}, "
        f"{problems} problem{'' if problems == 1 else 's'}"
    )
