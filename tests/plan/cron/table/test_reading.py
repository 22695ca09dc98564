"""What each cron refuses of a table, and what is said about it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.plan.cron.table.crontab import jobs_of, read_crontab
from crossfade.plan.cron.table.dialect import Dialect
from crossfade.plan.cron.table.entries import NO_LINE_END
from crossfade.plan.cron.table.reading import Refusal, is_refused, refusals, refused
from crossfade.plan.cron.table.times import odd_time
from crossfade.plan.cron.table.users import Users
from tests.cronrun.debian import Crontab, daemon
from tests.repository import CRONTABS

if TYPE_CHECKING:
    from pathlib import Path

ODD: dict[str, dict[str, Any]] = tomllib.loads((CRONTABS / "odd.toml").read_text("utf-8"))
SYSTEM = [name for name, verdict in ODD.items() if verdict.get("system")]
STRANGERS = frozenset({"cd", "/opt/run", "reboot", "?"})


def read(name: str, dialect: Dialect) -> tuple[Refusal, ...]:
    content = (CRONTABS / "odd" / name).read_bytes()
    system = bool(ODD[name].get("system"))
    crontab = read_crontab(content, name=name, system=system, dialect=dialect)
    return refusals(crontab, Users(STRANGERS, certain=True))


def said(content: str, *, system: bool = False, users: Users | None = None) -> str:
    crontab = read_crontab(content.encode(), name="table", system=system)
    found = refusals(crontab, users or Users())
    assert is_refused(crontab, found)
    return refused(found)


def test_each_odd_table_has_its_verdict() -> None:
    assert sorted(ODD) == sorted(path.name for path in (CRONTABS / "odd").iterdir())


@pytest.mark.parametrize("name", ODD)
def test_an_odd_table_is_read_as_each_cron_reads_it(name: str) -> None:
    verdict = ODD[name]
    found = read(name, Dialect.DEBIAN)
    assert (f"{found[0].line} {found[0].reason}" if found else "") == verdict["debian"]
    assert [one.line for one in read(name, Dialect.CRONIE)] == verdict["cronie"]
    if "busybox" in verdict:
        assert [one.line for one in read(name, Dialect.BUSYBOX)] == verdict["busybox"]


def test_debians_crontab_gives_the_same_verdicts(tmp_path: Path) -> None:
    names = [name for name in ODD if name not in SYSTEM]
    with Crontab(tmp_path) as crontab:
        answers = crontab.says(*((CRONTABS / "odd" / name).read_bytes() for name in names))
    for name, answer in zip(names, answers, strict=True):
        assert answer.taken == (not ODD[name]["debian"]), name
        reason = ODD[name]["debian"].partition(" ")[2]
        assert reason in {answer.reason, NO_LINE_END} or answer.taken, name


def test_debians_daemon_gives_the_same_verdicts_and_runs_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "etc" / "cron.d"
    folder.mkdir(parents=True)
    others = {"jobs~": 0o644, "jobs.bak": 0o644, "#jobs#": 0o644, "open": 0o666, "group": 0o664}
    for name in SYSTEM:
        others[name] = 0o644
        content = (CRONTABS / "odd" / name).read_bytes()
        (folder / name).write_bytes(f"@reboot root touch /run/{name}\n".encode() + content)
    for name, mode in others.items():
        if name not in SYSTEM:
            (folder / name).write_text(f"@reboot root touch /run/{name}\n")
        (folder / name).chmod(mode)
    ran = daemon(tmp_path, jobs=1)
    expected = {name: ODD[name]["debian"].partition(" ")[2] for name in SYSTEM}
    assert ran.refused == {name: reason for name, reason in expected.items() if reason}
    assert ran.begun == {f"touch /run/{name}" for name, reason in expected.items() if not reason}


def test_a_refused_table_is_told_in_these_words() -> None:
    assert said("MAILTO=\n0 5 * * * x\n") == (
        "Debian's cron refuses the whole table, so that no job of it runs: MAILTO= has no value "
        '(line 1): write MAILTO=""'
    )
    assert said("61 * * * * x\n\r\n").endswith("write 0 to 59; and 1 further line")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("A='x\n", "the quote of A has no end"),
        ('A="x" # y\n', "something stands behind the closing quote of A"),
        ("\u00a0* * * * * x\n", "the line begins with the character U+00A0"),
        ("\r\n", "the line begins with a carriage return"),
        ("@Daily x\n", "@Daily is not in small letters (line 1): write @daily"),
        ("@every 1m x\n", "Debian's cron knows no @every"),
        ("5/10 * * * * x\n", "the minute 5/10 has a step and no range (line 1): write 5-59/10"),
        ("0 0 3 * * * x\n", "it has six fields of time"),
        ("0 30 3 * * * x\n", "it has six fields of time"),
        ("* * * * * * x\n", "it has six fields of time"),
        ("0 0 1 foo * x\n", "'foo' is no month (line 1): write 1 to 12, or jan/feb/mar and so on"),
        ("0 5\n", "it has no day-of-month"),
        ("0 5 * * * " + "ä" * 500 + "\n", "the command has more than 998 bytes"),
        ("0 5 * * * x", "the last line does not end"),
        ("\n" * 10_001, "it has more than 10000 lines"),
    ],
)
def test_what_is_wrong_and_what_to_do_is_said(content: str, words: str) -> None:
    assert words in said(content)


@pytest.mark.parametrize("word", ["cd", "/opt/run", "backup.sh", "php", "python3", "[", "VAR=1"])
def test_a_command_where_the_user_has_to_stand_is_known_without_the_host(word: str) -> None:
    users = Users(frozenset({word}))
    content = f"* * * * * {word} -m thing\n"
    assert f"{word!r} stands where the user has to" in said(content, system=True, users=users)


def test_a_user_whom_only_this_host_does_not_have_is_none_for_certain_only_there() -> None:
    crontab = read_crontab(b"* * * * * deploy /opt/x\n", name="t", system=True)
    assert refusals(crontab, Users(frozenset({"deploy"}))) == ()
    assert [
        one.reason for one in refusals(crontab, Users(frozenset({"deploy"}), certain=True))
    ] == ["bad username"]


@pytest.mark.parametrize(
    ("schedule", "dialect", "code"),
    [
        ("0 5 * * 1#2", Dialect.DEBIAN, "read-otherwise"),
        ("0~30 5 * * *", Dialect.DEBIAN, "read-otherwise"),
        ("0~30 5 * * *", Dialect.CRONIE, "random"),
        ("0 5 * * fri-mon", Dialect.DEBIAN, "never"),
        ("0 5 * * fri-mon", Dialect.CRONIE, "never"),
        ("0 0-0/11 * * *", Dialect.DEBIAN, "read-otherwise"),
        ("*/5 8-18 1,15 jan-mar mon-fri", Dialect.DEBIAN, ""),
        ("0 0 * * 5-7", Dialect.DEBIAN, ""),
        ("0 0 * * */2", Dialect.DEBIAN, ""),
        ("@daily", Dialect.DEBIAN, ""),
    ],
)
def test_times_that_mean_something_else_are_found(
    schedule: str, dialect: Dialect, code: str
) -> None:
    content = f"{schedule} x\n".encode()
    (job,) = jobs_of(read_crontab(content, name="t", system=False, dialect=dialect))
    odd = odd_time(job, dialect)
    assert (odd.code if odd else "") == code
