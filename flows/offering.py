"""Names that run forms offer to choose from, handed in by who deploys.

A run's own process makes the schemas as well, whenever it imports a flow; there nobody offers
anything, and nothing is read for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Kind: TypeAlias = Literal[
    "environment", "component", "version", "migration", "gate", "cron", "tandem", "subject"
]
Names: TypeAlias = "Mapping[Kind, Sequence[str]]"

_NAMES: ContextVar[Names] = ContextVar("names", default={})  # noqa: B039  nobody changes it


@contextmanager
def offering(names: Names) -> Iterator[None]:
    """Let the schemas that are made in the block offer some names."""
    token = _NAMES.set(names)
    try:
        yield
    finally:
        _NAMES.reset(token)


def offered(kind: Kind) -> Sequence[str]:
    """Return the names of one kind to choose from."""
    return _NAMES.get().get(kind, ())
