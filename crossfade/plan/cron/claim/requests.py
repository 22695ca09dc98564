"""What the protocol asks of memcached and of the clock, as values.

The protocol is written as generators: each yields one request, is sent one answer and never
touches the network itself. So the same code runs over a real connection in the wrapper and over a
virtual one, with virtual time and faults, in the simulation that tries it out.

All requests between two missing answers run on one connection; a missing answer ends it, and the
next request opens another. The proof that the server did not restart rests on that.

The generators are advanced in one place, `Driven`. Whoever carries out the requests decides what an
answer is: the wrapper asks a real server in real time, the mover asks it in between, the simulation
asks a virtual one whenever its clock says so.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Generic, NamedTuple, TypeVar, cast


class Read(NamedTuple):
    """Get the values under some keys, each with its compare-and-swap id (`gets`)."""

    keys: tuple[str, ...]


class Add(NamedTuple):
    """Write a value unless there is one; `life` in seconds, 0 for no end."""

    key: str
    value: str
    life: int


class Swap(NamedTuple):
    """Write a value if nobody wrote since it was read (`cas`). `life` -1 lets it expire at once."""

    key: str
    value: str
    cas: bytes
    life: int


class Stats(NamedTuple):
    """Ask the server how it is (`stats`)."""


class Pause(NamedTuple):
    """Wait for some seconds."""

    seconds: float


class Item(NamedTuple):
    """A value as read, and the id with which to swap it on the same connection."""

    value: str
    cas: bytes


class NoAnswer(NamedTuple):
    """No usable answer came. Whether the request was carried out, now or later, is not known."""

    reason: str


class CannotStart(NamedTuple):
    """The command could not be started.

    Attributes:
        exit_code: What to end with instead of the command's own exit code.
        reason: Why, for a person.
    """

    exit_code: int
    reason: str


Request = Read | Add | Swap | Stats | Pause
Value = Mapping[str, Item] | Mapping[str, int] | int | NoAnswer | CannotStart | None


class Answer(NamedTuple):
    """What came back.

    Attributes:
        value: `Read`: the items found. `Add`: whether it was written. `Swap`: True, False (somebody
            wrote since) or None (it is gone). `Stats`: the counters. Or `NoAnswer`.
        wall: The wall clock when the answer came, in seconds since 1970.
        sent: The monotonic clock right before the request was sent, in seconds.
        now: The monotonic clock when the answer came.
    """

    value: Value
    wall: float
    sent: float
    now: float


Asked = TypeVar("Asked")
Result = TypeVar("Result")
Steps = Generator[Request, Answer, Result]
"""A part of the protocol: yields requests, is sent answers, returns its result."""


EXCERPT = 60
"""Characters of what cannot be read that are told."""


class Cut(Exception):  # noqa: N818  it is an event of the protocol, caught inside it
    """An answer is missing, and the connection with it.

    Attributes:
        reason: What was seen instead.
        now: The monotonic clock then.
    """

    def __init__(self, reason: str, now: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.now = now


class Unreadable(Exception):  # noqa: N818  as above
    """What memcached has is no document, or one of a newer format: what it means is not known."""

    def __init__(self, key: str, value: str) -> None:
        start = f"{value[:EXCERPT]}…" if len(value) > EXCERPT else value
        super().__init__(
            f"{key} in memcached cannot be read: {start!r} was written by a newer crossfade or by "
            "somebody else: update crossfade here, or delete that key"
        )


def ask(request: Request) -> Steps[Answer]:
    """Make one request.

    Raises:
        Cut: No answer came.
    """
    answer = yield request
    if isinstance(answer.value, NoAnswer):
        raise Cut(answer.value.reason, answer.now)
    return answer


def read(*keys: str) -> Steps[Mapping[str, Item]]:
    """Return the items under these keys that exist."""
    return cast("Mapping[str, Item]", (yield from ask(Read(keys))).value)


def add(key: str, value: str, life: int) -> Steps[bool]:
    """Write a value unless there is one already; say whether it was written."""
    return (yield from ask(Add(key, value, life))).value is True


def swap(key: str, value: str, cas: bytes, life: int) -> Steps[bool]:
    """Write a value if it was not changed since it was read; say whether it was written."""
    return (yield from ask(Swap(key, value, cas, life))).value is True


def let_go(key: str, item: Item) -> Steps[bool]:
    """Take a value away if it is still the one that was read.

    An item that is swapped with a life of -1 expires at once. `delete` would do it too, but one
    that arrives late takes away what somebody else wrote in the meantime.
    """
    return (yield from swap(key, item.value, item.cas, -1))


class Driven(Generic[Asked, Result]):
    """A part of the protocol under way.

    Attributes:
        asks: What it asks for now; means nothing once it is over.
        result: What it returned; None until it is over.
        over: Whether it has returned.
    """

    def __init__(self, steps: Generator[Asked, Answer, Result]) -> None:
        """Go to the first request."""
        self._steps = steps
        self.result: Result | None = None
        self.over = False
        self._go_on(None)

    def answer(self, answer: Answer) -> None:
        """Give the answer to what it asks for, and go to the next request."""
        self._go_on(answer)

    def _go_on(self, answer: Answer | None) -> None:
        try:
            self.asks: Asked = self._steps.send(answer)  # type: ignore[arg-type]  # None starts it
        except StopIteration as end:
            self.result = end.value
            self.over = True


def drive(steps: Generator[Asked, Answer, Result], carry_out: Callable[[Asked], Answer]) -> Result:
    """Carry out what a part of the protocol asks for, until it returns.

    Args:
        steps: The part.
        carry_out: Does one request and returns its answer.

    Returns:
        The part's result.
    """
    driven = Driven(steps)
    while not driven.over:
        driven.answer(carry_out(driven.asks))
    return driven.result  # type: ignore[return-value]  # it is over
