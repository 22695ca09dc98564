"""The story that the tests of releases tell: who publishes what, and what the site then serves."""

from __future__ import annotations

import posixpath
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from crossfade.operations.base.world import World
from crossfade.operations.releases.publish import Published, PublishRequest, publish
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.operations.sites.rollback import RollbackRequest, rollback
from crossfade.plan.journal.operation import Actor
from crossfade.plan.sites.rollback import Mode
from crossfade.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crossfade.local.strict.strict import Strict
    from crossfade.operations.sites.change import SiteOutcome

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "crossfade-test",
    "AWS_SECRET_ACCESS_KEY": "crossfade-test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
}

FRONT, STATE = "acme-front", "acme-state"

CONFIGURATION = f"""
[state]
bucket = "{STATE}"

[releases]
bucket = "{FRONT}"

[components.web]
entry_pages = ["*.html"]

[components.checkout]
path = "checkout"

[environments.production]
bucket = "{FRONT}"
root = "live"

[environments.staging]
bucket = "{FRONT}"
root = "staging"
"""
"""What the story's people have in their `crossfade.toml`."""

BUILDS: dict[str, dict[str, str]] = {
    "1.0.0": {
        "index.html": "<script src=assets/app-a1b2c3d4.js></script><img src=logo.svg>",
        "assets/app-a1b2c3d4.js": "import('./lazy-0f1e2d3c.js')",
        "assets/lazy-0f1e2d3c.js": "one",
        "logo.svg": "<svg>1</svg>",
        "about.html": "about",
    },
    "1.1.0": {
        "index.html": "<script src=assets/app-b2c3d4e5.js></script><img src=logo.svg>",
        "assets/app-b2c3d4e5.js": "import('./lazy-1f2e3d4c.js')",
        "assets/lazy-1f2e3d4c.js": "two",
        "logo.svg": "<svg>2</svg>",
    },
    "1.2.0": {
        "index.html": "<script src=assets/app-c3d4e5f6.js></script><img src=logo.svg>",
        "assets/app-c3d4e5f6.js": "three",
        "logo.svg": "<svg>2</svg>",
        "logo #1 +ü%.svg": "<svg>odd</svg>",
    },
}


class Killed(BaseException):
    """The process died here: nothing catches it."""


class OneClientEach(boto3.Session):
    """A session that makes each client once: thousands of workers live and die here."""

    def client(self, service_name: str, **given: Any) -> Any:  # type: ignore[override]
        """Return the one client of a service."""
        made: dict[str, Any] = self.__dict__.setdefault("made", {})
        if service_name not in made:
            made[service_name] = super().client(service_name, **given)  # type: ignore[call-overload]
        return made[service_name]


@dataclass
class Clockwork:
    """A clock that moves only when somebody sleeps."""

    seconds: float = 0.0

    def monotonic(self) -> float:
        """Return the seconds so far."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


@dataclass
class Story:
    """An account, a configuration, and people who do things in it."""

    aws: boto3.Session
    folder: Path
    strict: Strict | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def founded(self) -> Story:
        """Create the buckets, with versioning."""
        s3 = self.aws.client("s3")
        for name in (FRONT, STATE):
            s3.create_bucket(
                Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return self

    def razed(self) -> None:
        """Delete the buckets with every version in them."""
        s3 = self.aws.client("s3")
        for name in (FRONT, STATE):
            pages = s3.get_paginator("list_object_versions").paginate(Bucket=name)
            for page in pages:
                rows = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                doomed = [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in rows]
                if doomed:
                    s3.delete_objects(Bucket=name, Delete={"Objects": doomed})
            s3.delete_bucket(Bucket=name)

    def settings(self) -> Settings:
        """Return the configuration."""
        given = tomllib.loads(CONFIGURATION)
        given["environments"]["production"] |= self.overrides
        return Settings(**given)

    def say(self, text: str) -> None:
        """Listen to a procedure."""
        self.said.append(text)

    def begin(self, title: str, total: int) -> Any:
        """Listen to a step."""
        del total
        self.said.append(title)
        return lambda _: None

    def world(self, **changes: Any) -> World:
        """Return a fresh worker's world, one request at a time unless told otherwise."""
        given: dict[str, Any] = {
            "aws": self.aws,
            "report": self,
            "connections": 1,
            "sleep": lambda _: None,
            **changes,
        }
        return World(self.settings(), given.pop("actor", Actor("ann@desk")), **given)

    def build(self, files: Mapping[str, str], name: str) -> str:
        """Write a build folder and return its path."""
        folder = self.folder / name
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return str(folder)

    def published(self, *versions: str, component: str = "web") -> Story:
        """Publish some of the builds above."""
        for version in versions:
            self.publish(version, component=component)
        return self

    def publish(self, version: str, *, component: str = "web", **changes: Any) -> Published:
        """Publish one of the builds above."""
        source = self.build(BUILDS[version], f"{component}-{version}")
        request = PublishRequest(source, component, version)
        return publish(changes.pop("world", None) or self.world(), request)

    def promote(self, version: str, **changes: Any) -> SiteOutcome:
        """Promote the component `web` in production."""
        world = changes.pop("world", None) or self.world()
        environment = changes.pop("environment", "production")
        versions = changes.pop("versions", {"web": version})
        return promote(world, PromoteRequest(environment, versions, **changes))

    def rollback(self, to: str = "", mode: Mode = Mode.AUTO, **changes: Any) -> SiteOutcome:
        """Roll the component `web` back in production."""
        world = changes.pop("world", None) or self.world()
        component = changes.pop("component", "web")
        return rollback(world, RollbackRequest("production", component, to, mode, **changes))

    def serves(self, root: str = "live/") -> dict[str, str]:
        """Return what stands under a root: text by path."""
        bucket = self.world().bucket(FRONT)
        found = {}
        for row in bucket.present(root):
            fetched = bucket.get(row.key)
            assert fetched is not None
            found[row.key[len(root) :]] = fetched.body.decode()
        return found

    def broken_pages(self, root: str = "live/") -> list[str]:
        """Return what live entry pages refer to and the root does not hold (P1)."""
        bucket = self.world().bucket(FRONT)
        there = {row.key[len(root) :] for row in bucket.present(root)}
        found = {page: bucket.get(root + page) for page in there if page.endswith(".html")}
        return [
            f"{page} refers to {name}"
            for page, fetched in found.items()
            for name in re.findall(
                r"(?:src|href)=([^ >]+)", fetched.body.decode() if fetched else ""
            )
            if posixpath.join(posixpath.dirname(page), name) not in there
        ]

    def live(self, environment: str = "production", component: str = "web") -> str:
        """Return the version that the journal says is live."""
        head, _ = self.world().journal.head(f"sites/{environment}/{component}")
        live = head.state.get("live") or {}
        return str(live.get("version", ""))
