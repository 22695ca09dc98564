"""What the distributions that are installed here ask for, as their metadata tells it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def asked(
    name: str, extras: Iterable[str], where: Mapping[str, str]
) -> tuple[Requirement, ...] | None:
    """Return what a distribution with extras asks for, or None where it is not installed.

    Args:
        name: The distribution.
        extras: Those of its extras that somebody asks for.
        where: The variables of markers: a Python and a system, perhaps others than these.
    """
    found = _requirements(name)
    return None if found is None else tuple(each for each in found if holds(each, extras, where))


def holds(requirement: Requirement, extras: Iterable[str], where: Mapping[str, str]) -> bool:
    """Whether a requirement counts in an environment and with extras."""
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({**where, "extra": extra}) for extra in ("", *extras)
    )


@cache
def _requirements(name: str) -> tuple[Requirement, ...] | None:
    try:
        lines = distribution(name).requires or ()
    except PackageNotFoundError:
        return None
    return tuple(Requirement(line) for line in lines)


def closure(name: str, extras: Iterable[str]) -> dict[str, set[str]]:
    """Return what an installation here brings: each distribution, and its extras asked for."""
    where = {key: str(value) for key, value in default_environment().items()}
    brought: dict[str, set[str]] = {}
    open_ends = [(canonicalize_name(name), frozenset(extras))]
    while open_ends:
        one, more = open_ends.pop()
        if one in brought and more <= brought[one]:
            continue
        brought.setdefault(one, set()).update(more)
        open_ends += [
            (canonicalize_name(each.name), frozenset(each.extras))
            for each in asked(one, brought[one], where) or ()
        ]
    return brought
