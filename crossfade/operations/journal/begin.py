"""How every operation begins: named, written with its checkpoint, and opened, all or none.

Nothing in the world has changed when it is open. A decision that changes nothing outside is
recorded here as well, by one record and one swap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic

from crossfade.errors import Conflict, Refused
from crossfade.operations.journal.lease import HeldLease, new_lease
from crossfade.operations.journal.step import Step
from crossfade.plan.journal.head import already_open, recorded
from crossfade.plan.journal.operation import (
    Json,
    Note,
    Operation,
    S,
    Status,
    W,
    iso,
    operation_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.head import Head


WAYS_BACK = frozenset({"rollback", "reverse", "back", "abort"})
"""The kinds of operations that go back: of any configuration, they need nothing."""


@dataclass(frozen=True)
class Intent(Generic[W, S]):
    """What is going to be done to one subject, planned on the head that was read.

    Attributes:
        head: The head as read.
        etag: That head's ETag, or "" where there was none.
        title: One line that says what is done.
        request: What was asked, or decided and from what.
        work: The effects, and for each what stood there before.
        after: The state that the subject has when it is done.
        figures: What is known of its figures by now.
        evidence: What it rests on, in order: words with their figures.
    """

    head: Head[S]
    etag: str
    title: str
    request: Json
    work: W
    after: S
    figures: Json = field(default_factory=dict)
    evidence: tuple[tuple[str, Json], ...] = ()


@dataclass(frozen=True)
class Begun:
    """Operations that are open and held.

    Attributes:
        lease: This worker's lease on all of them.
        operations: One for each intent, in their order.
    """

    lease: HeldLease
    operations: tuple[Operation[Any, Any], ...]


def new_identifier(world: World, heads: Iterable[Head[Any]]) -> str:
    """Name the operation that is going to be done to some subjects."""
    newest = max((head.last for head in heads), default="")
    return operation_id(world.clock.now(), world.chance(), after=newest)


def refuse_if_open(world: World, head: Head[Any]) -> None:
    """Refuse to plan on top of an open operation.

    Raises:
        Refused: One is open; the text names it.
    """
    if head.open is not None:
        raise Refused(already_open(head, world.clock.now()))


def begin(
    world: World,
    kind: str,
    intents: Sequence[Intent[Any, Any]],
    *,
    identifier: str = "",
    run: Run,
) -> Begun:
    """Write operations with their checkpoints, then open them, all or none.

    Args:
        world: The world.
        kind: The procedure.
        intents: One for each subject; several are a train under one name.
        identifier: The operation's id where the plan named it; "" for a new one.
        run: Runs the step.

    Raises:
        BadInput: It goes forward, and something is wrong in the configuration that may have been
            about it.
        Refused: Another operation is open on one of the subjects.
        Conflict: A subject was changed since it was planned.
    """
    if kind not in WAYS_BACK:
        for intent in intents:
            world.settings.refuse_wrong(intent.head.subject)
    name = identifier or new_identifier(world, [intent.head for intent in intents])
    operations = _operations(world, kind, name, intents)
    heads = {intent.head.subject: (intent.head, intent.etag) for intent in intents}
    lease = new_lease(world)
    titles = ", ".join(operation.title for operation in operations)
    step = Step(f"open {titles}", lambda: lease.open(operations, heads), repeatable=True)
    run(step)
    return Begun(lease, operations)


def record(
    world: World, kind: str, intent: Intent[Any, Any], *, identifier: str = "", figures: Json
) -> Operation[Any, Any]:
    """Record a decision or a person's word that changes nothing outside.

    Args:
        world: The world.
        kind: The procedure.
        intent: What was decided; its work says nothing.
        identifier: The operation's id where the decision named it; "" for a new one.
        figures: Its figures.

    Raises:
        Refused: An operation is open on the subject.
        Conflict: The subject was changed meanwhile; what was decided counts no more.
    """
    name = identifier or new_identifier(world, [intent.head])
    (begun,) = _operations(world, kind, name, [intent])
    operation = begun.ended(Status.DONE, world.clock.now(), figures)
    head = recorded(intent.head, operation, operation.after)
    world.journal.write(replace(operation, sections={}))  # the head has them; decisions are many
    try:
        world.journal.swap(head, intent.etag)
    except Conflict:
        world.journal.drop(operation)
        raise
    return operation


def _operations(
    world: World, kind: str, identifier: str, intents: Sequence[Intent[Any, Any]]
) -> tuple[Operation[Any, Any], ...]:
    members = tuple(sorted(intent.head.subject for intent in intents))
    now = iso(world.clock.now())
    return tuple(
        Operation(
            id=identifier,
            subject=intent.head.subject,
            kind=kind,
            title=intent.title,
            by=world.actor,
            begun_at=now,
            request=intent.request,
            before=intent.head.state,
            after=intent.after,
            work=intent.work,
            members=members,
            figures=intent.figures,
            notes=tuple(Note(now, what, figures) for what, figures in intent.evidence),
            sections=world.settings.sections_of(intent.head.subject),
        )
        for intent in intents
    )
