"""The lock is complete: whatever is installed from it finds there all that it asks for.

What is proven here comes from the metadata of what is installed, without a network. `make
lock-check` resolves the lock anew, which also covers what other Pythons and systems install.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements.complete import LOCK, environment
from tests.installed import asked, holds
from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = ("linux", "macos")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OWN = "crossfade"


@dataclass(frozen=True)
class Wish:
    """What somebody asks for."""

    by: str
    requirement: Requirement

    @property
    def name(self) -> str:
        """The distribution that is asked for."""
        return canonicalize_name(self.requirement.name)


def locked(text: str) -> list[Requirement]:
    """Return the lock's pins; a line goes on after a backslash, with hashes."""
    lines = (line.partition(" \\")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def pins_of(text: str, where: Mapping[str, str]) -> dict[str, str]:
    """Return the version of each distribution that the lock installs in an environment."""
    here = [each for each in locked(text) if holds(each, (), where)]
    pins = {canonicalize_name(each.name): str(each.specifier)[2:] for each in here}
    assert len(pins) == len(here), "two lines of the lock hold at once for one name"
    return pins


@cache
def wishes_of_the_project() -> frozenset[Wish]:
    """Return what the project itself asks for, as `make lock` reads it."""
    extra = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    read = [Requirement(line) for line in [*lines, *extra["local"]]]
    for one in read:
        if one.name == OWN:
            read += [Requirement(line) for name in one.extras for line in extra[name]]
    return frozenset(Wish("pyproject.toml", one) for one in read if one.name != OWN)


def wishes(pins: Mapping[str, str], where: Mapping[str, str]) -> set[Wish]:
    """Return what the project and all that is locked ask for, with the extras asked of each."""
    found = set(wishes_of_the_project())
    asking: set[tuple[str, str, frozenset[str]]] = set()
    while True:
        extras: dict[str, set[str]] = {name: set() for name in pins}
        for wish in found:
            extras.setdefault(wish.name, set()).update(wish.requirement.extras)
        now = {(name, pinned, frozenset(extras[name])) for name, pinned in pins.items()}
        if now == asking:
            return found
        found.update(*(wishes_of(*one, where) for one in now - asking))
        asking = now


def wishes_of(
    name: str, pinned: str, extras: frozenset[str], where: Mapping[str, str]
) -> list[Wish]:
    """Return what one locked distribution asks for, where that version is the installed one."""
    requirements = asked(name, extras, where)
    if requirements is None or version(name) != pinned:
        return []
    return [Wish(name, each) for each in requirements]


def gaps(pins: Mapping[str, str], where: Mapping[str, str]) -> list[str]:
    """Return a sentence for each wish that pins do not fulfil."""
    return sorted(
        f"{wish.by} asks for {wish.requirement}, and the lock has {pins.get(wish.name, 'none')}"
        for wish in wishes(pins, where)
        if wish.name not in pins
        or not wish.requirement.specifier.contains(pins[wish.name], prereleases=True)
    )


@pytest.fixture(params=[(python, system) for python in PYTHONS for system in SYSTEMS], ids=" ".join)
def where(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each Python on each system, as markers see it."""
    return environment(*request.param)


def test_all_that_is_locked_finds_what_it_asks_for_in_the_lock(where: dict[str, str]) -> None:
    assert gaps(pins_of(LOCK.read_text(), where), where) == []


@pytest.mark.parametrize(
    ("gone", "asking"),
    [
        ("pytest", "pyproject.toml asks for pytest"),
        ("coverage", "pytest-cov asks for coverage[toml]"),
        ("sqlalchemy", "pyproject.toml asks for sqlalchemy"),
        ("greenlet", "sqlalchemy asks for greenlet"),
        ("flask-cors", "moto asks for flask-cors"),
        ("pycparser", "cffi asks for pycparser"),
    ],
)
def test_a_line_that_is_taken_out_of_the_lock_is_missed(gone: str, asking: str) -> None:
    here = environment("3.11", "linux")
    lines = LOCK.read_text().splitlines()
    rest = pins_of("\n".join(line for line in lines if not line.startswith(f"{gone}==")), here)
    missed = [one for one in gaps(rest, here) if one.endswith("and the lock has none")]
    assert any(one.lower().startswith(asking) for one in missed), missed


def test_a_version_that_somebody_cannot_use_is_said() -> None:
    here = environment("3.11", "linux")
    pins = {**pins_of(LOCK.read_text(), here), "sqlalchemy": "2.1.9"}
    assert "pyproject.toml asks for sqlalchemy<2.1,>=2.0.50, and the lock has 2.1.9" in gaps(
        pins, here
    )
