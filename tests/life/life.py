"""Random life: many hands at one journal, on a real S3 server, with whatever goes wrong.

    python -m tests.life.life [--seed N] [--minutes M] [--lanes L]

Each lane is two sites that are promoted alone or as a train, rolled back and purged by workers that
die, are stopped, wait or never hear an answer, while two settlers at once take over what they left,
each in a direction of its own choice. At each quiet moment a lane's sites are looked at: what the
root holds is wholly the release that the journal says is live. Ends with 1 where one is not.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from crossfade.errors import CrossfadeError
from crossfade.operations.base.world import World
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.releases.bucket import read_manifest
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.operations.sites.rollback import RollbackRequest, rollback
from crossfade.plan.journal.operation import Actor
from crossfade.plan.sites.rollback import Mode
from crossfade.plan.sites.site import SiteState
from crossfade.settings import Settings
from tests.life.trouble import Kind, Tolls, Trouble, Worker
from tests.seaweed import KEYS, seaweed
from tests.story import FRONT, STATE, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VERSIONS = ("1.0.0", "2.0.0", "3.0.0")
FILES = 6
CONNECTIONS = 4
ENVIRONMENT = "production"
NOTICE_SECONDS = 18
"""How long a take-over of a lease that still runs waits."""


def content(component: str, version: str) -> dict[str, str]:
    """Return a build whose every file differs from version to version under the same name."""
    names = [f"assets/part{number}.js" for number in range(FILES)]
    page = "".join(f"<script src={name}></script>" for name in names)
    text = f"{component} {version}"
    return {"index.html": f"{text}{page}", **{name: f"{text} {name}" for name in names}}


@dataclass(frozen=True)
class Lane:
    """Two sites that nobody else touches, and what happens to them."""

    number: int
    chance: random.Random
    tolls: Tolls
    until: float
    settings: Settings
    wrong: list[str] = field(default_factory=list)

    @property
    def components(self) -> tuple[str, str]:
        """Return both names."""
        return f"a{self.number}", f"b{self.number}"

    def world(self, trouble: Trouble | None = None) -> World:
        """Return a new worker's world."""
        worker = Worker(trouble, self.tolls)
        return World(
            self.settings, Actor(f"lane {self.number}"), aws=worker, connections=CONNECTIONS
        )

    def lives(self) -> None:
        """Live until the time is over, and end at a quiet moment."""
        while time.monotonic() < self.until and not self.wrong:
            self._one_thing()
        self._quiet()

    def _one_thing(self) -> None:
        """Do something by a worker in trouble, while others settle what it leaves."""
        trouble = self._trouble()
        world = self.world(trouble)
        worker = threading.Thread(target=self._does, args=(self._something(world),))
        worker.start()
        if trouble is not None and trouble.kind is Kind.STOPPED:
            session = world.aws
            assert isinstance(session, Worker)
            while worker.is_alive() and not session.stopped.wait(0.1):
                pass
            self._settle()
        worker.join()
        self._quiet()

    def _something(self, world: World) -> Callable[[], object]:
        one, other = self.components
        pick = self.chance.choice
        name, version = pick(self.components), pick(VERSIONS)
        versions = {name: version}
        train = {one: pick(VERSIONS), other: pick(VERSIONS)}
        back = RollbackRequest(ENVIRONMENT, name, to=version, mode=pick(list(Mode)))
        what: dict[str, Callable[[], object]] = {
            "promotes": lambda: promote(world, PromoteRequest(ENVIRONMENT, versions)),
            "trains": lambda: promote(world, PromoteRequest(ENVIRONMENT, train)),
            "rollbacks": lambda: rollback(world, back),
            "purges": lambda: purge(world, PurgeRequest(name, 3, apply=True)),
        }
        chosen = pick(["promotes", "promotes", "trains", "trains", "rollbacks", "purges"])
        self.tolls.count(chosen)
        return what[chosen]

    def _trouble(self) -> Trouble | None:
        kind = self.chance.choice([None, *Kind, Kind.STOPPED])
        if kind is None:
            return None
        nth = self.chance.randint(1, 16)
        seconds = {Kind.SLOW: self.chance.uniform(0.5, 4), Kind.STOPPED: NOTICE_SECONDS * 1.7}
        return Trouble(kind, nth, seconds.get(kind, 0.0))

    def _settle(self) -> None:
        """Let two settlers at once take over whatever is open, each in its own direction."""
        for component in self.components:
            subject = f"sites/{ENVIRONMENT}/{component}"
            if self.world().journal.head(subject)[0].open is None:
                continue
            ways = [self.chance.choice([resume, reverse_open]) for _ in range(2)]
            self.tolls.count("take-overs", 2)
            with ThreadPoolExecutor(2) as both:
                list(both.map(self._does, [self._settling(way, subject) for way in ways]))

    def _settling(self, way: Callable[..., object], subject: str) -> Callable[[], object]:
        world = self.world()
        return lambda: way(world, subject, take_over=True)

    def _does(self, something: Callable[[], object]) -> None:
        """Do it; to be refused, to fail with a sentence and to die are part of life."""
        try:
            something()
        except Killed:
            self.tolls.count("workers that died")
        except CrossfadeError as error:
            self.tolls.count(f"ended as {type(error).__name__}")
        except BaseException:  # noqa: BLE001  whatever else it is, it is wrong
            self.wrong.append(traceback.format_exc())

    def _quiet(self) -> None:
        """Settle what is open until nothing is, and look at both sites."""
        for _ in range(4):
            heads = [
                self.world().journal.head(f"sites/{ENVIRONMENT}/{one}") for one in self.components
            ]
            if not any(head.open for head, _ in heads):
                break
            self._settle()
        for component in self.components:
            self._look(component)

    def _look(self, component: str) -> None:
        world = self.world()
        subject = f"sites/{ENVIRONMENT}/{component}"
        head, _ = world.journal.head(subject, SiteState)
        if head.open is not None:
            self.tolls.count("still open, and told so")
            return
        self.tolls.count("looks at a quiet site")
        root = f"live/{component}/"
        bucket = world.bucket(FRONT)
        found = {row.key.removeprefix(root): row.etag for row in bucket.present(root)}
        live = head.state.live
        if live is None:
            wanted = {}
            found = {path: etag for path, etag in found.items() if path.endswith(".html")}
        else:
            files = read_manifest(world, component, live.version).files
            wanted = {file.path: file.etag for file in files}
            found = {path: etag for path, etag in found.items() if path in wanted}
        if found != wanted:
            self.tolls.count("mixed roots")
            which = live.version if live else "nothing"
            self.wrong.append(f"{subject}: {which} is live, and the root holds {found}")


