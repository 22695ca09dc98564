"""P12: whatever happens, the journal calls nothing in tandem by crossfade's doing that is not."""

from __future__ import annotations

import pytest

from tests.operations.tandem.life import Life
from tests.operations.tandem.twins import order_of


@pytest.mark.parametrize("seed", range(4))
def test_what_the_journal_calls_in_tandem_runs_one_version(seed: int) -> None:
    lived = Life(seed).live(12)
    assert lived.violations == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_over_many_lives_too(seed: int) -> None:
    lived = Life(seed).live(25)
    assert lived.violations == []


def test_the_lives_are_eventful() -> None:
    happened = sum((Life(seed).live(15).counts for seed in range(20, 23)), start=Life(0).counts)
    assert happened["release 0"] > 2
    assert happened["release 1"] > 0
    assert happened["foreign"] > 0
    assert happened["killed"] > 0


def test_the_watcher_sees_a_lie() -> None:
    """A foreign hand that nobody tells the watcher of is what a lie looks like."""
    life = Life(1)
    life.live(0)
    assert life.violations == []

    def strange() -> None:
        life.both.builds("2.1")
        assert life.both.releases("2.1").code == 0
        life.both.new.set(order_of("9.9"))
        life.both.sleep(60)

    life._event = strange  # type: ignore[method-assign]  # noqa: SLF001  its one event
    assert life.live(1).violations
