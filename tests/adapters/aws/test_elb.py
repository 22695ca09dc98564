from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from crossfade.adapters.aws.elb import read_balancers
from crossfade.errors import Failed, Unavailable
from crossfade.local.strict.faults import ACCESS_DENIED, SLOW_DOWN
from crossfade.local.strict.strict import make_strict
from tests.balancers import stands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.local.strict.strict import Strict

SESSION = boto3.Session(region_name="eu-west-1")


@pytest.fixture
def strict() -> Iterator[Strict]:
    with mock_aws(), make_strict() as handles:
        yield handles


def client() -> Any:
    return SESSION.client("elbv2", config=Config(retries={"total_max_attempts": 1}))


def test_both_platforms_are_described_in_one_request_and_one_more_for_each_keep_alive(
    strict: Strict,
) -> None:
    legacy = stands("app/legacy/1", "legacy-lb.example", zone="ZA", keep_alive=3600)
    new = stands("app/k8s/1", "k8s-lb.example", zone="ZB", scheme="internal", state="failed")
    found = read_balancers(client(), [legacy.name, new.name])
    assert found == {legacy.name: legacy, new.name: new}
    assert [call.operation for call in strict.faults.calls] == [
        "DescribeLoadBalancers",
        "DescribeLoadBalancerAttributes",
        "DescribeLoadBalancerAttributes",
    ]


def test_a_network_load_balancer_is_not_asked_for_a_keep_alive(strict: Strict) -> None:
    network = stands("net/legacy/1", "legacy-lb.example", keep_alive=None)
    assert read_balancers(client(), [network.name]) == {network.name: network}
    assert [call.operation for call in strict.faults.calls] == ["DescribeLoadBalancers"]


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("missing", ["app/aaa/1", "app/zzz/1"])
def test_one_that_is_not_there_does_not_hide_the_other(missing: str) -> None:
    legacy = stands("app/legacy/1", "legacy-lb.example")
    assert read_balancers(client(), [missing, legacy.name]) == {legacy.name: legacy}
    assert read_balancers(client(), [missing]) == {}


@pytest.mark.usefixtures("strict")
def test_another_one_of_the_same_name_is_not_taken_for_it() -> None:
    stands("app/legacy/1", "legacy-lb.example")
    assert read_balancers(client(), ["app/legacy/of-last-year"]) == {}


def test_what_is_no_load_balancer_of_elb_is_not_asked_about(strict: Strict) -> None:
    assert read_balancers(client(), ["", "classic", "traefik/one/two"]) == {}
    assert strict.faults.calls == ()


@pytest.mark.usefixtures("strict")
def test_a_load_balancer_that_does_not_tell_its_keep_alive_has_none() -> None:
    quiet = stands("app/legacy/1", "legacy-lb.example", keep_alive=None)
    assert read_balancers(client(), [quiet.name])[quiet.name].keep_alive is None


def test_a_right_that_is_missing_and_a_throttled_request_are_told_apart(strict: Strict) -> None:
    strict.faults.before("elbv2", "DescribeLoadBalancers", effect=ACCESS_DENIED)
    with pytest.raises(Failed, match="access denied"):
        read_balancers(client(), ["app/legacy/1"])
    strict.faults.before("elbv2", "DescribeLoadBalancers", effect=SLOW_DOWN)
    with pytest.raises(Unavailable):
        read_balancers(client(), ["app/legacy/1"])
