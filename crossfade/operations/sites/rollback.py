"""Rollback and reversal of finished operations: back to what was live before.

A site that was changed as part of a train goes back with the other sites of that train.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Failed, Refused
from crossfade.operations.journal.begin import WAYS_BACK, new_identifier, refuse_if_open
from crossfade.operations.journal.step import directly, read_step
from crossfade.operations.releases.bucket import find_release
from crossfade.operations.sites.change import (
    SiteChange,
    SiteOutcome,
    settle_plan,
    share_invalidations,
)
from crossfade.operations.sites.promote import plan_release
from crossfade.operations.sites.read import inventory_of, read_site, site_recalled
from crossfade.plan.journal.operation import Status, iso
from crossfade.plan.sites import runtime_script as runtime
from crossfade.plan.sites.invalidate import invalidation_paths
from crossfade.plan.sites.rollback import (
    Mode,
    inventory_after,
    mode_for,
    nowhere,
    plan_restore,
    reaches,
)
from crossfade.plan.sites.site import SiteState, SiteWork
from crossfade.plan.sites.text import SitePlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.releases.bucket import CheckedRelease
    from crossfade.operations.sites.read import Site, SiteNow
    from crossfade.plan.journal.operation import Operation, Untold
    from crossfade.plan.sites.site import Inventory


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """Where to go back to.

    Attributes:
        environment: The environment.
        component: The component.
        to: A version, an operation's id, or "" for what was live before.
        mode: How to go back.
        dry_run: Plan only.
        expect: Digest of the plan that was approved, or "" for any.
        if_live: Go back only where this version is live, and do nothing elsewhere; "" for any. It
            makes an alarm's order safe to repeat.
        kind: What the journal calls it: `rollback`, or `reverse` for a finished operation.
    """

    environment: str
    component: str
    to: str = ""
    mode: Mode = Mode.AUTO
    dry_run: bool = False
    expect: str = ""
    if_live: str = ""
    kind: str = "rollback"


def rollback(world: World, request: RollbackRequest, run: Run = directly) -> SiteOutcome:
    """Go back: find the checkpoint, plan the way there, and do it as any other change.

    Raises:
        Refused: There is nothing to go back to, another operation is open, or what must come back
            is gone.
        Failed: It stopped; the text says what was left.
    """
    where = f"{request.component} in {request.environment}"
    identifier, changes = read_step(
        run, f"read and plan {request.kind} of {where}", lambda: _plan(world, request)
    )
    if not changes:
        note = f"{where}: {request.if_live} is not live, nothing to do"
        world.report.say(note)
        return SiteOutcome((), (), request.dry_run, note)
    return settle_plan(
        world,
        changes,
        kind=request.kind,
        identifier=identifier,
        dry_run=request.dry_run,
        expect=request.expect,
        run=run,
    )


@dataclass(frozen=True)
class _Past:
    """What happened at a site since a checkpoint, newest first; the last one is the checkpoint."""

    operations: tuple[Operation[SiteWork, SiteState], ...]

    @property
    def checkpoint(self) -> Operation[SiteWork, SiteState]:
        return self.operations[-1]

    @property
    def state(self) -> SiteState:
        return self.checkpoint.before


def _plan(world: World, request: RollbackRequest) -> tuple[str, list[SiteChange]]:
    lead = site_recalled(world, request.environment, request.component)
    now = read_site(lead, earlier=True)
    refuse_if_open(world, now.head)
    live = now.state.live.version if now.state.live else ""
    if request.if_live and request.if_live != live:
        return "", []
    past = _past(lead, now, request.to)
    if not request.to:
        _must_not_surprise(lead, now, past)
    sites = [(lead, now, past), *_companions(lead, now, past, request.to)]
    identifier = new_identifier(world, [now.head for _, now, _ in sites])
    changes = [_plan_one(site, now, past, request, identifier) for site, now, past in sites]
    return identifier, share_invalidations(changes)


def _must_not_surprise(site: Site, now: SiteNow, past: _Past) -> None:
    """Refuse to go back once more, or to nothing, unless the place is named.

    Two alarms a minute apart ask for the same thing; the second must not take the site further.

    Raises:
        Refused: What is live came by a rollback, or nothing was live before it.
    """
    live = now.state.live
    if live is not None and (made := _made_live(site, live.operation)) is not None:
        raise Refused(
            f"{site.subject}: {live.version} is live since {live.since} by a way back itself "
            f"({made.title}): to go further back name where to with --to; "
            f"`crossfade history {site.subject}` lists what was live"
        )
    if past.state.live is None:
        raise Refused(
            f"{site.subject}: nothing was live before {live.version if live else 'this'}, so a "
            f"rollback would take the site down: promote another release, or ask for it by name "
            f"with --to {past.checkpoint.id}"
        )


def _made_live(site: Site, identifier: str) -> Operation[Untold] | None:
    """Return the way back that made the present release live; None where a promote did."""
    try:
        made = site.world.journal.record(site.subject, identifier)
    except Failed:  # a record that is gone: nobody can tell how it came
        return None
    return made if made.kind in WAYS_BACK else None


def _past(site: Site, now: SiteNow, to: str) -> _Past:
    """Read the site's operations back to the checkpoint that is asked for."""
    passed: list[Operation[SiteWork, SiteState]] = []
    wanted = to or now.state.back
    for identifier in site.world.journal.identifiers(site.subject) if wanted else ():
        if identifier > now.head.last:
            continue
        operation = site.world.journal.operation(site.subject, identifier, SiteWork, SiteState)
        if operation.status is Status.OPEN:
            continue  # never opened: a worker that was refused, or that died before
        passed.append(operation)
        if reaches(operation, to=to, back=now.state.back):
            return _Past(tuple(passed))
    raise nowhere(site.subject, now.state, to)