def settings_of(lanes: int) -> Settings:
    """Return a configuration with two components for each lane."""
    names = [f"{side}{number}" for number in range(lanes) for side in "ab"]
    return Settings(
        state={"bucket": STATE},
        releases={"bucket": FRONT},
        components={name: {"path": name, "entry_pages": ["*.html"]} for name in names},
        environments={ENVIRONMENT: {"bucket": FRONT, "root": "live"}},
    )


def found_buckets(settings: Settings, folder: Path) -> None:
    """Make the buckets, and publish every version of every component."""
    s3 = boto3.client("s3")
    for name in (FRONT, STATE):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    world = World(settings, Actor("founder"))
    for component in settings.components:
        for version in VERSIONS:
            build = folder / component / version
            for path, text in content(component, version).items():
                (build / path).parent.mkdir(parents=True, exist_ok=True)
                (build / path).write_text(text, encoding="utf-8")
            publish(world, PublishRequest(str(build), component, version))


def main(arguments: Sequence[str] | None = None) -> int:
    """Live, print what happened, and tell whether all was well."""
    parser = argparse.ArgumentParser(prog="python -m tests.life.life", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--lanes", type=int, default=6)
    given = parser.parse_args(arguments)
    tolls, settings = Tolls(), settings_of(given.lanes)
    with tempfile.TemporaryDirectory(prefix="crossfade-life-") as folder:
        (weed := Path(folder) / "weed").mkdir()
        with seaweed(weed) as endpoint:
            os.environ.update(KEYS, AWS_ENDPOINT_URL_S3=endpoint, AWS_REGION="eu-west-1")
            os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
            found_buckets(settings, Path(folder))
            lanes = _lived(given, tolls, settings)
    wrong = [text for lane in lanes for text in lane.wrong]
    print(f"seed {given.seed}, {given.minutes:g} min, {given.lanes} lanes of two sites")
    tolls.counts.setdefault("mixed roots", 0)
    for what, number in sorted(tolls.counts.items()):
        print(f"  {number:5}  {what}")
    for text in wrong:
        print(text, file=sys.stderr)
    return 1 if wrong or not tolls.counts["looks at a quiet site"] else 0


def _lived(given: Any, tolls: Tolls, settings: Settings) -> list[Lane]:
    until = time.monotonic() + given.minutes * 60
    lanes = [
        Lane(number, random.Random(f"{given.seed}/{number}"), tolls, until, settings)
        for number in range(given.lanes)
    ]
    threads = [threading.Thread(target=lane.lives) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return lanes


if __name__ == "__main__":
    sys.exit(main())
