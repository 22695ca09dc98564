"""An Auto Scaling group, told by instance refreshes to versions of its launch template.

An order is `TEMPLATE:VERSION`. A refresh names the version that it brings, and the group takes it
over when the refresh succeeds; so a refresh under way, or one that failed half-way, is what the
group was told last. Going back while one is under way is its rollback, else a refresh of its own,
which leaves alone the instances that match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from crossfade.adapters.aws.session import code, translated
from crossfade.errors import Conflict, Refused
from crossfade.plan.tandem.order import Release, Rollout, RolloutState

if TYPE_CHECKING:
    from datetime import timedelta

Json = dict[str, Any]

_GOING = frozenset({"Pending", "InProgress", "Baking", "Cancelling"})
_RETURNING = "RollbackInProgress"
_DONE = frozenset({"Successful", "RollbackSuccessful"})
_MOVED = frozenset({"InstanceRefreshInProgress", "ActiveInstanceRefreshNotFound",
                    "IrreversibleInstanceRefresh", "ScalingActivityInProgress"})  # fmt: skip


class Group:
    """A `Target` by one Auto Scaling group."""

    def __init__(
        self,
        autoscaling: Any,  # noqa: ANN401  boto3's
        ec2: Any,  # noqa: ANN401  boto3's
        name: str,
        *,
        min_healthy: int,
        warm_up: timedelta,
    ) -> None:
        """Prepare to tell it.

        Args:
            autoscaling: boto3's `autoscaling` client.
            ec2: boto3's `ec2` client.
            name: The group's name.
            min_healthy: Percent of it that stays in service during a refresh.
            warm_up: How long a new instance takes until it counts.
        """
        self._autoscaling = autoscaling
        self._ec2 = ec2
        self._name = name
        self._preferences = {
            "MinHealthyPercentage": min_healthy,
            "InstanceWarmup": int(warm_up.total_seconds()),
            "SkipMatching": True,
        }

    def prepare(self, release: Release) -> str:
        """Return the version of the launch template that is described as the release's version.

        Raises:
            Refused: There is none, or the group follows `$Latest` or `$Default`, which can change
                under it.
        """
        template, number = self._own().split(":")
        if number.startswith("$"):
            raise Refused(
                f"the group {self._name} follows {number} of its launch template, so that nobody "
                "can say what it was told: give it a version's number"
            )
        wanted = release.artifact
        found = self._versions(template)
        numbers = [one for one, text in found if text == release.version]
        if wanted:
            numbers = [one for one, _ in found if wanted in (str(one), f"{template}:{one}")]
        if not numbers:
            what = wanted or f"with the description {release.version}"
            raise Refused(f"the launch template {template} has no version {what}")
        return f"{template}:{max(numbers)}"

    def told(self) -> str:
        """Return the version that it was told last.

        The refresh is read first: one that ends in between has changed the group by then.
        """
        refresh, own = self._refresh(), self._own()
        desired = _desired(refresh)
        if not desired or refresh["Status"] in _DONE or refresh["Status"] == _RETURNING:
            return own
        return desired

    def tell(self, order: str, *, seen: str) -> None:
        """Start a refresh to a version, or roll back the one under way to where it came from."""
        refresh, own = self._refresh(), self._own()
        if self.told() != seen:
            raise Conflict(f"the group {self._name} was told something else meanwhile")
        going = bool(refresh) and refresh["Status"] in _GOING
        if going and own != order:
            raise Conflict(f"the group {self._name} is being refreshed to {_desired(refresh)}")
        with translated(f"refresh the group {self._name} to {order}"):
            try:
                if going:
                    self._autoscaling.rollback_instance_refresh(AutoScalingGroupName=self._name)
                else:
                    self._start(order)
            except ClientError as error:
                if code(error) not in _MOVED:
                    raise
                raise Conflict(
                    f"the group {self._name} was refreshed by somebody else ({code(error)})"
                ) from error

    def rollout(self, order: str) -> Rollout:
        """Return how far its instances were replaced."""
        refresh, own = self._refresh(), self._own()
        if self.told() != order:
            return Rollout(RolloutState.FAILED, f"somebody else told it {self.told()}")
        status = str(refresh.get("Status", ""))
        at_work = status in _GOING or status == _RETURNING
        if not at_work and own == order and _desired(refresh) != order:
            return Rollout(RolloutState.DONE, "all instances are of it")
        percent = refresh.get("PercentageComplete", 0)
        why = refresh.get("StatusReason", "")
        text = f"{status}, {percent} %" + (f": {why}" if why else "")
        if at_work:
            return Rollout(RolloutState.GOING, text)
        return Rollout(RolloutState.DONE if status in _DONE else RolloutState.FAILED, text)

    def _start(self, order: str) -> None:
        template, number = order.split(":")
        self._autoscaling.start_instance_refresh(
            AutoScalingGroupName=self._name,
            Strategy="Rolling",
            DesiredConfiguration={
                "LaunchTemplate": {"LaunchTemplateId": template, "Version": number}
            },
            Preferences=self._preferences,
        )

    def _own(self) -> str:
        """Return the version that the group has itself."""
        with translated(f"read the group {self._name}"):
            answer = self._autoscaling.describe_auto_scaling_groups(
                AutoScalingGroupNames=[self._name]
            )
        found = answer["AutoScalingGroups"]
        if not found:
            raise Refused(f"there is no Auto Scaling group {self._name} in this account and region")
        policy = found[0].get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
        spec = found[0].get("LaunchTemplate") or policy.get("LaunchTemplateSpecification")
        if not spec:
            raise Refused(
                f"the group {self._name} has a launch configuration: give it a launch template"
            )
        return f"{spec['LaunchTemplateId']}:{spec.get('Version', '$Default')}"

    def _refresh(self) -> Json:
        """Return the newest refresh; an empty one where there was none."""
        with translated(f"read the refreshes of the group {self._name}"):
            answer = self._autoscaling.describe_instance_refreshes(
                AutoScalingGroupName=self._name, MaxRecords=1
            )
        refreshes = answer["InstanceRefreshes"]
        return dict(refreshes[0]) if refreshes else {}

    def _versions(self, template: str) -> list[tuple[int, str]]:
        """Return the numbers of a template's versions with their descriptions."""
        pages = self._ec2.get_paginator("describe_launch_template_versions")
        with translated(f"read the versions of the launch template {template}"):
            return [
                (int(one["VersionNumber"]), one.get("VersionDescription", ""))
                for page in pages.paginate(LaunchTemplateId=template)
                for one in page["LaunchTemplateVersions"]
            ]


def _desired(refresh: Json) -> str:
    """Return the version that a refresh brings; "" where it does not say."""
    spec = refresh.get("DesiredConfiguration", {}).get("LaunchTemplate", {})
    return f"{spec['LaunchTemplateId']}:{spec['Version']}" if spec else ""
