"""The picture of a ramp among a run's artifacts: when something is new, and never in the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.local.strict.faults import ACCESS_DENIED
from crossfade.plan.dns.vector import Vector
from flows.abort import abort
from flows.advance import advance
from flows.migrate import migrate
from tests.flows.conftest import Operator
from tests.operations.ramp.shop import shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect.client.orchestration import SyncPrefectClient

    from tests.flows.conftest import Logged
    from tests.operations.ramp.shop import Shop

PICTURE = "](data:image/svg+xml;base64,"


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


def test_a_decision_that_changed_the_weights_comes_with_a_picture(
    ramp: Shop, worker: Operator
) -> None:
    ramp.passes(8)
    page = worker.starts(advance, name="shop").artifacts()["timeline-shop"]
    assert PICTURE in page
    assert "| half | legacy 50 / new 50, 50 % on new | advance |" in page


def test_a_decision_that_only_waits_comes_without(ramp: Shop, worker: Operator) -> None:
    ramp.passes(3)
    ramp.advance()
    ran = worker.starts(advance, name="shop")
    assert set(ran.artifacts()) == {"migration-shop"}


def test_a_dry_run_comes_without(ramp: Shop, worker: Operator) -> None:
    ramp.passes(8)
    ran = worker.starts(advance, name="shop", dry_run=True)
    assert set(ran.artifacts()) == {"migration-shop"}


def test_a_foreign_change_and_a_way_back_are_in_their_pictures(
    ramp: Shop, worker: Operator
) -> None:
    ramp.passes(8)
    ramp.somebody_sets(Vector(70, 30))
    page = worker.starts(migrate, name="shop").artifacts()["timeline-shop"]
    assert "| foreign change | live legacy 70 / new 30" in page
    page = worker.starts(abort, name="shop", by="ann").artifacts()["timeline-shop"]
    assert "| abort | abort shop to the baseline" in page


def test_a_picture_that_cannot_be_drawn_is_a_warning_on_a_run_that_is_done(
    ramp: Shop, worker: Operator, logged: Logged
) -> None:
    ramp.strict.faults.before("s3", "ListObjectsV2", times=99, effect=ACCESS_DENIED)
    ran = worker.starts(abort, name="shop")
    assert ran.state.is_completed()
    assert ramp.weights() is None
    assert set(ran.artifacts()) == {"migration-shop"}
    assert any(text.startswith("no picture of the timeline of shop") for text in logged.texts)
