"""People's words about a migration, and asking its gates without acting on the answer."""

from __future__ import annotations

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import reading, working
from crossfade.cli.app.screen import Screen
from crossfade.cli.render.ramp import gates_answer, said_answer
from crossfade.errors import Refused
from crossfade.operations.ramp import consent as ramp_consent
from crossfade.operations.ramp.ask_gates import check_gates
from crossfade.plan.base.words import instant
from crossfade.plan.gates.gate import Outcome


@click.command
@click.argument("name")
@click.option(
    "--digest",
    default="",
    help="The digest that `advance --dry-run` showed, or 8 digits of it or more; refuse another.",
)
@click.option("--comment", default="", help="Goes into the journal.")
@as_json_option
def approve(name: str, *, digest: str, comment: str, as_json: bool) -> None:
    """Approve exactly the next change of migration NAME.

    It counts for the records, the weights and the plan as they are now, and for a limited time.
    """
    with working(as_json=as_json) as (world, run):
        said = ramp_consent.approve(world, name, digest=digest, comment=comment, run=run)
    Screen(as_json=as_json).show(*said_answer(said))


@click.command
@click.argument("name")
@click.argument("gate")
@click.option("--reason", required=True, help="Goes into the journal with the gate's name.")
@as_json_option
def override(name: str, gate: str, *, reason: str, as_json: bool) -> None:
    """Pass GATE of the present stage of migration NAME whatever it says."""
    with working(as_json=as_json) as (world, run):
        said = ramp_consent.override(world, name, gate, reason=reason, run=run)
    Screen(as_json=as_json).show(*said_answer(said))


@click.group
def gate() -> None:
    """Ask gates without acting on the answer."""


@gate.command
@click.argument("name")
@click.argument("gates", nargs=-1)
@click.option(
    "--at", default="", metavar="TIME", help="Ask about the time before then; UTC or with zone."
)
@as_json_option
def check(name: str, gates: tuple[str, ...], *, at: str, as_json: bool) -> int:
    """Ask GATES of migration NAME, or all that its stages name. Exit code 0 if all of them pass."""
    results = check_gates(reading(), name, gates, at=instant(at) if at else None)
    Screen(as_json=as_json).show(*gates_answer(name, results))
    passed = all(result.outcome is Outcome.PASS for result in results)
    return 0 if passed else Refused.exit_code
