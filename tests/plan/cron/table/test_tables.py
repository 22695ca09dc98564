"""Tables as a whole: what is in them, and wrapping and unwrapping many lines at once."""

from __future__ import annotations

import tomllib

import pytest

from crossfade.errors import BadInput
from crossfade.plan.cron.table.crontab import Crontab, read_crontab
from crossfade.plan.cron.table.tables import (
    as_before,
    listed_jobs,
    sections,
    unwrapped_table,
    wrapped_table,
)
from crossfade.plan.cron.table.wrap import Wrapper
from crossfade.settings.crons import Cron
from tests.repository import CRONTABS

DEBIAN = CRONTABS / "debian"
WRAPPER = Wrapper(("crossfade", "cron", "run"), ("--server", "a:1"))

TABLE = b"""CRON_TZ=Europe/Berlin
*/5 * * * * app /opt/reports/run --all
@reboot root /opt/up
@daily root /opt/reports/run --day
"""


def table(content: bytes = TABLE, name: str = "reports") -> Crontab:
    return read_crontab(content, name=name, system=True)


def real_tables() -> list[Crontab]:
    return [table(path.read_bytes(), path.name) for path in sorted(DEBIAN.iterdir())]


@pytest.mark.parametrize("crontab", real_tables(), ids=lambda one: one.name)
def test_a_real_table_is_wrapped_and_given_back_to_the_byte(crontab: Crontab) -> None:
    wrapped = wrapped_table(crontab, WRAPPER, names={}, only=())
    assert len(wrapped.names) + len(wrapped.passed) == len(listed_jobs(crontab, "UTC", {}))
    assert wrapped.names
    assert unwrapped_table(wrapped.after, ()).after.content == crontab.content


@pytest.mark.parametrize("crontab", real_tables(), ids=lambda one: one.name)
def test_wrapping_a_wrapped_table_changes_nothing(crontab: Crontab) -> None:
    wrapped = wrapped_table(crontab, WRAPPER, names={}, only=()).after
    again = wrapped_table(wrapped, WRAPPER, names={}, only=())
    assert (again.after, again.names) == (wrapped, ())


@pytest.mark.parametrize("crontab", real_tables(), ids=lambda one: one.name)
def test_the_inventory_of_a_wrapped_table_tells_the_jobs_as_they_were(crontab: Crontab) -> None:
    wrapped = wrapped_table(crontab, WRAPPER, names={}, only=()).after
    before = listed_jobs(crontab, "UTC", {})
    after = listed_jobs(wrapped, "UTC", {})
    told = [(one.name, one.job.script, one.job.schedule, one.zone) for one in before]
    assert [(one.name, one.job.script, one.job.schedule, one.zone) for one in after] == told


def test_a_line_without_ticks_is_passed_over_with_the_reason() -> None:
    wrapped = wrapped_table(table(), WRAPPER, names={}, only=())
    assert wrapped.names == ("reports.run", "reports.run-2")
    assert wrapped.passed == {3: "@reboot names no time, so there are no ticks"}


def test_a_line_whose_schedule_cannot_be_read_is_passed_over_with_the_reason() -> None:
    wrapped = wrapped_table(table(b"5.7 * * * * root /opt/x\n"), WRAPPER, names={}, only=())
    assert not wrapped.names
    assert "takes the minute 5.7 for 5 and passes over the rest" in wrapped.passed[1]


def test_a_line_that_would_be_too_long_for_debians_cron_is_passed_over() -> None:
    long = b"* * * * * root /opt/x " + b"y" * 900 + b"\n"
    wrapped = wrapped_table(table(long), WRAPPER, names={}, only=())
    assert wrapped.after == table(long)
    assert "more than 998" in wrapped.passed[1]


def test_names_can_be_chosen_and_jobs_picked() -> None:
    wrapped = wrapped_table(table(), WRAPPER, names={2: "often"}, only=("often",))
    assert wrapped.names == ("often",)
    assert unwrapped_table(wrapped.after, ("other",)).names == ()
    assert unwrapped_table(wrapped.after, ("often",)).after == table()
    with pytest.raises(BadInput, match="no job on line 1"):
        wrapped_table(table(), WRAPPER, names={1: "often"}, only=())


def test_a_wrapped_table_as_it_was_knows_where_its_lines_stand_now() -> None:
    wrapped = wrapped_table(table(), WRAPPER, names={}, only=()).after
    before, numbers = as_before(wrapped)
    assert before == table()
    assert numbers == (1, 3, 4, 6)


def test_the_sections_are_ones_that_the_configuration_takes() -> None:
    text = sections(listed_jobs(table(), "UTC", {}))
    crons = tomllib.loads(text)["crons"]
    assert crons == {
        "reports.run": {"schedule": "*/5 * * * *", "timezone": "Europe/Berlin"},
        "reports.run-2": {"schedule": "@daily", "timezone": "Europe/Berlin"},
    }
    for section in crons.values():
        Cron(**section).when()
