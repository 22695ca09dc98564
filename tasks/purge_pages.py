"""Pages about purges: what went, what stayed and why. Pure text, no Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.plan.base.words import size
from crossfade.plan.purge.effects import effects
from tasks.markdown import blocks, code, facts, page, table, titled
from tasks.pages import WHERE, record, way_back

if TYPE_CHECKING:
    from crossfade.operations.purge.reverse import PurgeReturned
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.purge.text import PurgeOutcome, PurgePlan


def purge_line(outcome: PurgeOutcome) -> str:
    """Say in one line what came of a purge."""
    told = outcome.line()
    if outcome.dry_run:
        return f"dry run, nothing was deleted: {told} (plan {outcome.digest})"
    return told


def returned_line(returned: PurgeReturned) -> str:
    """Say in one line what came of taking a purge back."""
    told = returned.line()
    return told if returned.operation else f"dry run, nothing was changed: {told}"


def purge_page(plan: PurgePlan, outcome: PurgeOutcome) -> str:
    """Tell what of one component goes and what stays, with the reasons.

    Args:
        plan: The component's plan.
        outcome: What came of the whole purge.
    """
    done = outcome.operations.get(plan.component)
    return page(
        f"# {plan.line() if plan.nothing else plan.title}",
        "" if done else "Nothing was deleted.",
        "" if plan.refusal else outcome.refused.get(plan.component, ""),
        facts(record(done)) if done else "",
        blocks(effects(plan, done=done is not None)),
        _how(plan, outcome, done),
    )


def returned_page(returned: PurgeReturned, *, requests: int) -> str:
    """Tell which releases came back after a purge was taken back."""
    operation = returned.operation
    rows = [(one.version, one.files, size(one.size)) for one in returned.releases]
    rows += [(one.version, len(one.paths), size(one.size)) for one in returned.leftovers]
    return page(
        f"# {returned.line()}",
        facts({**record(operation), "requests to AWS": requests})
        if operation
        else "Nothing was changed.",
        table(["version", "files", "size"], rows),
    )


def _how(plan: PurgePlan, outcome: PurgeOutcome, done: Operation[Any, Any] | None) -> str:
    if done is not None:
        return way_back(done)
    if plan.nothing or not outcome.dry_run:
        return ""
    return titled(
        "How to do it",
        f"Run `purge/{WHERE}` with the same parameters, `apply` on and `plan` set to "
        f"{code(outcome.digest)}: it is refused if anything has changed by then.",
    )
