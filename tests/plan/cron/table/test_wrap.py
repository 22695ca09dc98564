"""Lines are wrapped so that cron runs the same, and unwrapped to the byte."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.cron.table.crontab import Crontab, CrontabJob, jobs_of, read_crontab
from crossfade.plan.cron.table.wrap import (
    Wrapper,
    suggested_names,
    unwrap,
    wrap,
    wrapped_line,
    wrapped_name,
)
from tests.repository import CRONTABS

if TYPE_CHECKING:
    from pathlib import Path

DEBIAN = sorted((CRONTABS / "debian").iterdir())
WRAPPER = Wrapper(("crossfade", "cron", "run"), ("--server", "10.0.0.5:11211"))


def table(text: str, *, system: bool = False, name: str = "table") -> Crontab:
    return read_crontab(text.encode("utf-8", "surrogateescape"), name=name, system=system)


def only_job(crontab: Crontab) -> CrontabJob:
    (job,) = jobs_of(crontab)
    return job


def as_cron_hands_over(command: str) -> tuple[str, str]:
    """What cron gives to the shell, and to its input: written after crontab(5), not after ours."""
    script, *rest = re.split(r"(?<!\\)%", command)
    given = "".join(part.replace("\\%", "%") + "\n" for part in rest)
    return script.replace("\\%", "%"), given


def test_a_command_that_is_plain_words_needs_no_shell() -> None:
    wrapped = wrap(table("*/5 * * * * root /bin/report --all a=b\n", system=True), 1, "r", WRAPPER)
    assert wrapped.content.decode().splitlines() == [
        "# crossfade wraps: */5 * * * * root /bin/report --all a=b",
        (
            "*/5 * * * * root crossfade cron run --job r --schedule '*/5 * * * *' "
            "--platform legacy --server 10.0.0.5:11211 -- /bin/report --all a=b"
        ),
    ]


def test_other_commands_keep_their_shell_and_their_zone() -> None:
    crontab = table("SHELL=/bin/bash\nCRON_TZ=Europe/Berlin\n@daily a && b 'c'\n")
    line = wrap(crontab, 3, "r", WRAPPER).lines[-1].text
    assert line.startswith("@daily crossfade cron run --job r --schedule @daily --platform legacy")
    assert "--timezone Europe/Berlin" in line
    assert shlex.split(line)[-4:] == ["--", "/bin/bash", "-c", "a && b 'c'"]


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\n\r\0", exclude_categories=["Zs"]),
        min_size=1,
    ).filter(lambda text: text.strip() and not text.startswith("%"))
)
@settings(max_examples=40, deadline=None)
def test_the_shell_gets_the_same_script_and_the_same_input(command: str) -> None:
    job = only_job(table(f"* * * * * {command}\n"))
    line = wrapped_line(job, "r", Wrapper(("printf", "%s\\0", "x"), ("100%",)))
    script, given = as_cron_hands_over(line.removeprefix(job.before))
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True, timeout=10)
    words = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    inner = words[words.index("--") + 1 :]
    expected_script, expected_input = as_cron_hands_over(job.command)
    assert " ".join(inner) == expected_script or inner == ["/bin/sh", "-c", expected_script]
    assert given == expected_input
    assert "100%" in words


@pytest.mark.parametrize("path", DEBIAN, ids=lambda path: path.name)
def test_debians_tables_come_back_to_the_byte(path: Path) -> None:
    content = path.read_bytes()
    crontab = read_crontab(content, name=path.name, system=True)
    names = suggested_names(crontab)
    wrapped = crontab
    for job in jobs_of(crontab):
        if job.schedule != "@reboot":
            number = next(j.line.number for j in jobs_of(wrapped) if j.line.text == job.line.text)
            wrapped = wrap(wrapped, number, names[job.line.number], WRAPPER)
    again = read_crontab(wrapped.content, name=path.name, system=True)
    assert again == wrapped
    for job in jobs_of(again):
        if (name := wrapped_name(job)) is not None:
            wrapped = unwrap(wrapped, name)
    assert wrapped.content == content


@given(st.binary(max_size=200), st.integers(1, 5))
def test_foreign_lines_stay_byte_for_byte(content: bytes, at: int) -> None:
    ours = b"* * * * * /bin/ours\n"
    parts = re.findall(rb"[^\n]*\n|[^\n]+", content)
    together = b"".join([*parts[:at], *([b"\n"] if parts else []), ours, *parts[at:]])
    crontab = read_crontab(together, name="x", system=False)
    number = next(
        (job.line.number for job in jobs_of(crontab) if job.line.text == "* * * * * /bin/ours"),
        None,
    )
    assert number is not None
    wrapped = wrap(crontab, number, "ours", WRAPPER)
    kept = [line for line in wrapped.content.split(b"\n") if b"ours" not in line]
    assert kept == [line for line in together.split(b"\n") if b"ours" not in line]
    assert unwrap(wrapped, "ours") == crontab


def test_what_follows_a_percent_sign_stays_the_commands_input() -> None:
    wrapped = wrap(table("* * * * * /bin/mail -s 5\\% joe%Joe,%%hello\n"), 1, "r", WRAPPER)
    assert wrapped.lines[-1].text.endswith("-- /bin/sh -c '/bin/mail -s 5\\% joe'%Joe,%%hello")
    assert jobs_of(wrapped)[0].standard_input == "Joe,\n\nhello\n"


def test_a_last_line_without_an_end_is_wrapped_and_comes_back_so() -> None:
    crontab = table("* * * * * x")
    wrapped = wrap(crontab, 1, "r", WRAPPER)
    assert not wrapped.content.endswith(b"\n")
    assert unwrap(wrapped, "r") == crontab


def test_names_are_suggested_from_the_table_and_the_program_and_kept_once_given() -> None:
    crontab = table(
        "* * * * * root [ -x /etc/init.d/y ] && /usr/bin/y.sh > /dev/null\n"
        "* * * * * root /usr/bin/y.sh --again\n"
        "* * * * * root A=1 do-it\n"
        "* * * * * root A=1\n"
        "* * * * * root say 'it\n",
        system=True,
        name="my table",
    )
    assert list(suggested_names(crontab).values()) == [
        "my-table.y-sh", "my-table.y-sh-2", "my-table.do-it", "my-table.job", "my-table.say",
    ]  # fmt: skip
    wrapped = wrap(crontab, 2, "reports.daily", WRAPPER)
    assert list(suggested_names(wrapped).values())[1] == "reports.daily"


@pytest.mark.parametrize(
    ("text", "number", "name", "said"),
    [
        ("# x\n", 1, "r", "no job on line 1"),
        ("* * * * * x\n", 2, "r", "no job on line 2"),
        ("* * * * * x\n", 1, "a b", "does not fit"),
        ("@reboot x\n", 1, "r", "@reboot"),
    ],
)
def test_what_cannot_be_wrapped_is_refused(text: str, number: int, name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        wrap(table(text), number, name, WRAPPER)


def test_nothing_is_wrapped_twice_or_unwrapped_that_is_not_wrapped() -> None:
    wrapped = wrap(table("* * * * * x\n"), 1, "r", WRAPPER)
    with pytest.raises(BadInput, match="wrapped already"):
        wrap(wrapped, 2, "r", WRAPPER)
    with pytest.raises(BadInput, match="wraps no job named other"):
        unwrap(wrapped, "other")
