"""Replaces methods of moto's classes for a time, and puts the originals back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from crossfade.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def replaced(owner: type[object], replacements: Mapping[str, object]) -> Iterator[None]:
    """Replace attributes that `owner` itself defines until the block ends.

    Args:
        owner: The class whose attributes are replaced.
        replacements: New values by attribute name.

    Raises:
        Failed: `owner` defines no such attribute: another version of moto than the rules know.
    """
    unknown = sorted(replacements.keys() - vars(owner).keys())
    if unknown:
        raise Failed(
            f"this version of moto has no {owner.__name__}.{unknown[0]}, which the strict rules "
            "replace: install the versions of the lock file"
        )
    originals = {name: vars(owner)[name] for name in replacements}
    for name, value in replacements.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in originals.items():
            setattr(owner, name, value)


@contextmanager
def added(owner: type[object], additions: Mapping[str, object]) -> Iterator[None]:
    """Give `owner` attributes that it lacks until the block ends.

    One that it has, as when blocks are nested, is replaced for the time.

    Args:
        owner: The class that gets them.
        additions: Their values by name.
    """
    there = {name: vars(owner)[name] for name in additions if name in vars(owner)}
    for name, value in additions.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name in additions:
            if name in there:
                setattr(owner, name, there[name])
            else:
                delattr(owner, name)
