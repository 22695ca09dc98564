"""Crontabs are read without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.cron.table.crontab import Crontab, CrontabJob, LineKind, jobs_of, read_crontab
from tests.repository import CRONTABS

if TYPE_CHECKING:
    from pathlib import Path

DEBIAN = sorted((CRONTABS / "debian").iterdir())


def table(text: str, *, system: bool = False) -> Crontab:
    return read_crontab(text.encode(), name="table", system=system)


def only_job(text: str, *, system: bool = False) -> CrontabJob:
    (job,) = jobs_of(table(text, system=system))
    return job


@pytest.mark.parametrize("path", DEBIAN, ids=lambda path: path.name)
def test_every_line_of_debians_tables_is_understood_and_kept(path: Path) -> None:
    content = path.read_bytes()
    crontab = read_crontab(content, name=path.name, system=True)
    assert crontab.content == content
    assert LineKind.UNREADABLE not in {line.kind for line in crontab.lines}
    active = [line for line in content.decode().splitlines() if line and line[0] in "@*0123456789"]
    assert [job.line.text for job in jobs_of(crontab)] == active
    assert {job.user for job in jobs_of(crontab)} <= {"root", "www-data", "logcheck"}
    assert all(job.before + job.command == job.line.text for job in jobs_of(crontab))


def test_debians_tables_are_all_there() -> None:
    assert len(DEBIAN) == 10


@given(st.binary())
def test_any_bytes_are_kept(content: bytes) -> None:
    for system in (True, False):
        crontab = read_crontab(content, name="x", system=system)
        assert crontab.content == content
        for job in jobs_of(crontab):
            assert job.before + job.command == job.line.text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", LineKind.BLANK),
        (" \t", LineKind.BLANK),
        ("  # words", LineKind.COMMENT),
        ("#", LineKind.COMMENT),
        ("PATH=/bin", LineKind.VARIABLE),
        ("MAILTO = ''", LineKind.VARIABLE),
        ('"A B" = c', LineKind.VARIABLE),
        ("EMPTY=", LineKind.UNREADABLE),
        ('EMPTY=""', LineKind.VARIABLE),
        ("* * * * * x", LineKind.JOB),
        ("\t*/5 1-3 1,2 jan-mar mon-fri  x y", LineKind.JOB),
        ("@daily x", LineKind.JOB),
        ("0 1 * * * A=b x", LineKind.JOB),
        ("* * * * x", LineKind.UNREADABLE),
        ("* * * * *", LineKind.JOB),
        ("\u00a0* * * * * x", LineKind.UNREADABLE),
        ("@Daily x", LineKind.UNREADABLE),
        ("A='b", LineKind.UNREADABLE),
        ("# \0", LineKind.COMMENT),
        ("* * * * * a\0b", LineKind.UNREADABLE),
        ("! * * * * x", LineKind.UNREADABLE),
        ("words", LineKind.UNREADABLE),
    ],
)
def test_lines_are_told_apart_as_cron_does(text: str, kind: LineKind) -> None:
    (line,) = table(text + "\n").lines
    assert (line.kind, line.text, line.end) == (kind, text, "\n")


def test_a_system_table_needs_a_user_before_the_command() -> None:
    job = only_job("*/5 * * * *\twww-data  /bin/x -y\n", system=True)
    assert (job.schedule, job.user, job.command) == ("*/5 * * * *", "www-data", "/bin/x -y")
    (line,) = table("* * * * * x\n", system=True).lines
    assert line.kind is LineKind.UNREADABLE


def test_variables_count_for_the_lines_below_them() -> None:
    first, second = jobs_of(
        table("A=1\n* * * * * x\nA='2 '\nSHELL=/bin/bash\nB = \"x'y\" \n@daily y\n")
    )
    assert first.variables == (("A", "1"),)
    assert dict(second.variables) == {"A": "2", "SHELL": "/bin/bash", "B": "x'y"}
    assert (first.shell, second.shell) == ("/bin/sh", "/bin/bash")
    assert (first.variable("B"), second.variable("A")) == (None, "2")


@pytest.mark.parametrize(
    ("command", "script", "read"),
    [
        ("echo a", "echo a", None),
        (r"date +\%F", "date +%F", None),
        ("cat%a%b", "cat", "a\nb\n"),
        (r"cat%5\% of b%", "cat", "5% of b\n\n"),
        (r"printf \%s x%in", "printf %s x", "in\n"),
        ("cat%", "cat", "\n"),
    ],
)
def test_percent_signs_mean_what_cron_makes_of_them(
    command: str, script: str, read: str | None
) -> None:
    job = only_job(f"* * * * * {command}\n")
    assert (job.script, job.standard_input) == (script, read)


def test_a_last_line_without_an_end_is_kept_so() -> None:
    crontab = table("* * * * * x\n* * * * * y")
    assert [line.end for line in crontab.lines] == ["\n", ""]
    assert [line.number for line in crontab.lines] == [1, 2]
