"""The load of a migration now, and whether legacy would bear it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crossfade.operations.ramp.read import read_samples
from crossfade.plan.gates.kinds import STANDARD_GATES
from crossfade.plan.gates.samples import MINUTE, Source, counts, minute_of, total
from crossfade.plan.ramp.return_plan import Capacity

if TYPE_CHECKING:
    from crossfade.operations.ramp.read import Ramp

RECENT = timedelta(minutes=5)
"""The complete minutes whose load counts as that of now."""


def requests_per_second(ramp: Ramp, window: timedelta = RECENT) -> float | None:
    """Return the requests per second of both platforms over the last complete minutes.

    Args:
        ramp: The migration.
        window: How far back to look; minutes without any request at its ends do not count.

    Returns:
        None where there were none, or where they cannot be read.
    """
    end = minute_of(ramp.world.clock.now() - ramp.plan.metric_delay)
    gates = tuple(gate for gate in STANDARD_GATES if gate.source is Source.TRAFFIC)
    samples = read_samples(ramp, gates, end - window, end, only=Source.TRAFFIC)
    series = (samples.legacy.requests, samples.new.requests)
    minutes = {point.at for one in series for point in one}
    if not minutes or not counts(*series):
        return None
    first, last = min(minutes), max(minutes) + MINUTE
    requests = sum(total(one, first, last) for one in series)
    return requests / (last - first).total_seconds()


def capacity(ramp: Ramp) -> Capacity | None:
    """Return the load now beside what legacy bears; None where either is not known.

    Metrics are only asked for where the configuration says what legacy bears: nobody waits for
    them on the way back for nothing.
    """
    bears = ramp.migration.legacy.requests_per_second
    requests = requests_per_second(ramp) if bears else None
    return None if requests is None else Capacity(requests, bears)
