"""Crossfade as it is measured: a configuration for each measurement, and the ways to change a site.

Every measurement has an environment of its own, with a root and a journal that no other has
touched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.process import measured, succeeded
from benchmarks.server import FRONT, STATE
from benchmarks.tools import CROSSFADE
from crossfade.adapters.aws.s3 import Headers
from crossfade.operations.base.world import World
from crossfade.operations.releases.bucket import read_manifest
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.plan.journal.operation import Actor
from crossfade.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.process import Ran

LIMIT_SECONDS = 600
"""After which a tool is killed."""


@dataclass(frozen=True, slots=True)
class Ours:
    """One environment of one component, fresh for a measurement.

    Attributes:
        folder: Where its configuration is written.
        component: The component.
        environment: Its name, which is also a part of its root.
    """

    folder: Path
    component: str
    environment: str

    @property
    def root(self) -> str:
        """The key prefix of the root."""
        return f"ours/{self.component}/{self.environment}/"

    def world(self) -> World:
        """Return a fresh worker's world."""
        settings = Settings(
            state={"bucket": STATE},
            releases={"bucket": FRONT},
            components={self.component: {}},
            environments={self.environment: {"bucket": FRONT, "root": self.root}},
        )
        return World(settings, Actor("benchmark"))

    def publish(self, build: Path, version: str) -> None:
        """Publish a build."""
        publish(self.world(), PublishRequest(str(build), self.component, version))

    def promote(self, version: str) -> None:
        """Promote a release in this process."""
        promote(self.world(), PromoteRequest(self.environment, {self.component: version}))

    def headers(self, version: str) -> dict[str, Headers]:
        """Return the headers of each file of a release."""
        manifest = read_manifest(self.world(), self.component, version)
        return {
            file.path: Headers(file.content_type, file.cache_control, file.encoding)
            for file in manifest.files
        }

    def configuration(self) -> Path:
        """Write the configuration and return its file."""
        file = self.folder / f"{self.environment}.toml"
        file.write_text(
            f'[state]\nbucket = "{STATE}"\n'
            f'[releases]\nbucket = "{FRONT}"\n'
            f"[components.{self.component}]\n"
            f"[environments.{self.environment}]\n"
            f'bucket = "{FRONT}"\nroot = "{self.root}"\n'
        )
        return file

    def command(self, *words: str) -> Ran:
        """Run `crossfade` with some words, in a process of its own."""
        environment = {**os.environ, "CROSSFADE_CONFIG": str(self.configuration())}
        ran = measured([str(CROSSFADE), *words], environment=environment, limit=LIMIT_SECONDS)
        return succeeded(ran, f"crossfade {words[0]}")
