"""Two real front-end builds, made ready to publish from the Prefect package where it is installed.

Prefect ships two built single-page applications. Both carry a placeholder before every path, which
its server fills in with the path that it serves them under; here it becomes the root of a site.
Prefect itself is only looked up, never imported.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACEHOLDER = b"/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER"
ENTRY_PAGE = "index.html"
SETTINGS = "ui-settings"
"""The document that both applications ask for first; Prefect's server makes it on the fly."""


@dataclass(frozen=True, slots=True)
class Builds:
    """Folders of two builds of one front end.

    Attributes:
        first: The older application: few, large files.
        second: The newer one: more than two hundred files.
    """

    first: Path
    second: Path


def make_builds(folder: Path, *, api_url: str = "", package: str = "prefect") -> Builds:
    """Copy both builds into a folder, with their paths at a site's root.

    Args:
        folder: Where `first` and `second` are made; it may exist, they may not.
        api_url: Address of a Prefect API, `http://…/api`; the promoted page is then a working
            application. Without it the page loads all of its scripts and reports that it has none.
        package: The installed package that holds them.

    Raises:
        BadInput: The package is not installed, or holds no builds.
    """
    server = _package_folder(package) / "server"
    builds = Builds(folder / "first", folder / "second")
    for source, target in ((server / "ui", builds.first), (server / "ui-v2", builds.second)):
        if not (source / ENTRY_PAGE).is_file():
            raise BadInput(
                f"the installed package {package} has no front-end build in {source}: "
                "install crossfade's extra `local` with the versions of its lock file"
            )
        shutil.copytree(source, target)
        _fill_in(target)
        if api_url:
            (target / SETTINGS).write_text(_settings(api_url))
    return builds


def _package_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    folders: Sequence[str] = (found.submodule_search_locations or ()) if found else ()
    for folder in folders:
        return Path(folder)
    raise BadInput(
        f"the demo's front-end builds come with the package {package}, which is not installed: "
        "install crossfade's extra `local`"
    )


def _fill_in(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and PLACEHOLDER in (content := path.read_bytes()):
            path.write_bytes(content.replace(PLACEHOLDER, b""))


def _settings(api_url: str) -> str:
    settings = {
        "api_url": api_url,
        "csrf_enabled": False,
        "auth": None,
        "flags": [],
        "default_ui": "v1",
        "available_uis": [],
        "v1_base_url": None,
        "v2_base_url": None,
    }
    return json.dumps(settings)
