"""A plan told to people: what will be done to each file, in its order, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.cli.render.sites import operation_blocks
from crossfade.plan.base.blocks import Block, Line, Tone
from crossfade.plan.base.words import count, size
from crossfade.plan.sites.effects import effects
from crossfade.plan.sites.text import plans_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.operations.sites.change import SiteOutcome
    from crossfade.plan.sites.text import SitePlan

MOST_ROWS = 20
"""Actions of one group that are listed; the JSON document has all of them."""


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
        yield from effects(plan, most=MOST_ROWS, elsewhere="--json lists all of them")
    if all(plan.nothing for plan in plans):
        return
    moved, calls = sum(plan.size for plan in plans), sum(plan.calls for plan in plans)
    yield Line(f"copies {size(moved)} inside S3, in {count(calls, 'request')} at the most")
