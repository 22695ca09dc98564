"""Past ticks of a cron job, for tests that draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.ticks.attempt import Attempt
from crossfade.plan.cron.ticks.history import Fate, PastTick
from tests.plan.shop import NOON

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST = int(NOON.timestamp()) // 60


def run(platform: Platform, tick: int, *, code: int | None = 0, name: str = "a") -> Attempt:
    """A run that began at its tick and took ten seconds; without a code it has not ended."""
    start = tick * 60.0
    end = None if code is None else start + 10
    return Attempt(name, platform, f"{platform}-1", start=start, end=end, exit_code=code)


def ran(minute: int, platform: Platform, fate: Fate = Fate.DONE) -> PastTick:
    """A tick that was run, minutes after noon."""
    tick = FIRST + minute
    code = {Fate.DONE: 0, Fate.FAILED: 1}.get(fate)
    return PastTick(tick, fate, run(platform, tick, code=code))


def nobody(minute: int, fate: Fate = Fate.MISSED) -> PastTick:
    """A tick that nobody ran."""
    return PastTick(FIRST + minute, fate)


def doubled(minute: int) -> PastTick:
    """A tick that both platforms ran."""
    tick = FIRST + minute
    first, second = run(Platform.LEGACY, tick), run(Platform.NEW, tick, name="b")
    return PastTick(tick, Fate.DONE, first, (second,), doubled=True)


def taken_over(minute: int) -> PastTick:
    """A tick whose run on legacy crashed, and that new ran then."""
    tick = FIRST + minute
    crashed = run(Platform.LEGACY, tick, code=None)
    return PastTick(tick, Fate.DONE, run(Platform.NEW, tick, name="b"), (crashed,))


def day(moves_at: int = 700, every: int = 5) -> tuple[PastTick, ...]:
    """A day of a job that moves to new, with something of everything."""
    odd: dict[int, PastTick] = {
        100: ran(100, Platform.LEGACY, Fate.FAILED),
        300: nobody(300),
        305: nobody(305),
        720: ran(720, Platform.NEW, Fate.FAILED),
        800: nobody(800, Fate.SKIPPED),
        900: taken_over(900),
        1000: nobody(1000, Fate.UNKNOWN),
        1100: doubled(1100),
        1200: nobody(1200, Fate.HELD),
        1300: ran(1300, Platform.NEW, Fate.CRASHED),
        1430: ran(1430, Platform.NEW, Fate.RUNNING),
        1435: nobody(1435, Fate.DUE),
    }
    return tuple(_quiet(odd, range(0, 1440, every), moves_at))


def _quiet(odd: dict[int, PastTick], minutes: Iterable[int], moves_at: int) -> Iterable[PastTick]:
    for minute in minutes:
        platform = Platform.LEGACY if minute < moves_at else Platform.NEW
        yield odd.get(minute) or ran(minute, platform)
