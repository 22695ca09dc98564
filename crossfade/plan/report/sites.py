"""What is live where: components by environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Tone
from crossfade.plan.base.words import when
from crossfade.plan.report.page import Badge, Cell, Environment, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.plan.report.known import Known, KnownSite


def environments_of(sites: Iterable[KnownSite]) -> tuple[Environment, ...]:
    """Return the environments that sites are in, with their addresses."""
    addresses = {place_of(site)[0]: site.url for site in sites}
    return tuple(Environment(name, url) for name, url in sorted(addresses.items()))


def rows_of(sites: Sequence[KnownSite]) -> tuple[Row, ...]:
    """Return one row for each component, with a cell for each environment."""
    there = {place_of(site): site for site in sites}
    environments = sorted({environment for environment, _ in there})
    return tuple(
        Row(component, tuple(_cell(one, there.get((one, component))) for one in environments))
        for component in sorted({component for _, component in there})
    )


def place_of(site: Known) -> tuple[str, str]:
    """Return the environment and the component of a site."""
    environment, _, component = site.name.partition("/")
    return environment, component


def _cell(environment: str, site: KnownSite | None) -> Cell:
    if site is None:
        return Cell(environment)
    live, made_by = site.live, site.made_by
    return Cell(
        environment,
        version=live.version if live else "",
        since=when(live.since) if live else "",
        by=made_by.by.who if live and made_by else "",
        badge=badge_of(site),
        otherwise="not known" if site.trouble else "nothing",
    )


def badge_of(known: Known) -> Badge | None:
    """Return what is to be said beside a subject, or None where there is nothing."""
    if known.trouble:
        return Badge("unreadable", Tone.BAD)
    if known.open is not None and known.lease_left:
        return Badge(f"{known.open.kind} at work", Tone.BUSY)
    if known.open is not None:
        return Badge(f"{known.open.kind} left open", Tone.WAITING)
    return None if known.configured else Badge("not configured", Tone.ASIDE)
