"""Counts what CI ran: the last line of `.ci/run`.

`.ci/run` writes a line into `ran` for each thing that it did: `step NAME CODE` for what is one test
by itself, `suite NAME CODE` for a test run that wrote its results into NAME.xml, as JUnit does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

OUT_OF_TIME = 124
"""What `timeout` ends with where a command took too long."""


class Count(NamedTuple):
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        """The words that a test runner would close with."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def of_step(name: str, code: int) -> tuple[Count, str]:
    """Count a step, and say what is wrong with it, or ""."""
    if code:
        return Count(failed=1), f"`make {name}` {_ended(code)}"
    return Count(passed=1), ""


def of_suite(name: str, code: int, report: Path) -> tuple[Count, str]:
    """Count a suite's tests, and say what is wrong beside tests that failed, or "".

    What is wrong counts as one failure more: a suite that ran nothing proves nothing.
    """
    count, problem = Count(), ""
    try:
        count = _counted(report)
    except FileNotFoundError:
        problem = f"`make {name}` wrote no {report.name}, so that none of its tests counts"
    except ET.ParseError as error:
        problem = f"`make {name}` left a {report.name} that cannot be read: {error}"
    else:
        if not count.passed + count.failed:
            problem = f"`make {name}` ran no test"
        elif code == OUT_OF_TIME or (code and not count.failed):
            problem = f"`make {name}` {_ended(code)}"
    return (count._replace(failed=count.failed + 1) if problem else count), problem


def _counted(report: Path) -> Count:
    tests = failed = skipped = 0
    for suite in ET.parse(report).iter("testsuite"):  # noqa: S314  our own test runner wrote it
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return Count(tests - failed - skipped, failed, skipped)


def _ended(code: int) -> str:
    return "did not end in time" if code == OUT_OF_TIME else f"ended with {code}"


def main(folder: Path) -> int:
    """Print a line for each thing that ran, then the sum; return the exit code."""
    total, problems = Count(), []
    for line in (folder / "ran").read_text(encoding="utf-8").splitlines():
        kind, name, ended = line.split()
        if kind == "suite":
            count, problem = of_suite(name, int(ended), folder / f"{name}.xml")
        else:
            count, problem = of_step(name, int(ended))
        sys.stdout.write(f"{name}: {count}\n")
        problems += [problem] if problem else []
        total = Count(*(sum(pair) for pair in zip(total, count, strict=True)))
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.stdout.write(f"{total}\n")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
