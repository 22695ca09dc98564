"""Pages about purges: what went, what stayed and why. Pure text, no Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.plan.base.words import size, when
from tasks.markdown import code, facts, listed, page, table, titled
from tasks.pages import WHERE, record, way_back

if TYPE_CHECKING:
    from crossfade.operations.purge.reverse import PurgeReturned
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.purge.purge import Release
    from crossfade.plan.purge.text import PurgeOutcome, PurgePlan

_RELEASES = ("version", "published", "files", "size", "why")


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
    going = [_row(one.release, one.why) for one in plan.delete]
    going += [
        (one.version, "half-published", len(one.paths), size(one.size), one.why)
        for one in plan.leftovers
    ]
    staying = [_row(one.release, one.why) for one in plan.keep]
    retired = [
        (site.subject, len(site.actions), size(site.size)) for site in plan.sites if site.actions
    ]
    return page(
        f"# {plan.line() if plan.nothing else plan.title}",
        "" if done else "Nothing was deleted.",
        plan.refusal or outcome.refused.get(plan.component, ""),
        facts({**_figures(plan), **(record(done) if done else {})}),
        titled("Deleted" if done else "Would be deleted", table(_RELEASES, going)),
        titled("Kept", table(_RELEASES, staying)),
        titled("Assets that leave the sites", table(["site", "assets", "size"], retired)),
        listed(
            "Left alone",
            [*plan.foreign, *(f"{s.subject}: {text}" for s in plan.sites for text in s.drift)],
        ),
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


def _figures(plan: PurgePlan) -> dict[str, object]:
    found: dict[str, object] = {
        "kept in any case": f"the {plan.depth} newest",
        "releases": f"{len(plan.delete)} go, {len(plan.keep)} stay",
        "files that go": f"{plan.files}, {size(plan.size)}",
    }
    if plan.swept is not None:
        found["gone for good"] = plan.swept.line()
    return found


def _row(release: Release, why: str) -> tuple[str, str, int, str, str]:
    return release.version, when(release.published_at), release.files, size(release.size), why


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
