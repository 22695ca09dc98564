"""Purge: delete releases past the depth, retire assets past their grace, and nothing needed (P6).

A purge of a component is one operation on its releases and on all of its sites together, so that
nothing is promoted, rolled back or published while releases go. Several components are purged one
after the other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Conflict, Refused
from crossfade.operations.journal.begin import Intent
from crossfade.operations.journal.executor import perform
from crossfade.operations.journal.step import directly, read_step
from crossfade.operations.journal.untouched_participant import UntouchedParticipant
from crossfade.operations.purge.participant import PURGE, AwayParticipant
from crossfade.operations.purge.plan_component import plan_component
from crossfade.operations.sites.participant import SiteParticipant
from crossfade.plan.base.words import count
from crossfade.plan.purge.text import PurgeOutcome, purges_digest
from crossfade.plan.sites.rollback import inventory_after
from crossfade.plan.sites.site import SiteState, SiteWork

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.step import Run
    from crossfade.operations.purge.plan_component import Planned, SitePlanned
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.purge.purge import PurgeWork


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """What to purge.

    Attributes:
        component: The component, or "" for each one that is configured.
        keep: Newest releases to keep, or None for the largest `keep_releases` that is configured.
        apply: Do it; else it is only planned.
        versions: Delete noncurrent versions that no checkpoint needs for good as well.
        expect: Digest of the plan that was approved, or "" for any.
    """

    component: str = ""
    keep: int | None = None
    apply: bool = False
    versions: bool = False
    expect: str = ""


def purge(world: World, request: PurgeRequest, run: Run = directly) -> PurgeOutcome:
    """Purge one component, or each in turn: read, plan, open, effects in order, close.

    One of several components that is refused does not stop the others; the outcome names it.

    Raises:
        BadInput: The configuration has no such component, or `keep` is less than 1.
        Refused: The one component that was asked for cannot be purged now.
        Conflict: The plan is not the one that was approved.
        Failed: It stopped; the text says what was left open.
    """
    if request.keep is not None and request.keep < 1:
        raise BadInput(f"--keep {request.keep} would keep no release: keep at least 1")
    only = bool(request.component)
    names = [request.component] if only else sorted(world.settings.components)
    refused: dict[str, str] = {}
    planned: list[Planned] = []
    for name in names:
        one = _plan(world, name, request, run, only=only)
        if isinstance(one, Refused):
            refused[name] = str(one)
        else:
            planned.append(one)
    plans = tuple(one.plan for one in planned)
    if request.expect and request.expect != purges_digest(plans):
        raise Conflict(
            f"the plan is no longer {request.expect} but {purges_digest(plans)}: releases or "
            "sites changed since it was approved; look at the new plan without --apply"
        )
    operations: dict[str, Operation[Any, Any]] = {}
    for one in planned if request.apply else ():
        with _noted(one.there.component, refused, only=only):
            operations.update(_apply(world, one, run))
    return PurgeOutcome(plans, refused, operations, dry_run=not request.apply)


def _plan(
    world: World, name: str, request: PurgeRequest, run: Run, *, only: bool
) -> Planned | Refused:
    """Plan one component's purge; of several, a refusal is an answer and no error of the step."""

    def read() -> Planned | Refused:
        try:
            return plan_component(world, name, keep=request.keep, versions=request.versions)
        except Refused as error:
            if only:
                raise
            return error

    planned = read_step(run, f"read and plan the purge of {name}", read)
    if isinstance(planned, Refused):
        world.report.say(f"purge {name}: refused: {planned}")
        return planned
    for line in (planned.plan.line(), *planned.plan.details(), planned.plan.refusal):
        if line:
            world.report.say(line)
    return planned


@contextmanager
def _noted(name: str, refused: dict[str, str], *, only: bool) -> Iterator[None]:
    """Note that a component was refused and go on, unless it is the only one."""
    try:
        yield
    except Refused as error:
        if only:
            raise
        refused[name] = str(error)


def _apply(world: World, planned: Planned, run: Run) -> dict[str, Operation[Any, Any]]:
    """Carry one component's purge out, unless there is nothing to do.

    Raises:
        Refused: It would delete more than one run may, or something else was opened meanwhile.
    """
    plan, there = planned.plan, planned.there
    if plan.refusal:
        raise Refused(plan.refusal)
    if plan.nothing:
        return {}
    request = {
        "component": there.component,
        "keep": plan.depth,
        "versions": planned.work.versions,
    }
    intents: list[Intent[Any, Any]] = [_releases_intent(planned, request)]
    intents += [_site_intent(site, request) for site in planned.sites]

    def participants(operations: Sequence[Operation[Any, Any]]) -> list[Participant]:
        releases, *sites = operations
        away = AwayParticipant(world, releases, releases.after)
        return [away, *map(_site_participant, planned.sites, sites)]

    closed = perform(world, PURGE, intents, participants, run=run)
    return {there.component: next(one for one in closed if one.subject == there.head.subject)}


def _releases_intent(planned: Planned, request: Json) -> Intent[PurgeWork, Json]:
    """Return what happens to the releases, with the reasons for what stays; pins stay."""
    there, plan = planned.there, planned.plan
    kept = {one.release.version: one.why for one in plan.keep}
    notes: tuple[tuple[str, Json], ...] = tuple((text, {}) for text in plan.foreign)
    return Intent(
        head=there.head,
        etag=there.etag,
        title=plan.title,
        request=request,
        work=planned.work,
        after=there.head.state,
        evidence=(*notes, ("kept", {"releases": kept})),
    )


def _site_intent(planned: SitePlanned, request: Json) -> Intent[SiteWork, SiteState]:
    """Return what happens to a site; where nothing leaves its root, it is only held."""
    there, part, state = planned.there, planned.part, planned.there.state
    assets = len(part.actions)
    what = f"retire {count(assets, 'asset')}" if assets else "nothing to retire"
    return Intent(
        head=there.head,
        etag=there.etag,
        title=f"purge {request['component']} in {there.environment}: {what}",
        request=request,
        work=SiteWork(
            actions=part.actions,
            version=state.live.version if state.live else "",
            base=state.root,
            drift=part.drift,
        ),
        after=state,
        evidence=tuple((drift, {}) for drift in part.drift),
    )


def _site_participant(
    planned: SitePlanned, operation: Operation[SiteWork, SiteState]
) -> Participant:
    site, state = planned.there.site, planned.there.state
    if site is None or not operation.work.actions:
        return UntouchedParticipant(operation, operation.after)
    return SiteParticipant(
        site,
        operation,
        work=operation.work,
        after=state,
        inventory=inventory_after(planned.placed, (), operation.work.actions),
        done={},
        alone=True,
        reference=operation.id,
    )
