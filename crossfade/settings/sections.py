"""The sections that a subject rests on, as the journal keeps them beside it.

What the configuration says of a subject when an operation begins is recorded there, in the form
that a configuration file has, so that the way back does not depend on what the file says later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from crossfade.errors import BadInput
from crossfade.settings.crons import Cron
from crossfade.settings.migrations import Migration
from crossfade.settings.settings import Component, Environment, Lock, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.settings.section import Section

Json = dict[str, Any]

_TABLES: dict[str, tuple[str, ...]] = {
    "sites": ("environments", "components"),
    "releases": ("components",),
    "migrations": ("migrations",),
    "crons": ("crons",),
}
"""The tables that hold a subject's sections, by its first word; its other words are their names."""

_KINDS: dict[str, type[Section]] = {
    "environments": Environment,
    "components": Component,
    "migrations": Migration,
    "crons": Cron,
}
_LOCK = "lock"


def sections_of(settings: Settings, subject: str) -> Json:
    """Return what the configuration says of a subject; nothing of what it does not name."""
    found: Json = {}
    for table, name in _places(subject):
        section = getattr(settings, table).get(name)
        if section is not None:
            found[table] = {name: section.model_dump(mode="json", exclude_defaults=True)}
    if "crons" in found and settings.lock.servers:
        found[_LOCK] = settings.lock.model_dump(mode="json")
    return found


def names(settings: Settings, subject: str) -> bool:
    """Whether the configuration has all sections of a subject."""
    places = list(_places(subject))
    return bool(places) and all(name in getattr(settings, table) for table, name in places)


def completed(settings: Settings, sections: Json) -> Settings:
    """Return the settings with recorded sections where the configuration has none of their names.

    Raises:
        BadInput: One is not what this version of crossfade reads.
    """
    update: Json = {}
    for table, kind in _KINDS.items():
        known = getattr(settings, table)
        lacking = {
            name: said for name, said in sections.get(table, {}).items() if name not in known
        }
        read = {name: _read(kind, f"{table}.{name}", said) for name, said in lacking.items()}
        if read:
            update[table] = {**known, **read}
    if _LOCK in sections and not settings.lock.servers:
        update[_LOCK] = _read(Lock, _LOCK, sections[_LOCK])
    return settings.model_copy(update=update) if update else settings


def _places(subject: str) -> Iterator[tuple[str, str]]:
    kind, *words = subject.split("/")
    tables = _TABLES.get(kind, ())
    return zip(tables, words, strict=True) if len(tables) == len(words) else iter(())


def _read(kind: type[Section], name: str, said: object) -> Section:
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise BadInput(
            f"[{name}] is not in the configuration, and as the journal has it this crossfade "
            f"cannot read it ({error.errors()[0]['msg']}): put it back into the configuration"
        ) from error
