"""A load balancer as Elastic Load Balancing describes it, or why it could not be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.base.dns_names import normal_name
from crossfade.plan.base.duration import shown_duration

if TYPE_CHECKING:
    from datetime import timedelta

ACTIVE = "active"

_HOSTS = (
    re.compile(r".+\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?P<kind>elb)\.amazonaws\.com.*"),
    re.compile(r".+\.(?P<kind>elb)\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com.*"),
)
"""DNS names of application and of network load balancers, which have hosted zones of their own."""


@dataclass(frozen=True, slots=True)
class Balancer:
    """One load balancer; "" stands for what it does not tell.

    Attributes:
        name: As CloudWatch knows it: `app/name/id`, `net/name/id`.
        dns_name: Its DNS name.
        zone: Its canonical hosted zone id: what an alias of it must name.
        scheme: `internet-facing` or `internal`.
        state: `active`, `active_impaired`, `provisioning` or `failed`.
        keep_alive: `client_keep_alive`: how long a connection may be used; None where it has no
            such attribute.
    """

    name: str
    dns_name: str
    zone: str
    scheme: str
    state: str
    keep_alive: timedelta | None = None

    def __str__(self) -> str:
        kept = shown_duration(self.keep_alive) if self.keep_alive else "not told"
        told = ", ".join(filter(None, (self.state, self.scheme, self.dns_name)))
        return f"{self.name} ({told}): hosted zone {self.zone or 'not told'}, keep-alive {kept}"


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a load balancer could not be asked."""

    why: str


Reading = Balancer | Unread
"""What came of asking about a load balancer."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a load balancer lives, as its DNS name tells: all in one home share a hosted zone."""

    region: str
    network: bool


def home_of(host: str) -> Home | None:
    """Tell where a load balancer lives by its DNS name; None where that does not tell."""
    name = normal_name(host).removesuffix(".")
    for network, form in enumerate(_HOSTS):
        if match := form.fullmatch(name):
            return Home(match["region"], bool(network))
    return None
