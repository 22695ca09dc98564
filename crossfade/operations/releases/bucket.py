"""Releases in their bucket: where they stand, and reading one's manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Failed
from crossfade.plan.base.paths import check_version
from crossfade.plan.releases.manifest import from_json

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.plan.releases.manifest import Manifest

MANIFEST = ".manifest.json"


def folder_key(world: World, component: str, version: str) -> str:
    """Return the key prefix of a release's files."""
    return f"{world.settings.releases.prefix}{component}/{version}/"


def manifest_key(world: World, component: str, version: str) -> str:
    """Return the key of a release's manifest.

    Raises:
        BadInput: It cannot be a version.
    """
    check_version(version)
    return f"{world.settings.releases.prefix}{component}/{version}{MANIFEST}"


def find_manifest(world: World, component: str, version: str) -> Manifest | None:
    """Read a release's manifest, or None where there is no such release.

    Raises:
        Failed: What stands there is no manifest, or that of another release.
    """
    key = manifest_key(world, component, version)
    found = world.releases.get(key)
    if found is None:
        return None
    name = world.releases.url(key)
    manifest = from_json(found.body, name=name)
    if (manifest.component, manifest.version) != (component, version):
        raise Failed(
            f"{name} is the manifest of {manifest.component} {manifest.version}, which somebody "
            "put there: restore that object's first version, or publish again under a new version"
        )
    return manifest


def read_manifest(world: World, component: str, version: str) -> Manifest:
    """Read a release's manifest.

    Raises:
        BadInput: There is no such release, or it cannot be a version.
    """
    manifest = find_manifest(world, component, version)
    if manifest is None:
        raise BadInput(
            f"{component} {version} is not published (there is no "
            f"{world.releases.url(manifest_key(world, component, version))}): "
            f"publish it, or choose one that `crossfade releases {component}` lists"
        )
    return manifest
