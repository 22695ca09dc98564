"""Instance refreshes as Auto Scaling has them: one at a time, and a rollback only under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.autoscaling.responses import AutoScalingResponse

from crossfade.local.strict.strict import make_strict
from tests.adapters.tandem.targets import GROUP, found_template
from tests.operations.sites.test_crash import SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator


class Scaled:
    """One group of one instance, and a clock."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.client: Any = SESSION.client("autoscaling")

    def founded(self) -> Scaled:
        self.template = found_template(SESSION.client("ec2"))
        self.client.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            LaunchTemplate={"LaunchTemplateId": self.template, "Version": "1"},
            MinSize=1,
            MaxSize=1,
            AvailabilityZones=["eu-west-1a"],
        )
        return self

    def starts(self, version: str = "") -> None:
        spec = {"LaunchTemplateId": self.template, "Version": version}
        desired = {"DesiredConfiguration": {"LaunchTemplate": spec}} if version else {}
        self.client.start_instance_refresh(AutoScalingGroupName=GROUP, **desired)

    def rolls_back(self) -> None:
        self.client.rollback_instance_refresh(AutoScalingGroupName=GROUP)

    @property
    def newest(self) -> tuple[str, int]:
        """The newest refresh's state and percentage."""
        answer = self.client.describe_instance_refreshes(AutoScalingGroupName=GROUP, MaxRecords=1)
        (one,) = answer["InstanceRefreshes"]
        return one["Status"], one["PercentageComplete"]

    @property
    def version(self) -> str:
        """The version of the launch template that the group has."""
        (group,) = self.client.describe_auto_scaling_groups()["AutoScalingGroups"]
        return str(group["LaunchTemplate"]["Version"])


@pytest.fixture
def scaled() -> Iterator[Scaled]:
    with mock_aws():
        there = Scaled()
        with make_strict(clock=lambda: there.now, refresh_seconds=100) as strict:
            strict.refreshes.broken.add("3")
            yield there.founded()


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def test_the_group_takes_a_version_over_when_its_refresh_succeeds(scaled: Scaled) -> None:
    scaled.starts("2")
    scaled.now += 50
    assert (scaled.newest, scaled.version) == (("InProgress", 50), "1")
    scaled.now += 50
    assert (scaled.newest, scaled.version) == (("Successful", 100), "2")


def test_a_refresh_whose_instances_never_become_healthy_fails(scaled: Scaled) -> None:
    scaled.starts("3")
    scaled.now += 100
    assert (scaled.newest, scaled.version) == (("Failed", 33), "1")


def test_there_is_one_at_a_time(scaled: Scaled) -> None:
    scaled.starts("2")
    with refused("InstanceRefreshInProgress"):
        scaled.starts("3")
    scaled.now += 100
    scaled.starts("1")


def test_one_under_way_is_rolled_back_and_no_other(scaled: Scaled) -> None:
    with refused("ActiveInstanceRefreshNotFound"):
        scaled.rolls_back()
    scaled.starts("2")
    scaled.now += 50
    scaled.rolls_back()
    with refused("InstanceRefreshInProgress"):
        scaled.starts("2")
    scaled.now += 100
    assert (scaled.newest[0], scaled.version) == ("RollbackSuccessful", "1")
    scaled.starts()
    with refused("IrreversibleInstanceRefresh"):
        scaled.rolls_back()


def test_a_group_that_is_not_there_is_refused(scaled: Scaled) -> None:
    with refused("not found"):
        scaled.client.describe_instance_refreshes(AutoScalingGroupName="none")


def test_moto_is_as_it_was_afterwards() -> None:
    with mock_aws(), make_strict():
        with make_strict():
            pass
        assert hasattr(AutoScalingResponse, "start_instance_refresh")
    assert not hasattr(AutoScalingResponse, "start_instance_refresh")
