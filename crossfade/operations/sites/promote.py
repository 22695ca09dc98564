"""Promote: make a release live in an environment, or several components' releases together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Failed
from crossfade.operations.journal.begin import new_identifier, refuse_if_open
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import directly, read_step
from crossfade.operations.releases.bucket import admission, folder_key, manifest_key, read_release
from crossfade.operations.sites.change import (
    SiteChange,
    SiteOutcome,
    settle_plan,
    share_invalidations,
)
from crossfade.operations.sites.read import read_site, site_of
from crossfade.operations.sites.recovery import SITES
from crossfade.operations.sites.site_probe import SiteWrong
from crossfade.plan.journal.operation import Direction, iso
from crossfade.plan.sites import runtime_script as runtime
from crossfade.plan.sites.invalidate import invalidation_paths
from crossfade.plan.sites.promote import inventory_after, plan_promote
from crossfade.plan.sites.site import Live, SiteState, SiteWork, copied_etags
from crossfade.plan.sites.text import SitePlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.releases.bucket import CheckedRelease
    from crossfade.operations.sites.read import Site, SiteNow
    from crossfade.plan.releases.manifest import Manifest
    from crossfade.plan.sites.runtime_script import Script
    from crossfade.settings import Environment


@dataclass(frozen=True, slots=True)
class PromoteRequest:
    """What to make live, and where.

    Attributes:
        environment: The environment.
        versions: The version to make live of each component; several make a train.
        dry_run: Plan only.
        expect: Digest of the plan that was approved, or "" for any.
    """

    environment: str
    versions: Mapping[str, str]
    dry_run: bool = False
    expect: str = ""


def promote(world: World, request: PromoteRequest, run: Run = directly) -> SiteOutcome:
    """Make releases live: read, plan, open, effects in order, verify, invalidate, close.

    Raises:
        BadInput: Environment, component or release do not exist.
        Refused: Another operation is open, or the bucket keeps no versions.
        Failed: It stopped; the text says whether it was reversed or left open.
    """
    if not request.versions:
        raise BadInput("nothing to promote: name a component and a version")
    identifier, changes = read_step(
        run, f"read and plan {_words(request)}", lambda: _plan(world, request)
    )
    try:
        return settle_plan(
            world,
            changes,
            kind="promote",
            identifier=identifier,
            dry_run=request.dry_run,
            expect=request.expect,
            run=run,
        )
    except Failed as error:
        environment = world.settings.environment(request.environment)
        if isinstance(error.__cause__, SiteWrong) and environment.verify == "rollback":
            settle(world, SITES, changes[0].site.subject, Direction.BACK, run=run)
            raise Failed(
                f"promote {_words(request)} was reversed, the site is as it was before: "
                f"{error.__cause__}"
            ) from error
        raise


def _plan(world: World, request: PromoteRequest) -> tuple[str, list[SiteChange]]:
    sites = [site_of(world, request.environment, name) for name in sorted(request.versions)]
    releases = [
        read_release(world, site.component_name, request.versions[site.component_name])
        for site in sites
    ]
    nows = [read_site(site, earlier=False) for site in sites]
    for now in nows:
        refuse_if_open(world, now.head)
    identifier = new_identifier(world, [now.head for now in nows])
    changes = [
        plan_release(
            site,
            now,
            release,
            identifier=identifier,
            script=_script(site.environment),
            back=identifier,
            verb="promote",
        )
        for site, now, release in zip(sites, nows, releases, strict=True)
    ]
    return identifier, share_invalidations(changes)


def _script(environment: Environment) -> Script | None:
    """Render the environment's runtime script, if it has settings for one."""
    if not environment.runtime:
        return None
    return runtime.render(
        environment.runtime, path=environment.runtime_path, name=environment.runtime_global
    )


def plan_release(
    site: Site,
    now: SiteNow,
    checked: CheckedRelease,
    *,
    identifier: str,
    script: Script | None,
    back: str,
    verb: str,
) -> SiteChange:
    """Plan to make one release live at one site.

    Args:
        site: The site.
        now: The site as read.
        checked: The release, held against the journal.
        identifier: The operation's id.
        script: The runtime script.
        back: The operation whose beginning a later rollback returns to.
        verb: `promote`, or the procedure that promotes again.
    """
    world, name, release = site.world, site.component_name, checked.manifest
    _must_stay_inside(site, release, script)
    difference = plan_promote(
        release,
        folder=folder_key(world, name, release.version),
        script=script,
        placed=now.placed,
        seen=now.seen,
    )
    came = now.state.live.version if now.state.live else ""
    same = now.state.live is not None and now.state.live.digest == release.digest
    changes = now.state.changes + (0 if same and came == release.version else 1)
    inventory = inventory_after(
        release,
        script=script,
        placed=now.placed,
        seen=now.seen,
        actions=difference.actions,
        change=changes,
    )
    work = SiteWork(
        actions=difference.actions,
        invalidate=invalidation_paths(
            site.component.path,
            [action.path for action in difference.actions],
            site.environment.invalidation,
        ),
        version=release.version,
        manifest=manifest_key(world, name, release.version),
        base=now.state.root,
        drift=difference.drift,
    )
    again = same and came == release.version
    after = SiteState(
        live=now.state.live
        if again
        else Live(release.version, release.digest, iso(world.clock.now()), identifier),
        back=now.state.back if again else back,
        changes=changes,
        root=now.state.root,
        runtime=script.body if script else "",
    )
    plan = SitePlan(
        subject=site.subject,
        title=f"{verb} {name} {came or 'nothing'} -> {release.version} in {site.environment_name}",
        came=came,
        goes=release.version,
        work=work,
        unchanged=difference.unchanged,
        kept=sum(1 for placed in inventory.values() if placed.left is not None),
        listings=1 + now.listed // 1000,
        nothing=again and not difference.actions,
        distribution=site.environment.distribution_id,
    )
    request = {"environment": site.environment_name, "component": name, "version": release.version}
    left_to_see = admission(checked, copied_etags(difference.actions))
    return SiteChange(site, now.head, now.etag, plan, after, inventory, request, left_to_see)


def _must_stay_inside(site: Site, release: Manifest, script: Script | None) -> None:
    """Refuse a release that would write where another component, or the journal, lives.

    Raises:
        BadInput: It would; the text names the first file.
    """
    paths = [file.path for file in release.files] + ([script.file.path] if script else [])
    for path in paths:
        key = site.prefix + path
        other = next((prefix for prefix in site.others if key.startswith(prefix)), None)
        if other is not None:
            raise BadInput(
                f"{site.component_name} {release.version} holds {path}, and "
                f"{site.bucket.url(other)} belongs to something else (another component, another "
                "environment, the releases or the journal): take that folder out of the build, or "
                "give one of them another path"
            )


def _words(request: PromoteRequest) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(request.versions.items()))
    return f"{versions} in {request.environment}"
