"""Changing sites: from plans to an operation that is open, carried out and closed.

One site or a train of several: the operations of a train are opened together, go through the groups
of effects together, and close together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import Conflict
from crossfade.operations.journal.begin import Intent
from crossfade.operations.journal.executor import perform
from crossfade.operations.releases.bucket import admit
from crossfade.operations.sites.participant import SiteParticipant
from crossfade.plan.sites.text import SitePlan, plans_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.releases.bucket import Admission
    from crossfade.operations.sites.read import Site
    from crossfade.plan.journal.head import Head
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.sites.site import Inventory, SiteState, SiteWork


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
        admission: What is left to see of the release that is copied; None where the root's own
            versions come back.
    """

    site: Site
    head: Head[SiteState]
    etag: str
    plan: SitePlan
    after: SiteState
    inventory: Inventory
    request: Json
    admission: Admission | None = None


@dataclass(frozen=True)
class SiteOutcome:
    """What came of a procedure that changes sites.

    Attributes:
        plans: What was planned.
        operations: What was recorded; empty for a dry run and where nothing was to be done.
        dry_run: Whether it was only planned.
        note: Why nothing was planned, or "".
    """

    plans: tuple[SitePlan, ...]
    operations: tuple[Operation[Any, Any], ...]
    dry_run: bool
    note: str = ""


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
        Failed: A release is not what the journal recorded, or what it would copy is damaged.
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
    for change in changes:
        if change.admission is not None:
            admit(world, change.admission, kind=kind, run=run)
    intents = [_intent(change) for change in changes]

    def participants(operations: Sequence[Operation[Any, Any]]) -> list[SiteParticipant]:
        return [
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

    done = perform(world, kind, intents, participants, identifier=identifier, run=run)
    return SiteOutcome(plans, done, dry_run)


def _intent(change: SiteChange) -> Intent[SiteWork, SiteState]:
    return Intent(
        head=change.head,
        etag=change.etag,
        title=change.plan.title,
        request=change.request,
        work=change.plan.work,
        after=change.after,
        figures={"unchanged": change.plan.unchanged},
        evidence=tuple((drift, {}) for drift in change.plan.work.drift),
    )


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
