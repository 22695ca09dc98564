"""What is said about lines that would not do the same in Kubernetes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from crossfade.plan.base.finding import Finding, Level
from crossfade.plan.cron.table.crontab import read_crontab
from crossfade.plan.cron.table.lint import lint_crontab, lint_names
from tests.repository import CRONTABS

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
DEBIAN = sorted((CRONTABS / "debian").iterdir())


def lint(text: str, *, system: bool = False, name: str = "table") -> tuple[Finding, ...]:
    crontab = read_crontab(text.encode(), name=name, system=system)
    zones = {"America/New_York": ZoneInfo("America/New_York")}
    return lint_crontab(crontab, zone=BERLIN, zones=zones, since=SINCE)


def codes(text: str, **table: bool | str) -> list[str]:
    quiet = 'MAILTO=""\n' + text
    return [finding.code for finding in lint(quiet, **table)]  # type: ignore[arg-type]


def the(code: str, text: str) -> Finding:
    (found,) = [finding for finding in lint(text) if finding.code == code]
    return found


def test_a_line_that_does_the_same_everywhere_is_passed_over() -> None:
    assert codes("*/5 8-18 * * mon-fri /bin/report\n") == []
    assert codes("0 12 * * * /bin/report\n") == []


@pytest.mark.parametrize(
    ("line", "code", "level"),
    [
        ("@reboot x", "reboot", Level.PROBLEM),
        ("0 0 L * * x", "unreadable", Level.PROBLEM),
        ("0~30 0 * * * x", "read-otherwise", Level.PROBLEM),
        ("0 0 * * fri-mon x", "never", Level.PROBLEM),
        ("* * * * x", "unreadable", Level.PROBLEM),
        ("0 12 */2 * 1 x", "day-and-or", Level.PROBLEM),
        ("0 12 13 * */2 x", "day-and-or", Level.PROBLEM),
        ("0 12 13 * 5 x", "day-or", Level.NOTE),
        ("0 12 * * 7 x", "sunday", Level.NOTE),
        ("5/15 * * * * x", "unreadable", Level.PROBLEM),
        ("30 2 * * * x", "clock-forward", Level.WARNING),
        ("30 2 * * * x", "clock-back", Level.WARNING),
        ("0 12 * * * cat%in", "percent-input", Level.NOTE),
        ("0 12 * * * test -d /run/systemd/system || x", "systemd", Level.WARNING),
        ("0 12 * * * " + "x" * 999, "too-long", Level.PROBLEM),
        ("0 12 * * * x\r", "carriage-return", Level.PROBLEM),
        ("RANDOM_DELAY=5\n0 12 * * * x", "random-delay", Level.WARNING),
        ("CRON_TZ=America/New_York\n0 12 * * * x", "zone", Level.WARNING),
        ("SHELL=/bin/zsh\n0 12 * * * x", "shell", Level.WARNING),
        ("PATH=/opt/bin\n0 12 * * * x", "variables", Level.NOTE),
        ("0 12 * * * x", "mail", Level.WARNING),
    ],
)
def test_what_differs_is_said_with_its_line(line: str, code: str, level: Level) -> None:
    finding = the(code, f"# first\n{line}\n")
    assert finding.level is level
    assert finding.line == 2 + line.count("\n")
    assert len(finding.said) > 20


@pytest.mark.parametrize("line", ["*/5 2 * * * x", "* 2 * * * x", "30 * * * * x", "0 12 * * * x"])
def test_changes_of_the_clocks_do_not_touch_other_times(line: str) -> None:
    assert codes(f"{line}\n") == []


def test_changes_of_the_clocks_are_those_of_the_tables_zone() -> None:
    finding = the("clock-forward", "CRON_TZ=America/New_York\n30 2 * * * x\n")
    assert "2026-03-08 02:30 does not exist in America/New_York" in finding.said


def test_a_schedule_that_names_the_days_of_a_change_is_told_which() -> None:
    assert codes("15,45 2 29 3 * x\n") == ["clock-forward", "clock-forward"]
    assert codes("15 2 30 3 * x\n") == []


def test_mail_that_is_switched_off_is_not_missed() -> None:
    assert codes("0 12 * * * x\n") == []
    assert "root" in the("mail", "MAILTO=root\n0 12 * * * x\n").said


def test_another_user_than_root_is_said_in_system_tables() -> None:
    assert codes("0 12 * * * www-data x\n", system=True) == ["user"]
    assert codes("0 12 * * * root x\n", system=True) == []


def test_a_table_that_debian_passes_over_is_said() -> None:
    assert codes("0 12 * * * root x\n", system=True, name="reports.cron") == ["file-name"]


def test_a_last_line_without_an_end_is_said() -> None:
    assert codes("0 12 * * * x") == ["no-line-end"]


def test_names_that_kubernetes_cannot_tell_apart_are_said() -> None:
    found = lint_names({"one": ["a.b", "c"], "two": ["a-b", "d" * 60]})
    assert [finding.code for finding in found] == ["name-collision", "name-too-long"]
    assert "a.b in one and a-b in two" in found[0].said
    assert lint_names({"one": ["a", "b"]}) == ()


@pytest.mark.parametrize("path", DEBIAN, ids=lambda path: path.name)
def test_debians_tables_are_looked_at_in_full(path: Path) -> None:
    crontab = read_crontab(path.read_bytes(), name=path.name, system=True)
    found = lint_crontab(crontab, zone=UTC, zones={}, since=SINCE)
    reboot = [finding.line for finding in found if finding.level is Level.PROBLEM]
    assert reboot == ([6] if path.name == "logcheck" else [])
