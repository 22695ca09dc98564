"""Who did what lately: the operations of all subjects together, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.plan.base.blocks import Tone
from crossfade.plan.base.words import figures, when
from crossfade.plan.journal.operation import Status
from crossfade.plan.report.decisions import only_stays
from crossfade.plan.report.page import Badge, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.report.known import Known

MOST_EVENTS = 40
"""Events that the page shows."""

_TONES = {Status.OPEN: Tone.WAITING, Status.DONE: Tone.PLAIN, Status.REVERSED: Tone.NOTICE}


def events_of(known: Iterable[Known]) -> tuple[Event, ...]:
    """Return what was done lately, newest first.

    That a ramp stays where it is stands beside the ramp. The operations of a train, which have one
    id, are one event.
    """
    found = [
        (one.id, one.subject, one) for each in known for one in each.operations if _counts(one)
    ]
    trains: dict[str, list[Operation[Any, Any]]] = {}
    for identifier, _, operation in sorted(found, key=lambda row: row[:2]):
        trains.setdefault(identifier, []).append(operation)
    newest = sorted(trains, reverse=True)[:MOST_EVENTS]
    return tuple(_event(trains[identifier]) for identifier in newest)


def _counts(operation: Operation[Any, Any]) -> bool:
    return not only_stays(operation)


def _event(train: Sequence[Operation[Any, Any]]) -> Event:
    first = train[0]
    return Event(
        at=when(first.begun_at),
        what="; ".join(dict.fromkeys(one.title for one in train)),
        badge=Badge(first.status.value, _TONES[first.status]),
        by=first.by.who,
        via=first.by.via,
        cost="; ".join(dict.fromkeys(filter(None, (figures(one.figures) for one in train)))),
        identifier=first.id,
    )
