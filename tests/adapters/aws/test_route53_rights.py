from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from crossfade.adapters.aws.route53_rights import may_change, may_follow
from crossfade.errors import Failed, Unavailable
from crossfade.local.strict.faults import ACCESS_DENIED, Answer
from tests.operations.ramp.shop import shop
from tests.plan.shop import NAME, pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.local.strict.faults import Effect
    from tests.operations.ramp.shop import Shop

BUSY = Answer(400, "PriorRequestNotComplete", "The request was rejected")
THROTTLED = Answer(400, "Throttling", "Rate exceeded")


@pytest.fixture
def ramp() -> Iterator[Shop]:
    with shop(*pair(90, 10)) as opened:
        yield opened


def route53(ramp: Shop) -> Any:
    """Return a client that asks once."""
    config = Config(retries={"total_max_attempts": 1})
    return boto3.Session(region_name=ramp.aws.region_name).client("route53", config=config)


def asked(ramp: Shop) -> bool:
    return may_change(route53(ramp), ramp.zone, NAME, "A", token="abc")


def test_who_may_change_records_is_told_so_and_nothing_changes(ramp: Shop) -> None:
    before = ramp.records()
    assert asked(ramp)
    assert ramp.records() == before
    assert may_follow(route53(ramp))


@pytest.mark.parametrize("kind", ["A", "AAAA", "CNAME"])
def test_the_question_is_well_formed_for_each_type(ramp: Shop, kind: Any) -> None:
    assert may_change(route53(ramp), ramp.zone, "new.acme.example.", kind, token="abc")


def test_who_may_not_is_told_so(ramp: Shop) -> None:
    ramp.strict.faults.before("route53", "ChangeResourceRecordSets", effect=ACCESS_DENIED)
    assert not asked(ramp)
    ramp.strict.faults.before("route53", "GetChange", effect=ACCESS_DENIED)
    assert not may_follow(route53(ramp))


@pytest.mark.parametrize("effect", [BUSY, THROTTLED])
def test_an_answer_that_does_not_tell_is_not_taken_for_one(ramp: Shop, effect: Effect) -> None:
    ramp.strict.faults.before("route53", "ChangeResourceRecordSets", effect=effect)
    with pytest.raises(Unavailable):
        asked(ramp)


def test_a_zone_that_is_not_there_is_named(ramp: Shop) -> None:
    with pytest.raises(Failed, match="NoSuchHostedZone"):
        may_change(route53(ramp), "ZNOWHERE", NAME, "A", token="abc")
