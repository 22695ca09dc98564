"""Whether a run may still start: an order that is hours old may be wrong by now.

Runs wait while no worker is up, and all start when one comes back. A way back that was asked for in
the night would take back what somebody has mended since.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prefect.context import FlowRunContext

from crossfade.errors import BadInput, Refused
from crossfade.plan.base.duration import parse_duration, shown_duration
from crossfade.plan.base.words import instant

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun


def must_not_be_late(latest_start: str) -> None:
    """Refuse the present run where it starts later than it may.

    A run that had begun before, and is tried again, was judged when it began first.

    Args:
        latest_start: As the run's parameter says; "" for however late.

    Raises:
        BadInput: It is neither a duration nor an instant.
        Refused: It is too late; nothing was changed.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    if run is None or run.expected_start_time is None or not latest_start:
        return
    latest = latest_of(latest_start, run.expected_start_time)
    now = datetime.now(UTC)
    if now > latest and run.run_count <= 1:
        raise Refused(_too_late(run, run.expected_start_time, latest, now))


def latest_of(latest_start: str, due: datetime) -> datetime:
    """Return until when a run may start that is due at a time.

    Raises:
        BadInput: It is neither a duration nor an instant, or lets no run start.
    """
    if "-" in latest_start:
        return instant(latest_start)
    try:
        after = parse_duration(latest_start)
    except BadInput as error:
        raise BadInput(
            f"latest_start {latest_start!r} is neither how long after it was due a run may start, "
            "such as 15m or 1h, nor until when, such as 2026-11-28T14:00Z"
        ) from error
    if not after:
        raise BadInput("latest_start 0 lets no run start: leave it empty for no limit")
    return due + after


def _too_late(run: FlowRun, due: datetime, latest: datetime, now: datetime) -> str:
    again = "ask for it again" if not run.auto_scheduled else "the schedule's next run does it"
    return (
        f"this run was due at {_shown(due)} and starts {shown_duration(now - due)} late, which is "
        f"after {_shown(latest)}, its latest start. Nothing was changed. If it is still wanted, "
        f"{again}, or retry this run; `latest_start` says how late one may start, and empty means "
        "however late"
    )


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
