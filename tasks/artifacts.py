"""Artifacts: what a person would look at after a run.

They show; they are not the record. One that cannot be stored is a warning and nothing more, since
what the run did is done and stands in the journal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from crossfade.errors import CrossfadeError
from crossfade.operations.base.world import site_subject
from crossfade.operations.journal.step import Step
from crossfade.operations.status.status import status
from crossfade.plan.base.words import when
from tasks import (
    cron_pages,
    look_pages,
    move_pages,
    pages,
    purge_pages,
    ramp_pages,
    tandem_pages,
)
from tasks.steps import run_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.cron.move.move import Moved
    from crossfade.operations.cron.ticks.history import JobHistory
    from crossfade.operations.purge.reverse import PurgeReturned
    from crossfade.operations.ramp.consent import Said
    from crossfade.operations.ramp.finish import Finished
    from crossfade.operations.ramp.look import Advanced
    from crossfade.operations.ramp.return_plan import Returned
    from crossfade.operations.releases.publish import Published
    from crossfade.operations.sites.change import SiteOutcome
    from crossfade.operations.status.status import SubjectStatus
    from crossfade.operations.tandem.tandem import Told
    from crossfade.operations.tandem.ways_back import Went
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.purge.text import PurgeOutcome


def show_change(world: World, outcome: SiteOutcome) -> None:
    """Show what changed at each site, or would change, and what is live now."""
    operations = {operation.subject: operation for operation in outcome.operations}
    for plan in outcome.plans:
        if outcome.dry_run:
            _page(f"plan-{plan.subject}", plan.title, pages.plan_page(plan, outcome.plans))
        elif plan.subject in operations:
            done = operations[plan.subject]
            text = pages.change_page(plan, done, requests=world.tally.total)
            _page(plan.subject, done.title, text)
    if not outcome.dry_run:
        show_live(world, [plan.subject for plan in outcome.plans])


def show_settled(world: World, operations: Sequence[Operation[Any, Any]]) -> None:
    """Show how open operations ended, and what is live now."""
    releases = [one for one in operations if one.subject.startswith("releases/")]
    for operation in releases or operations:
        text = pages.settled_page(operation, requests=world.tally.total)
        _page(operation.subject, f"{operation.title}: {operation.status}", text)
    show_live(world, [operation.subject for operation in operations])


def show_purge(outcome: PurgeOutcome) -> None:
    """Show for each component what was purged, or would be, and what stays."""
    for plan in outcome.plans:
        text = purge_pages.purge_page(plan, outcome)
        _page(f"purge-{plan.component}", plan.line(), text)


def show_returned(world: World, returned: PurgeReturned) -> None:
    """Show which releases came back."""
    text = purge_pages.returned_page(returned, requests=world.tally.total)
    _page(f"purge-{returned.component}", returned.line(), text)


def show_ramp(done: Advanced) -> None:
    """Show what was decided about a migration, and what its gates said."""
    _page(f"migration-{done.name}", done.line(), ramp_pages.decision_page(done))


def show_finished(done: Finished) -> None:
    """Leave a page that tells one act of a migration's end, with its proof."""
    _page(f"migration-{done.name}", done.line(), ramp_pages.finished_page(done))


def show_gone_back(done: Returned) -> None:
    """Show where a migration went back to."""
    _page(f"migration-{done.name}", done.line(), ramp_pages.return_page(done))


def show_said(said: Said) -> None:
    """Show what came of a person's word about a migration."""
    _page(f"migration-{said.name}", said.line(), look_pages.said_page(said))


def show_gates(name: str, found: Sequence[GateResult]) -> None:
    """Show what the gates of a migration say."""
    _page(f"gates-{name}", look_pages.gates_line(name, found), look_pages.gates_page(name, found))


def show_findings(name: str, found: Sequence[Finding]) -> None:
    """Show what was examined, with the mends."""
    _page(f"doctor-{name}", "What was examined", look_pages.findings_page(found))


def show_status(subject: str, found: Sequence[SubjectStatus]) -> None:
    """Show how subjects stand."""
    _page(f"status-{subject}", look_pages.status_line(found), look_pages.status_page(found))