def _companions(
    lead: Site, now: SiteNow, past: _Past, to: str
) -> list[tuple[Site, SiteNow, _Past]]:
    """Return the other sites of the train that is taken back, where nothing came after it."""
    checkpoint = past.checkpoint
    together = []
    for subject in checkpoint.members:
        if subject == lead.subject or now.state.back != checkpoint.id:
            continue
        _, environment, component = subject.split("/")
        site = site_recalled(lead.world, environment, component)
        there = read_site(site, earlier=True)
        refuse_if_open(lead.world, there.head)
        if there.state.back == checkpoint.id:
            its_past = _past(site, there, checkpoint.id)
            if its_past.state.live is None and not to:
                lead.world.report.say(
                    f"{subject} was new with this train: it stays live; `crossfade rollback "
                    f"{environment} {component} --to {checkpoint.id}` takes it down"
                )
                continue
            together.append((site, there, its_past))
        else:
            lead.world.report.say(
                f"{subject} went with this train and was changed since: it stays as it is"
            )
    return together


def _plan_one(
    site: Site, now: SiteNow, past: _Past, request: RollbackRequest, identifier: str
) -> SiteChange:
    target = past.state
    version = target.live.version if target.live else ""
    release = _to_redeploy(site, version, request.mode)
    digest = release.manifest.digest if release else ""
    same = target.live is not None and digest == target.live.digest
    mode = mode_for(version, request.mode, published=release is not None, same=same)
    if mode is Mode.REDEPLOY and release is not None:
        path = site.environment.runtime_path
        script = runtime.script(target.runtime, path=path) if target.runtime else None
        change = plan_release(
            site,
            now,
            release,
            identifier=identifier,
            script=script,
            back=target.back,
            verb=request.kind,
        )
    else:
        change = _plan_restore(site, now, past, request.kind, identifier)
    asked = {"to": request.to, "mode": mode.value, "checkpoint": past.checkpoint.id}
    return replace(change, request={**change.request, **asked})


