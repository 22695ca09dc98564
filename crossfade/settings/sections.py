"""Reading back the sections that the journal keeps beside a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from crossfade.errors import BadInput
from crossfade.settings.crons import Cron
from crossfade.settings.migrations import Migration
from crossfade.settings.settings import (
    LOCK,
    RELEASES,
    Component,
    Environment,
    Lock,
    Releases,
    Settings,
    places_of,
)
from crossfade.settings.tandems import Tandem

if TYPE_CHECKING:
    from crossfade.settings.section import Section

Json = dict[str, Any]

_KINDS: dict[str, type[Section]] = {
    "environments": Environment,
    "components": Component,
    "migrations": Migration,
    "crons": Cron,
    "tandems": Tandem,
}


def names(settings: Settings, subject: str) -> bool:
    """Whether the configuration has all sections of a subject."""
    places = list(places_of(subject))
    if any(table == "components" for table, _ in places) and not settings.releases.bucket:
        return False
    return bool(places) and all(name in getattr(settings, table) for table, name in places)


def completed(settings: Settings, sections: Json) -> Settings:
    """Return the settings with recorded sections where the configuration has none of their names.

    Raises:
        BadInput: One is not what this version of crossfade reads.
    """
    update: Json = {}
    for table, kind in _KINDS.items():
        known = getattr(settings, table)
        recorded = sections.get(table, {})
        if not isinstance(recorded, dict):
            raise BadInput(
                f"the journal's sections of {table} are no table: it was damaged; restore the last "
                "good version of the subject's head"
            )
        lacking = {name: said for name, said in recorded.items() if name not in known}
        read = {name: _read(kind, f"{table}.{name}", said) for name, said in lacking.items()}
        if read:
            update[table] = {**known, **read}
    if LOCK in sections and not settings.lock.servers:
        update[LOCK] = _read(Lock, LOCK, sections[LOCK])
    if RELEASES in sections and not settings.releases.bucket:
        update[RELEASES] = _read(Releases, RELEASES, sections[RELEASES])
    return settings.model_copy(update=update) if update else settings


def _read(kind: type[Section], name: str, said: object) -> Section:
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise BadInput(
            f"[{name}] is not in the configuration, and as the journal has it this crossfade "
            f"cannot read it ({error.errors()[0]['msg']}): put it back into the configuration"
        ) from error
