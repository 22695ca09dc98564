"""Pages of readers: the words of the terminal, for who looks from a browser. No Prefect."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crossfade.cli.render.sites import history_blocks, status_blocks
from crossfade.plan.base.blocks import plain
from crossfade.plan.base.finding import tally
from crossfade.plan.base.words import count
from crossfade.plan.gates.told import gate_table
from tasks.markdown import blocks, findings, page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.operations.ramp.consent import Said
    from crossfade.operations.status.status import SubjectStatus
    from crossfade.plan.base.blocks import Block
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.journal.operation import Operation


def status_page(found: Sequence[SubjectStatus]) -> str:
    """Tell how subjects stand."""
    return page("# Status", _as_typed(status_blocks(found)) if found else "There is nothing yet.")


def status_line(found: Sequence[SubjectStatus]) -> str:
    """Say in one line how subjects stand."""
    live = [f"{one.subject} {one.live.version}" for one in found if one.live is not None]
    opened = [one.subject for one in found if one.open is not None]
    told = [count(len(found), "subject")]
    told += [f"live: {', '.join(live)}"] if live else []
    told.append(f"open: {', '.join(opened)}" if opened else "nothing is open")
    return "; ".join(told)


def history_page(subject: str, found: Sequence[Operation[Any, Any]], *, more: bool) -> str:
    """Tell a subject's operations, newest first."""
    return page(f"# History of {subject}", _as_typed(history_blocks(subject, found, more=more)))


def findings_page(found: Sequence[Finding]) -> str:
    """Tell what was examined, the worst last, each with its mend."""
    return page(f"# Doctor: {tally(found)}", findings(found))


def gates_page(name: str, found: Sequence[GateResult]) -> str:
    """Tell what gates say, with all their figures."""
    told = blocks([gate_table(found, figures=True)]) if found else "There are no gates to ask."
    return page(f"# {gates_line(name, found)}", told)


def gates_line(name: str, found: Sequence[GateResult]) -> str:
    """Say in one line what gates say."""
    outcomes = Counter(one.outcome.value for one in found)
    told = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    worst = next((f": {one.gate}: {one.reason}" for one in found if one.outcome != "pass"), "")
    return f"{name}: {told or 'no gates to ask'}{worst}"


def said_page(said: Said) -> str:
    """Tell what came of a person's word."""
    return page(f"# {said.line()}", f"By {said.operation.by}." if said.operation else "")


def _as_typed(told: Iterable[Block]) -> str:
    """Keep the columns of the terminal."""
    return "\n".join(["```text", *plain(told), "```"])
