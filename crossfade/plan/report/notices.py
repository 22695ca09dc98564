"""What wants a person's look: damage, what was left open, what waits, what was taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Tone
from crossfade.plan.base.words import count, when
from crossfade.plan.journal.operation import Direction
from crossfade.plan.report.known import KnownCron, KnownMigration
from crossfade.plan.report.page import Badge, Command, Notice
from crossfade.plan.report.ramps import standing_of, waits_for_a_person
from crossfade.plan.report.shown import command, moment
from crossfade.plan.report.ways import endings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.plan.report.known import Known

_WORST_FIRST = (Tone.BAD, Tone.WRONG, Tone.WAITING, Tone.NOTICE, Tone.BUSY, Tone.ASIDE)


def notices_of(known: Sequence[Known]) -> tuple[Notice, ...]:
    """Return what wants a look, the worst first."""
    found = [notice for one in known for notice in _of(one)]
    found += _left(known)
    return tuple(sorted(found, key=lambda one: _WORST_FIRST.index(one.badge.tone)))


def verdict_of(notices: Sequence[Notice]) -> Badge:
    """Say all of it in one sentence, as the worst of it asks for."""
    asking = [one for one in notices if one.badge.tone not in (Tone.BUSY, Tone.ASIDE)]
    busy = sum(one.badge.tone is Tone.BUSY for one in notices)
    if asking:
        text = f"{count(len(asking), 'thing wants', 'things want')} a look"
        return Badge(text, asking[0].badge.tone)
    if busy:
        return Badge(f"{count(busy, 'change is', 'changes are')} under way", Tone.BUSY)
    return Badge("All is settled", Tone.GOOD)


def _of(known: Known) -> Iterator[Notice]:
    if known.trouble:
        yield Notice(Badge("damaged", Tone.BAD), known.subject, (("why", known.trouble),))
    for why in known.damaged:
        title = f"an operation of {known.subject}"
        yield Notice(Badge("damaged", Tone.BAD), title, (("why", why),))
    if known.open is not None:
        yield _opened(known)
    if isinstance(known, KnownMigration):
        yield from _of_migration(known)
    if isinstance(known, KnownCron):
        yield from _of_job(known)


def _opened(known: Known) -> Notice:
    there = known.open
    assert there is not None  # noqa: S101  asked by the caller
    facts = [("since", f"{when(there.since)}, by {there.by}")]
    if len(there.members) > 1:
        facts.append(("together", ", ".join(there.members)))
    if there.direction is Direction.BACK:
        facts.append(("going", "back"))
    if there.trouble:
        facts.append(("stopped", there.trouble))
    if known.lease_left:
        badge = Badge("at work", Tone.BUSY)
    else:
        badge = Badge("left open", Tone.WAITING)
        facts.append(("worker", "nobody works on it"))
    return Notice(badge, there.title, tuple(facts), endings(known))


def _of_migration(known: KnownMigration) -> Iterator[Notice]:
    progress = known.progress
    if progress is None or progress.final_at is not None:
        return
    badge, name = standing_of(progress), known.name
    decided = progress.decided
    if progress.frozen is not None:
        yield Notice(
            badge if badge.tone is Tone.BAD else Badge("frozen", Tone.NOTICE),
            f"{name} does not go forward",
            (
                ("why", progress.frozen.reason),
                ("since", f"{moment(progress.frozen.at)}, by {progress.frozen.by}"),
            ),
            (Command(command("hold", name, "--release"), "lets it go forward again"),),
        )
    elif decided is not None and waits_for_a_person(progress):
        approve = Command(command("approve", name), "approves the next change")
        asks = "needs an approval" in decided.reason
        yield Notice(
            Badge("waits for a person", Tone.WAITING),
            f"{name} holds",
            (("why", decided.reason), ("since", moment(decided.at))),
            (approve,) if asks else (),
        )


def _of_job(known: KnownCron) -> Iterator[Notice]:
    back = known.standing.taken_back if known.standing else None
    if back is not None:
        yield Notice(
            Badge("taken back", Tone.NOTICE),
            f"{known.name} runs on legacy again",
            (("why", back.why), ("since", moment(back.at))),
        )


def _left(known: Sequence[Known]) -> Iterator[Notice]:
    left = [one.subject for one in known if not one.configured]
    if left:
        yield Notice(
            Badge("not configured", Tone.ASIDE),
            f"{count(len(left), 'subject')} can only go back: the configuration does not name "
            f"{'it' if len(left) == 1 else 'them'}",
            (("which", ", ".join(left)),),
        )
