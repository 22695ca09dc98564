"""Whether the documents of one subject's journal agree with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import Failed
from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.base.words import count
from crossfade.plan.journal.operation import Status, instant
from crossfade.plan.sites.site import SiteState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from crossfade.plan.base.finding import Finding
    from crossfade.plan.journal.head import Head
    from crossfade.plan.journal.operation import Operation

JOURNAL = "journal"
"""The check's name."""


@dataclass(frozen=True)
class Documents:
    """What was read of a subject's journal.

    Attributes:
        subject: The subject.
        place: Where it stands: an s3:// address ending in `/`.
        head: Its head, or None where there is none or it cannot be read.
        headless: Whether there is no head at all.
        operations: Its operations by id, those that can be read, without their work.
        damaged: Ids of those that cannot be read.
        roots: Names of the records of what a site's root held.
    """

    subject: str
    place: str
    head: Head[Any] | None
    headless: bool
    operations: Mapping[str, Operation[Any, Any]]
    damaged: Collection[str] = ()
    roots: Collection[str] = ()


def restore(place: str) -> str:
    """Say how an earlier version of a document comes back.

    Args:
        place: Its s3:// address.
    """
    bucket, _, key = place.removeprefix("s3://").partition("/")
    return (
        f"restore its last good version: `aws s3api list-object-versions --bucket {bucket} "
        f"--prefix {key}` lists them, `aws s3api copy-object --bucket {bucket} --key {key} "
        f"--copy-source '{bucket}/{key}?versionId=ID'` puts one back"
    )


def examine_documents(there: Documents) -> Iterator[Finding]:
    """Judge whether a subject's documents agree; one finding for each that does not, else one ok.

    What cannot be read is no business of this: it was found before.
    """
    wrong = [*_operations(there), *_head(there)]
    yield from wrong
    if not wrong and not there.damaged and (there.head is not None or there.headless):
        roots = f", {count(len(there.roots), 'record')} of its root" if there.roots else ""
        operations = count(len(there.operations), "operation")
        yield ok(JOURNAL, there.subject, f"readable, and in agreement: {operations}{roots}")


def _operations(there: Documents) -> Iterator[Finding]:
    for identifier, operation in there.operations.items():
        place = f"{there.place}{identifier}.json"
        if (operation.subject, operation.id) != (there.subject, identifier):
            saw = f"it is the record of {operation.id} of {operation.subject}"
            yield problem(JOURNAL, place, saw, restore(place))
            continue
        closed = operation.status is not Status.OPEN
        times = [operation.begun_at, *(note.at for note in operation.notes)]
        yield from _instants(place, [*times, *([operation.ended_at] if closed else [])])
        if there.subject not in operation.members:
            saw = f"it concerns {', '.join(operation.members) or 'nothing'} and not its own subject"
            yield problem(JOURNAL, place, saw, restore(place))


def _instants(place: str, texts: list[str]) -> Iterator[Finding]:
    for text in texts:
        try:
            instant(text)
        except Failed:
            yield problem(JOURNAL, place, f"it says {text!r} where a time belongs", restore(place))


def _head(there: Documents) -> Iterator[Finding]:
    place = f"{there.place}head.json"
    closed = [one for one in there.operations.values() if one.status is not Status.OPEN]
    if there.head is None:
        if there.headless and closed:
            yield warning(
                JOURNAL,
                place,
                f"it is gone; it is found again from {count(len(closed), 'operation')}",
                f"{restore(place)}; or let the next operation write it anew",
            )
        return
    for saw in _contradictions(there, there.head):
        yield problem(JOURNAL, place, saw, restore(place))
    if there.head.open is not None:
        yield from _instants(place, [there.head.open.since, there.head.open.lease.expires])
    yield from _unknown(there, there.head, place)


def _contradictions(there: Documents, head: Head[Any]) -> Iterator[str]:
    """Tell what a head says that the rest of the journal does not bear out."""
    if head.subject != there.subject:
        yield f"it is the head of {head.subject}"
        return
    known = {*there.operations, *there.damaged}
    named = {"its last operation": head.last}
    if head.open is not None:
        named["its open operation"] = head.open.operation
    if isinstance(head.state, SiteState):
        live = head.state.live
        named["the operation that a rollback returns to"] = head.state.back
        named["the operation that made the live release live"] = live.operation if live else ""
        if head.state.root and head.state.root not in there.roots:
            yield f"it names {head.state.root} as the record of its root, and there is none"
    for what, identifier in named.items():
        if identifier and identifier not in known:
            yield f"it names {identifier} as {what}, and there is no record of it"
    last = there.operations.get(head.last)
    if last is None or head.open is not None:
        return
    if last.status is Status.OPEN:
        yield f"it names {last.id} as done, whose record says that it is open"
    elif last.status is Status.DONE and last.after != head.state:
        yield f"it says another state than {last.id}, its last operation, left"


def _unknown(there: Documents, head: Head[Any], place: str) -> Iterator[Finding]:
    """Find operations that are closed and newer than what the head knows."""
    opened = head.open.operation if head.open is not None else ""
    for identifier, operation in there.operations.items():
        newer = identifier > head.last and identifier != opened
        if newer and operation.status is not Status.OPEN:
            yield warning(
                JOURNAL,
                f"{there.place}{identifier}.json",
                f"it is {operation.status}, and the head does not know it: a worker died between "
                "the two, so that it counts for nothing; or the head is an earlier one",
                f"where the head was put back by hand, restore its newest version ({place})",
            )
