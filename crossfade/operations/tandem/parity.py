"""Reading whether both platforms run the same, for the gate that a ramp asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.operations.base.world import tandem_subject
from crossfade.operations.tandem.read import read_seen
from crossfade.plan.gates.samples import ParitySample
from crossfade.plan.tandem.standing import SOMEBODY, Standing, strays

if TYPE_CHECKING:
    from crossfade.operations.base.world import World


def read_parity(world: World, name: str) -> ParitySample:
    """Read what the journal says of a tandem, and what both platforms run now.

    Args:
        world: The world.
        name: The tandem.

    Raises:
        BadInput: There is no such tandem.
        Unavailable: The journal cannot be read.
    """
    section = world.settings.tandem(name)
    head, _ = world.journal.head(tandem_subject(name), Standing)
    standing, there = head.state, head.open
    seen = read_seen(world, section).seen
    unread = tuple(f"{platform} {one}" for platform, one in seen.items() if one.unread)
    told = head.state.diverged
    # A hotfix differs on purpose, and what strays from it as well.
    recorded = told.what if told is not None and told.meant else ()
    differences = () if unread else (*recorded, *strays(standing, seen))
    now = world.clock.now()
    overdue = told is not None and told.overdue(now)
    return ParitySample(
        legacy=str(seen.legacy),
        new=str(seen.new),
        differences=tuple(dict.fromkeys(differences)),
        unread=unread,
        working=there.title if there is not None else "",
        since=told.since if told is not None else (now if differences else None),
        by=told.by if told is not None else (SOMEBODY if differences else ""),
        overdue=f"the hotfix was to end {told.until:%Y-%m-%d %H:%M} UTC"
        if told is not None and told.until is not None and overdue
        else "",
    )
