"""The preference of a job in a real memcached: changed by compare-and-swap alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.cron.memcached import connect, prefer, preference_of
from crossfade.cronrun.lock.connection import Connection
from crossfade.errors import Conflict, Unavailable
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.claim.requests import NoAnswer
from tests.cronrun.servers import RealMemcached, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.cron.claim.requests import Request, Value

JOB = "reports"
OURS, THEIRS = Preference("new", 1234.567, "op-1"), Preference("legacy", 5.0, "ben")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = RealMemcached()
    yield server.address
    server.kill()


@pytest.fixture
def line(address: str) -> Iterator[Connection]:
    with closing(connect(address)) as found:
        prefer(found, address, JOB, expected=preference_of(found, address, JOB), wanted=None)
        yield found


def test_a_preference_is_written_changed_and_taken_away(line: Connection, address: str) -> None:
    expected = None
    for wanted in (OURS, THEIRS, None, OURS):
        prefer(line, address, JOB, expected=expected, wanted=wanted)
        assert preference_of(line, address, JOB) == wanted
        expected = wanted


@pytest.mark.parametrize("wanted", [OURS, None])
@pytest.mark.parametrize("expected", [None, Preference("new")])
def test_one_that_is_not_as_expected_stays(
    line: Connection, address: str, expected: Preference | None, wanted: Preference | None
) -> None:
    prefer(line, address, JOB, expected=None, wanted=THEIRS)
    with pytest.raises(Conflict, match=r"legacy since 1970-01-01T00:00Z by ben stands there"):
        prefer(line, address, JOB, expected=expected, wanted=wanted)
    assert preference_of(line, address, JOB) == THEIRS


def test_what_stands_there_already_is_no_conflict(line: Connection, address: str) -> None:
    prefer(line, address, JOB, expected=None, wanted=OURS)
    prefer(line, address, JOB, expected=THEIRS, wanted=OURS)
    prefer(line, address, JOB, expected=OURS, wanted=None)
    prefer(line, address, JOB, expected=OURS, wanted=None)


class Forgetful(Connection):
    """Loses the first answers to what writes, after it was carried out."""

    left = 2

    def ask(self, request: Request) -> Value:  # type: ignore[override]  # no pauses here
        answer = super().ask(request)  # type: ignore[arg-type]
        if type(request).__name__ in {"Add", "Swap"} and self.left:
            self.left -= 1
            self.close()
            return NoAnswer("lost")
        return answer


def test_lost_answers_are_settled_by_asking_again(line: Connection, address: str) -> None:
    with closing(Forgetful(address, timeout=2)) as forgetful:
        prefer(forgetful, address, JOB, expected=None, wanted=OURS)
    assert preference_of(line, address, JOB) == OURS


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    address = f"127.0.0.1:{free_port()}"
    with closing(connect(address)) as line, pytest.raises(Unavailable, match="does not answer"):
        preference_of(line, address, JOB)
