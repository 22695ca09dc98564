"""Changing sites: from plans to an operation that is open, carried out and closed.

One site or a train of several: the operations of a train are opened together, go through the groups
of effects together, and close together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import Conflict, Refused
from crossfade.operations.journal.executor import execute, new_lease
from crossfade.operations.journal.step import Step
from crossfade.operations.sites.participant import SiteParticipant
from crossfade.plan.journal.operation import Operation, Status, already_open, iso, operation_id
from crossfade.plan.sites.site import state_to
from crossfade.plan.sites.text import SitePlan, plans_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.sites.read import Site, SiteNow
    from crossfade.plan.journal.operation import Head, Json
    from crossfade.plan.sites.site import Inventory, SiteState


@dataclass(frozen=True)
class SiteChange:
    """A planned change of one site, ready to be opened.

    Attributes:
        site: The site.
        head: Its head as it was read.
        etag: That head's ETag, or "" where there was none.
        plan: What will be done and why.
        after: The site's state afterwards.
        inventory: What the root holds afterwards.
        request: What was asked.
    """

    site: Site
    head: Head
    etag: str
    plan: SitePlan
    after: SiteState
    inventory: Inventory
    request: Json


@dataclass(frozen=True)
class SiteOutcome:
    """What came of a procedure that changes sites.

    Attributes:
        plans: What was planned.
        operations: What was recorded; empty for a dry run and where nothing was to be done.
        dry_run: Whether it was only planned.
    """

    plans: tuple[SitePlan, ...]
    operations: tuple[Operation[Any], ...]
    dry_run: bool


def new_identifier(world: World, nows: Sequence[SiteNow]) -> str:
    """Name the operation that is going to change some sites."""
    newest = max((now.head.last for now in nows), default="")
    return operation_id(world.clock.now(), world.chance(), after=newest)


def refuse_if_open(world: World, now: SiteNow) -> None:
    """Refuse to plan on top of an open operation.

    Raises:
        Refused: One is open; the text names it.
    """
    if now.head.open is not None:
        raise Refused(already_open(now.head, world.clock.now()))


def settle_plan(
    world: World,
    changes: Sequence[SiteChange],
    *,
    kind: str,
    identifier: str,
    dry_run: bool,
    expect: str,
    run: Run,
) -> SiteOutcome:
    """Show what was planned and, unless it is a dry run or nothing is to be done, do it.

    Args:
        world: The world.
        changes: One for each site.
        kind: The procedure.
        identifier: The operation's id.
        dry_run: Plan only.
        expect: Digest of the plan that was approved, or "" for any.
        run: Runs each step.

    Raises:
        Conflict: The plan is not the one that was approved.
    """
    plans = tuple(change.plan for change in changes)
    if expect and expect != plans_digest(plans):
        raise Conflict(
            f"the plan is no longer {expect} but {plans_digest(plans)}: the site or the release "
            "changed since it was approved; look at the new plan with --dry-run"
        )
    for plan in plans:
        world.report.say(plan.line())
    if dry_run or all(plan.nothing for plan in plans):
        return SiteOutcome(plans, (), dry_run)
    members = tuple(sorted(change.site.subject for change in changes))
    operations = [_operation(world, change, kind, identifier, members) for change in changes]
    heads = {change.site.subject: (change.head, change.etag) for change in changes}
    hold = new_lease(world)
    titles = ", ".join(operation.title for operation in operations)
    run(Step(f"open {titles}", lambda: hold.open(operations, heads)))
    participants = [
        SiteParticipant(
            change.site,
            operation,
            work=operation.work,
            after=change.after,
            inventory=change.inventory,
            done={},
            alone=True,
            reference=identifier,
        )
        for change, operation in zip(changes, operations, strict=True)
    ]
    return SiteOutcome(plans, execute(world, hold, participants, Status.DONE, run), dry_run)


def _operation(
    world: World, change: SiteChange, kind: str, identifier: str, members: tuple[str, ...]
) -> Operation[Any]:
    figures: Json = {"unchanged": change.plan.unchanged}
    operation = Operation(
        id=identifier,
        subject=change.site.subject,
        kind=kind,
        title=change.plan.title,
        by=world.actor,
        begun_at=iso(world.clock.now()),
        request=change.request,
        before=change.head.state,
        after=state_to(change.after),
        work=change.plan.work,
        members=members,
        figures=figures,
    )
    for drift in change.plan.work.drift:
        operation = operation.noted(world.clock.now(), drift)
    return operation


def share_invalidations(changes: Sequence[SiteChange]) -> list[SiteChange]:
    """Give each distribution's paths to the first of its sites: one invalidation for a train."""
    paths: dict[str, set[str]] = {}
    for change in changes:
        distribution = change.site.environment.distribution_id
        paths.setdefault(distribution, set()).update(change.plan.work.invalidate)
    shared = []
    for change in changes:
        mine = paths.pop(change.site.environment.distribution_id, set())
        work = replace(change.plan.work, invalidate=tuple(sorted(mine)))
        shared.append(replace(change, plan=replace(change.plan, work=work)))
    return shared
