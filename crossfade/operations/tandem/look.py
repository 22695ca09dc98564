"""Looking at a tandem: what both platforms run now, recorded where it is news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.operations.journal import begin
from crossfade.operations.journal.begin import Intent
from crossfade.operations.journal.step import Step, read_step
from crossfade.operations.tandem.read import read_seen
from crossfade.plan.journal.operation import Untold
from crossfade.plan.tandem.standing import looked, same_news, word_of

if TYPE_CHECKING:
    from crossfade.operations.journal.step import Run
    from crossfade.operations.tandem.read import Shop
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.tandem.pair import Observation
    from crossfade.plan.tandem.standing import Standing

LOOK = "look"
"""The kind of the operation that records a look."""


@dataclass(frozen=True)
class Looked:
    """What was seen, and what follows for the record.

    Attributes:
        seen: What both run.
        standing: Where the tandem stands by it.
        operation: What was recorded, or None where it is no news.
    """

    seen: Observation
    standing: Standing
    operation: Operation[Any, Standing] | None = None


def look(shop: Shop, *, dry_run: bool = False, run: Run) -> Looked:
    """See what both platforms run, and record it where it is news or long since the last.

    Args:
        shop: The tandem as read; nothing is open on it.
        dry_run: Record nothing.
        run: Runs each step.

    Raises:
        Conflict: The record was changed meanwhile; what was seen counts no more.
    """
    title = f"see what both platforms of {shop.name} run"
    seen = read_step(run, title, lambda: read_seen(shop.world, shop.tandem))
    before = shop.standing
    if before.pair is None and before.diverged is None:
        return Looked(seen, before)  # nothing was released in tandem yet: nothing is meant
    standing = looked(before, seen)
    last = before.observed
    young = last is not None and seen.at < last.at + shop.tandem.keep_looks
    if dry_run or standing == before or (same_news(standing, before) and young):
        return Looked(seen, before if same_news(standing, before) else standing)
    word = word_of(standing, None)
    what = "; ".join(standing.diverged.what) if standing.diverged else f"both run {standing.pair}"
    intent = Intent(
        head=shop.head,
        etag=shop.etag,
        title=f"{word}: {what}",
        request={"tandem": shop.name, "word": word},
        work=Untold(),
        after=standing,
        evidence=tuple(
            (f"{platform} {one}", {"platform": str(platform), "hosts": one.hosts})
            for platform, one in seen.seen.items()
        ),
    )
    step = Step(
        f"record: {intent.title}", lambda: begin.record(shop.world, LOOK, intent, figures={})
    )
    return Looked(seen, standing, run(step))
