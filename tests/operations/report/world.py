"""A world with something of everything in it, for those who look at the page."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.s3 import Headers
from crossfade.operations.ramp.advance import advance
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.move import Standing
from crossfade.plan.journal.head import Head
from crossfade.plan.journal.operation import Actor
from crossfade.settings import Settings
from tests.operations.ramp.shop import STATE, Shop, shop
from tests.story import BUILDS, CONFIGURATION, FRONT, Killed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.operations.base.world import World

JOB = "reports.daily"
SITE = "sites/production/web"
STAGES = [
    {"name": "canary", "share": 10, "bake": "5m", "gates": ["errors", "measured-share"]},
    {"name": "half", "share": 50, "bake": "5m", "gates": ["errors"], "crons": []},
    {"name": "all", "share": 100, "approval": True},
]


@dataclass
class Everything:
    """Sites, a migration and a cron job under one journal, in virtual time."""

    ramp: Shop
    folder: Path
    changes: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def settings(self) -> Settings:
        """Return the configuration."""
        given = tomllib.loads(CONFIGURATION)
        given["environments"]["production"]["url"] = self.url
        given["migrations"] = {"shop": self.ramp.migration()}
        given["crons"] = {JOB: {"schedule": "30 2 * * *", "timezone": "Europe/Berlin"}}
        return Settings(**{**given, **self.changes})

    def world(self, who: str = "ann@desk") -> World:
        """Return a fresh worker's world."""
        return replace(self.ramp.world(actor=Actor(who)), settings=self.settings())

    def publishes(self, *versions: str, component: str = "web") -> Everything:
        """Publish some of the story's builds."""
        for version in versions:
            source = self.folder / f"{component}-{version}"
            for path, text in BUILDS[version].items():
                (source / path).parent.mkdir(parents=True, exist_ok=True)
                (source / path).write_text(text)
            publish(self.world(), PublishRequest(str(source), component, version))
        return self

    def promotes(
        self, version: str, environment: str = "production", component: str = "web", **who: str
    ) -> Everything:
        """Promote a component, some minutes after what was done last."""
        self.ramp.time.sleep(754)
        promote(self.world(**who), PromoteRequest(environment, {component: version}))
        return self

    def dies_in(self, version: str) -> Everything:
        """Let a worker die in mid-promote, and its lease run out."""
        self.ramp.strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=Killed())
        with suppress(Killed):
            self.promotes(version, who="ci@build")
        self.ramp.strict.faults.clear()
        self.ramp.time.sleep(3600)
        return self

    def ramps_to(self, stage: str) -> Everything:
        """Advance the migration, once a minute, until a stage has begun."""
        for _ in range(200):
            if self.ramp.progress().stage == stage:
                return self
            self.decides()
        raise AssertionError(f"{stage} was not reached")

    def decides(self) -> Everything:
        """Let a minute pass, and a schedule take one decision about the migration."""
        self.ramp.passes(1)
        advance(self.world("schedule minutely"), "shop")
        return self

    def moves_job(self) -> Everything:
        """Have the cron job on the new platform."""
        done = Standing(Platform.NEW, checkpoint="20251001T0800", moved_at=self.ramp.time.now)
        self.world().journal.swap(Head(f"crons/{JOB}", done, serial=1, last="20251001T0800"), "")
        return self

    def damages(self, key: str, body: bytes = b"{") -> Everything:
        """Somebody writes into the journal by hand."""
        self.world().bucket(STATE).put(f"journal/{key}", body, Headers("application/json", ""))
        return self


@contextmanager
def everything(folder: Path) -> Iterator[Everything]:
    """Open the world: nothing is published, nothing has begun."""
    with shop() as ramp:
        ramp.changes["stages"] = STAGES
        s3 = ramp.aws.client("s3")
        place = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=FRONT, CreateBucketConfiguration=place)
        for name in (FRONT, STATE):
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        yield Everything(ramp, folder)