def show_history(subject: str, found: Sequence[Operation[Any, Any]], *, more: bool) -> None:
    """Show a subject's operations."""
    text = look_pages.history_page(subject, found, more=more)
    _page(f"history-{subject}", f"History of {subject}", text)


def show_ticks(found: Sequence[JobHistory]) -> None:
    """Show what became of some cron jobs' ticks."""
    _page("cron-ticks", "Ticks of cron jobs", cron_pages.ticks_page(found))


def show_moves(moved: Sequence[Moved]) -> None:
    """Show what came of moving some cron jobs, and the ticks that they were judged by."""
    _page("cron-moves", "Moves of cron jobs", move_pages.moves_page(moved))


def show_tandem(done: Told | Went) -> None:
    """Show what came of a release to both platforms, and what each of them runs."""
    _page(f"tandem-{done.name}", done.line(), tandem_pages.tandem_page(done))


def show_open(found: Sequence[SubjectStatus]) -> None:
    """Show which operations are open, and how each can be ended."""
    _table("open-operations", "Open operations", [open_row(subject) for subject in found])


def show_half_done(world: World, found: Iterable[SubjectStatus]) -> None:
    """Leave a page for each operation that a worker which stopped has left half done."""
    for one in found:
        if one.open is not None:
            operation = world.journal.record(one.subject, one.open.operation)
            title = f"Half done: {one.open.title}"
            _page(one.subject, title, pages.half_done_page(one, operation))


def show_published(published: Published) -> None:
    """Show what a release consists of."""
    title = f"{published.component} {published.version}"
    _page(f"release-{published.component}", title, pages.release_page(published))


def show_live(world: World, subjects: Iterable[str]) -> None:
    """Show what is live in the environments of some sites: one table for each environment."""
    for environment in sorted(
        {name.split("/")[1] for name in subjects if name.startswith("sites")}
    ):
        step = Step(
            f"read what is live in {environment}",
            lambda environment=environment: live_rows(world, environment),  # type: ignore[misc]  # a default binds the loop's value
            repeatable=True,
        )
        try:
            rows = run_step(step)
        except CrossfadeError as error:
            get_run_logger().warning("no table of what is live in %s: %s", environment, error)
        else:
            _table(f"live-{environment}", f"Live in {environment}", rows)


def live_rows(world: World, environment: str) -> list[dict[str, Any]]:
    """Return one row for each component: what is live, since when (UTC), and by whom."""
    rows = []
    for component in sorted(world.settings.components):
        (found,) = status(world, site_subject(environment, component))
        row = {"component": component, "version": "", "since": "", "by": "", "open": ""}
        if found.live is not None:
            by = world.journal.record(found.subject, found.live.operation).by
            row |= {"version": found.live.version, "since": when(found.live.since), "by": by.who}
        if found.open is not None:
            row["open"] = found.open.title
        rows.append(row)
    return rows


def open_row(found: SubjectStatus) -> dict[str, Any]:
    """Return one row about an open operation."""
    there = found.open
    if there is None:
        return {"subject": found.subject}
    held = f"its worker holds it for {found.lease_left:.0f} s more"
    gone = "its worker is gone"
    return {
        "subject": found.subject,
        "operation": there.title,
        "going": there.direction.value,
        "since": when(there.since),
        "by": there.by.who,
        "worker": held if found.lease_left else there.trouble or gone,
        "finish": f"crossfade resume {found.subject}",
        "take back": f"crossfade reverse {found.subject}",
    }


def artifact_key(name: str) -> str:
    """Make a name one that Prefect accepts as a key: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def kept(store: Callable[[], object], name: str) -> None:
    """Store an artifact, or say that it could not be stored."""
    try:
        store()
    except httpx.HTTPError as error:
        get_run_logger().warning("the artifact %s could not be stored: %s", name, error)


def _page(name: str, title: str, text: str) -> None:
    kept(lambda: create_markdown_artifact(text, key=artifact_key(name), description=title), name)


def _table(name: str, title: str, rows: list[dict[str, Any]]) -> None:
    kept(lambda: create_table_artifact(rows, key=artifact_key(name), description=title), name)
