"""S3's clock: the Date of its answers, of which none alone is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.adapters.aws.s3_clock import AGREE_SECONDS, READINGS, S3Clock
from tests.story import Clockwork

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = datetime(2020, 1, 1, tzinfo=UTC)


def clock_of(work: Clockwork) -> S3Clock:
    return S3Clock(work.monotonic, lambda: HOST)


def tells(clock: S3Clock, at: datetime) -> None:
    """Let S3 answer with a Date, which is cut to whole seconds."""
    date = format_datetime(at.replace(microsecond=0), usegmt=True)
    clock.observe({"ResponseMetadata": {"HTTPHeaders": {"date": date}}})


def test_until_s3_has_answered_the_host_is_asked() -> None:
    clock = clock_of(Clockwork())
    assert clock.now() == HOST
    clock.observe({"ResponseMetadata": {"HTTPHeaders": {"date": "yesterday"}}})
    clock.observe({})
    assert clock.now() == HOST


@given(st.lists(st.floats(0.01, 600), min_size=1, max_size=30))
def test_it_is_behind_by_less_than_a_second_and_never_ahead(pauses: list[float]) -> None:
    work = Clockwork()
    clock = clock_of(work)
    for pause in pauses:
        work.sleep(pause)
        tells(clock, START + timedelta(seconds=work.seconds))
        behind = (START + timedelta(seconds=work.seconds) - clock.now()).total_seconds()
        assert -1e-3 < behind < 1


@pytest.mark.parametrize("leap", [3600, -3600])
@pytest.mark.parametrize("at", range(4))
def test_one_answer_that_leaps_makes_no_lease_look_lapsed(leap: float, at: int) -> None:
    work = Clockwork()
    clock = clock_of(work)
    for number in range(4):
        work.sleep(1)
        told = START + timedelta(seconds=work.seconds)
        tells(clock, told + timedelta(seconds=leap if number == at else 0))
        if number:
            assert clock.now() <= told, "it is never believed that more time has passed"
    if at < 3:
        assert abs((clock.now() - told).total_seconds()) <= 1


def test_a_clock_that_was_set_is_believed_when_most_answers_say_so() -> None:
    work = Clockwork()
    clock = clock_of(work)
    for number in range(2 * READINGS):
        tells(clock, START + timedelta(hours=number >= READINGS))
    assert (clock.now() - START).total_seconds() >= 3600 - AGREE_SECONDS
