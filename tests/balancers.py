"""Load balancers in the in-process AWS, set to what a story needs.

They are put straight among moto's own: to create one by its API needs a network first, and gives it
an id by chance.
"""

from __future__ import annotations

from datetime import timedelta

from moto.core import DEFAULT_ACCOUNT_ID
from moto.elbv2.models import FakeLoadBalancer, elbv2_backends

from crossfade.plan.gates.balancer import Balancer

REGION = "eu-west-1"


def stands(
    name: str,
    dns_name: str,
    *,
    zone: str = "ZLB",
    scheme: str = "internet-facing",
    state: str = "active",
    keep_alive: int | None = 60,
) -> Balancer:
    """Put up a load balancer, or set one anew, and return it as it should be read.

    Args:
        name: As CloudWatch knows it, `app/name/id` or `net/name/id`.
        dns_name: Its DNS name.
        zone: Its canonical hosted zone.
        scheme: Its scheme.
        state: Its state.
        keep_alive: Its `client_keep_alive.seconds`, or None for one without the attribute.
    """
    kind, plain, _ = name.split("/")
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{DEFAULT_ACCOUNT_ID}:loadbalancer/{name}"
    there = FakeLoadBalancer(
        plain,
        [],
        [],
        "vpc-1",
        arn,
        dns_name,
        state,
        scheme,
        {"app": "application", "net": "network"}[kind],
    )
    there.canonical_hosted_zone_id = zone
    if keep_alive is not None:
        there.attrs["client_keep_alive.seconds"] = str(keep_alive)
    elbv2_backends[DEFAULT_ACCOUNT_ID][REGION].load_balancers[arn] = there
    seconds = None if keep_alive is None else timedelta(seconds=keep_alive)
    return Balancer(name, dns_name, zone, scheme, state, seconds)
