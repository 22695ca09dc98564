"""The moments at which a worker dies, for the tests that settle what it left.

A worker that dies before a call leaves the world as one that dies after the call before; one that
dies after a reading call leaves it as it was before that. So the deaths that leave different worlds
are the one before anything and those after each write: these are the short form. The long form does
not rely on that, and tries every call, before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from crossfade.local.strict.faults import ANY, WRITES, Fault
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.local.strict.faults import Faults

FOR_EVER = 1_000_000
"""Calls: a dead worker makes no other, whichever of its threads they come from."""


@dataclass(frozen=True)
class Death:
    """One moment; reads well in an assertion."""

    moment: Literal["before", "after"]
    operation: str
    nth: int

    def arm(self, faults: Faults) -> Fault:
        """Let the worker die at this moment, counted from now."""
        faults.clear()
        arm = faults.before if self.moment == "before" else faults.after
        return arm(operation=self.operation, nth=self.nth, times=FOR_EVER, effect=Killed())

    def comes(self, faults: Faults, work: Callable[[], object]) -> bool:
        """Do some work by a worker that dies at this moment; say whether it came to that."""
        fault = self.arm(faults)
        try:
            work()
        except Killed:
            assert fault.fired
            return True
        finally:
            faults.clear()
        assert not fault.fired, f"nobody may outlive {self}"
        return False


def after_each_write() -> Iterator[Death]:
    """Yield the short form, without end: stop at the first that does not come."""
    yield Death("before", ANY, 1)
    for nth in count(1):
        yield Death("after", WRITES, nth)


def before_each_call() -> Iterator[Death]:
    """Yield the deaths before each call, without end."""
    return (Death("before", ANY, nth) for nth in count(1))


def after_each_call() -> Iterator[Death]:
    """Yield the deaths after each call, without end."""
    return (Death("after", ANY, nth) for nth in count(1))


Deaths: TypeAlias = Callable[[], Iterator[Death]]
"""Which moments a test tries: one of the three above."""

EVERY = (before_each_call, after_each_call)
"""The long form."""


def short_and_long(names: Iterable[str], *, short: Sequence[str] | None = None) -> list[object]:
    """Return parameters `name, deaths` of a test: some in short form, all in the long one.

    Args:
        names: All scenarios.
        short: Those that are tried in short form; all unless given.
    """
    known = list(names)
    return [
        *(
            pytest.param(name, after_each_write, id=name)
            for name in (known if short is None else short)
        ),
        *(
            pytest.param(name, deaths, id=f"{name}, {deaths.__name__}", marks=pytest.mark.slow)
            for name in known
            for deaths in EVERY
        ),
    ]
