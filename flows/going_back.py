"""What the flows of going back have in common: how fast to go, and what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Failed
from crossfade.plan.base.duration import parse_duration
from flows.verb import Ended, done
from tasks.artifacts import show_gone_back
from tasks.pictures import show_timeline
from tasks.steps import run_step
from tasks.world import world_of_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.ramp.return_plan import Returned


def gone_back(
    procedure: Callable[..., Returned],
    name: str,
    *,
    gradual: bool,
    pause: str,
    take_over: bool,
    dry_run: bool,
    by: str,
) -> Ended:
    """Go back, show where to, and end; the arguments are those of the flows.

    Raises:
        BadInput: A pause is given that cannot be read, or for a return that makes none.
        Failed: The traffic went back, and a cron job could not.
    """
    if pause and not gradual:
        raise BadInput(f"pause {pause} is for a gradual return: turn `gradual` on, or leave it")
    world = world_of_run(by)
    gone = procedure(
        world,
        name,
        gradual=gradual,
        pause=parse_duration(pause) if pause else None,
        take_over=take_over,
        dry_run=dry_run,
        run=run_step,
    )
    show_gone_back(gone)
    if gone.operations:
        show_timeline(world, name)
    if gone.exit_code:
        raise Failed(gone.line())
    return done(gone.line())
