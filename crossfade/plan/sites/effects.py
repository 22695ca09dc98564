"""A site's plan told to people: what happens to each file, in its order, and why.

One wording for a terminal and for a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Block, Bullets, Column, Line, Table, Tone
from crossfade.plan.base.words import count, size
from crossfade.plan.sites.site import Group, of_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.sites.site import Action
    from crossfade.plan.sites.text import SitePlan

_STEPS = {
    Group.ADD: "1 add",
    Group.CHANGE: "2 change",
    Group.PAGES: "3 switch",
    Group.REMOVE: "4 remove",
}


def effects(plan: SitePlan, *, most: int, elsewhere: str) -> Iterator[Block]:
    """Tell what a plan does to a site.

    Args:
        plan: The plan.
        most: How many actions of one group are listed.
        elsewhere: Where all of them are, as in "--json lists all of them".
    """
    groups = [of_group(plan.work.actions, group) for group in Group]
    rows = [_row(action) for actions in groups for action in actions[:most]]
    if rows:
        columns = (
            Column("STEP"),
            Column("FILE", code=True),
            Column("WHY"),
            Column("SIZE", right=True),
        )
        yield Table(columns, rows)
    if left := len(plan.work.actions) - len(rows):
        yield Line(f"and {left} more; {elsewhere}", Tone.ASIDE)
    if plan.in_place():
        yield Line(
            f"{count(plan.in_place(), 'file')} under an unchanged name: until the pages follow in "
            "the same burst, visitors can meet new content on the old page",
            Tone.NOTICE,
        )
    yield Bullets("changed by another hand", plan.work.drift[:most], Tone.NOTICE)
    if plan.forgets:
        yield Line(f"CloudFront forgets {' '.join(plan.forgets)}")


def _row(action: Action) -> tuple[str, str, str, str]:
    return _STEPS[action.group], action.path, action.why, size(action.size)
