"""Looking at a site through its address, as a browser would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.adapters.http.web import fetch
from crossfade.errors import Failed
from crossfade.operations.journal.fan_out import fan_out
from crossfade.plan.base.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.plan.sites.site import Inventory, Placed

SAMPLE = 20
"""Assets that are fetched beside the entry pages: those that changed first."""

SHOWN = 3
"""Wrong files that the message names."""


class SiteWrong(Failed):
    """What the site's address answers is not what was put into its root."""


def probe_site(
    world: World, url: str, folder: str, inventory: Inventory, changed: Sequence[str]
) -> None:
    """Fetch the entry pages and a sample of assets, and compare digests and types.

    Args:
        world: The world.
        url: The site's address.
        folder: The component's folder, "" or ending in `/`.
        inventory: What must be there.
        changed: Paths that changed just now; they are fetched first.

    Raises:
        SiteWrong: Something else is there.
        Unavailable: The address does not answer.
    """
    live = [placed for placed in inventory.values() if placed.left is None and placed.sha256]
    pages = [placed for placed in live if placed.page]
    recent = set(changed)
    assets = sorted(
        (placed for placed in live if not placed.page),
        key=lambda placed: (placed.path not in recent, placed.path),
    )
    looked = [*pages, *assets[:SAMPLE]]
    found = fan_out(lambda placed: _wrong(url, folder, placed), looked, width=world.connections)
    wrong = [text for text in found if text]
    if wrong:
        raise SiteWrong(
            f"{len(wrong)} of {count(len(looked), 'file')} wrong at {url}: "
            f"{'; '.join(wrong[:SHOWN])}"
        )


def _wrong(url: str, folder: str, placed: Placed) -> str:
    """Say what is wrong with one file, or ""."""
    answer = fetch(url, folder + placed.path)
    if answer.status != 200:  # noqa: PLR2004  HTTP's own number
        return f"{placed.path} answers {answer.status}"
    if answer.sha256 != placed.sha256:
        age = answer.headers.get("age", "")
        cached = "hit" in answer.headers.get("x-cache", "").lower()
        if cached or age not in {"", "0"}:
            return f"{placed.path} is an earlier copy from the edge's cache (age {age or '?'} s)"
        return f"{placed.path} has other bytes than the release"
    kind = answer.headers.get("content-type", "")
    if kind != placed.content_type:
        return f"{placed.path} has type {kind or 'none'}, the release says {placed.content_type}"
    return ""
