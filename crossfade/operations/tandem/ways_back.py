"""Hotfixes, and the ways back: to the pair before, or to a checkpoint that is named.

Going back needs the journal and not the configuration's section, and is held by nothing: no
readiness, no divergence, no version that is missing in the list of what waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Refused
from crossfade.operations.base.world import tandem_subject
from crossfade.operations.journal.begin import refuse_if_open
from crossfade.operations.journal.recall import recalled
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import directly, read_step
from crossfade.operations.tandem.change import go_back
from crossfade.operations.tandem.change import hotfix as release_to_one
from crossfade.operations.tandem.participant import BACK, FORWARD, REVERSE, TANDEMS
from crossfade.operations.tandem.read import read_tandem, read_words
from crossfade.plan.base.paths import check_version
from crossfade.plan.journal.head import already_open, lapsed
from crossfade.plan.journal.operation import Direction, Status
from crossfade.plan.tandem.decide import refusal
from crossfade.plan.tandem.order import Telling
from crossfade.plan.tandem.pair import Pair
from crossfade.plan.tandem.standing import Standing, word_of

if TYPE_CHECKING:
    from datetime import timedelta

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.tandem.change import TandemOperation
    from crossfade.operations.tandem.read import Shop
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.journal.operation import Operation

KINDS = frozenset({*FORWARD, BACK, REVERSE})
"""Operations with a checkpoint that can be returned to; looks have none."""


@dataclass(frozen=True)
class Went:
    """What came of a hotfix or of a way back.

    Attributes:
        name: The tandem.
        reason: What came of it, in one line.
        code: 0 done; 1 the platforms are not what they were to be.
        standing: Where the tandem stands now.
        word: How it stands.
        operations: What was recorded.
        dry_run: Whether nothing was done.
    """

    name: str
    reason: str
    code: int
    standing: Standing
    word: str
    operations: tuple[Operation[Any, Any], ...] = ()
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code."""
        return self.code

    def line(self) -> str:
        """Say it in one line."""
        return f"{self.name}: {self.reason}"


def hotfix(
    world: World,
    name: str,
    version: str,
    platform: Platform,
    *,
    lasts: timedelta,
    reason: str,
    again: str = "",
    run: Run = directly,
) -> Went:
    """Release a version to one platform alone: a divergence that is meant, named and timed.

    Args:
        world: The world.
        name: The tandem.
        version: The version.
        platform: The platform.
        lasts: How long it is meant to last; it holds the ramp, and nobody is told before.
        reason: Why.
        again: Why a version that was taken back may be released once more, or "".
        run: Runs each step.

    Raises:
        BadInput: It names no reason, or there is no such tandem.
        Refused: Something is open, there is a hotfix already, or the platform is not ready with it.
        Failed: It stopped and is left open.
    """
    check_version(version)
    if not reason.strip():
        raise BadInput("a hotfix to one platform needs a reason: --reason WHY")
    shop = read_step(run, f"read {name}", partial(read_tandem, world, name))
    refuse_if_open(world, shop.head)
    fix = shop.standing.diverged
    if fix is not None and fix.meant and fix.only is not platform:
        raise Refused(
            f"{fix.only} has the hotfix {fix.version}: return with `crossfade tandem {name} "
            "--back`, or release a version that contains it to both"
        )
    why = refusal(shop.standing, version, again=again, contains=[fix.version] if fix else [])
    if why:
        raise Refused(why)
    words = read_step(run, f"ask whether {version} is ready", lambda: read_words(shop, (version,)))
    word = next((one for one in words.ready if one.platform is platform), None)
    if word is None or word.until <= world.clock.now():
        raise Refused(f"{platform} is not ready with {version}: {words.why(version) or 'reported'}")
    pair = Pair(version, word.digest, word.commit)
    until = world.clock.now() + lasts
    done = release_to_one(shop, platform, pair, words, until=until, reason=reason, run=run)
    now = read_step(run, f"read {name}", partial(read_tandem, world, name))
    if done.status is Status.DONE:
        told = f"{platform} alone runs {version} until {until:%Y-%m-%d %H:%M} UTC: {reason}"
        return _went(now, told, 0, (done,))
    bad = now.standing.bad_of(version)
    return _went(
        now, f"{version} was taken back: {bad.why if bad else 'nothing was told'}", 1, (done,)
    )


