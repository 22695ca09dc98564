"""Archives, packed as a test wants them, and read as a publish would."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Literal

import pytest

from crossfade.adapters.source.source import opened
from crossfade.errors import BadInput
from crossfade.plan.releases.archive import STANDARD_LIMITS, ArchiveLimits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = {"index.html": b"<h1>", "assets/app.js": b"run()" * 1000, "empty.txt": b""}


def no_fetch(url: str, target: Path) -> None:
    raise AssertionError(f"nothing is to be fetched, but {url} was, to {target}")


def pack_zip(folder: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "dist.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return folder / "dist.zip"


def pack_tar(folder: Path, files: Mapping[str, bytes], mode: Literal["w:", "w:gz"] = "w:") -> Path:
    path = folder / ("dist.tar" if mode == "w:" else "dist.tar.gz")
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            add(archive, name, data)
    return path


def pack_tar_gz(folder: Path, files: Mapping[str, bytes]) -> Path:
    return pack_tar(folder, files, "w:gz")


def add(
    archive: tarfile.TarFile, name: str, data: bytes = b"", *, kind: bytes = b"0", link: str = ""
) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    archive.addfile(info, io.BytesIO(data))


def read(source: str | Path, limits: ArchiveLimits = STANDARD_LIMITS) -> dict[str, bytes]:
    with opened(source, fetch=no_fetch, limits=limits) as found:
        assert all(file.size == file.file.stat().st_size for file in found.files)
        return {file.path: file.file.read_bytes() for file in found.files}


def refusal(source: Path, limits: ArchiveLimits = STANDARD_LIMITS) -> str:
    with pytest.raises(BadInput) as refused:
        read(source, limits)
    text = str(refused.value)
    text.encode()
    assert text.startswith(f"{source} ")
    return text
