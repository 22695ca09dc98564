"""An observer that asks each healthy target of a load balancer for a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.session import translated
from crossfade.adapters.tandem.answers import seen_by, told_by
from crossfade.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.plan.tandem.pair import Seen


@dataclass(frozen=True)
class Targets:
    """An `Observer` by a target group.

    Attributes:
        elbv2: boto3's `elbv2` client.
        ec2: boto3's `ec2` client; for targets that are instances.
        ask: Gets an address.
        group: ARN of the target group.
        address: The address with `{host}` in it.
        port: Where they are asked; 0 for the port that they are registered with.
        pointers: JSON pointers to the version and to the configuration's digest.
    """

    elbv2: Any
    ec2: Any
    ask: Callable[[str], bytes]
    group: str
    address: str
    port: int
    pointers: tuple[str, str]

    def observe(self) -> Seen:
        """Return what the healthy targets answer: those that get requests.

        Raises:
            Unavailable: One does not answer.
            Failed: One answers something else, or there is no such target group.
        """
        with translated(f"read the targets of {self.group}"):
            answer = self.elbv2.describe_target_health(TargetGroupArn=self.group)
        healthy = [
            one["Target"]
            for one in answer["TargetHealthDescriptions"]
            if one["TargetHealth"]["State"] == "healthy"
        ]
        hosts = self._hosts([one["Id"] for one in healthy])
        answers = []
        for target in healthy:
            host = f"{hosts[target['Id']]}:{self.port or target['Port']}"
            where = self.address.format(host=host)
            answers.append(told_by(self.ask(where), self.pointers, where=where))
        return seen_by(answers)

    def _hosts(self, targets: Sequence[str]) -> dict[str, str]:
        """Return the address of each target: itself, or the one of the instance."""
        instances = sorted({one for one in targets if one.startswith("i-")})
        known = {one: one for one in targets}
        if not instances:
            return known
        with translated(f"read the instances {', '.join(instances)}"):
            answer = self.ec2.describe_instances(InstanceIds=instances)
        for reservation in answer["Reservations"]:
            for one in reservation["Instances"]:
                if "PrivateIpAddress" not in one:
                    raise Failed(f"the instance {one['InstanceId']} has no address")
                known[one["InstanceId"]] = one["PrivateIpAddress"]
        return known
