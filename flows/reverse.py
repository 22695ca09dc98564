"""Reverse: take back the open operation of a subject, or finished ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import Failed, Refused
from crossfade.operations.cron.move.move import reverse_cron
from crossfade.operations.journal.step import read_step
from crossfade.operations.kinds import nothing_open, reverse_open
from crossfade.operations.purge.reverse import reverse_purge
from crossfade.operations.ramp.back import reverse_ramp
from crossfade.operations.sites.rollback import reverse_done
from crossfade.operations.status.status import status
from crossfade.operations.tandem.ways_back import reverse_tandem
from flows.parameters import SubjectName
from flows.verb import Ended, done, verb
from tasks.artifacts import (
    show_change,
    show_gone_back,
    show_moves,
    show_returned,
    show_settled,
    show_tandem,
)
from tasks.pages import outcome_line, settled_line
from tasks.purge_pages import returned_line
from tasks.steps import run_step
from tasks.world import world_of_run

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.cron.move.move import Moved
    from crossfade.operations.ramp.return_plan import Returned
    from crossfade.operations.tandem.ways_back import Went


@verb("reverse-{subject}")
def reverse(
    *,
    subject: SubjectName,
    to: str = "",
    last: bool = False,
    dry_run: bool = False,
    take_over: bool = False,
    by: str = "",
) -> Ended:
    """Take back the open operation; where none is open, a finished one that is named.

    Args:
        subject: What the operation changed: sites/ENVIRONMENT/COMPONENT, releases/COMPONENT,
            migrations/NAME, crons/JOB or tandems/NAME.
        to: The oldest finished operation to take back.
        last: Where none is open, take back the last one that was finished.
        dry_run: Show what would change, and change nothing; for finished operations.
        take_over: Do not wait for the lease of an open operation's worker to run out; that worker
            stops at its next check.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    (now,) = read_step(run_step, f"read {subject}", lambda: status(world, subject))
    if now.open is not None and not to:
        if dry_run:
            return done(f"dry run, nothing was changed: would take back {now.open.title}")
        operations = reverse_open(world, subject, take_over=take_over, run=run_step)
        show_settled(world, operations)
        return done(settled_line(subject, operations))
    if not (to or last or dry_run):
        title = f"read what was done last on {subject}"
        raise Refused(read_step(run_step, title, lambda: nothing_open(world, subject)))
    return _finished(world, subject, to=to, dry_run=dry_run)


def _finished(world: World, subject: str, *, to: str, dry_run: bool) -> Ended:
    """Take back finished operations, in the way of the subject's kind."""
    kind, _, name = subject.partition("/")
    if kind == "releases":
        returned = reverse_purge(world, name, to=to, dry_run=dry_run, run=run_step)
        show_returned(world, returned)
        return done(returned_line(returned))
    if kind == "migrations":
        gone = reverse_ramp(world, name, to=to, dry_run=dry_run, run=run_step)
        show_gone_back(gone)
        return _ended(gone)
    if kind == "crons":
        moved = reverse_cron(world, name, to=to, dry_run=dry_run, run=run_step)
        show_moves([moved])
        return _ended(moved)
    if kind == "tandems":
        went = reverse_tandem(world, name, to=to, dry_run=dry_run, run=run_step)
        show_tandem(went)
        return _ended(went)
    outcome = reverse_done(world, subject, to=to, dry_run=dry_run, run=run_step)
    show_change(world, outcome)
    return done(outcome_line(outcome))


def _ended(came: Returned | Moved | Went) -> Ended:
    if came.exit_code:
        raise Failed(came.line())
    return done(came.line())
