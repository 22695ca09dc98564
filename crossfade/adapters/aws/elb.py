"""Elastic Load Balancing: what the load balancers of both platforms are set to."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from crossfade.adapters.aws.session import code, translated
from crossfade.plan.gates.balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import LoadBalancerTypeDef

KEEP_ALIVE = "client_keep_alive.seconds"
_NAME = re.compile(r"(?:app|net)/(?P<plain>[^/]+)/[^/]+")
_ARN = ":loadbalancer/"


def read_balancers(
    client: ElasticLoadBalancingv2Client, names: Iterable[str]
) -> dict[str, Balancer]:
    """Read load balancers in one request, and one more for each that keeps clients' connections.

    Args:
        client: boto3's `elbv2` client, in the load balancers' region.
        names: As CloudWatch knows them, `app/name/id`; others, and those that are not in this
            account and region, are left out of the answer.

    Raises:
        Failed: They may not be read.
        Unavailable: Nothing answered, or it throttled.
    """
    wanted = {name: match["plain"] for name in names if (match := _NAME.fullmatch(name))}
    if not wanted:
        return {}
    found = {_name(one): one for one in _described(client, sorted(set(wanted.values())))}
    return {name: _balancer(client, found[name]) for name in wanted if name in found}


def _described(
    client: ElasticLoadBalancingv2Client, names: Sequence[str]
) -> list[LoadBalancerTypeDef]:
    """Describe load balancers; where one is missing the whole request fails, so ask one by one."""
    with translated(f"read the load balancers {', '.join(names)}"):
        try:
            return client.describe_load_balancers(Names=names)["LoadBalancers"]
        except ClientError as error:
            if code(error) not in {"LoadBalancerNotFound", "LoadBalancerNotFoundException"}:
                raise
    if len(names) == 1:
        return []
    return [found for name in names for found in _described(client, [name])]


def _balancer(client: ElasticLoadBalancingv2Client, told: LoadBalancerTypeDef) -> Balancer:
    name = _name(told)
    keeps = told.get("Type") == "application"  # the others pass connections on
    return Balancer(
        name=name,
        dns_name=told.get("DNSName", ""),
        zone=told.get("CanonicalHostedZoneId", ""),
        scheme=told.get("Scheme", ""),
        state=told["State"].get("Code", "") if "State" in told else "",
        keep_alive=_keep_alive(client, told["LoadBalancerArn"], name) if keeps else None,
    )


def _name(told: LoadBalancerTypeDef) -> str:
    return told["LoadBalancerArn"].partition(_ARN)[2]


def _keep_alive(client: ElasticLoadBalancingv2Client, arn: str, name: str) -> timedelta | None:
    with translated(f"read the attributes of load balancer {name}"):
        answer = client.describe_load_balancer_attributes(LoadBalancerArn=arn)
    seconds = {one["Key"]: one["Value"] for one in answer["Attributes"]}.get(KEEP_ALIVE)
    return timedelta(seconds=int(seconds)) if seconds else None
