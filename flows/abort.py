"""Abort: return a migration to its baseline."""

from __future__ import annotations

from crossfade.operations.ramp import back as procedure
from flows.going_back import gone_back
from flows.parameters import MigrationName
from flows.verb import Ended, verb


@verb("abort-{name}")
def abort(
    *,
    name: MigrationName,
    gradual: bool = False,
    pause: str = "",
    take_over: bool = False,
    dry_run: bool = False,
    by: str = "",
) -> Ended:
    """Return to the baseline and stay there; nothing that holds a ramp is in the way.

    Args:
        name: The migration.
        gradual: Pass through the weights of the stages between and stay at each; else at once.
        pause: The least time at each, such as 90s or 5m; empty for what the configuration says.
        take_over: Do not wait for the lease of a worker that has an operation open; it stops at
            its next check.
        dry_run: Only say where to.
        by: Who asks; recorded in the journal.
    """
    return gone_back(
        procedure.abort,
        name,
        gradual=gradual,
        pause=pause,
        take_over=take_over,
        dry_run=dry_run,
        by=by,
    )
