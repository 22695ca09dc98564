"""Tandem: release one version to both platforms, or look after what waits."""

from __future__ import annotations

from crossfade.errors import BadInput, CrossfadeError, Failed, Refused
from crossfade.operations.journal.executor import told_to_stop
from crossfade.operations.tandem.order import Ordered, carry_out
from flows.parameters import OnlyPlatform, TandemOrAll
from flows.verb import Ended, done, verb
from tasks.artifacts import show_tandem
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("tandem-{name}-{version}")
def tandem(
    *,
    name: TandemOrAll = "",
    version: str = "",
    wait: str = "",
    commit: str = "",
    reason: str = "",
    again: bool = False,
    contains: tuple[str, ...] = (),
    only: OnlyPlatform = "",
    until: str = "",
    back: bool = False,
    take_over: bool = False,
    dry_run: bool = False,
    by: str = "",
) -> Ended:
    """Release a version as soon as both platforms are ready with it; without one, what waits.

    The run fails when a version was taken back and when the platforms differ, so that people hear
    of it.

    Args:
        name: The tandem; empty for all, without a version.
        version: The version; empty for whichever waits.
        wait: Wait so long for its end, such as 30m; empty to take one decision and end.
        commit: The commit that it must be built from.
        reason: Why: of a hotfix, a return, or a release once more.
        again: Release a version once more that was taken back; only a person may say so.
        contains: Hotfixes that the version contains, and so ends.
        only: The one platform of a hotfix; empty for both.
        until: How long the hotfix is meant to last, such as 24h.
        back: Return both platforms to what they ran before.
        take_over: With `back`, do not wait for the lease of another worker.
        dry_run: Only decide.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    if not name and (version or only or back):
        raise BadInput("name the tandem: only what waits is released without one")
    names = (name,) if name else tuple(sorted(world.settings.tandems))
    told, failed, refused = [], False, False
    for one in names:
        order = Ordered(
            name=one,
            version=version,
            commit=commit,
            wait=wait,
            again=again,
            reason=reason,
            contains=contains,
            only=only,
            until=until,
            back=back,
            take_over=take_over,
            dry_run=dry_run,
        )
        try:
            came = carry_out(world, order, heard=world.report.say, run=run_step)
        except CrossfadeError as error:
            if name or told_to_stop(error):
                raise
            told.append(f"{one}: {error}")
            failed = True
            continue
        show_tandem(came)
        told.append(came.line())
        failed = failed or came.exit_code == Failed.exit_code
        refused = refused or came.exit_code == Refused.exit_code
    text = "; ".join(told) or "there are no tandems"
    if failed:
        raise Failed(text)
    if refused:
        raise Refused(text)
    return done(text)
