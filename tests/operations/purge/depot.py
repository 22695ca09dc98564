"""A component with many releases, published a day apart, for the tests of purges."""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws
from moto.s3.models import s3_backends

from crossfade.local.strict.strict import make_strict
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.releases.publish import Published, PublishRequest, publish
from crossfade.operations.status.status import history
from crossfade.plan.journal.documents import state_to_json
from crossfade.plan.sites.site import SiteState, inventory_from
from tests.snapshot import Snapshot, present
from tests.story import ENVIRONMENT, FRONT, Killed, OneClientEach, Story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.plan.journal.head import Head
    from crossfade.plan.journal.operation import Operation, Untold
    from crossfade.plan.purge.text import PurgeOutcome
    from crossfade.settings import Settings

RELEASES = "releases/web"
SITE = "sites/production/web"
STAGING = "sites/staging/web"
SUBJECTS = (RELEASES, SITE, STAGING)

SESSION = OneClientEach()

DAY = 86_400


@dataclass
class Calendar:
    """S3's clock: it stands still until somebody lets days pass."""

    seconds: float = field(default_factory=time.time)

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        return self.seconds

    def days(self, count: float) -> None:
        """Let days pass."""
        self.seconds += count * DAY


@dataclass
class Depot(Story):
    """The story of a component whose releases pile up."""

    calendar: Calendar = field(default_factory=Calendar)
    limits: dict[str, Any] = field(default_factory=dict)
    forgotten: tuple[str, ...] = ()
    """Environments that the configuration does not know."""

    def settings(self) -> Settings:
        """Return the configuration."""
        settings = super().settings()
        known = settings.environments.items()
        return settings.model_copy(
            update={
                "purge": settings.purge.model_copy(update=self.limits),
                "environments": {name: one for name, one in known if name not in self.forgotten},
            }
        )

    def publish(self, version: str, *, component: str = "web", **changes: Any) -> Published:
        """Publish a build of two files, a day after the last one."""
        self.calendar.days(1)
        source = self.build(contents(version), f"{component}-{version}")
        request = PublishRequest(source, component, version)
        return publish(changes.pop("world", None) or self.world(), request)

    def half_published(self, version: str) -> Depot:
        """Let a publish die before it writes the manifest."""
        assert self.strict is not None
        self.strict.faults.before("s3", "PutObject", path=".manifest.json", effect=Killed())
        with pytest.raises(Killed):
            self.publish(version)
        self.strict.faults.clear()
        return self

    def released(self, *versions: str) -> Depot:
        """Publish and promote releases, one after the other."""
        for version in versions:
            self.publish(version)
            self.promote(version)
        return self

    def purge(self, component: str = "web", **changes: Any) -> PurgeOutcome:
        """Purge for real, unless told otherwise."""
        world = changes.pop("world", None) or self.world()
        return purge(world, PurgeRequest(component, **{"apply": True, **changes}))

    def versions(self) -> list[str]:
        """Return the versions that have a manifest."""
        ending = ".manifest.json"
        prefix = f"{RELEASES}/"
        keys = [key for key in self.objects(prefix) if key.endswith(ending)]
        return [key[len(prefix) : -len(ending)] for key in keys]

    def objects(self, prefix: str = "") -> dict[str, str]:
        """Return what stands in the front bucket: ETag by key."""
        if self.strict is not None:
            there = sorted(present(FRONT).items())
            return {key: one.etag for key, one in there if key.startswith(prefix)}
        return {row.key: row.etag for row in self.world().bucket(FRONT).present(prefix)}

    def everything(self) -> dict[str, list[str]]:
        """Return every version and delete marker of the front bucket by key."""
        found: dict[str, list[str]] = {}
        for row in self.world().bucket(FRONT).versions(""):
            found.setdefault(row.key, []).append("marker" if row.marker else row.etag)
        return {key: sorted(rows) for key, rows in found.items()}

    def broken_releases(self) -> list[str]:
        """Return the versions that look whole and are not."""
        there = self.objects(f"{RELEASES}/")
        return [
            version
            for version in self.versions()
            if not {f"{RELEASES}/{version}/{path}" for path in contents(version)} <= there.keys()
        ]

    def put(self, key: str, text: str = "by hand") -> None:
        """Write an object by hand."""
        self.aws.client("s3").put_object(Bucket=FRONT, Key=key, Body=text.encode())

    def put_now(self, key: str) -> None:
        """Write an object by hand, a minute later than the calendar's time; moto's own is real."""
        self.put(key)
        stored = s3_backends["123456789012"]["aws"].buckets[FRONT].keys[key]
        stored.last_modified = datetime.fromtimestamp(self.calendar.seconds + 60, UTC)

    def delete(self, key: str) -> None:
        """Delete an object by hand."""
        self.aws.client("s3").delete_object(Bucket=FRONT, Key=key)

    def told(self, subject: str = RELEASES, *, most: int = 0) -> list[Operation[Untold]]:
        """Return the operations of a subject, newest first."""
        return history(self.world(), subject, most=most)

    def shown(self) -> dict[str, Any]:
        """Return all that a visitor and an operator can see, apart from ids and times."""
        return {"objects": self.objects(), **{subject: self.state(subject) for subject in SUBJECTS}}

    def state(self, subject: str) -> dict[str, Any]:
        """Return a subject's state with what its root holds, apart from ids and versions."""
        journal = self.world().journal
        head: Head[Any] = journal.head(subject)[0]
        if subject.startswith("sites/"):  # one that nobody used yet is like one that is empty
            head = journal.head(subject, SiteState)[0]
            state = state_to_json(head.state)
        else:
            state = dict(head.state)
        root = state.pop("root", "")
        document = journal.root(subject, root) if root else b"[]"
        assert document is not None, "the present root's record is there"
        placed = inventory_from(document).values()
        rows = [(one.path, one.sha256, one.page, one.left) for one in placed]
        return {**state, "open": head.open, "placed": sorted(rows)}


def contents(version: str) -> dict[str, str]:
    """Return a build's files: a page and the asset that it refers to."""
    name = f"assets/app-{hashlib.sha256(version.encode()).hexdigest()[:8]}.js"
    return {"index.html": f"<script src={name}></script>", name: f"app {version}"}


def asset(version: str) -> str:
    """Return the path of a build's asset."""
    return next(path for path in contents(version) if path != "index.html")


@dataclass
class Template:
    """A depot whose story was told once, and begins anew from there for each test."""

    depot: Depot
    snapshot: Snapshot
    seconds: float

    def begin(self, **overrides: Any) -> Depot:
        """Return the depot as it was, its environment `production` as told."""
        self.snapshot.restore()
        assert self.depot.strict is not None
        self.depot.strict.faults.clear()
        self.depot.calendar.seconds = self.seconds
        return replace(self.depot, overrides=overrides, said=[], limits={}, forgotten=())


@contextmanager
def template(folder: Path, *versions: str) -> Iterator[Template]:
    """Tell of a depot in an account of its own, whose releases were promoted one by one."""
    calendar = Calendar()
    with (
        pytest.MonkeyPatch.context() as patch,
        mock_aws(),
        make_strict(invalidation_seconds=0, clock=calendar) as strict,
    ):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        depot = Depot(SESSION, folder, strict, calendar=calendar)
        depot.founded()
        depot.released(*versions)
        yield Template(depot, Snapshot(), calendar.seconds)
