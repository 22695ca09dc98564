"""The journal's documents: heads, operations and recorded digests as JSON, and back.

A document is read straight into its kind's own types. Whoever does not know the kind reads the
state as the JSON that it is.
"""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from functools import cache
from itertools import chain
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from crossfade.errors import Failed
from crossfade.plan.base.rows import apart, with_rows
from crossfade.plan.journal.digest import RecordedDigest
from crossfade.plan.journal.head import Head
from crossfade.plan.journal.operation import SCHEMA, Json, Operation, S, Untold, W

D = TypeVar("D", Head[Any], Operation[Any, Any], RecordedDigest)

_ROWS = b'"work":{"actions":['
"""What opens the actions of a work that begins with them; there may be one for each file."""

_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
"""How pydantic calls a field that a type does not have."""


@cache
def _made(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401  a type, which mypy cannot follow
    return TypeAdapter(kind)


def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401  as above: not every type is known as a key
    return _made(kind)


def _head(state: Any) -> TypeAdapter[Head[Any]]:  # noqa: ANN401  as above
    kind: Any = Head[state]
    return _adapter(kind)


def _operation(work: Any, state: Any) -> TypeAdapter[Operation[Any, Any]]:  # noqa: ANN401  as above
    kind: Any = Operation[work, state]
    return _adapter(kind)


def head_to_json(head: Head[Any]) -> bytes:
    """Serialise a head."""
    return _head(_kind(head.state)).dump_json(head, indent=1)


def head_from_json(document: bytes, state: type[S]) -> Head[S]:
    """Read a head with its state in that kind's own type."""
    return _readable(_head(state).validate_json(document))


def operation_to_json(operation: Operation[Any, Any]) -> bytes:
    """Serialise an operation with its work."""
    writer = _operation(Any, _kind(operation.before))
    actions = getattr(operation.work, "actions", ())
    if not actions:
        return writer.dump_json(operation)
    without = replace(operation, work=replace(operation.work, actions=()))
    one = _adapter(type(actions[0]))
    return with_rows(writer.dump_json(without), _ROWS, map(one.dump_json, actions))


def operation_from_json(document: bytes, work: type[W], state: type[S]) -> Operation[W, S]:
    """Read an operation with its work, straight into that kind's own types."""
    shell, rows = apart(document, _ROWS)
    operation: Operation[Any, S] = _readable(_operation(work, state).validate_json(shell))
    first = next(rows, None)
    if first is None:
        return operation
    one = _adapter(get_args(get_type_hints(work)["actions"])[0])
    actions = tuple(map(one.validate_json, chain([first], rows)))
    return replace(operation, work=replace(operation.work, actions=actions))


def record_from_json(document: bytes, state: type[S]) -> Operation[Untold, S]:
    """Read an operation without its work, for those who only tell the story."""
    shell, _ = apart(document, _ROWS)
    return _readable(_operation(Untold, state).validate_json(shell))


def digest_to_json(recorded: RecordedDigest) -> bytes:
    """Serialise a recorded digest."""
    return _adapter(RecordedDigest).dump_json(recorded, indent=1)


def digest_from_json(document: bytes) -> RecordedDigest:
    """Read a recorded digest."""
    recorded: RecordedDigest = _adapter(RecordedDigest).validate_json(document)
    return _readable(recorded)


def state_to_json(state: object) -> Json:
    """Return a state as the JSON document that a head holds."""
    document: Json = _adapter(type(state)).dump_python(state, mode="json")
    return document


def state_from_json(document: object, state: type[S], name: str = "a state") -> S:
    """Read a state in its kind's own type; one that is of that type already stays as it is.

    It is for those who meet operations of every kind, and know this one's by its subject.

    Args:
        document: The state.
        state: Its type.
        name: What it is the state of, for the reader of an error.

    Raises:
        Failed: It cannot be read.
    """
    try:
        read: S = _adapter(state).validate_python(document)
    except ValidationError as error:
        raise Failed(unreadable(name, error)) from error
    return read


def unreadable(name: str, error: ValidationError) -> str:
    """Say why a document of the journal cannot be read, and what to do.

    Args:
        name: The document.
        error: What is wrong in it.
    """
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] in _UNKNOWN:
        return (
            f"{name} has {where}, which this crossfade does not know: a newer one wrote it, so "
            "update crossfade here; or somebody did by hand: restore its last good version"
        )
    return (
        f"{name} cannot be read ({where or 'document'}: {first['msg']}): it was damaged, or a "
        "newer crossfade wrote it; restore its last good version or upgrade"
    )


def _readable(document: D) -> D:
    """Refuse a document of a newer format, whose meaning this version cannot know.

    Raises:
        Failed: It is one.
    """
    if document.schema > SCHEMA:
        raise Failed(
            f"{document.subject}: a newer crossfade wrote its journal (format {document.schema}, "
            f"this one knows up to {SCHEMA}): update crossfade here"
        )
    return document


def _kind(state: object) -> Any:  # noqa: ANN401  a type, which mypy cannot follow
    return type(state) if is_dataclass(state) else Json
