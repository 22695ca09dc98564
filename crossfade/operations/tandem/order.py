"""What a person or a run orders of a tandem, and which procedure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.operations.journal.step import directly
from crossfade.operations.tandem.tandem import Asked, tandem
from crossfade.operations.tandem.ways_back import back, hotfix
from crossfade.plan.base.duration import parse_duration
from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.tandem.tandem import Told
    from crossfade.operations.tandem.ways_back import Went


@dataclass(frozen=True, slots=True)
class Ordered:
    """The words of one order, as they were written.

    Attributes:
        name: The tandem.
        version: The version; "" for whichever waits, or with `back`.
        commit: The commit that it must be built from, or "".
        wait: How long to wait for its end, such as `30m`; "" to take one decision.
        again: Whether a version that was taken back is released once more.
        reason: Why: of a hotfix, of a return, and of a release once more.
        contains: Versions that it is said to contain.
        only: The one platform of a hotfix, or "".
        until: How long a hotfix is meant to last, such as `24h`, or until when.
        back: Whether to return to the pair before.
        take_over: Whether a return does not wait for the lease of another worker.
        dry_run: Whether nothing is changed.
    """

    name: str
    version: str = ""
    commit: str = ""
    wait: str = ""
    again: bool = False
    reason: str = ""
    contains: tuple[str, ...] = ()
    only: str = ""
    until: str = ""
    back: bool = False
    take_over: bool = False
    dry_run: bool = False


def carry_out(
    world: World,
    order: Ordered,
    *,
    heard: Callable[[str], None] = lambda _: None,
    run: Run = directly,
) -> Told | Went:
    """Do what was ordered.

    Args:
        world: The world.
        order: What was ordered.
        heard: Told, once for each, what it waits for.
        run: Runs each step.

    Raises:
        BadInput: The words do not go together.
        Refused: See the procedure that is ordered.
        Failed: Likewise.
    """
    _must_fit(order)
    if order.back:
        return back(
            world,
            order.name,
            reason=order.reason,
            dry_run=order.dry_run,
            take_over=order.take_over,
            run=run,
        )
    again = order.reason if order.again else ""
    if order.only:
        return hotfix(
            world,
            order.name,
            order.version,
            Platform(order.only),
            lasts=_lasts(world, order.until),
            reason=order.reason,
            again=again,
            run=run,
        )
    asked = Asked(
        version=order.version,
        commit=order.commit,
        wait=parse_duration(order.wait) if order.wait else None,
        again=again,
        contains=order.contains,
        dry_run=order.dry_run,
    )
    return tandem(world, order.name, asked, heard=heard, run=run)


def _must_fit(order: Ordered) -> None:
    """Refuse words that do not go together.

    Raises:
        BadInput: They do not; the text names them.
    """
    if order.only and order.only not in tuple(Platform):
        raise BadInput(f"--only {order.only}: it is legacy or new")
    problems = (
        (order.back and order.version, "--back returns to the pair before: leave the version away"),
        (order.back and order.only, "--back returns both platforms: leave --only away"),
        (order.take_over and not order.back, "--take-over is for --back"),
        (order.only and not order.version, "a hotfix needs its version"),
        (order.only and not order.until, "a hotfix ends: say --until, such as 24h"),
        (order.only and not order.reason.strip(), "a hotfix needs a --reason"),
        (order.until and not order.only, "--until is for a hotfix: add --only legacy or new"),
        (order.only and order.wait, "a hotfix does not wait: leave --wait away"),
        (order.only and order.dry_run, "a hotfix has no dry run"),
        (order.again and not order.reason.strip(), "--again needs a --reason"),
        (order.again and not order.version, "--again needs the version"),
        (order.wait and not order.version, "--wait needs the version that is waited for"),
        (order.commit and not order.version, "--commit needs the version"),
        (order.contains and not order.version, "--contains needs the version"),
    )
    for wrong, mend in problems:
        if wrong:
            raise BadInput(mend)


def _lasts(world: World, until: str) -> timedelta:
    """Return how long a hotfix is meant to last.

    Raises:
        BadInput: It is neither a duration nor an instant to come.
    """
    lasts = instant(until) - world.clock.now() if "-" in until else parse_duration(until)
    if lasts <= timedelta():
        raise BadInput(f"--until {until} is over already")
    return lasts
