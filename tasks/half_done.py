"""Telling what a run that was stopped has left half done.

Prefect says of a cancelled run that it was cancelled successfully, and says so last: after the
process of the run has ended, and over whatever that wrote into the state. So the process leaves a
page while it ends, and another run, which an automation starts, writes the sentence into the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound

from crossfade.errors import BadInput, CrossfadeError
from crossfade.operations.base.world import cron_subject, migration_subject, tandem_subject
from crossfade.operations.status.status import status
from tasks.artifacts import show_half_done
from tasks.pages import half_done_line
from tasks.world import world_of_run

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from crossfade.operations.base.world import World
    from crossfade.operations.status.status import SubjectStatus

HALF_DONE = "HalfDone"
"""Name of the state of a cancelled run that left something open. It is not Prefect's `Cancelled`,
so that telling it is no further cancellation for automations."""


def tell_half_done() -> None:
    """Show what the present run leaves open, as its process ends."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    log = get_run_logger()
    try:
        world = world_of_run()
        found = left_by(world, context.flow_run)
        show_half_done(world, found)
    except CrossfadeError as error:
        log.warning("what is left open could not be read: %s", error)
        return
    for one in found:
        log.error("%s", half_done_line(one))


def told_to_run(world: World, identifier: str) -> str:
    """Write into the state of a cancelled run what it left half done; return what was done.

    Raises:
        BadInput: There is no such run, or it was not cancelled.
    """
    with get_client(sync_client=True) as client:
        run = _cancelled(client, identifier)
        found = left_by(world, run)
        if not found:
            return f"{run.name} was cancelled and left nothing open"
        told = "Cancelled. " + "; ".join(map(half_done_line, found))
        state: State[Any] = State(type=StateType.CANCELLED, name=HALF_DONE, message=told)
        client.set_flow_run_state(run.id, state, force=True)
    show_half_done(world, found)
    return f"{run.name}: {told}"


def left_by(world: World, run: FlowRun) -> list[SubjectStatus]:
    """Return the subjects on which a run left an operation open; the first one of each train.

    It began the operation, as its record says, or was asked to take on what was open there.
    """
    asked = _subjects(run.parameters)
    left: dict[str, SubjectStatus] = {}
    for found in status(world):
        if (there := found.open) is None:
            continue
        if str(run.id) in there.by.via or asked & {found.subject, *there.members}:
            left.setdefault(there.operation, found)
    return list(left.values())


def _subjects(parameters: dict[str, Any]) -> set[str]:
    """Return the subjects that a run's parameters name, where the run takes on what is open."""
    names = {str(parameters.get("subject") or "")}
    if name := parameters.get("name"):
        names.add(tandem_subject(name) if "only" in parameters else migration_subject(name))
    names.update(map(cron_subject, parameters.get("jobs") or ()))
    return names - {""}


def _cancelled(client: SyncPrefectClient, identifier: str) -> FlowRun:
    try:
        run = client.read_flow_run(UUID(identifier))
    except (ValueError, ObjectNotFound) as error:
        raise BadInput(f"{identifier!r} is not the id of a flow run") from error
    if run.state is None or not run.state.is_cancelled():
        raise BadInput(f"the flow run {run.name}, {identifier}, was not cancelled")
    return run
