"""One platform of each kind, for the suite that holds them all to one contract.

Each stands in an outside that answers as the real one does: moto made strict, and Kubernetes' API
on loopback with the real client.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto import mock_aws

from crossfade.adapters.tandem.deployment import Deployment
from crossfade.adapters.tandem.group import Group
from crossfade.adapters.tandem.parameter import Parameter
from crossfade.local.strict.strict import make_strict
from crossfade.plan.tandem.order import Release
from tests.adapters.tandem.cluster import IMAGES, apps
from tests.operations.ramp.shop import Time
from tests.operations.sites.test_crash import SESSION
from tests.operations.tandem.twins import FakePlatform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.adapters.tandem.port import Target

ONE, TWO, BAD = "1.4.1", "1.4.2", "1.4.3"
"""What runs, what is released, and what never becomes healthy."""

GROUP = "shop-legacy"


@dataclass
class Stood:
    """A platform that stands somewhere, with the hands of those who are not its target.

    Attributes:
        target: What tells it.
        release: Makes the release of a version.
        passes: Lets enough time pass for a rollout.
        somebody: Somebody else tells it a version.
        follows: Whether it tells how its hosts follow.
    """

    target: Target
    release: Callable[[str], Release]
    passes: Callable[[], None]
    somebody: Callable[[str], None]
    follows: bool = True


def _plain(version: str) -> Release:
    return Release(version, f"digest-of-{version}")


@contextmanager
def fake() -> Iterator[Stood]:
    """The platform of the story that the other tests tell."""
    time = Time(datetime(2026, 3, 2, tzinfo=UTC))
    platform = FakePlatform("legacy", time, missing={"9.9.9"}, broken={BAD})
    yield Stood(
        platform,
        _plain,
        lambda: time.sleep(60),
        lambda version: platform.set(platform.prepare(_plain(version))),
    )


@contextmanager
def parameter(form: str = "document") -> Iterator[Stood]:
    """A parameter in SSM."""
    with mock_aws():
        client: Any = SESSION.client("ssm")
        target = Parameter(client, "/shop/version", form)
        client.put_parameter(Name="/shop/version", Value=ONE, Type="String")

        def somebody(version: str) -> None:
            value = target.prepare(_plain(version))
            client.put_parameter(Name="/shop/version", Value=value, Overwrite=True)

        yield Stood(target, _plain, lambda: None, somebody, follows=False)


@contextmanager
def group() -> Iterator[Stood]:
    """An Auto Scaling group with a launch template of three versions."""
    time = Time(datetime(2026, 3, 2, tzinfo=UTC))
    with mock_aws(), make_strict(clock=time.epoch, refresh_seconds=30) as strict:
        ec2: Any = SESSION.client("ec2")
        autoscaling: Any = SESSION.client("autoscaling")
        template = found_template(ec2)
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
            MinSize=1,
            MaxSize=1,
            AvailabilityZones=["eu-west-1a"],
        )
        strict.refreshes.broken.add("3")
        target = Group(autoscaling, ec2, GROUP, min_healthy=90, warm_up=timedelta(minutes=1))

        def somebody(version: str) -> None:
            number = {ONE: "1", TWO: "2", BAD: "3"}[version]
            autoscaling.update_auto_scaling_group(
                AutoScalingGroupName=GROUP,
                LaunchTemplate={"LaunchTemplateId": template, "Version": number},
            )

        yield Stood(target, Release, lambda: time.sleep(60), somebody)


def found_template(ec2: Any) -> str:
    """Make a launch template with a version for each release; return its id."""
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    made = ec2.create_launch_template(
        LaunchTemplateName="shop", VersionDescription=ONE, LaunchTemplateData=data
    )
    template = str(made["LaunchTemplate"]["LaunchTemplateId"])
    for version in (TWO, BAD):
        ec2.create_launch_template_version(
            LaunchTemplateId=template, VersionDescription=version, LaunchTemplateData=data
        )
    return template


@contextmanager
def deployment() -> Iterator[Stood]:
    """A Deployment of three pods."""
    with apps() as (cluster, api):
        target = Deployment(api, "default", "shop", "")

        def release(version: str) -> Release:
            return Release(version, f"digest-of-{version}", IMAGES.get(version, ""))

        yield Stood(
            target,
            release,
            lambda: cluster.settles(fails=BAD),
            lambda version: cluster.somebody_sets(IMAGES[version]),
        )


KINDS = {
    "fake": fake,
    "parameter": parameter,
    "plain parameter": lambda: parameter("plain"),
    "group": group,
    "deployment": deployment,
}
