"""Reading what the page says: heads, the newest operations, and the timelines of migrations.

What one document lacks hides nothing of the others: it is told on the page that it cannot be read.

Requests: a head and a listing for each subject, the newest operations of all together, and what a
timeline needs for each migration that has begun.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Failed
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.journal.recall import recalled
from crossfade.operations.pictures.read_timeline import read_timeline
from crossfade.operations.status.status import SubjectStatus, must_be_known, readable, status
from crossfade.plan.cron.move.move import Standing
from crossfade.plan.journal.operation import Json, Operation, Status
from crossfade.plan.ramp.progress import Progress
from crossfade.plan.report.events import MOST_EVENTS
from crossfade.plan.report.known import Known, KnownCron, KnownMigration, KnownSite
from crossfade.plan.sites.site import SiteState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.plan.pictures.timeline import Timeline
    from crossfade.settings import Settings

MOST_OF_A_RAMP = 120
"""Newest operations that are read of one migration: a ramp records a decision each minute."""

_STATES: dict[str, Any] = {"sites": SiteState, "migrations": Progress, "crons": Standing}

Record = Operation[Any, Any]


def read_known(world: World, subject: str = "") -> list[Known]:
    """Read one subject, or all that the configuration or the journal has.

    Raises:
        BadInput: Neither knows the subject.
        Unavailable: S3 did not answer.
    """
    if subject:
        must_be_known(world, subject)
        found = [readable(world, subject)]
    else:
        found = [one for one in status(world) if _says_something(one)]
    names = [one.subject for one in found if not one.trouble]
    listed = fan_out(world.journal.identifiers, names, width=world.connections)
    ids = dict(zip(names, listed, strict=True))
    wanted = _newest(ids)
    read = fan_out(partial(_record, world), wanted, width=world.connections)
    records = {name: [one for at, one in zip(wanted, read, strict=True) if at[0] == name]
               for name in names}  # fmt: skip
    return [_known(world, one, ids.get(one.subject, []), records.get(one.subject, []))
            for one in found]  # fmt: skip


def _says_something(found: SubjectStatus) -> bool:
    """Whether there is anything to tell: releases whose journal is empty have nothing."""
    told = found.last or found.open or found.trouble
    return bool(told) or not found.subject.startswith("releases/")


def _newest(ids: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return which operations are read: the newest of all subjects, more of migrations."""
    ramps = {name: some for name, some in ids.items() if name.startswith("migrations/")}
    others = [(one, name) for name, some in ids.items() if name not in ramps for one in some]
    newest = [(name, one) for one, name in sorted(others, reverse=True)[:MOST_EVENTS]]
    return newest + [(name, one) for name, some in ramps.items() for one in some[:MOST_OF_A_RAMP]]


def _record(world: World, wanted: tuple[str, str]) -> Record | str:
    """Read one operation, or say why it cannot be read."""
    subject, identifier = wanted
    state = _STATES.get(subject.partition("/")[0], Json)
    try:
        return world.journal.record(subject, identifier, state)
    except Failed as error:
        return str(error)


def _known(
    world: World, found: SubjectStatus, ids: Sequence[str], read: Sequence[Record | str]
) -> Known:
    named = found.open.operation if found.open else ""
    operations = [
        one for one in read
        if isinstance(one, Operation) and (one.status is not Status.OPEN or one.id == named)
    ]  # fmt: skip
    given: dict[str, Any] = {
        "subject": found.subject,
        "configured": found.configured,
        "trouble": found.trouble,
        "open": found.open,
        "lease_left": found.lease_left,
        "operations": tuple(operations),
        "more": len(ids) > len(read),
        "damaged": tuple(one for one in read if isinstance(one, str)),
    }
    kind = found.subject.partition("/")[0]
    if kind == "sites":
        return _site(world, found, given)
    if kind == "migrations":
        return _migration(world, found, given)
    if kind == "crons":
        return KnownCron(**given, standing=found.standing, schedule=_schedule(world, found))
    return Known(**given)


def _site(world: World, found: SubjectStatus, given: dict[str, Any]) -> KnownSite:
    live, made_by = found.live, None
    if live is not None:
        known = {one.id: one for one in given["operations"]}
        told = known.get(live.operation) or _record(world, (found.subject, live.operation))
        if isinstance(told, Operation):
            made_by = told
        elif told not in given["damaged"]:
            given["damaged"] = (*given["damaged"], told)
    environment = found.subject.split("/")[1]
    place = _settings(world, found.subject).environments.get(environment)
    return KnownSite(**given, live=live, made_by=made_by, url=place.url if place else "")


def _migration(world: World, found: SubjectStatus, given: dict[str, Any]) -> KnownMigration:
    name = found.subject.partition("/")[2]
    section = _settings(world, found.subject).migrations.get(name)
    timeline, unseen = _timeline(world, found)
    return KnownMigration(
        **given,
        progress=found.progress,
        plan=section.plan() if section else None,
        timeline=timeline,
        reversible_until=found.reversible_until,
        unseen=unseen,
    )


def _timeline(world: World, found: SubjectStatus) -> tuple[Timeline | None, str]:
    """Read what the picture shows, or say why there is none; neither where nothing has begun."""
    if found.progress is None or not (found.last or found.open):
        return None, ""
    try:
        known = recalled(world, found.subject)
        timeline = read_timeline(known, found.subject.partition("/")[2])
    except (BadInput, Failed) as error:
        return None, str(error)
    return (timeline, "") if timeline.settings else (None, "")


def _schedule(world: World, found: SubjectStatus) -> str:
    section = _settings(world, found.subject).crons.get(found.subject.partition("/")[2])
    return f"{section.schedule} ({section.timezone})" if section else ""


def _settings(world: World, subject: str) -> Settings:
    """The settings, with what the journal recorded of a subject that they no longer have."""
    try:
        return recalled(world, subject).settings
    except (BadInput, Failed):
        return world.settings
