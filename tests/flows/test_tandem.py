"""The flows of tandems: pipelines report, a schedule releases, and a run fails when told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.ready import ready
from flows.reverse import reverse
from flows.tandem import tandem
from tests.cli.commands.test_tandem import hosts
from tests.flows.conftest import Operator

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from crossfade.local.strict.strict import Strict
    from tests.cli.commands.test_tandem import Hosts

__all__ = ["hosts"]


@pytest.fixture
def worker(hosts: Hosts, strict: Strict, client: SyncPrefectClient) -> Operator:
    """Somebody who starts flows where there is a tandem."""
    del hosts
    return Operator(client, strict)  # type: ignore[arg-type]  # only its account is used


def test_a_run_releases_shows_both_and_fails_when_one_side_does(
    worker: Operator, hosts: Hosts
) -> None:
    said = worker.starts(ready, name="shop", platform="new", version="1.4.2", digest="d")
    assert "new is ready with 1.4.2" in said.message
    ran = worker.starts(tandem, name="shop", version="1.4.2")
    assert ran.message == "shop: both platforms run 1.4.2"
    assert "| legacy | `1.4.2` |" in ran.artifacts()["tandem-shop"]
    assert "in tandem at 1.4.2" in worker.starts(tandem).message
    hosts.sick.add("1.4.3")
    failed = worker.starts(tandem, name="shop", version="1.4.3")
    assert failed.state.is_failed()
    assert "1.4.3 was taken back" in failed.message
    assert "as it was before" in worker.starts(reverse, subject="tandems/shop", last=True).message
    unnamed = worker.starts(tandem, version="1.4.3")
    assert "name the tandem" in unnamed.message
