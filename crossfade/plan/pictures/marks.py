"""What happened along a ramp that is worth a mark, from its operations.

What lasts is marked once: a gate that fails again and again, a freeze, a change by somebody else
that stays there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.plan.gates.gate import Outcome
from crossfade.plan.journal.operation import Status, instant
from crossfade.plan.pictures.timeline import MarkKind, TimelineMark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.ramp.progress import Freeze, Progress

_RETURNS = {"back": MarkKind.BACK, "abort": MarkKind.ABORT, "reverse": MarkKind.REVERSE}


def marks_of(operations: Iterable[Operation[Any, Progress]]) -> tuple[TimelineMark, ...]:
    """Return the moments worth a mark, oldest first."""
    known = sorted(operations, key=lambda one: one.id)
    found = {*_returns(known), *_failures(known), *_foreign(known), *_words(known)}
    return tuple(sorted(found, key=lambda one: (one.at, one.kind)))


def _returns(operations: Sequence[Operation[Any, Progress]]) -> Iterator[TimelineMark]:
    for one in operations:
        if one.kind in _RETURNS and one.status is Status.DONE:
            why = str(one.request.get("reason", ""))
            text = f"{one.title}: {why}" if why else one.title
            yield TimelineMark(instant(one.begun_at), _RETURNS[one.kind], text)


def _failures(operations: Sequence[Operation[Any, Progress]]) -> Iterator[TimelineMark]:
    """Where a gate began to fail."""
    failing: set[str] = set()
    for note in (note for one in operations for note in one.notes if "gate" in note.figures):
        gate = str(note.figures["gate"])
        if note.figures.get("outcome") != Outcome.FAIL:
            failing.discard(gate)
        elif gate not in failing:
            failing.add(gate)
            yield TimelineMark(instant(note.at), MarkKind.FAIL, note.what)


def _foreign(operations: Sequence[Operation[Any, Progress]]) -> Iterator[TimelineMark]:
    """Where a decision found weights that somebody else had set."""
    known = ""
    for one in operations:
        if one.kind != "advance":  # people's words say nothing about what stands in DNS
            continue
        live = str(one.request.get("live", "")) if one.request.get("conflict") else ""
        if live not in ("", known):
            text = f"live {live}, set {one.request.get('set')}"
            yield TimelineMark(instant(one.begun_at), MarkKind.FOREIGN, text)
        known = live


def _words(operations: Sequence[Operation[Any, Progress]]) -> Iterator[TimelineMark]:
    """People's freezes and the end: they stay in the state, so that any later operation tells."""
    ours = set(_freezes_of_returns(operations))
    for one in operations:
        after = one.after
        if after.frozen is not None and after.frozen not in ours:
            text = f"frozen by {after.frozen.by}: {after.frozen.reason}"
            yield TimelineMark(after.frozen.at, MarkKind.HOLD, text)
        ends = {
            MarkKind.COMPLETE: (after.completed_at, "all stages are done"),
            MarkKind.SIMPLE: (after.simple_at, "the pairs became simple records of new"),
            MarkKind.FINAL: (after.final_at, "the way back was given up"),
        }
        for kind, (at, text) in ends.items():
            if at is not None:
                yield TimelineMark(at, kind, text)


def _freezes_of_returns(operations: Sequence[Operation[Any, Progress]]) -> Iterator[Freeze]:
    """The freezes that going back brought with it: its own mark says enough."""
    for one in operations:
        before, after = one.before, one.after
        if one.kind in _RETURNS and before.frozen is None and after.frozen is not None:
            yield after.frozen
