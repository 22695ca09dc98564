"""Tandem releases: ask for a version, take one decision, do it, and end; or wait for its end.

As with a ramp, a schedule that calls it without a version releases what was asked as soon as both
platforms are ready, finishes what a worker left, and tells of a divergence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Failed, Refused
from crossfade.operations.journal.executor import told_to_stop
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import Step, directly, read_step
from crossfade.operations.tandem.change import release, take_back
from crossfade.operations.tandem.inbox import ASK, EXPIRE, write
from crossfade.operations.tandem.look import look
from crossfade.operations.tandem.participant import FORWARD, TANDEMS
from crossfade.operations.tandem.read import NO_WORDS, read_tandem, read_words
from crossfade.plan.base.paths import check_version
from crossfade.plan.journal.head import already_open, lapsed
from crossfade.plan.journal.operation import Direction, Status
from crossfade.plan.tandem.decide import Take, Waits, decide, refusal
from crossfade.plan.tandem.ready import EXPIRED, SUPERSEDED, Wish, asked, expired, last_end
from crossfade.plan.tandem.standing import Standing, word_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.tandem.read import Shop
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.tandem.decide import Decision
    from crossfade.plan.tandem.pair import Observation

AUTOMATIONS = frozenset({"schedule", "automation", "alarm"})
"""What may not say that a version that was taken back is good again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    Attributes:
        version: The version to release; "" for whichever waits.
        commit: The commit that it must be built from, or "".
        wait: How long to wait for its end; None to take one decision and end.
        again: Why a version that was taken back may be released once more, or "".
        contains: Versions that it is said to contain: hotfixes that it ends.
        dry_run: Only decide; nothing is changed nor recorded.
    """

    version: str = ""
    commit: str = ""
    wait: timedelta | None = None
    again: str = ""
    contains: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True)
class Told:
    """What came of a call.

    Attributes:
        name: The tandem.
        asked: What was asked.
        code: 0 in tandem with what was asked; 1 it was taken back, or both differ because of it; 3
            it waits, was superseded, or somebody has to look.
        reason: What came of it, in one line.
        standing: Where the tandem stands now.
        word: How it stands.
        operations: What was recorded.
        seen: What both were seen to run just now, or None.
        final: Whether waiting longer brings nothing.
    """

    name: str
    asked: Asked
    code: int
    reason: str
    standing: Standing
    word: str
    operations: tuple[Operation[Any, Any], ...] = ()
    seen: Observation | None = None
    final: bool = True

    @property
    def exit_code(self) -> int:
        """The exit code."""
        return self.code

    def line(self) -> str:
        """Say it in one line."""
        would = " (nothing was changed)" if self.asked.dry_run else ""
        return f"{self.name}: {self.reason}{would}"


def tandem(
    world: World,
    name: str,
    asked_for: Asked,
    *,
    heard: Callable[[str], None] = lambda _: None,
    run: Run = directly,
) -> Told:
    """Ask for a version, or for what waits, and take one decision; with `wait`, until its end.

    Args:
        world: The world.
        name: The tandem.
        asked_for: What is asked.
        heard: Told, once for each, what it waits for.
        run: Runs each step.

    Raises:
        BadInput: There is no such tandem, or what is asked makes no sense.
        Refused: The version was taken back before, or does not contain a hotfix.
        Failed: A release stopped and is left open.
    """
    begun = world.clock.now()
    shop = read_step(run, f"read {name}", partial(read_tandem, world, name))
    if asked_for.version:
        _must_be_allowed(shop, asked_for)
        if _is_there(shop, asked_for):
            return _again_there(shop, asked_for, run)
        if not asked_for.dry_run:
            _ask(shop, asked_for, begun, run)
    until = world.monotonic() + (asked_for.wait.total_seconds() if asked_for.wait else 0.0)
    said = ""
    while True:
        told = _step(world, name, asked_for, begun, run)
        left = until - world.monotonic()
        if told.final or left <= 0 or asked_for.dry_run:
            return told
        if told.reason != said:
            heard(told.line())
            said = told.reason
        world.sleep(min(shop.tandem.look_every.total_seconds(), left))


def _must_be_allowed(shop: Shop, one: Asked) -> None:
    check_version(one.version)
    if one.again and shop.world.actor.trigger in AUTOMATIONS:
        raise BadInput("a version that was taken back is released again by a person alone")
    why = refusal(shop.standing, one.version, again=one.again, contains=one.contains)
    if why:
        raise Refused(why)
    for version in one.contains:
        check_version(version)


def _is_there(shop: Shop, one: Asked) -> bool:
    standing = shop.standing
    pair = standing.pair
    alike = shop.head.open is None and standing.diverged is None
    return alike and pair is not None and pair.version == one.version and not one.again


def _again_there(shop: Shop, one: Asked, run: Run) -> Told:
    """Say that it is there already, having looked; a new configuration under it is no new version.

    A divergence that shows only now is told, and released over by asking again.
    """
    found = look(shop, dry_run=one.dry_run, run=run)
    word = word_of(found.standing, None)
    differs = found.standing.diverged
    text = "; ".join(differs.what) if differs else f"both run {found.standing.pair} already"
    done = (found.operation,) if found.operation else ()
    code = Refused.exit_code if differs else 0
    return Told(shop.name, one, code, f"{word}: {text}", found.standing, word, done, found.seen)


def _ask(shop: Shop, one: Asked, now: datetime, run: Run) -> None:
    lasts = shop.tandem.expires if one.wait is None else one.wait
    wish = Wish(
        one.version,
        now,
        now + lasts,
        str(shop.world.actor),
        one.commit,
        one.again,
        one.contains,
    )
    title = f"asked to release {one.version}"
    request = {
        "version": one.version,
        "commit": one.commit,
        "again": one.again,
        "contains": list(one.contains),
    }
    run(
        Step(
            f"record: {title}",
            lambda: write(
                shop.world,
                shop.name,
                ASK,
                title,
                lambda box: asked(expired(box, now), wish),
                request=request,
            ),
            repeatable=True,
        )
    )


def _step(world: World, name: str, one: Asked, begun: datetime, run: Run) -> Told:
    """Take one decision: settle what was left, release, look, or say what is waited for."""
    shop = read_step(run, f"read {name}", partial(read_tandem, world, name))
    done: tuple[Operation[Any, Any], ...] = ()
    if shop.head.open is not None:
        now = world.clock.now()
        if one.dry_run or not lapsed(shop.head, now):
            reason = already_open(shop.head, now)
            return _told(shop, one, Refused.exit_code, reason, final=one.dry_run)
        done = _settled(shop, run)
        shop = read_step(run, f"read {name}", partial(read_tandem, world, name))
    told = _ended(shop, one, begun) or _decided(shop, one, begun, run)
    return replace(told, operations=(*done, *told.operations))


def _decided(shop: Shop, one: Asked, begun: datetime, run: Run) -> Told:
    now = shop.world.clock.now()
    box = shop.inbox.state
    if one.dry_run and one.version:
        wish = Wish(one.version, now, now + shop.tandem.expires, "", one.commit, one.again)
        box = asked(box, replace(wish, contains=one.contains))
    box = expired(box, now)
    if one.version and box.wish(one.version) is None:
        reason = f"{one.version} waited too long for both to be ready"
        return _told(shop, one, Refused.exit_code, reason)
    versions = tuple(wish.version for wish in box.wishes)
    title = f"ask whether {' or '.join(versions)} is ready"
    words = read_step(run, title, lambda: read_words(shop, versions)) if versions else NO_WORDS
    decision = decide(box, words.ready, shop.standing, now)
    match decision:
        case Take() if one.dry_run:
            return _told(shop, one, 0, f"would release {decision.ready.pair}: {decision.reason}")
        case Take():
            return _released(shop, one, begun, release(shop, decision, words, run), run)
        case Waits() if one.version:
            why = decision.of(one.version)
            more = words.why(one.version)
            reason = f"{one.version} waits: {why}{f' ({more})' if more else ''}"
            return _told(shop, one, Refused.exit_code, reason, final=False)
    return _looked(shop, one, decision, run)


def _released(
    shop: Shop, one: Asked, begun: datetime, operation: Operation[Any, Standing], run: Run
) -> Told:
    """Say what came of a release; where it was of another version, how that leaves this one."""
    now = read_step(run, f"read {shop.name}", partial(read_tandem, shop.world, shop.name))
    told = _outcome(now, one, operation)
    if one.version and operation.request["version"] != one.version:
        waits = _told(now, one, Refused.exit_code, f"waits; {told.reason}", final=False)
        told = _ended(now, one, begun) or waits
    return replace(told, operations=(operation,))


def _outcome(shop: Shop, one: Asked, operation: Operation[Any, Any]) -> Told:
    """Say what came of a release by its record."""
    version = operation.request.get("version", "")
    standing = shop.standing
    if operation.status is Status.DONE:
        return _told(shop, one, 0, f"both platforms run {version}", final=True)
    bad = standing.bad_of(version)
    why = f": {bad.why}" if bad else ""
    if standing.diverged is not None:
        differs = "; ".join(standing.diverged.what)
        reason = f"diverged: {version} was taken back{why}; {differs}"
    else:
        where = f"both run {standing.pair.version}" if standing.pair else "as it was before"
        reason = f"{version} was taken back{why}; {where}"
    return _told(shop, one, Failed.exit_code, reason, final=True)


def _ended(shop: Shop, one: Asked, begun: datetime) -> Told | None:
    """Say what became of the version that was asked for, if it waits no longer."""
    ended = last_end(shop.inbox.state, one.version) if one.version else None
    if ended is None or ended.at < begun or shop.inbox.state.wish(one.version):
        return None
    if ended.how == SUPERSEDED:
        return _told(
            shop, one, Refused.exit_code, f"{one.version} was superseded by {ended.by}", final=True
        )
    if ended.how == EXPIRED:
        return _told(
            shop, one, Refused.exit_code, f"{one.version} waited too long for both to be ready"
        )
    record = shop.world.journal.record(shop.subject, ended.by)
    if record.status is Status.OPEN:
        return None
    return _outcome(shop, one, record)


def _looked(shop: Shop, one: Asked, decision: Decision, run: Run) -> Told:
    """See what both run, and tell what somebody has to look at."""
    now = shop.world.clock.now()
    old = expired(shop.inbox.state, now)
    if old != shop.inbox.state and not one.dry_run:
        gone = [each.version for each in shop.inbox.state.wishes if each not in old.wishes]
        title = f"{', '.join(gone)} waited too long"
        write(shop.world, shop.name, EXPIRE, title, lambda box: expired(box, now))
    found = look(shop, dry_run=one.dry_run, run=run)
    word, differs = word_of(found.standing, None), found.standing.diverged
    waits = f"; {decision.reason}" if isinstance(decision, Waits) else ""
    unread = [f"{platform} {one}" for platform, one in found.seen.seen.items() if one.unread]
    code = 0
    if differs is not None:
        told = f"{word} since {differs.since:%Y-%m-%d %H:%M} UTC: {'; '.join(differs.what)}"
        if differs.meant and differs.until is not None:
            over = "was meant to last" if differs.overdue(now) else "is meant to last"
            told = f"{told}; the hotfix {over} until {differs.until:%Y-%m-%d %H:%M} UTC"
        code = 0 if differs.meant and not differs.overdue(now) else Refused.exit_code
    elif unread:
        told, code = f"{word} as last seen, now unreadable: {'; '.join(unread)}", Refused.exit_code
    else:
        told = f"{word} at {found.standing.pair}" if found.standing.pair else _first(found.seen)
    done = (found.operation,) if found.operation else ()
    return Told(
        shop.name, one, code, told + waits, found.standing, word, done, found.seen, final=True
    )


def _first(seen: Observation) -> str:
    told = "; ".join(f"{platform} {one}" for platform, one in seen.seen.items())
    return f"nothing was released in tandem yet; {told}"


def _told(shop: Shop, one: Asked, code: int, reason: str, *, final: bool = True) -> Told:
    word = word_of(shop.standing, shop.head.open)
    return Told(shop.name, one, code, reason, shop.standing, word, final=final)


def _settled(shop: Shop, run: Run) -> tuple[Operation[Any, Any], ...]:
    """Take on what a worker left, the way it was going; a release that cannot go on goes back."""
    there = shop.head.open
    direction = there.direction if there else Direction.FORWARD
    try:
        return settle(shop.world, TANDEMS, shop.subject, direction, run=run)
    except Failed as error:
        forward = there is not None and there.kind in FORWARD
        if direction is Direction.BACK or not forward or told_to_stop(error):
            raise
    return (take_back(shop, run),)
