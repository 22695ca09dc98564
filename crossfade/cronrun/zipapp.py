"""Builds the wrapper as one file: `python -m crossfade.cronrun.zipapp OUTPUT`.

It runs wherever a Python of the same minor version is, with nothing installed. Byte code goes in
beside the sources, or every start would compile them; an interpreter of another version passes it
over and takes the sources. Equal input gives an equal file.
"""

from __future__ import annotations

import importlib.util
import py_compile
import stat
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

SHEBANG = b"#!/usr/bin/env python3\n"
MAIN = "from crossfade.cronrun.__main__ import start\n\nstart()\n"
PARTS = {
    "crossfade": ("__init__.py", "errors.py"),
    "crossfade.plan": ("__init__.py",),
    "crossfade.plan.base": ("__init__.py", "platform.py", "zone.py"),
    "crossfade.plan.cron": ("__init__.py",),
    "crossfade.plan.cron.claim": ("*.py",),
    "crossfade.plan.cron.schedule": ("*.py",),
    "crossfade.cronrun": ("*.py", "lock/*.py", "process/*.py"),
    "pymemcache": ("*.py", "client/*.py"),
    "cronsim": ("*.py",),
}
"""What goes in: packages, and which of their files."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


def build(output: Path) -> None:
    """Write the one-file wrapper.

    Raises:
        BadInput: A package that it consists of is not installed.
    """
    with tempfile.TemporaryDirectory() as folder, output.open("wb") as file:
        file.write(SHEBANG)
        # Stored, not deflated: loading zlib and inflating would cost more than reading.
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, source in sorted(_sources()):
                _put(archive, name, source, Path(folder) / "code.pyc")
    output.chmod(output.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _sources() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each source."""
    yield "__main__.py", MAIN
    for package, patterns in PARTS.items():
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise BadInput(f"{package} is not installed here: build in crossfade's environment")
        root = Path(spec.submodule_search_locations[0])
        for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
            inside = Path(*package.split("."), path.relative_to(root)).as_posix()
            yield inside, path.read_text(encoding="utf-8")


def _put(archive: zipfile.ZipFile, name: str, source: str, scratch: Path) -> None:
    """Write a source and its byte code."""
    text = scratch.with_suffix(".py")
    text.write_text(source, encoding="utf-8")
    py_compile.compile(
        str(text),
        cfile=str(scratch),
        dfile=name,
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    for inside, content in ((name, source.encode()), (f"{name}c", scratch.read_bytes())):
        archive.writestr(zipfile.ZipInfo(inside, _EPOCH), content)


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004  the program and its one argument
        sys.exit("Usage: python -m crossfade.cronrun.zipapp OUTPUT")
    build(Path(sys.argv[1]))
