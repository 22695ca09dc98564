"""Artifacts show what was done; that one is missing undoes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from prefect import flow

from crossfade.local.strict.faults import ACCESS_DENIED
from tasks.artifacts import artifact_key, kept

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict
    from tests.flows.conftest import Logged, Operator


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("sites/production/web", "sites-production-web"),
        ("live-eu.west_1", "live-eu-west-1"),
        ("purge-web", "purge-web"),
    ],
)
def test_a_key_is_one_that_prefect_accepts(name: str, key: str) -> None:
    assert artifact_key(name) == key


@pytest.mark.usefixtures("_prefect_server")
def test_one_that_prefect_does_not_take_is_a_warning(logged: Logged) -> None:
    def away() -> None:
        raise httpx.ConnectError("no route")

    @flow
    def shows() -> None:
        kept(away, "sites-production-web")

    assert shows(return_state=True).is_completed()
    assert "the artifact sites-production-web could not be stored: no route" in logged.texts


def test_a_promote_that_is_done_stays_done_when_the_live_table_cannot_be_read(
    operator: Operator, strict: Strict, logged: Logged
) -> None:
    operator.story.published("1.0.0")
    strict.faults.before(
        "s3", "GetObject", path="sites/production/checkout/head", times=99, effect=ACCESS_DENIED
    )
    ran = operator.promotes("1.0.0")
    assert ran.state.is_completed()
    assert set(ran.artifacts()) == {"sites-production-web"}
    assert any(
        text.startswith("no table of what is live in production: could not read")
        for text in logged.texts
    )
