"""The ways back as commands: of sites, releases, migrations and cron jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.move import moving
from crossfade.plan.journal.documents import state_from_json
from crossfade.plan.journal.operation import Status
from crossfade.plan.ramp.return_plan import previous_checkpoint, where
from crossfade.plan.report.known import KnownCron, KnownMigration, KnownSite
from crossfade.plan.report.page import Command, Ways
from crossfade.plan.report.shown import command
from crossfade.plan.report.sites import place_of
from crossfade.plan.sites.site import SiteState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.report.known import Known

_REVERSIBLE = "purge"
"""What is done to a component's releases and can be taken back."""


def ways_of(known: Iterable[Known]) -> tuple[Ways, ...]:
    """Return the ways back of all subjects that have any.

    While an operation is open, the one way is to end it, which its notice tells.
    """
    found = (Ways(one.subject, tuple(_commands(one))) for one in known if one.open is None)
    return tuple(one for one in found if one.commands)


def endings(known: Known) -> tuple[Command, ...]:
    """Return how an open operation is ended."""
    return (
        Command(command("resume", known.subject), "finishes it"),
        Command(command("reverse", known.subject), "takes it back"),
    )


def _commands(known: Known) -> Iterator[Command]:
    if isinstance(known, KnownSite):
        yield from _of_site(known)
    elif isinstance(known, KnownMigration):
        yield from _of_migration(known)
    elif isinstance(known, KnownCron):
        yield from _of_job(known)
    else:
        yield from _of_releases(known)


def _of_site(known: KnownSite) -> Iterator[Command]:
    made_by = known.made_by
    if known.live is None or made_by is None:
        return
    before = _before(made_by)
    if made_by.kind == "promote" and before:
        yield Command(command("rollback", *place_of(known)), f"back to {before}")
        return
    goes = f"back to {before}" if before else "back to nothing, as before its first promote"
    yield Command(command("reverse", known.subject, "--to", made_by.id), goes)


def _before(operation: Operation[Any, Any]) -> str:
    live = state_from_json(operation.before, SiteState).live
    return live.version if live else ""


def _of_releases(known: Known) -> Iterator[Command]:
    last = known.operations[0] if known.operations else None
    if last is not None and last.kind == _REVERSIBLE and last.status is Status.DONE:
        line = command("reverse", known.subject, "--to", last.id)
        yield Command(line, "brings back what the last purge deleted")


def _of_migration(known: KnownMigration) -> Iterator[Command]:
    progress = known.progress
    if progress is None or progress.final_at is not None:
        return
    last = previous_checkpoint(progress)
    if last is not None:
        yield Command(command("back", known.name), f"returns to {where(last)}")
    if progress.baseline is not None:
        yield Command(command("abort", known.name), "returns to the baseline")
    for one in reversed(progress.checkpoints):
        line = command("reverse", known.subject, "--to", one.operation)
        yield Command(line, f"returns to {where(one)}")


def _of_job(known: KnownCron) -> Iterator[Command]:
    standing = known.standing
    if standing is None or not standing.checkpoint:
        return
    if standing.platform is Platform.NEW or moving(standing):
        yield Command(command("reverse", known.subject, "--last"), "back to legacy")
