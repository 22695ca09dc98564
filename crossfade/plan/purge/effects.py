"""A purge's plan told to people: what goes, what stays, and why.

One wording for a terminal and for a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Block, Bullets, Column, Facts, Line, Table, Tone
from crossfade.plan.base.words import size, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.purge.purge import Release
    from crossfade.plan.purge.text import PurgePlan

_RELEASES = (
    Column("VERSION", code=True),
    Column("PUBLISHED", whole=True),
    Column("FILES", right=True),
    Column("SIZE", right=True),
    Column("WHY"),
)
_SITES = (Column("SITE", code=True), Column("ASSETS", right=True), Column("SIZE", right=True))


def effects(plan: PurgePlan, *, done: bool) -> Iterator[Block]:
    """Tell what a purge of one component does, or did.

    Args:
        plan: The component's plan.
        done: Whether it was carried out.
    """
    if plan.refusal:
        yield Line(plan.refusal, Tone.NOTICE)
    facts = [
        ("kept in any case", f"the {plan.depth} newest"),
        ("releases", f"{len(plan.delete)} go, {len(plan.keep)} stay"),
        ("files that go", f"{plan.files}, {size(plan.size)}"),
    ]
    if plan.swept is not None:
        facts.append(("gone for good", plan.swept.line()))
    yield Facts(facts)
    going = [_row(one.release, one.why) for one in plan.delete]
    going += [
        (one.version, "half-published", str(len(one.paths)), size(one.size), one.why)
        for one in plan.leftovers
    ]
    if going:
        yield Table(_RELEASES, going, title="Deleted" if done else "Would be deleted")
    if plan.keep:
        yield Table(_RELEASES, [_row(one.release, one.why) for one in plan.keep], title="Kept")
    retired = [
        (site.subject, str(len(site.actions)), size(site.size))
        for site in plan.sites
        if site.actions
    ]
    if retired:
        yield Table(_SITES, retired, title="Assets that leave the sites")
    drift = [f"{site.subject}: {text}" for site in plan.sites for text in site.drift]
    yield Bullets("left alone", [*plan.foreign, *drift], Tone.NOTICE)


def _row(release: Release, why: str) -> tuple[str, str, str, str, str]:
    published = when(release.published_at)
    return release.version, published, str(release.files), size(release.size), why
