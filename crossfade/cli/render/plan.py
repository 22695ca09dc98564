"""A plan told to people: what will be done to each file, in its order, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.cli.render.sites import operation_blocks
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.base.words import count, size
from crossfade.plan.sites.site import Group, of_group
from crossfade.plan.sites.text import plans_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.operations.sites.change import SiteOutcome
    from crossfade.plan.sites.site import Action
    from crossfade.plan.sites.text import SitePlan

MOST_ROWS = 20
"""Actions of one group that are listed; the JSON document has all of them."""

_STEPS = {
    Group.ADD: "1 add",
    Group.CHANGE: "2 change",
    Group.PAGES: "3 switch",
    Group.REMOVE: "4 remove",
}


def outcome_blocks(outcome: SiteOutcome, *, back: str, can_expect: bool = True) -> Iterator[Block]:
    """Tell what is planned for sites, or what came of it.

    Args:
        outcome: What came of the procedure.
        back: The command that goes back.
        can_expect: Whether the command can be told to do this very plan.
    """
    if outcome.note:
        yield Line(outcome.note)
    elif outcome.dry_run:
        yield from _plans(outcome.plans)
        digest = plans_digest(outcome.plans)
        approval = f"; --plan {digest} does exactly this, or refuses" if can_expect else ""
        yield Line(f"nothing was changed{approval}")
    elif not outcome.operations:
        for plan in outcome.plans:
            yield Line(f"{plan.subject}: {plan.goes or 'nothing'} is live, nothing to do")
    else:
        yield from operation_blocks(outcome.operations)
        yield Line(f"`{back}` goes back", Tone.ASIDE)


def _plans(plans: Sequence[SitePlan]) -> Iterator[Block]:
    for plan in plans:
        yield Line(plan.line(), Tone.TITLE)
        yield from _actions(plan)
    if all(plan.nothing for plan in plans):
        return
    moved, calls = sum(plan.size for plan in plans), sum(plan.calls for plan in plans)
    yield Line(f"copies {size(moved)} inside S3, in {count(calls, 'request')} at the most")


def _actions(plan: SitePlan) -> Iterator[Block]:
    groups = [of_group(plan.work.actions, group) for group in Group]
    rows = [_row(action) for actions in groups for action in actions[:MOST_ROWS]]
    if rows:
        columns = (Column("STEP"), Column("FILE"), Column("WHY"), Column("SIZE", right=True))
        yield Table(columns, rows)
    if left := len(plan.work.actions) - len(rows):
        yield Line(f"and {left} more; --json lists all of them", Tone.ASIDE)
    if plan.in_place():
        yield Line(
            f"{count(plan.in_place(), 'file')} under an unchanged name: until the pages follow in "
            "the same burst, visitors can meet new content on the old page",
            Tone.NOTICE,
        )
    for drift in plan.work.drift[:MOST_ROWS]:
        yield Line(f"by hand: {drift}", Tone.NOTICE)
    if plan.forgets:
        yield Line(f"CloudFront forgets {' '.join(plan.forgets)}")


def _row(action: Action) -> tuple[str, str, str, str]:
    return _STEPS[action.group], action.path, action.why, size(action.size)
