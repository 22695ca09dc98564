"""Our reading of tables and that of Debian's cron itself: the same verdict, always."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from crossfade.adapters.cron.crontab import read_tables
from crossfade.plan.cron.table.crontab import read_crontab
from crossfade.plan.cron.table.reading import NO_LINE_END, refusals
from crossfade.plan.cron.table.users import Users
from tests.cronrun.debian import Crontab, Verdict, daemon
from tests.plan.cron.table.odd_tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def crontab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crontab]:
    """`crontab -n`."""
    with Crontab(tmp_path_factory.mktemp("crontab")) as asked:
        yield asked


def must_agree(said: Verdict, content: bytes) -> None:
    """Compare the verdict; and where both refuse, the reason, and the line as cron counts it.

    Its count is one behind, or right where it had read the line's end already.
    """
    found = refusals(read_crontab(content, name="table", system=False), Users())
    assert said.taken == (not found), (content, said, found)
    if not found:
        event("taken")
        return
    event(found[0].reason)
    if found[0].reason != NO_LINE_END and "too long; maximum" not in said.reason:
        assert found[0].reason == said.reason, content
        assert found[0].line - said.line in {0, 1}, content


@settings(max_examples=25)
@given(contents=st.lists(tables(), min_size=10, max_size=10))
def test_crontab_and_we_agree_about_any_table(crontab: Crontab, contents: list[bytes]) -> None:
    for said, content in zip(crontab.says(*contents), contents, strict=True):
        must_agree(said, content)


@pytest.mark.slow
@settings(max_examples=500)
@given(contents=st.lists(tables(), min_size=20, max_size=20))
def test_crontab_and_we_agree_about_ten_thousand_tables(
    crontab: Crontab, contents: list[bytes]
) -> None:
    for said, content in zip(crontab.says(*contents), contents, strict=True):
        must_agree(said, content)


def must_agree_with_the_daemon(folder: Path, contents: list[bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "etc/cron.d").mkdir(parents=True)
    expected = {}
    for number, written in enumerate(contents):
        content = written.replace(b"@reboot", b"@weekly")  # nothing is to run
        name = f"table-{number}"
        file = folder / "etc/cron.d" / name
        file.write_bytes(content)
        file.chmod(0o644)
        (table,) = read_tables([str(file)], users=False, passwd="/etc/passwd")
        if found := refusals(table.crontab, table.users):
            expected[name] = found[0].reason
    refused = daemon(folder).refused
    ends = {"Missing newline before EOF": NO_LINE_END}
    assert {name: ends.get(reason, reason) for name, reason in refused.items()} == expected


@settings(max_examples=2)
@given(contents=st.lists(tables(system=True), min_size=40, max_size=40))
def test_the_daemon_and_we_agree_about_any_system_table(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    must_agree_with_the_daemon(tmp_path_factory.getbasetemp() / "any", contents)


@pytest.mark.slow
@settings(max_examples=20)
@given(contents=st.lists(tables(system=True), min_size=100, max_size=100))
def test_the_daemon_and_we_agree_about_two_thousand_system_tables(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    must_agree_with_the_daemon(tmp_path_factory.getbasetemp() / "many", contents)
