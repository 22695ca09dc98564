"""Run one flow in this process: `python -m flows promote '{"environment": "production", …}'`.

The Prefect server at PREFECT_API_URL records it; it needs no deployment and no worker. Exit codes
are those of `crossfade`.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, cast

import click
from prefect import tags
from prefect.exceptions import ParameterTypeError, SignatureMismatchError
from prefect.flow_engine import run_flow_sync
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    get_current_settings,
    temporary_settings,
)

from crossfade.errors import BadInput, CrossfadeError
from flows.abort import abort
from flows.advance import advance
from flows.approve import approve
from flows.back import back
from flows.doctor import doctor
from flows.finish import finish
from flows.gate_check import gate_check
from flows.gather import gather
from flows.history import history
from flows.hold import hold
from flows.migrate import migrate
from flows.move_cron import move_cron
from flows.override import override
from flows.pin import pin
from flows.promote import promote
from flows.publish import publish
from flows.purge import purge
from flows.ready import ready
from flows.report import report
from flows.resume import resume
from flows.reverse import reverse
from flows.rollback import rollback
from flows.settle import settle
from flows.status import status
from flows.tandem import tandem
from flows.unpin import unpin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefect import Flow, State

VERBS: dict[str, Flow[..., Any]] = {
    flow.name: flow
    for flow in (
        *(publish, promote, rollback, purge, resume, reverse, settle),
        *(migrate, advance, hold, back, abort, finish, approve, override, gate_check),
        *(gather, move_cron, pin, unpin, tandem, ready),
        *(status, history, doctor, report),
    )
}
"""All flows by name."""

TAGS = ("crossfade",)
"""Tags of every run, as the deployments give them to theirs; automations go by them."""

HEARTBEAT_SECONDS = 60
"""How often a run shows that it lives, as in the deployments; Prefect's own default is 180."""


@click.command()
@click.argument("verb", type=click.Choice(list(VERBS)))
@click.argument("document", metavar="[JSON]", default="{}")
@click.option("--param", "-p", "pairs", multiple=True, metavar="NAME=VALUE", help="One parameter.")
def main(verb: str, document: str, pairs: Sequence[str]) -> None:
    """Run one flow in this process, with parameters from a JSON object or one by one."""
    try:
        sys.exit(run(verb, parameters(document, pairs)))
    except CrossfadeError as error:
        click.echo(error, err=True)
        sys.exit(error.exit_code)


def run(verb: str, given: dict[str, Any]) -> int:
    """Run a flow by name and return the exit code.

    Raises:
        BadInput: No Prefect server is named, and one that lives for this run takes ten seconds.
    """
    if not get_current_settings().api.url:
        raise BadInput(
            "no Prefect server: set PREFECT_API_URL, as http://127.0.0.1:4200/api; without "
            "Prefect, use the `crossfade` command"
        )
    beat = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: HEARTBEAT_SECONDS}
    with tags(*TAGS), temporary_settings(set_defaults=beat):
        state = cast("State[Any]", run_flow_sync(VERBS[verb], None, given, return_type="state"))
    click.echo(state.message, err=not state.is_completed())
    return exit_code(state)


def exit_code(state: State[Any]) -> int:
    """Return the exit code that says how a run ended."""
    if state.is_completed():
        return 0
    error = state.result(raise_on_failure=False)
    if isinstance(error, CrossfadeError):
        return error.exit_code
    misused = isinstance(error, ParameterTypeError | SignatureMismatchError)
    return BadInput.exit_code if misused else CrossfadeError.exit_code


def parameters(document: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Read a flow's parameters from a JSON object and from `name=value` pairs.

    A value that begins with a bracket is JSON; any other is text, so that version 1.10 stays that.

    Raises:
        BadInput: They cannot be read.
    """
    found = _read("the parameters", document)
    if not isinstance(found, dict):
        raise BadInput(f"the parameters are a JSON object such as {{}}, not {document}")
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise BadInput(f"--param is written NAME=VALUE, not {pair!r}")
        found[name] = _read(name, value) if value[:1] in {"{", "["} else value
    return found


def _read(name: str, text: str) -> Any:  # noqa: ANN401  whatever JSON can hold
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"{name} cannot be read as JSON: {error}") from error


if __name__ == "__main__":
    main()
