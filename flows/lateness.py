"""Whether a run may still start: an order that is hours old may be wrong by now.

Runs wait while no worker is up, and all start when one comes back. A way back that was asked for in
the night would take back what somebody has mended since.
"""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prefect import get_client
from prefect.context import FlowRunContext
from prefect.runtime import deployment, flow_run

from crossfade.errors import BadInput, Refused
from crossfade.plan.base.duration import parse_duration, shown_duration
from crossfade.plan.base.words import instant

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas.objects import FlowRun

LATEST_START = "latest_start"
"""Name of the parameter."""


def must_not_be_late(latest_start: str) -> None:
    """Refuse the present run where it starts later than it may.

    It counts from when the run was last asked for: rescheduled, retried or resumed, it is asked for
    anew. A run that had begun before, and begins again, was judged when it began first.

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
    now = datetime.now(UTC)
    if now <= latest_of(latest_start, run.expected_start_time) or run.run_count > 1:
        return
    due = _last_asked_for(run.id) or run.expected_start_time
    latest = latest_of(latest_start, due)
    if now > latest:
        raise Refused(_too_late(run, due, latest, now))


def _last_asked_for(run: UUID) -> datetime | None:
    """Return for when a run was scheduled last; Prefect keeps the first time in the run itself."""
    with get_client(sync_client=True) as client:
        states = client.read_flow_run_states(run)
    due = [one.state_details.scheduled_time for one in states if one.is_scheduled()]
    return max((at for at in due if at is not None), default=None)


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
    again = "the schedule's next run does it" if run.auto_scheduled else f"ask again: {_order(run)}"
    return (
        f"this run was due at {_shown(due)} and starts {shown_duration(now - due)} late, which is "
        f"after {_shown(latest)}, its latest start. Nothing was changed. If it is still wanted, "
        f"{again}, or retry this run; `latest_start` says how late one may start, and empty means "
        "however late"
    )


def _order(run: FlowRun) -> str:
    """Return the command that asks for the same thing again."""
    asked = {name: value for name, value in run.parameters.items() if name != LATEST_START}
    if run.deployment_id is None:
        return f"`python -m flows {flow_run.flow_name} {shlex.quote(json.dumps(asked))}`"
    name = f"{flow_run.flow_name}/{deployment.name}"
    return f"`prefect deployment run {name} --params {shlex.quote(json.dumps(asked))}`"


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
