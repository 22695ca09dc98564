"""Findings: what an examination saw of one thing, how bad it is, and how to mend it.

The doctor, the preflight of a migration, the linter of crontabs and the lock's examination all find
such; what each of them does about a finding is its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crossfade.plan.base.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How bad a finding is; only a problem, or a risk that nobody accepted, stands in the way."""

    OK = "ok"
    NOTE = "note"
    """It is only said."""
    WARNING = "warning"
    """It works, and somebody should know or decide."""
    RISK = "risk"
    """It stands in the way until somebody accepts it."""
    PROBLEM = "problem"
    """Something fails, or will, or loses what a promise needs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found of one subject.

    Attributes:
        level: How bad it is.
        code: The check, in one or two words; scripts may depend on it, a configuration accepts a
            risk by it.
        subject: What was examined: a bucket, a site, a record, a table, a job.
        saw: What was seen, in one sentence.
        mend: One sentence or command that puts it right; "" where nothing has to be.
        line: Where in the subject, if it has lines; 0 for the subject as a whole.
    """

    level: Level
    code: str
    subject: str
    saw: str
    mend: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{_joined(f'{self.subject}: {self.saw}', self.mend)} [{self.code}]"

    @property
    def said(self) -> str:
        """What was seen and what to do, in one sentence that leaves out of what."""
        return _joined(self.saw, self.mend)


def _joined(saw: str, mend: str) -> str:
    """Join two sentences by a colon, or by a semicolon where there is a colon already."""
    return f"{saw}{'; ' if ': ' in saw else ': '}{mend}" if mend else saw


def ok(code: str, subject: str, saw: str) -> Finding:
    """Find that a thing is as it must be."""
    return Finding(Level.OK, code, subject, saw)


def note(code: str, subject: str, saw: str, mend: str = "", *, line: int = 0) -> Finding:
    """Find something that is only said."""
    return Finding(Level.NOTE, code, subject, saw, mend, line)


def warning(code: str, subject: str, saw: str, mend: str = "", *, line: int = 0) -> Finding:
    """Find something that somebody should know."""
    return Finding(Level.WARNING, code, subject, saw, mend, line)


def risk(code: str, subject: str, saw: str, mend: str) -> Finding:
    """Find something that must be mended or accepted."""
    return Finding(Level.RISK, code, subject, saw, mend)


def problem(code: str, subject: str, saw: str, mend: str = "", *, line: int = 0) -> Finding:
    """Find something that must be mended."""
    return Finding(Level.PROBLEM, code, subject, saw, mend, line)


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing among the findings is a problem."""
    return all(finding.level is not Level.PROBLEM for finding in findings)


def worst_last(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings for people: the worst last, where a person looks first."""
    order = list(Level)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.level)))


def tally(findings: Iterable[Finding]) -> str:
    """Say how many findings there are of each level: `12 ok, 1 warning, 0 problems`."""
    counts = Counter(finding.level for finding in findings)
    always = Level.WARNING, Level.PROBLEM
    others = [level for level in Level if level is not Level.OK]
    told = [count(counts[one], one.value) for one in others if counts[one] or one in always]
    return ", ".join([f"{counts[Level.OK]} ok", *told])
