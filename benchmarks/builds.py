"""Builds to release: two versions of packages that ship one, and made-up ones of any size."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = "index.html"
FETCH_SECONDS = 120
FILES_IN_FOLDER = 500

MONACO_PAGE = """<!doctype html>
<title>monaco-editor {version}</title>
<link rel="stylesheet" href="min/vs/editor/editor.main.css">
<script src="min/vs/loader.js"></script>
<script src="min/vs/nls.messages.de.js"></script>
<script src="min/vs/editor/editor.main.js"></script>
<script src="min/vs/basic-languages/html/html.js"></script>
<script src="min/vs/language/html/htmlMode.js"></script>
"""
"""The package has no page of its own; this one loads the editor with one language."""


@dataclass(frozen=True, slots=True)
class Package:
    """Two versions of a package that ships a built front end.

    Attributes:
        name: Its name.
        integrity: The versions, older first, with their archives' digests as the registry has them.
        page: Text of an entry page to add, or "" where the package has one.
    """

    name: str
    integrity: Mapping[str, str]
    page: str = ""

    @property
    def versions(self) -> tuple[str, str]:
        """The older and the newer version."""
        before, after = self.integrity
        return before, after


MONACO = Package(
    "monaco-editor",
    {
        "0.52.0": "OeWhNpABLCeTqubfqLMXGsqf6OmPU6pHM85kF3dhy6kq5hnhuVS1p3VrEW/XhWHc71P2tHyS5JFySD8m"
        "gs1crw==",
        "0.52.2": "GEQWEZmfkOGLdd3XK8ryrfWz3AIP8YymVXiPHEdewrUq7mh0qrKrfHLNCXcbB6sTnMLnOZ3ztSiKcciF"
        "UkIJwQ==",
    },
    MONACO_PAGE,
)
SWAGGER = Package(
    "swagger-ui-dist",
    {
        "5.32.0": "nKZB0OuDvacB0s/lC2gbge+RigYvGRGpLLMWMFxaTUwfM+CfndVk9Th2IaTinqXiz6Mn26GK2zriCpv6"
        "/+5m3Q==",
        "5.32.1": "6HQoo7+j8PA2QqP5kgAb9dl1uxUjvR0SAoL/WUp1sTEvm0F6D5npgU2OGCLwl++bIInqGlEUQ2mpuZRZ"
        "YtyCzQ==",
    },
)


def cache() -> Path:
    """Return the folder in which fetched packages are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "crossfade-bench"


def build(package: Package, version: str) -> Path:
    """Return the folder of one version's build, fetched with npm unless it was fetched before.

    Raises:
        BadInput: npm is missing.
        Failed: npm could not fetch the package, or the archive is not the one that is meant.
    """
    folder = cache() / f"{package.name}-{version}"
    if not folder.is_dir():
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache()) as name:
            archive = _packed(package, version, Path(name))
            with tarfile.open(archive) as tar:
                tar.extractall(name, filter="data")
            made = Path(name) / "package"
            if package.page:
                (made / PAGE).write_text(package.page.format(version=version))
            made.rename(folder)
    return folder


def _packed(package: Package, version: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise BadInput(
            f"npm is missing, which fetches {package.name}: install Node.js's npm, or run with "
            "--only synthetic, which needs no package"
        )
    name = f"{package.name}@{version}"
    fetched = subprocess.run(
        [npm, "pack", name, "--pack-destination", str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=FETCH_SECONDS,
        check=False,
    )
    archives = list(folder.glob("*.tgz"))
    if fetched.returncode or len(archives) != 1:
        raise Failed(f"npm could not fetch {name}: {' '.join(fetched.stderr.split())[-500:]}")
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if digest != package.integrity[version]:
        raise Failed(f"{name} has another digest than expected ({digest}): do not use it")
    return archives[0]


def synthetic(folder: Path, *, files: int, edition: int, changed: int = 0) -> Path:
    """Write a build of some small files, and return its folder.

    Args:
        folder: Where the editions are written.
        files: How many; one of them is the entry page.
        edition: 1 or 2.
        changed: How many of the second edition's files have other bytes, and another size, than
            the first edition's; the entry page is one of them.
    """
    made = folder / f"synthetic-{files}-{edition}"
    for index in range(files - 1):
        path = made / "assets" / f"part-{index // FILES_IN_FOLDER:03}" / f"chunk-{index:06}.js"
        if index % FILES_IN_FOLDER == 0:
            path.parent.mkdir(parents=True)
        new = edition > 1 and index < changed - 1
        path.write_text(f"export default {index};{' // changed' if new else ''}\n")
    # Every tool sees that a page of another size has changed.
    title = "second edition" if edition > 1 and changed else "first"
    (made / PAGE).write_text(
        f"<!doctype html><title>{title}</title>"
        '<script type="module" src="assets/part-000/chunk-000000.js"></script>\n'
    )
    return made


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a build, in hex, by path."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            with file.open("rb") as stream:
                path = file.relative_to(folder).as_posix()
                found[path] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
