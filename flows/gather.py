"""Gather: hand the record of who ran which tick on from memcached to the journal's bucket."""

from __future__ import annotations

from crossfade.errors import Failed
from crossfade.operations.cron.ticks.gather import gather as procedure
from crossfade.operations.cron.ticks.history import cron_history
from flows.parameters import CronOrAll
from flows.verb import Ended, done, verb
from tasks.artifacts import show_ticks
from tasks.pictures import show_ticks_drawn
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("gather-{job}")
def gather(*, job: CronOrAll = "", spool: str = "", by: str = "") -> Ended:
    """Gather what is new, and show what became of each job's ticks of the last day.

    The run fails when a tick turns out to have been run twice, so that people hear of it.

    Args:
        job: The job; empty for all of the configuration.
        spool: A folder on the worker with copies of hosts' records; empty for none.
        by: Who asks; nothing of it is recorded.
    """
    world = world_of_run(by)
    found = procedure(world, [job] if job else [], spool=spool, run=run_step)
    histories = [cron_history(world, one.job, spool=spool) for one in found]
    show_ticks(histories)
    if any(one.ticks for one in found):
        show_ticks_drawn(histories)
    told = "; ".join(one.line() for one in found) or "the configuration has no cron jobs yet"
    if any(tick.doubled for one in found for tick in one.ticks):
        raise Failed(f"a tick was run twice: {told}")
    return done(told)
