"""Changing what platforms run: a release, a hotfix, and the ways back, each one operation."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from crossfade.errors import Failed
from crossfade.operations.journal import begin
from crossfade.operations.journal.begin import Intent
from crossfade.operations.journal.executor import perform, told_to_stop
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import read_step
from crossfade.operations.tandem.participant import FORWARD, HOTFIX, TANDEM, TANDEMS, part_of
from crossfade.operations.tandem.read import read_told
from crossfade.plan.journal.operation import Direction, Operation, iso
from crossfade.plan.tandem.order import Telling
from crossfade.plan.tandem.standing import Bad, Divergence, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.step import Run
    from crossfade.operations.tandem.read import Shop, Words
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.journal.operation import Json
    from crossfade.plan.tandem.decide import Take
    from crossfade.plan.tandem.pair import Pair
    from crossfade.plan.tandem.ready import Readiness

TandemOperation: TypeAlias = Operation[Telling, Standing]


def release(shop: Shop, take: Take, words: Words, run: Run) -> TandemOperation:
    """Release a set to both platforms; what fails returns both to what they were told before.

    Args:
        shop: The tandem as read.
        take: What was decided.
        words: The orders of both platforms.
        run: Runs each step.

    Returns:
        The operation as it was closed: done, or reversed.

    Raises:
        Refused: Nothing was told yet, and it cannot be now.
        Failed: It stopped and is left open.
    """
    pair, sides = take.ready.pair, take.ready.sides
    before = read_step(run, f"read what {shop.name} is told", lambda: read_told(shop))
    orders = sides.mapped(lambda side: words.orders[pair.version, side.platform])
    intent = _intent(
        shop,
        title=f"release {pair.version} to both platforms of {shop.name}",
        request={
            "version": pair.version,
            "digest": pair.digest,
            "commit": pair.commit,
            "asked_by": take.wish.by,
            "asked_at": iso(take.wish.at),
            "again": take.wish.again,
            "contains": list(take.wish.contains),
            "reason": take.reason,
            "superseded": list(take.superseded),
            "from": shop.standing.pair.version if shop.standing.pair else "",
        },
        work=Telling(before, orders, shop.tandem.order, pair),
        after=replace(shop.standing, pair=pair, diverged=None),
        evidence=tuple(_word(side) for _, side in sides.items()),
    )
    return _done(shop, TANDEM, intent, identifier="", run=run)


def hotfix(
    shop: Shop,
    platform: Platform,
    pair: Pair,
    words: Words,
    *,
    until: datetime,
    reason: str,
    run: Run,
) -> TandemOperation:
    """Release a version to one platform alone, knowingly and for a time; see `release`."""
    before = read_step(run, f"read what {shop.name} is told", lambda: read_told(shop))
    identifier = begin.new_identifier(shop.world, [shop.head])
    was = shop.standing.pair.version if shop.standing.pair else "nothing"
    fix = Divergence(
        since=shop.world.clock.now(),
        by=identifier,
        what=(f"{platform} runs {pair.version} where {was} is meant",),
        why=reason,
        only=platform,
        version=pair.version,
        until=until,
    )
    orders = before.changed(platform, words.orders[pair.version, platform])
    intent = _intent(
        shop,
        title=f"release {pair.version} to {platform} of {shop.name} alone",
        request={
            "version": pair.version,
            "only": str(platform),
            "until": iso(until),
            "reason": reason,
        },
        work=Telling(before, orders, (platform,), pair, fix),
        after=replace(shop.standing, diverged=fix),
        evidence=tuple(_word(one) for one in words.ready if one.platform is platform),
    )
    return _done(shop, HOTFIX, intent, identifier=identifier, run=run)


def go_back(
    shop: Shop, kind: str, checkpoint: TandemOperation, *, reason: str, run: Run
) -> TandemOperation:
    """Tell both platforms what a checkpoint recorded.

    Args:
        shop: The tandem as read.
        kind: The procedure.
        checkpoint: The operation before which things were as they are to be again.
        reason: Why.
        run: Runs each step.

    Raises:
        Failed: A platform gave no answer; it is left open, and can be tried again.
    """
    now, actor = shop.world.clock.now(), str(shop.world.actor)
    found = read_step(run, f"read what {shop.name} is told", lambda: read_told(shop))
    gone = _running(shop.standing)
    to = replace(checkpoint.before, checkpoint="", bad=shop.standing.bad)
    if gone and gone != _running(to):
        others = tuple(one for one in to.bad if one.version != gone)
        to = replace(to, bad=(*others, Bad(gone, now, reason or f"{kind} by {actor}")))
    where = to.pair.version if to.pair else "what was there before"
    intent = _intent(
        shop,
        title=f"return {shop.name} to {where}",
        request={
            "reason": reason,
            "checkpoint": checkpoint.id,
            "from": gone,
            "version": to.pair.version if to.pair else "",
        },
        work=Telling(found, checkpoint.work.before, shop.tandem.order, to.pair),
        after=to,
    )
    return _done(shop, kind, intent, identifier="", run=run)


def _running(standing: Standing) -> str:
    """Return the version that a way back takes away: a hotfix, else the pair's."""
    if standing.diverged is not None and standing.diverged.meant:
        return standing.diverged.version
    return standing.pair.version if standing.pair else ""


def _word(side: Readiness) -> tuple[str, Json]:
    told = f"{side.platform} is ready with {side.version}, by {side.by}"
    figures = {key: str(value) for key, value in asdict(side).items() if key not in {"at", "until"}}
    return told, {**figures, "at": iso(side.at), "until": iso(side.until)}


def _intent(
    shop: Shop,
    *,
    title: str,
    request: Json,
    work: Telling,
    after: Standing,
    evidence: tuple[tuple[str, Json], ...] = (),
) -> Intent[Telling, Standing]:
    return Intent(
        head=shop.head,
        etag=shop.etag,
        title=title,
        request={"tandem": shop.name, **request},
        work=work,
        after=after,
        evidence=evidence,
    )


def _done(
    shop: Shop, kind: str, intent: Intent[Telling, Standing], *, identifier: str, run: Run
) -> TandemOperation:
    """Open an operation, do its effects and close it; a release that stops is taken back."""
    world = shop.world

    def participants(operations: Sequence[Operation[Any, Any]]) -> list[Participant]:
        return [part_of(world, one, Direction.FORWARD) for one in operations]

    try:
        (closed,) = perform(world, kind, [intent], participants, identifier=identifier, run=run)
    except Failed as error:
        if kind not in FORWARD or told_to_stop(error):
            raise
        world.report.say(str(error))
        closed = take_back(shop, run)
    return closed


def take_back(shop: Shop, run: Run) -> TandemOperation:
    """Take the open release back at once, and return it as it was closed.

    Raises:
        Failed: A platform gave no answer; it is left open.
    """
    (closed,) = settle(shop.world, TANDEMS, shop.subject, Direction.BACK, take_over=True, run=run)
    return closed
