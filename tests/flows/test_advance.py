"""The flows of migrations: a run decides once, shows why, and fails where people must hear."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Conflict, Failed, Refused
from crossfade.plan.dns.vector import Vector
from flows.abort import abort
from flows.advance import advance
from flows.back import back
from flows.finish import finish
from flows.hold import hold
from flows.migrate import migrate
from flows.resume import resume
from flows.reverse import reverse
from tests.flows.conftest import Operator
from tests.operations.ramp.shop import SUBJECT, shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect.client.orchestration import SyncPrefectClient

    from tests.operations.ramp.shop import Shop


@pytest.fixture
def ramp(_no_settings_of_this_machine: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop whose ramp is at its first stage, and the configuration of its worker."""
    with shop(in_sync_seconds=0) as opened:
        monkeypatch.setenv("CROSSFADE__STATE__BUCKET", "acme-state")
        monkeypatch.setenv("CROSSFADE__RELEASES__BUCKET", "acme-state")
        monkeypatch.setenv("CROSSFADE__MIGRATIONS", json.dumps({"shop": opened.migration()}))
        yield opened.reaches("canary")


@pytest.fixture
def worker(client: SyncPrefectClient, ramp: Shop) -> Operator:
    """Somebody who starts flows in the shop's account."""
    return Operator(client, ramp)  # type: ignore[arg-type]  # only its account is used


def test_a_run_for_all_advances_what_has_begun_and_shows_the_gates(
    ramp: Shop, worker: Operator
) -> None:
    ramp.passes(8)
    ran = worker.starts(advance)
    assert ran.name == "advance-all"
    assert "advance to half" in ran.message
    page = ran.artifacts()["migration-shop"]
    assert "| errors | pass |" in page
    assert "ratio_new" in page
    assert ramp.weights() == Vector(50, 50)


def test_a_ramp_that_goes_back_is_a_failed_run(ramp: Shop, worker: Operator) -> None:
    ramp.passes(8, errors=0.5)
    ran = worker.starts(advance, name="shop", by="ann")
    assert isinstance(ran.error, Failed)
    assert "back to the baseline" in ran.message
    assert ramp.weights() is None


def test_a_change_by_somebody_else_is_a_conflict(ramp: Shop, worker: Operator) -> None:
    ramp.passes(8)
    ramp.somebody_sets(Vector(70, 30))
    ran = worker.starts(migrate, name="shop")
    assert isinstance(ran.error, Conflict)
    assert "live legacy 70 / new 30" in ran.message


def test_ways_back_and_words_are_flows_too(ramp: Shop, worker: Operator) -> None:
    assert "frozen" in worker.starts(hold, name="shop", reason="lunch").message
    assert "nothing to do" in worker.starts(resume, subject=SUBJECT).message
    assert "would go back" in worker.starts(reverse, subject=SUBJECT, dry_run=True).message
    assert "went back to before the first stage" in worker.starts(back, name="shop").message
    assert "went back to the baseline" in worker.starts(abort, name="shop").message
    assert ramp.weights() is None


def test_the_end_is_a_flow_too(ramp: Shop, worker: Operator) -> None:
    ran = worker.starts(finish, name="shop", without_proof="it is off")
    assert "with 10 % on new (legacy 90 / new 10)" in ran.message
    assert isinstance(ran.error, Refused)
    ramp.reaches("all").advance()
    assert "simple records of new" in worker.starts(finish, name="shop", simple=True).message
    ran = worker.starts(finish, name="shop", without_proof="it is off")
    assert "| drained | " in ran.artifacts()["migration-shop"]
    assert isinstance(worker.starts(abort, name="shop").error, Refused)


def test_a_gradual_return_shows_each_of_its_steps(ramp: Shop, worker: Operator) -> None:
    ramp.reaches("half")
    ran = worker.starts(abort, name="shop", gradual=True, pause="1s")
    assert "through legacy 90 / new 10" in ran.message
    steps = [one.name for one in ran.steps(8)]
    assert "go down to legacy 90 / new 10" in steps
    assert "stay at legacy 90 / new 10 for at least 1 s" in steps
    assert isinstance(worker.starts(back, name="shop", pause="1s").error, BadInput)
