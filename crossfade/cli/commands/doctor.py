"""Doctor: what is wrong with the configuration, the rights and the world, and how to mend it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import reading
from crossfade.cli.app.screen import Screen
from crossfade.cli.render.documents import finding_document
from crossfade.cli.render.findings import finding_lines
from crossfade.errors import BadInput, CrossfadeError
from crossfade.operations.doctor.doctor import diagnose, diagnose_journal
from crossfade.operations.doctor.policies import policy_for, rights_for
from crossfade.plan.base.blocks import Line, Tone
from crossfade.plan.base.finding import Level, healthy, tally
from crossfade.plan.doctor.rights import Procedure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.cli.render.documents import Document
    from crossfade.plan.base.finding import Finding


@click.command
@click.argument("environment", default="")
@click.option("--migration", metavar="NAME", default="", help="Examine this migration alone.")
@click.option(
    "--journal",
    is_flag=True,
    help="Examine all of the journal instead: each document, whether they agree, and each release "
    "by its record.",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="With --journal: record the digest of each release that has no record.",
)
@click.option(
    "--read-only",
    is_flag=True,
    help="Write nothing at all: neither the probe beside the journal, nor what asks whether the "
    "credentials may write or change records.",
)
@click.option(
    "--policy",
    "policy_of",
    metavar="ENVIRONMENT",
    default="",
    help="Print the bucket policy that lets this environment's distribution read its root alone.",
)
@click.option(
    "--rights",
    "procedure",
    type=click.Choice([one.value for one in Procedure]),
    help="Print the IAM policy with the least rights of a procedure: in ENVIRONMENT, for "
    "--migration, or for all.",
)
@as_json_option
def doctor(
    environment: str,
    *,
    migration: str,
    journal: bool,
    adopt: bool,
    read_only: bool,
    policy_of: str,
    procedure: str | None,
    as_json: bool,
) -> int:
    """Examine configuration, credentials, rights, the world, and what was left open.

    Without ENVIRONMENT and --migration, all sites and migrations of the configuration are examined.
    Every finding that is not ok says how to mend it. The exit code is 1 where there is a problem, 0
    where there are warnings only.
    """
    if policy_of and procedure:
        raise BadInput("--policy and --rights are two questions: ask one at a time")
    if adopt and (read_only or not journal):
        raise BadInput("--adopt writes what --journal finds missing: give both, and no --read-only")
    if journal and (environment or migration or policy_of or procedure):
        raise BadInput("--journal examines all of the journal and nothing else: give it alone")
    world, screen = reading(), Screen(as_json=as_json)
    if policy_of or procedure:
        document = (
            policy_for(world, policy_of)
            if procedure is None
            else rights_for(world, Procedure(procedure), environment, migration=migration)
        )
        text = json.dumps(document, indent=2)
        screen.show(document, [Line(line, whole=True) for line in text.splitlines()])
        return 0
    findings = (
        diagnose_journal(world, adopt=adopt)
        if journal
        else diagnose(world, environment=environment, migration=migration, read_only=read_only)
    )
    screen.show(findings_document(findings), _blocks(findings))
    return 0 if healthy(findings) else CrossfadeError.exit_code


def findings_document(findings: Sequence[Finding]) -> Document:
    """Return what was found, for scripts."""
    counts = {level: sum(1 for one in findings if one.level is level) for level in Level}
    return {
        "healthy": healthy(findings),
        "problems": counts[Level.PROBLEM],
        "warnings": counts[Level.WARNING],
        "findings": [finding_document(one) for one in findings],
    }


def _blocks(findings: Sequence[Finding]) -> Iterator[Line]:
    yield from finding_lines(findings)
    yield Line(tally(findings), Tone.GOOD if healthy(findings) else Tone.BAD)
