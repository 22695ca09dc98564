"""Resume and reverse: settling what is open, and taking back what is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import dry_run as dry_run_option
from crossfade.cli.app.command import working
from crossfade.cli.app.screen import Screen
from crossfade.cli.render.documents import Document, operation_document, outcome_document
from crossfade.cli.render.plan import outcome_blocks
from crossfade.cli.render.sites import operation_blocks
from crossfade.errors import Refused
from crossfade.operations import kinds
from crossfade.operations.journal.step import read_step
from crossfade.operations.purge.reverse import reverse_purge
from crossfade.operations.sites.rollback import reverse_done
from crossfade.operations.status import status as read
from crossfade.plan.base.blocks import Block, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.operation import Operation

Answer = tuple[Document, "Iterable[Block]"]
"""What a command prints, for scripts and for people."""

take_over_option = click.option(
    "--take-over",
    is_flag=True,
    help="Do not wait for the lease of a worker that may still be alive; it stops at its next "
    "check.",
)


@click.command
@click.argument("subject")
@take_over_option
@as_json_option
def resume(subject: str, *, take_over: bool, as_json: bool) -> None:
    """Finish the operation that is open on SUBJECT, from any machine.

    A lease that its worker still holds is waited out, saying how long.
    """
    with working(as_json=as_json) as (world, run):
        _known(world, subject, run)
        closed = kinds.resume(world, subject, take_over=take_over, run=run)
    document, blocks = _settled(closed)
    if not closed:
        blocks = [Line(f"{subject}: nothing is open there, so there is nothing to finish")]
    Screen(as_json=as_json).show({"subject": subject, **document}, blocks)


@click.command
@click.argument("subject")
@click.option(
    "--to",
    default="",
    metavar="CHECKPOINT",
    help="The oldest finished operation to take back.  [default: the last one]",
)
@click.option("--last", is_flag=True, help="With nothing open: take back the last operation.")
@take_over_option
@dry_run_option
@as_json_option
def reverse(
    subject: str, *, to: str, last: bool, take_over: bool, dry_run: bool, as_json: bool
) -> int:
    """Take back the operation that is open on SUBJECT; with --last or --to, a finished one.

    What the checkpoints recorded is put back. A lease that the worker of an open operation still
    holds is waited out, saying how long.
    """
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        _known(world, subject, run)
        code = 0
        if to:
            (document, blocks), code = _finished(world, subject, to, run, dry_run=dry_run)
        elif dry_run:
            (document, blocks), code = _foretold(world, subject, run)
        elif closed := kinds.reverse_open(world, subject, take_over=take_over, run=run):
            document, blocks = _settled(closed)
        elif last:
            (document, blocks), code = _finished(world, subject, to, run, dry_run=False)
        else:
            title = f"read what was done last on {subject}"
            raise Refused(read_step(run, title, lambda: kinds.nothing_open(world, subject)))
    Screen(as_json=as_json).show({"subject": subject, **document}, blocks)
    return code


def _known(world: World, subject: str, run: Run) -> None:
    read_step(run, f"look for {subject}", lambda: read.must_be_known(world, subject))


def _settled(closed: Sequence[Operation[Any, Any]]) -> Answer:
    return {
        "dry_run": False,
        "operations": [operation_document(one) for one in closed],
    }, operation_blocks(closed)


def _foretold(world: World, subject: str, run: Run) -> tuple[Answer, int]:
    """Say what would be taken back."""
    (now,) = read_step(run, f"read {subject}", lambda: read.status(world, subject))
    there = now.open
    if there is None:
        return _finished(world, subject, "", run, dry_run=True)
    text = f"{subject}: would take back {there.title} ({there.operation}); nothing was changed"
    return ({"dry_run": True, "open": there.operation, "operations": []}, [Line(text)]), 0


def _finished(
    world: World, subject: str, to: str, run: Run, *, dry_run: bool
) -> tuple[Answer, int]:
    """Take back finished operations, in the way of the subject's kind; tell the exit code too."""
    kind, _, name = subject.partition("/")
    if kind == "releases":
        returned = reverse_purge(world, name, to=to, dry_run=dry_run, run=run)
        closed = [returned.operation] if returned.operation else []
        blocks = operation_blocks(closed) if closed else [Line(returned.line())]
        operations = [operation_document(one) for one in closed]
        return ({**returned.document(), "operations": operations}, blocks), 0
    if kind == "migrations":
        from crossfade.cli.render.ramp import returned_answer  # noqa: PLC0415  only migrations need it
        from crossfade.operations.ramp.back import reverse_ramp  # noqa: PLC0415

        gone = reverse_ramp(world, name, to=to, dry_run=dry_run, run=run)
        return returned_answer(gone), gone.exit_code
    if kind == "crons":
        from crossfade.cli.render.moves import moved_answer  # noqa: PLC0415  only cron jobs need it
        from crossfade.operations.cron.move.move import reverse_cron  # noqa: PLC0415

        moved = reverse_cron(world, name, to=to, dry_run=dry_run, run=run)
        return moved_answer([moved]), moved.exit_code
    if kind == "tandems":
        from crossfade.cli.render.tandems import tandem_answer  # noqa: PLC0415  only tandems
        from crossfade.operations.tandem.ways_back import reverse_tandem  # noqa: PLC0415

        went = reverse_tandem(world, name, to=to, dry_run=dry_run, run=run)
        return tandem_answer(went), went.exit_code
    outcome = reverse_done(world, subject, to=to, dry_run=dry_run, run=run)
    again = f"crossfade reverse {subject} --last"
    return (outcome_document(outcome), outcome_blocks(outcome, back=again, can_expect=False)), 0
