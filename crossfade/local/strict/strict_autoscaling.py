"""Instance refreshes, which moto lacks: one at a time, with a rollback, as Auto Scaling has them.

A refresh takes some seconds of the stack's clock; then the group takes over the version of the
launch template that it was asked for, or the refresh fails and the group keeps its own. A rollback
takes as long again, and is possible only while a refresh with a desired configuration is under way.
"""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from crossfade.local.strict.replacement import added

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]

_ALL = 100
_UNDER_WAY = frozenset({"Pending", "InProgress", "RollbackInProgress"})


@dataclass
class Refresh:
    """One instance refresh."""

    group: str
    desired: Json
    began: float
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "InProgress"
    reason: str = ""
    percent: int = 0


@dataclass
class Refreshes:
    """The refreshes of a stack.

    Attributes:
        seconds: How long one takes.
        clock: Seconds since 1970.
        broken: Versions of launch templates whose instances never become healthy.
    """

    seconds: float = 0.2
    clock: Callable[[], float] = time.time
    broken: set[str] = field(default_factory=set)
    _all: list[Refresh] = field(default_factory=list)

    def of(self, group: Any) -> list[Refresh]:  # noqa: ANN401  moto's group
        """Return a group's refreshes, newest first, as they stand now."""
        found = [one for one in reversed(self._all) if one.group == group.name]
        for one in found:
            self._pass(one, group)
        return found

    def start(self, group: Any, desired: Json) -> Refresh:  # noqa: ANN401  as above
        """Start a refresh.

        Raises:
            AutoscalingClientError: Another one is under way.
        """
        if any(one.status in _UNDER_WAY for one in self.of(group)):
            raise _refused(
                "InstanceRefreshInProgress", "An Instance Refresh is already in progress"
            )
        one = Refresh(group.name, desired, self.clock())
        self._all.append(one)
        return one

    def roll_back(self, group: Any) -> Refresh:  # noqa: ANN401  as above
        """Roll the refresh under way back.

        Raises:
            AutoscalingClientError: None is, or it names no configuration to come back from.
        """
        for one in self.of(group):
            if one.status == "InProgress":
                if not one.desired:
                    raise _refused("IrreversibleInstanceRefresh", "no desired configuration")
                one.status, one.began = "RollbackInProgress", self.clock()
                return one
        raise _refused("ActiveInstanceRefreshNotFound", "No in progress Instance Refresh found")

    def _pass(self, one: Refresh, group: Any) -> None:  # noqa: ANN401  as above
        if one.status not in _UNDER_WAY:
            return
        passed = self.clock() - one.began
        part = passed / self.seconds if self.seconds else 1.0
        one.percent = min(_ALL, int(part * _ALL))
        version = str(one.desired.get("LaunchTemplate", {}).get("Version", ""))
        if one.status == "InProgress" and version in self.broken:
            one.percent = min(one.percent, _ALL // 3)
        if part < 1:
            return
        if one.status == "RollbackInProgress":
            one.status = "RollbackSuccessful"
        elif version in self.broken:
            one.status = "Failed"
            one.reason = "Instances failed to become healthy within the time limit."
        else:
            one.status = "Successful"
            if version:
                group.launch_template_version = version
                group.provided_launch_template_version = version


@contextmanager
def strict_autoscaling(refreshes: Refreshes) -> Iterator[None]:
    """Give moto instance refreshes until the block ends."""

    def group(response: AutoScalingResponse) -> Any:  # noqa: ANN401  moto's
        name = response._get_param("AutoScalingGroupName")  # noqa: SLF001  as moto's own do
        found = response.autoscaling_backend.autoscaling_groups.get(name)
        if found is None:
            raise _refused("ValidationError", f"AutoScalingGroup name not found - {name}")
        return found

    def start_instance_refresh(response: AutoScalingResponse) -> ActionResult:
        desired = response._get_param("DesiredConfiguration") or {}  # noqa: SLF001  as above
        one = refreshes.start(group(response), desired)
        return ActionResult({"InstanceRefreshId": one.identifier})

    def rollback_instance_refresh(response: AutoScalingResponse) -> ActionResult:
        return ActionResult({"InstanceRefreshId": refreshes.roll_back(group(response)).identifier})

    def describe_instance_refreshes(response: AutoScalingResponse) -> ActionResult:
        found = refreshes.of(group(response))
        most = response._get_param("MaxRecords") or _ALL  # noqa: SLF001  as above
        return ActionResult({"InstanceRefreshes": [_shown(one) for one in found[: int(most)]]})

    actions = (start_instance_refresh, rollback_instance_refresh, describe_instance_refreshes)
    with ExitStack() as stack:
        stack.enter_context(
            added(AutoScalingResponse, {action.__name__: action for action in actions})
        )
        yield


def _shown(one: Refresh) -> Json:
    document: Json = {
        "InstanceRefreshId": one.identifier,
        "AutoScalingGroupName": one.group,
        "Status": one.status,
        "StartTime": datetime.fromtimestamp(one.began, UTC),
        "PercentageComplete": one.percent,
    }
    if one.desired:
        document["DesiredConfiguration"] = one.desired
    if one.reason:
        document["StatusReason"] = one.reason
    return document


def _refused(code: str, message: str) -> AutoscalingClientError:
    error = AutoscalingClientError(message)
    error.code = code
    return error
