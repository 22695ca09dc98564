"""What commands answer about migrations: documents for scripts, lines and tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.cli.render.documents import Document, operation_document
from crossfade.errors import Failed, Refused
from crossfade.operations.ramp.return_plan import where
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.dns.vector import percent
from crossfade.plan.gates.told import gate_table
from crossfade.plan.journal.documents import state_to_json
from crossfade.plan.journal.operation import iso
from crossfade.plan.ramp.decide import told as decision_document
from crossfade.plan.ramp.preview import preview_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from crossfade.operations.cron.move.move import Moved
    from crossfade.operations.ramp.consent import Said
    from crossfade.operations.ramp.finish import Finished
    from crossfade.operations.ramp.look import Advanced
    from crossfade.operations.ramp.return_plan import Returned
    from crossfade.operations.status.status import SubjectStatus
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.ramp.preview import StagePreview
    from crossfade.plan.ramp.progress import Progress

Answer = tuple[Document, "Iterable[Block]"]
"""What a command prints, for scripts and for people."""


def advanced_answer(done: Advanced) -> Answer:
    """Tell one decision, its evidence, and what it changed."""
    evidence = done.evidence
    results = evidence.results if evidence else ()
    settled = {"decision": "settle" if done.dry_run else "settled"}
    document = {
        "migration": done.name,
        **(decision_document(done.decision) if done.decision else settled),
        "dry_run": done.dry_run,
        "evidence": [gate_document(result) for result in results],
        "difference": list(evidence.difference) if evidence else [],
        "set": _weights(done.was),
        "live": _weights(evidence.live if evidence else None),
        "digest": evidence.digest if evidence else "",
        "changed": _changed(done),
        "position": state_to_json(done.progress),
        "crons": _crons(done.crons),
        "operations": [operation_document(one) for one in done.operations],
        "exit_code": done.exit_code,
    }
    return document, _advanced_blocks(done, results)


def _crons(moved: Sequence[Moved]) -> list[Document]:
    """Return what came of the cron jobs that moved with a ramp."""
    if not moved:
        return []
    from crossfade.cli.render.moves import moved_document  # noqa: PLC0415  few stages move cron jobs

    return [moved_document(one) for one in moved]


def _changed(done: Advanced) -> Document | None:
    """Return from which weights to which, or None where no weights were changed."""
    if done.dry_run or done.was == done.progress.vector:
        return None
    return {"from": _weights(done.was), "to": _weights(done.progress.vector)}


def _advanced_blocks(done: Advanced, results: Sequence[GateResult]) -> Iterator[Block]:
    tone = {0: Tone.GOOD, 1: Tone.BAD}.get(done.exit_code, Tone.NOTICE)
    yield Line(done.line(), tone)
    if results:
        yield gate_table(results)
    asked = done.progress.decided.ask_again if done.progress.decided else None
    if asked is not None:
        yield Line(f"asks again at {instant(asked)} UTC", Tone.ASIDE)
    for one in done.operations:
        yield Line(f"operation {one.id}", Tone.ASIDE)
    if done.dry_run:
        yield Line("nothing was changed")


def returned_answer(done: Returned) -> Answer:
    """Tell what came of going back."""
    document = {
        "migration": done.name,
        "dry_run": done.dry_run,
        "nothing_to_do": done.to is None and not done.operations,
        "from": _weights(done.came),
        "to": _weights(done.goes),
        "checkpoint": done.to.operation if done.to else "",
        "stage": done.to.stage if done.to else "",
        "through": [_weights(one) for one in done.steps.through] if done.steps else [],
        "pause_seconds": done.steps.pause.total_seconds() if done.steps else 0.0,
        "warning": done.warning,
        "crons": _crons(done.crons),
        "operations": [operation_document(one) for one in done.operations],
    }
    return document, _returned_blocks(done)


def _returned_blocks(done: Returned) -> Iterator[Block]:
    yield Line(done.line(), Tone.GOOD if done.operations else Tone.PLAIN)
    if done.warning:
        yield Line(done.warning, Tone.NOTICE)
    for one in done.operations:
        yield Line(f"operation {one.id}", Tone.ASIDE)
    if done.operations:
        yield Line(f"`crossfade hold {done.name} --release` lets it go forward again", Tone.ASIDE)


def finished_answer(done: Finished) -> Answer:
    """Tell what came of one act of a migration's end."""
    document = {
        "migration": done.name,
        "dry_run": done.dry_run,
        "nothing_to_do": done.operation is None and not done.dry_run,
        "said": done.text,
        "evidence": [gate_document(result) for result in done.proof],
        "position": state_to_json(done.progress),
        "operations": [operation_document(done.operation)] if done.operation else [],
    }
    return document, _finished_blocks(done)


