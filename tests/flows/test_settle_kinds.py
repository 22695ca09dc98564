"""What a crash starts takes on every kind of operation that a dead worker can leave."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.operations.base.world import World, cron_subject, person
from crossfade.operations.cron.move.move import Asked
from crossfade.operations.cron.move.waves import move_crons
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.ramp.finish import make_simple
from crossfade.operations.status.status import releases, status
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.decide import Wish
from crossfade.plan.dns.vector import Vector
from crossfade.settings import load
from flows.move_cron import move_cron
from flows.settle import settle
from tests.flows.conftest import SITE, Operator
from tests.operations.cron.real_lock import JOB, wrapped_job
from tests.operations.ramp.shop import SUBJECT, shop
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prefect.client.orchestration import SyncPrefectClient

    from crossfade.local.strict.strict import Strict
    from crossfade.plan.journal.head import Open
    from tests.operations.ramp.shop import Shop


class Account:
    """What the configuration of this process leads to."""

    def world(self) -> World:
        return World(settings=load(), actor=person())


def _dies(
    strict: Strict, service: str, operation: str, work: Callable[[], object], path: str = ""
) -> None:
    """Let a worker die once its first request of a kind has had its effect."""
    strict.faults.after(service, operation, path=path, times=1000, effect=Killed())
    with pytest.raises(Killed):
        work()
    strict.faults.clear()


def _opened(world: World, subject: str) -> Open:
    (found,) = status(world, subject)
    assert found.open is not None, "the worker died too early or too late"
    return found.open


def _is_settled(operator: Operator, subject: str) -> None:
    world = operator.story.world()
    for member in _opened(world, subject).members:
        operator.lease_lapses(member)
    assert operator.starts(settle, apply=True).message == "all closed"


class TestSites:
    def test_a_rollback_is_taken_on(self, operator: Operator, strict: Strict) -> None:
        story = operator.story.published("1.0.0", "1.1.0")
        story.promote("1.0.0")
        story.promote("1.1.0")
        _dies(strict, "s3", "CopyObject", story.rollback)
        _is_settled(operator, SITE)
        assert story.live() == "1.0.0"

    def test_a_purge_is_taken_on(self, operator: Operator, strict: Strict) -> None:
        story = operator.story.published("1.0.0", "1.1.0")
        story.promote("1.1.0")
        asked = PurgeRequest("web", keep=1, apply=True)
        _dies(strict, "s3", "DeleteObjects", lambda: purge(story.world(), asked))
        _is_settled(operator, "releases/web")
        assert [one.version for one in releases(story.world(), "web")] == ["1.1.0"]


class TestMigrations:
    @pytest.fixture
    def ramp(
        self, _no_settings_of_this_machine: None, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Shop]:
        """A shop whose ramp is at its first stage, and the configuration of its worker."""
        with shop(in_sync_seconds=0) as opened:
            monkeypatch.setenv("CROSSFADE__STATE__BUCKET", "acme-state")
            monkeypatch.setenv("CROSSFADE__RELEASES__BUCKET", "acme-state")
            monkeypatch.setenv("CROSSFADE__MIGRATIONS", json.dumps({"shop": opened.migration()}))
            yield opened.reaches("canary")

    @pytest.fixture
    def worker(self, client: SyncPrefectClient, ramp: Shop) -> Operator:
        return Operator(client, ramp)  # type: ignore[arg-type]  # only its account is used

    def test_an_advance_goes_on(self, ramp: Shop, worker: Operator) -> None:
        ramp.passes(8)
        _dies(ramp.strict, "route53", "ChangeResourceRecordSets", ramp.advance)
        _is_settled(worker, SUBJECT)
        assert ramp.weights() == Vector(50, 50)

    @pytest.mark.parametrize(
        ("way", "weights"), [(back, Vector(90, 10)), (abort, None)], ids=["back", "abort"]
    )
    def test_a_way_back_goes_on_back(
        self,
        ramp: Shop,
        worker: Operator,
        way: Callable[..., object],
        weights: Vector | None,
    ) -> None:
        ramp.reaches("half")
        _dies(ramp.strict, "route53", "ChangeResourceRecordSets", lambda: way(ramp.world(), "shop"))
        _is_settled(worker, SUBJECT)
        assert ramp.weights() == weights

    def test_an_end_is_taken_on(self, ramp: Shop, worker: Operator) -> None:
        ramp.reaches("all").advance()
        _dies(
            ramp.strict,
            "route53",
            "ChangeResourceRecordSets",
            lambda: make_simple(ramp.world(), "shop"),
        )
        _is_settled(worker, SUBJECT)
        assert ramp.progress().simple_at is not None


class TestCrons:
    @pytest.fixture
    def worker(
        self, strict: Strict, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Operator]:
        del strict  # its account is there
        with wrapped_job(monkeypatch):
            yield Operator(client, Account())  # type: ignore[arg-type]  # only its world is used

    def test_a_move_is_taken_on(self, worker: Operator, strict: Strict) -> None:
        asked = Asked(Wish(Platform.NEW), proof_from=timedelta(hours=1))
        world = worker.story.world()
        _dies(strict, "s3", "PutObject", lambda: move_crons(world, [JOB], asked), path="crons.json")
        _is_settled(worker, cron_subject(JOB))
        assert "new runs it already" in worker.starts(move_cron).message