def back(
    world: World,
    name: str,
    *,
    reason: str = "",
    dry_run: bool = False,
    take_over: bool = False,
    run: Run = directly,
) -> Went:
    """Return both platforms to what they ran before: an open release, else the last one.

    Args:
        world: The world.
        name: The tandem.
        reason: Why.
        dry_run: Only say what would be done.
        take_over: Do not wait for the lease of a worker that has an operation open.
        run: Runs each step.

    Raises:
        Refused: There is nothing to go back to, or what is there came by going back.
        Failed: A platform gave no answer; it is left open, and can be tried again.
    """
    return _return(
        world, name, BACK, to="", reason=reason, dry_run=dry_run, take_over=take_over, run=run
    )


def reverse_tandem(
    world: World, name: str, *, to: str = "", dry_run: bool = False, run: Run = directly
) -> Went:
    """Take back finished operations: the last one, or all since a checkpoint that is named."""
    return _return(world, name, REVERSE, to=to, reason="", dry_run=dry_run, run=run)


def _return(
    world: World,
    name: str,
    kind: str,
    *,
    to: str,
    reason: str,
    dry_run: bool,
    take_over: bool = False,
    run: Run,
) -> Went:
    world = recalled(world, tandem_subject(name), run=run)
    shop = read_step(run, f"read {name}", partial(read_tandem, world, name))
    settled: tuple[Operation[Any, Any], ...] = ()
    if shop.head.open is not None and not dry_run:
        settled = _settled(shop, take_over=take_over, run=run)
        shop = read_step(run, f"read {name}", partial(read_tandem, world, name))
        if not to:
            return _arrived(shop, settled)
    checkpoint = _checkpoint(shop, to, run)
    pair = checkpoint.before.pair
    where = pair.version if pair else "what was there before the first release"
    if dry_run:
        text = f"would return both platforms to {where} ({checkpoint.id}); nothing was changed"
        return _went(shop, text, 0, (), dry_run=True)
    done = go_back(shop, kind, checkpoint, reason=reason, run=run)
    now = read_step(run, f"read {name}", partial(read_tandem, world, name))
    return _arrived(now, (*settled, done))


def _settled(shop: Shop, *, take_over: bool, run: Run) -> tuple[Operation[Any, Any], ...]:
    """Take back an open release; a way back that is open goes on.

    Raises:
        Refused: Its worker still holds its lease.
    """
    there, now = shop.head.open, shop.world.clock.now()
    if there is None or not (take_over or lapsed(shop.head, now)):
        raise Refused(already_open(shop.head, now))
    direction = Direction.BACK if there.kind in FORWARD else there.direction
    return settle(shop.world, TANDEMS, shop.subject, direction, take_over=take_over, run=run)


def _checkpoint(shop: Shop, to: str, run: Run) -> TandemOperation:
    """Return the operation before which things were as they are to be again."""
    identifier = to or shop.standing.checkpoint
    subject = shop.subject
    if not identifier:
        came = shop.head.last and shop.standing.pair is not None
        why = "what runs came by going back" if came else "nothing was released there yet"
        raise Refused(
            f"{subject}: {why}; `crossfade history {subject}` lists the operations, and "
            f"`crossfade reverse {subject} --to OPERATION` returns to before one of them"
        )
    known = shop.world.journal.identifiers(subject)
    if identifier not in known:
        raise BadInput(
            f"{subject} has no operation {identifier}: `crossfade history {subject}` lists them"
        )
    record = read_step(
        run, f"read {identifier}", lambda: shop.world.journal.record(subject, identifier)
    )
    if record.kind not in KINDS or record.status is Status.OPEN:
        raise BadInput(f"{subject}: {identifier} ({record.title}) told no platform anything")
    return read_step(
        run,
        f"read the checkpoint {identifier}",
        lambda: shop.world.journal.operation(subject, identifier, Telling, Standing),
    )


def _arrived(shop: Shop, done: tuple[Operation[Any, Any], ...]) -> Went:
    standing = shop.standing
    if standing.diverged is not None and not standing.diverged.meant:
        return _went(shop, f"diverged: {'; '.join(standing.diverged.what)}", 1, done)
    where = f"both run {standing.pair.version}" if standing.pair else "as it was before"
    if standing.diverged is not None:
        where = "; ".join(standing.diverged.what)
    return _went(shop, where, 0, done)


def _went(
    shop: Shop,
    reason: str,
    code: int,
    done: tuple[Operation[Any, Any], ...],
    *,
    dry_run: bool = False,
) -> Went:
    word = word_of(shop.standing, shop.head.open)
    return Went(shop.name, reason, code, shop.standing, word, done, dry_run)
