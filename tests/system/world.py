"""A world in which each scheduled flow has something to do, on the embedded stack.

Releases beyond the depth to keep, a migration that has begun, a cron job that both platforms run
and that is on its way to new, a version that both platforms are ready with, and a page to keep.
"""

from __future__ import annotations

import json
import sys
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from crossfade.cli import main as crossfade
from crossfade.errors import Refused
from crossfade.local.demo.schedulers import Scheduler
from crossfade.local.stack.aws import REGION
from crossfade.local.stack.stack import FRONT, STATE
from crossfade.plan.base.platform import Platform
from tests.system.hosts import Hosts, parameter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from crossfade.local.stack.stack import Stack

COMPONENT, MIGRATION, JOB, TANDEM = "web", "shop", "reports.daily", "shop"
ROOTS = {"production": "live", "staging": "staging"}
OLD, LIVE, NEXT = ("0.8", "0.9"), "1.0", "1.1"
"""Releases that a purge would delete, the one that is live at first, and the one after it."""

FILES = 40
LIST = "crons.json"
PAGE = "pages/crossfade.html"
WRAPPED = ("--handicap", "20", "--lease", "6", "--clock-tolerance", "1")
"""memcached counts as suspect for the lease after its start; new is up to 20 s late when busy."""

CONFIGURATION = """
[state]
bucket = "{state}"

[releases]
bucket = "{front}"

[components.web]
entry_pages = ["index.html"]

[environments.production]
bucket = "{front}"
root = "live"
distribution_id = "{distribution}"
url = "{url}"
keep_releases = 1
keep_checkpoints = 1

[environments.staging]
bucket = "{front}"
root = "staging"
keep_releases = 1
keep_checkpoints = 1

[report]
bucket = "{state}"
key = "{page}"

[tandems.shop.legacy]
kind = "parameter"
parameter = "{legacy}"
ready = "reported"
observe = {{ url = "{legacy_url}" }}

[tandems.shop.new]
kind = "parameter"
parameter = "{new}"
ready = "reported"
observe = {{ url = "{new_url}" }}

[lock]
servers = ["{lock}"]

[crons."reports.daily"]
schedule = "* * * * *"
on = "document"
document = "s3://{state}/{list}"
watch = 1
usual = "50s"

[migrations.shop]
zone = "{zone}"
records = ["shop.acme.example"]
legacy = {{ target = "legacy-lb.example" }}
new = {{ target = "new-lb.example" }}
probe = {{ scheme = "none" }}
accept = ["keep-alive"]
stages = [
  {{ name = "tenth", share = 10, bake = "20s" }},
  {{ name = "half", share = 50, bake = "20s" }},
  {{ name = "all", share = 100, approval = true }},
]
"""


