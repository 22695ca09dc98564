"""Publish: what of a release is missing in its folder, and whether its version is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import Refused
from crossfade.plan.base.words import count

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from crossfade.plan.releases.manifest import File, Manifest

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Missing:
    """What a publish has to do.

    Attributes:
        upload: Files that are not in the folder as they must be.
        there: Files that an earlier attempt left there, with the ETag that S3 gave them.
        strangers: Names in the folder that are not of this release.
    """

    upload: tuple[File, ...]
    there: Mapping[str, str]
    strangers: tuple[str, ...]


def plan_publish(
    files: Sequence[File], whole: Mapping[str, str], present: Collection[str]
) -> Missing:
    """Plan to complete a release's folder.

    Args:
        files: What the release consists of.
        whole: ETags by path of the objects whose checksum and headers are already right.
        present: Paths of all objects in the folder.
    """
    wanted = {file.path for file in files}
    return Missing(
        upload=tuple(file for file in files if file.path not in whole),
        there={file.path: whole[file.path] for file in files if file.path in whole},
        strangers=tuple(sorted(path for path in present if path not in wanted)),
    )


def same_or_refuse(taken: Manifest, digest: str, files: Sequence[File]) -> None:
    """Accept that a version is published already with the same content; refuse other content.

    Args:
        taken: The release that has the version.
        digest: Digest of what is to be published.
        files: The files of what is to be published.

    Raises:
        Refused: The content differs.
    """
    if taken.digest == digest:
        return
    before = {file.path: file for file in taken.files}
    after = {file.path: file for file in files}
    differ = sorted(
        path
        for path in before.keys() | after.keys()
        if path not in before or path not in after or not before[path].same_content(after[path])
    )
    first = ", ".join(differ[:SHOWN]) or "the choice of entry pages"
    differing = count(len(differ), "file differs", "files differ")
    raise Refused(
        f"{taken.component} {taken.version} is taken: it was published on {taken.published_at} "
        f"by {taken.published_by} with other content ({differing}: {first}); "
        "releases do not change, publish under another version"
    )
