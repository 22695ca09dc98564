"""The doctor's look at every document of the journal: readable, strict, and in agreement.

One damaged document is one finding, never the end of the look. Where asked, releases that have no
record of their digest get one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from crossfade.adapters.aws.journal import DIGEST, Damaged, readable
from crossfade.adapters.cron.gathered import TICKS
from crossfade.errors import CrossfadeError
from crossfade.operations.base.world import inbox_subject
from crossfade.operations.doctor.guard import mend_of
from crossfade.operations.doctor.probe_rights import PROBES
from crossfade.operations.journal.fan_out import fan_out
from crossfade.plan.base.finding import problem, warning
from crossfade.plan.cron.move.move import Move, Standing
from crossfade.plan.dns.change import RecordsChange
from crossfade.plan.doctor.journal import JOURNAL, Documents, examine_documents, restore
from crossfade.plan.journal.documents import head_from_json, operation_from_json, record_from_json
from crossfade.plan.journal.operation import Json, Untold
from crossfade.plan.purge.purge import PurgeWork
from crossfade.plan.ramp.progress import Progress
from crossfade.plan.sites.site import SiteState, SiteWork, inventory_from
from crossfade.plan.tandem.order import Telling
from crossfade.plan.tandem.ready import Inbox
from crossfade.plan.tandem.standing import Standing as TandemStanding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.journal.operation import Operation

T = TypeVar("T")

HEAD, ROOT, OPERATION = "head.json", ".root.json", ".json"
"""How the names of a subject's documents end."""

LEVELS = {"sites": 3, "releases": 2, "migrations": 2, "crons": 2, "tandems": 2}
"""Parts of the names of each kind of subject."""

KINDS: Mapping[str, tuple[Any, Any]] = {
    "sites": (SiteWork, SiteState),
    "releases": (PurgeWork, Json),
    "migrations": (RecordsChange, Progress),
    "crons": (Move, Standing),
    "tandems": (Telling, TandemStanding),
}
"""The work and the state of each kind of subject."""

_INBOX = 3
"""Parts of the name of a tandem's inbox, a subject below the tandem's own."""

NO_WORK = b'"work":{}'
"""What the record of a decision holds where another's has its work."""


@dataclass(frozen=True)
class _Looks:
    """What reading some documents came to.

    Attributes:
        read: What each that can be read says, by its name.
        wrong: A finding for each of the others.
    """

    read: Mapping[str, Any]
    wrong: Sequence[Finding]


def examine_all(world: World) -> Iterator[Finding]:
    """Read the whole journal, subject by subject, and judge whether it agrees with itself."""
    journal = world.journal
    names = journal.documents()
    subjects: dict[str, list[str]] = {}
    advance = world.report.begin("read the journal", len(names))
    for name in names:
        subject, document = _split(name)
        if subject:
            subjects.setdefault(subject, []).append(document)
        elif not name.startswith(TICKS):  # the gathered ticks are a record of their own
            yield _stranger(journal.bucket.url(journal.prefix + name), name)
    for subject, documents in subjects.items():
        yield from _examine(world, subject, documents)
        advance(len(documents))


def _split(name: str) -> tuple[str, str]:
    """Return the subject of a document and its name there; ("", "") where it is no subject's."""
    parts = name.split("/")
    depth = LEVELS.get(parts[0], 0)
    if len(parts) == _INBOX + 1 and inbox_subject(parts[1]) == "/".join(parts[:_INBOX]):
        depth = _INBOX
    if not depth or len(parts) != depth + 1:
        return "", ""
    return "/".join(parts[:depth]), parts[depth]


def _stranger(place: str, name: str) -> Finding:
    if name.startswith(PROBES):
        saw, mend = "a doctor that was killed left its probe", "delete that object"
    else:
        saw = "it is no document of crossfade's, or of a newer one's"
        mend = "see who put it there; nothing reads it"
    return warning(JOURNAL, place, saw, mend)


def _examine(world: World, subject: str, names: Sequence[str]) -> Iterator[Finding]:
    kind, *words = subject.split("/")
    inbox = kind == "tandems" and len(words) == _INBOX - 1
    work, state = (Untold, Inbox) if inbox else KINDS[kind]
    place = world.journal.bucket.url(f"{world.journal.prefix}{subject}/")
    roots = [name for name in names if name.endswith(ROOT)]
    digests = [name for name in names if name.endswith(DIGEST)]
    records = [
        name
        for name in names
        if name.endswith(OPERATION) and name != HEAD and not name.endswith(ROOT)
    ]
    for name in sorted({*names} - {*roots, *digests, *records, HEAD}):
        yield _stranger(place + name, name)
    told = partial(_read_all, world, subject)
    heads = told([HEAD] if HEAD in names else [], lambda body: head_from_json(body, state))
    operations = told(records, partial(_operation, work, state))
    kept = told(roots, lambda body: len(inventory_from(body)))
    for looks in (heads, operations, kept):
        yield from looks.wrong
    yield from examine_documents(
        Documents(
            subject=subject,
            place=place,
            head=heads.read.get(HEAD),
            headless=HEAD not in names,
            operations={name.removesuffix(OPERATION): one for name, one in operations.read.items()},
            damaged={
                name.removesuffix(OPERATION) for name in records if name not in operations.read
            },
            roots={name.removesuffix(ROOT) for name in roots},
        )
    )


def _operation(work: Any, state: Any, body: bytes) -> Operation[Any, Any]:  # noqa: ANN401  types
    """Read an operation with its work, and forget the work, which may be large."""
    if NO_WORK not in body:
        operation_from_json(body, work, state)
    told: Operation[Untold, Any] = record_from_json(body, state)
    return told


def _read_all(
    world: World, subject: str, names: Sequence[str], parse: Callable[[bytes], T]
) -> _Looks:
    """Read some documents of a subject; what cannot be read is a finding."""
    journal = world.journal
    read: dict[str, T] = {}

    def look(name: str) -> Finding | None:
        key = f"{subject}/{name}"
        place = journal.bucket.url(journal.prefix + key)
        try:
            body = journal.read(key)
            if body is not None:  # else a worker took it away since it was listed
                read[name] = readable("it", lambda: parse(body))
        except Damaged as error:
            return problem(JOURNAL, place, str(error), restore(place))
        except CrossfadeError as error:
            return problem(JOURNAL, place, str(error), mend_of(error))
        return None

    wrong = fan_out(look, names, width=world.connections)
    return _Looks(read, [one for one in wrong if one is not None])