def _to_redeploy(site: Site, version: str, mode: Mode) -> CheckedRelease | None:
    """Read the release that would be promoted again; None where there is none.

    A restore needs none. Where the way is left open and the release cannot be trusted, the root's
    own versions come back.

    Raises:
        BadInput: A redeploy was asked for, and nobody says where releases live.
        Failed: A redeploy was asked for, and the release is not what the journal recorded.
    """
    if not version or mode is Mode.RESTORE:
        return None
    try:
        return find_release(site.world, site.component_name, version)
    except (BadInput, Failed) as error:  # bad input: nobody says any more where releases live
        if mode is Mode.REDEPLOY:
            raise
        site.world.report.say(
            f"{site.component_name} {version} is not deployed again but restored: {error}"
        )
        return None


def _plan_restore(site: Site, now: SiteNow, past: _Past, verb: str, identifier: str) -> SiteChange:
    target = past.state
    base = _base(site, past)
    undone: Sequence[SiteWork] = [
        operation.work for operation in past.operations if operation.status is Status.DONE
    ]
    changes = now.state.changes + 1
    restoration = plan_restore(
        undone,
        base=base,
        placed=now.placed,
        seen=now.seen,
        versions=now.versions,
        change=changes,
        visited=True,
        whole=target.live is not None and verb == "rollback",
    )
    version = target.live.version if target.live else ""
    came = now.state.live.version if now.state.live else ""
    paths = [action.path for action in restoration.actions]
    work = SiteWork(
        actions=restoration.actions,
        invalidate=invalidation_paths(site.component.path, paths, site.environment.invalidation),
        version=version,
        base=target.root,
        kept=restoration.kept,
    )
    live = target.live
    if live is not None:
        live = replace(live, since=iso(site.world.clock.now()), operation=identifier)
    name = site.component_name
    plan = SitePlan(
        subject=site.subject,
        title=f"{verb} {name} {came or 'nothing'} -> {version or 'nothing'} "
        f"in {site.environment_name}",
        came=came,
        goes=version,
        work=work,
        unchanged=len(base.keys() - set(paths)),
        kept=len(restoration.kept),
        listings=1 + now.listed // 1000,
        nothing=False,
        distribution=site.environment.distribution_id,
    )
    after = replace(target, live=live, changes=changes)
    inventory = inventory_after(base, restoration.kept, restoration.actions)
    request = {"environment": site.environment_name, "component": name, "version": version}
    return SiteChange(site, now.head, now.etag, plan, after, inventory, request)


def _base(site: Site, past: _Past) -> Inventory:
    """Read what the root held at a checkpoint.

    Raises:
        Refused: The record was cleared away, as of a checkpoint that is too old to be kept.
    """
    name = past.state.root
    document = site.world.journal.root(site.subject, name) if name else b"[]"
    if document is None:
        raise Refused(
            f"{site.subject}: what its root held before {past.checkpoint.id} is no longer recorded "
            "(`crossfade purge --versions` clears away what the kept checkpoints do not need): use "
            "--mode redeploy, promote that version, or go back to a newer operation"
        )
    return inventory_of(site, name, document)


def reverse_done(
    world: World,
    subject: str,
    *,
    to: str = "",
    dry_run: bool = False,
    run: Run = directly,
) -> SiteOutcome:
    """Take back finished operations of a site by restoring what their checkpoints recorded.

    Args:
        world: The world.
        subject: The site.
        to: The oldest operation to take back, or "" for the last one.
        dry_run: Plan only.
        run: Runs each step.
    """
    _, environment, component = subject.split("/")
    head, _ = read_step(run, f"read {subject}", lambda: world.journal.head(subject))
    return rollback(
        world,
        RollbackRequest(
            environment,
            component,
            to=to or head.last,
            mode=Mode.RESTORE,
            dry_run=dry_run,
            kind="reverse",
        ),
        run,
    )