def _finished_blocks(done: Finished) -> Iterator[Block]:
    yield Line(done.line(), Tone.GOOD if done.operation else Tone.PLAIN)
    if done.proof:
        yield gate_table(done.proof)
    if done.operation:
        yield Line(f"operation {done.operation.id}", Tone.ASIDE)
    if done.dry_run:
        yield Line("nothing was changed")


def said_answer(said: Said) -> Answer:
    """Tell what came of a person's word."""
    operation = said.operation
    document = {
        "migration": said.name,
        "nothing_to_do": operation is None,
        "said": said.text,
        "position": state_to_json(said.progress),
        "operations": [operation_document(operation)] if operation else [],
    }
    return document, [Line(said.line())]


def gates_answer(name: str, results: Sequence[GateResult]) -> Answer:
    """Tell what gates say."""
    document = {"migration": name, "evidence": [gate_document(result) for result in results]}
    blocks: list[Block] = [gate_table(results)] if results else [Line(f"{name}: no gates to ask")]
    return document, blocks


def preview_answer(name: str, stages: Sequence[StagePreview]) -> Answer:
    """Foretell a ramp, stage by stage."""
    document: Document = {
        "migration": name,
        "dry_run": True,
        "stages": [_foretold(one) for one in stages],
    }
    document["gates"] = next((one.promise for one in stages), "")
    return document, [*preview_blocks(name, stages), Line("nothing was changed")]


def _foretold(stage: StagePreview) -> Document:
    back = stage.back
    return {
        "stage": stage.name,
        "share": float(stage.share),
        "weights": _weights(stage.vector),
        "off_by_points": float(stage.error),
        "least_seconds": stage.least.total_seconds(),
        "legacy_rps": stage.legacy_rps,
        "new_rps": stage.new_rps,
        "back_seconds": back.total.total_seconds(),
        "detection_seconds": back.detection.total_seconds() if back.detection else None,
        "asks": list(stage.asks),
        "sees": stage.sees,
    }


def gate_document(result: GateResult) -> Document:
    """Return what one gate said, with its figures."""
    return {
        "gate": result.gate,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "start": iso(result.start),
        "end": iso(result.end),
        "figures": result.figures,
    }


def migration_blocks(found: Sequence[SubjectStatus]) -> Iterator[Block]:
    """Tell where migrations stand; one alone with all that its gates said."""
    rows = [(one.subject, *_standing(one.progress)) for one in found if one.progress is not None]
    if not rows:
        return
    columns = (
        Column("MIGRATION"),
        Column("STAGE"),
        Column("ON NEW", right=True),
        Column("SINCE (UTC)", whole=True),
        Column("DECIDED"),
    )
    yield Table(columns, rows)
    if len(found) == 1 and found[0].progress is not None:
        name = found[0].subject.partition("/")[2]
        yield from _details(name, found[0].progress, found[0].reversible_until)


def standing_code(progress: Progress) -> int:
    """Return the exit code that says how a migration stands.

    0 it goes on or is complete; 1 it went back; 3 it waits for a person.
    """
    decided = progress.decided
    if progress.completed_at is not None or decided is None:
        return 0
    if decided.word == "back":
        return Failed.exit_code
    person = decided.word == "hold" and decided.ask_again is None
    return Refused.exit_code if person or progress.frozen is not None else 0


def _standing(progress: Progress) -> tuple[str, str, str, str]:
    decided = progress.decided
    return (
        progress.stage or "-",
        percent(progress.vector.share) if progress.vector else "-",
        instant(progress.since) if progress.since else "-",
        f"{decided.word}: {decided.reason}" if decided else "-",
    )


def _details(name: str, progress: Progress, reversible_until: datetime | None) -> Iterator[Block]:
    if progress.simple_at is not None:
        yield Line(f"simple records of new since {instant(progress.simple_at)} UTC")
    elif progress.vector is not None:
        yield Line(f"weights    {progress.vector}")
    if progress.results:
        yield gate_table(progress.results)
    if progress.decided is not None and progress.decided.ask_again is not None:
        yield Line(f"asks again {instant(progress.decided.ask_again)} UTC")
    if progress.frozen is not None:
        yield Line(f"frozen     by {progress.frozen.by}: {progress.frozen.reason}", Tone.NOTICE)
    for one in progress.checkpoints:
        command = f"crossfade reverse migrations/{name} --to {one.operation}"
        yield Line(f"`{command}` returns to {where(one)}", Tone.ASIDE, whole=True)
    if progress.completed_at is not None:
        yield Line(f"complete since {instant(progress.completed_at)} UTC", Tone.GOOD)
    if progress.final_at is not None:
        final = f"{instant(progress.final_at)} UTC"
        yield Line(f"past the point of no return since {final}: there is no way back")
    elif reversible_until is not None:
        yield Line(f"reversible until {instant(reversible_until)} UTC")


def instant(at: datetime) -> str:
    """Write an instant for people, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _weights(vector: Vector | None) -> Document | None:
    if vector is None:
        return None
    return {"legacy": vector.legacy, "new": vector.new, "share": float(vector.share)}