@dataclass
class World:
    """What the flows find, and the people who work in it with the command line."""

    stack: Stack
    zone: str
    hosts: Hosts
    moved: bool = False

    def does(self, *words: str) -> None:
        """Type a command that must succeed."""
        code = self.types(*words)
        assert code == 0, f"`crossfade {' '.join(words)}` ended with {code}"

    def types(self, *words: str) -> int:
        """Type a command; it reads the stack's variables from this process."""
        return crossfade(list(words))

    def moves_when_it_may(self) -> bool:
        """Begin to move the cron job, as soon as legacy was seen to run it; true if it was now."""
        if self.moved or self.types("move-cron", JOB, "--dry-run"):
            return False
        self.does("move-cron", JOB)
        self.moved = True
        return True

    def asks_for_both(self, version: str) -> None:
        """Ask for a version on both platforms; it is for the schedule to release it."""
        ready = ("ready", TANDEM, "--version", version, "--digest", "d", "--platform")
        self.does(*ready, "legacy")
        assert self.types("tandem", TANDEM, version) == Refused.exit_code, "it waits for new"
        self.does(*ready, "new")

    def in_tandem(self) -> set[str]:
        """Return what the platforms run."""
        return {self.hosts.runs(platform) for platform in Platform}

    def page(self) -> str:
        """Return the page for everybody, or "" where there is none."""
        with suppress(ClientError):
            return str(self._s3().get_object(Bucket=STATE, Key=PAGE)["Body"].read().decode())
        return ""

    def publishes(self, version: str) -> None:
        """Publish a build whose assets are named by its version."""
        build = self.stack.folder / "builds" / version
        (build / "assets").mkdir(parents=True)
        (build / "index.html").write_text(f"this is {version}")
        for number in range(FILES):
            (build / "assets" / f"part{number}.js").write_text(f"{number} of {version}")
        self.does("publish", str(build), "--component", COMPONENT, "--version", version)

    def serves(self, environment: str) -> str:
        """Return the page that is live in an environment."""
        fetched = self._s3().get_object(Bucket=FRONT, Key=f"{ROOTS[environment]}/index.html")
        return str(fetched["Body"].read().decode())

    def on_new(self) -> float:
        """Return the weight of the new platform in DNS."""
        rows = self._client("route53").list_resource_record_sets(HostedZoneId=self.zone)
        weights = {row["SetIdentifier"]: row["Weight"] for row in _weighted(rows)}
        return float(next((weight for name, weight in weights.items() if "new" in name), 0))

    def gathered(self) -> list[str]:
        """Return the keys of the gathered record of ticks."""
        return [row for row in self._keys(STATE) if f"ticks/{JOB}/" in row]

    def platforms(self) -> tuple[AbstractContextManager[Any], ...]:
        """Both platforms: hosts, and schedulers that start the real wrapper each minute."""
        return (self.hosts.up(), *(self._scheduler(platform) for platform in Platform))

    def _scheduler(self, platform: Platform) -> Scheduler:
        return Scheduler(
            platform,
            {JOB: (sys.executable, "-c", "print('a report')")},
            self.stack.memcached.address,
            WRAPPED,
            self.stack.folder / f"spool-{platform}",
            self._on_list if platform is Platform.NEW else lambda: [JOB],
        )

    def _on_list(self) -> list[str]:
        """Return the jobs that the new platform's pipeline has made of the list."""
        with suppress(ClientError):
            document = self._s3().get_object(Bucket=STATE, Key=LIST)["Body"].read()
            entry = json.loads(document)["jobs"].get(JOB, {"suspend": True})
            return [] if entry["suspend"] else [JOB]
        return []

    def _keys(self, bucket: str) -> list[str]:
        pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [row["Key"] for page in pages for row in page.get("Contents", [])]

    def _s3(self) -> Any:
        return self._client("s3")

    def _client(self, service: str) -> Any:
        return client(self.stack, service)


def founded(stack: Stack) -> World:
    """Make the zone, and write the configuration that fits the stack."""
    route53 = client(stack, "route53")
    zone = route53.create_hosted_zone(Name="acme.example.", CallerReference="system")
    identifier = zone["HostedZone"]["Id"].removeprefix("/hostedzone/")
    legacy = {
        "Name": "shop.acme.example.",
        "Type": "A",
        "AliasTarget": {
            "HostedZoneId": "ZLB",
            "DNSName": "legacy-lb.example.",
            "EvaluateTargetHealth": False,
        },
    }
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": legacy}]}
    route53.change_resource_record_sets(HostedZoneId=identifier, ChangeBatch=batch)
    hosts = Hosts(client(stack, "ssm"))
    production = tomllib.loads(stack.config.read_text())["environments"]["production"]
    text = CONFIGURATION.format(
        state=STATE,
        front=FRONT,
        list=LIST,
        distribution=production["distribution_id"],
        url=production["url"],
        lock=stack.memcached.address,
        zone=identifier,
        page=PAGE,
        legacy=parameter("legacy"),
        new=parameter("new"),
        legacy_url=hosts.url("legacy"),
        new_url=hosts.url("new"),
    )
    stack.config.write_text(text)
    return World(stack, identifier, hosts)


def client(stack: Stack, service: str) -> Any:
    """Return a client of the stack's AWS."""
    session = boto3.Session("local", "local", region_name=REGION)
    return session.client(service, endpoint_url=stack.aws.endpoint)


def _weighted(rows: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (row for row in rows["ResourceRecordSets"] if "Weight" in row)
