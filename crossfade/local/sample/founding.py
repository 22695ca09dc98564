"""How the sample world begins: its zone, its releases, and the half hour of traffic before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from moto.moto_api._internal import mock_random

from crossfade.local.sample.configuration import MIGRATION
from crossfade.local.sample.front import LIVE, VERSIONS, make_front
from crossfade.local.stack.aws import REGION
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.plan.journal.operation import Actor

if TYPE_CHECKING:
    from pathlib import Path

    from crossfade.operations.base.world import World

SEED = 1
FOUNDER = Actor("crossfade local up", trigger="person")


def same_names_each_time() -> None:
    """Let the stand-in for AWS give its next resources the ids that it gave them the last time.

    A configuration that somebody edited names them, and must go on to.
    """
    mock_random.seed(SEED)


def make_zone(endpoint: str) -> str:
    """Make the zone in which the migration's record points at legacy alone; return its id.

    Args:
        endpoint: The stand-in for AWS.
    """
    session = boto3.Session("crossfade-local", "crossfade-local", region_name=REGION)
    route53 = session.client("route53", endpoint_url=endpoint)
    zone = route53.create_hosted_zone(Name="acme.example.", CallerReference="sample")
    identifier = zone["HostedZone"]["Id"].removeprefix("/hostedzone/")
    record = {
        "Name": f"{MIGRATION}.acme.example.",
        "Type": "A",
        "AliasTarget": {
            "HostedZoneId": "ZLB",
            "DNSName": "legacy-lb.example.",
            "EvaluateTargetHealth": False,
        },
    }
    batch: Any = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=identifier, ChangeBatch=batch)
    return identifier


def make_releases(world: World, folder: Path) -> None:
    """Publish the sample releases, and make the oldest live everywhere."""
    for version in VERSIONS:
        build = make_front(folder, version)
        publish(world, PublishRequest(str(build), "web", version))
    for environment in world.settings.environments:
        promote(world, PromoteRequest(environment, {"web": LIVE}))
