"""The decisions about a migration as people read them: what repeats itself is told once."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from crossfade.plan.base.blocks import Tone
from crossfade.plan.base.words import when
from crossfade.plan.gates.gate import Outcome
from crossfade.plan.journal.operation import Status
from crossfade.plan.report.page import Badge, Decision, Said

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.journal.operation import Note, Operation

_GATE_TONES = {
    Outcome.PASS.value: Tone.GOOD,
    Outcome.FAIL.value: Tone.BAD,
    Outcome.ERROR.value: Tone.WRONG,
}
_TONES = {
    "advance": Tone.GOOD,
    "back": Tone.BAD,
    "abort": Tone.BAD,
    "reverse": Tone.BAD,
    "hold": Tone.NOTICE,
}
_MANY = 1000
"""From here on a figure is a count, whose fractions say nothing."""
_PERIOD = ("start", "end")
_SAID = {"gate", "outcome", *_PERIOD}
"""Figures that the sentence, or the minutes, tell already."""


def decisions_of(operations: Sequence[Operation[Any, Any]]) -> tuple[Decision, ...]:
    """Return the decisions that operations record, newest first.

    Args:
        operations: A migration's, newest first.
    """
    runs = groupby(operations, key=_likeness)
    return tuple(_decision(list(alike)) for _, alike in runs)


def said_last(results: Iterable[GateResult]) -> tuple[Said, ...]:
    """Return what gates said, with the minutes that they looked at and their figures."""
    return tuple(
        Said(
            f"gate {one.gate}: {one.outcome} ({one.reason})",
            _tone(one.outcome.value),
            (("minutes", f"{one.start:%H:%M}-{one.end:%H:%M}"), *_told(one.figures)),
        )
        for one in results
    )


def only_stays(operation: Operation[Any, Any]) -> bool:
    """Whether an operation only records that a ramp stays where it is."""
    return operation.kind == "advance" and operation.request.get("decision") == "hold"


def _likeness(operation: Operation[Any, Any]) -> Hashable:
    """Holds that are alike in what the gates said are one to a reader; all else stands alone."""
    if not only_stays(operation):
        return operation.id
    gates = frozenset((str(note.figures["gate"]), _outcome(note)) for note in _gates(operation))
    return (bool(operation.request.get("conflict")), bool(operation.request.get("done")), gates)


def _decision(alike: Sequence[Operation[Any, Any]]) -> Decision:
    newest, oldest = alike[0], alike[-1]
    word = str(newest.request.get("decision") or newest.kind)
    reversed_ = newest.status is Status.REVERSED
    tone = Tone.NOTICE if reversed_ else _TONES.get(word, Tone.PLAIN)
    if only_stays(newest) and newest.request.get("done"):
        tone = Tone.GOOD
    return Decision(
        at=when(newest.begun_at),
        first=when(oldest.begun_at) if len(alike) > 1 else "",
        times=len(alike),
        badge=Badge(f"{word}, taken back" if reversed_ else word, tone),
        why=_why(newest),
        by=newest.by.who,
        gates=tuple(
            Said(note.what, _tone(_outcome(note)), _figures(note.figures))
            for note in _gates(newest)
        ),
    )


def _why(operation: Operation[Any, Any]) -> str:
    """The reason, after what was done about it."""
    reason = str(operation.request.get("reason") or "")
    if only_stays(operation):
        return reason or operation.title
    told = not reason or reason in operation.title
    return operation.title if told else f"{operation.title}: {reason}"


def _gates(operation: Operation[Any, Any]) -> list[Note]:
    return [note for note in operation.notes if "gate" in note.figures]


def _outcome(note: Note) -> str:
    return str(note.figures.get("outcome", ""))


def _figures(found: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """All figures of a gate, and the minutes that it looked at."""
    told = _told({name: value for name, value in found.items() if name not in _SAID})
    start, end = (str(found.get(name, ""))[11:16] for name in _PERIOD)
    return (("minutes", f"{start}-{end}"), *told) if start and end else told


def _told(found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", " "), _figure(value)) for name, value in found.items())


def _tone(outcome: str) -> Tone:
    return _GATE_TONES.get(outcome, Tone.NOTICE)


def _figure(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= _MANY else f"{value:.4g}"
