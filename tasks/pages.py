"""Pages about sites: what a person would look at after a run. Pure text, no Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.plan.base.words import count, figures, size, when
from crossfade.plan.journal.documents import state_from_json
from crossfade.plan.journal.operation import Status
from crossfade.plan.sites.effects import effects
from crossfade.plan.sites.site import SiteState
from crossfade.plan.sites.text import plans_digest
from tasks.markdown import SHOWN, blocks, code, document, facts, listed, page, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.releases.publish import Published
    from crossfade.operations.sites.change import SiteOutcome
    from crossfade.operations.status.status import SubjectStatus
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.sites.text import SitePlan

WHERE = "on-request"
"""Name of the deployments that people and scripts start."""


def outcome_line(outcome: SiteOutcome) -> str:
    """Say in one line what came of a change."""
    if outcome.note:
        return outcome.note
    told = "; ".join(plan.line() for plan in outcome.plans)
    if outcome.dry_run:
        return f"dry run, nothing was changed: {told} (plan {plans_digest(outcome.plans)})"
    return told


def settled_line(subject: str, operations: Sequence[Operation[Any, Any]]) -> str:
    """Say in one line how open operations ended."""
    told = "; ".join(f"{operation.title}: {operation.status}" for operation in operations)
    return told or f"{subject}: no operation is open there; nothing to do"


def published_line(published: Published) -> str:
    """Say in one line what came of a publish."""
    name = f"publish {published.component} {published.version}"
    if published.already:
        return f"{name}: published already, with the same content; nothing to do"
    return (
        f"{name}: {published.uploaded} of {count(published.files, 'file')} uploaded, "
        f"{size(published.uploaded_size)} of {size(published.size)}"
    )


def plan_page(plan: SitePlan, plans: Sequence[SitePlan]) -> str:
    """Tell what a change of one site would do, and how to do exactly that.

    Args:
        plan: The site's plan.
        plans: The plans of all sites that would change together.
    """
    exactly = (
        f"To do exactly this, run it with `plan` set to `{plans_digest(plans)}`: it is refused if "
        "the site or the release has changed by then."
    )
    return page(
        f"# Plan: {plan.title}",
        "Nothing was changed." + (" There is nothing to do." if plan.nothing else ""),
        facts(
            {
                **_way(plan),
                "to copy": f"{count(plan.copies, 'file')}, {size(plan.size)}",
                "requests to AWS": f"{plan.calls} at the most",
                "invalidation": ", ".join(map(code, plan.forgets)) or "none",
            }
        ),
        _changes(plan),
        "" if plan.nothing else titled("How to do it", exactly),
    )


def change_page(plan: SitePlan, operation: Operation[Any, Any], *, requests: int) -> str:
    """Tell what a change of one site did, and how to take it back.

    Args:
        plan: The site's plan.
        operation: The operation as closed.
        requests: Requests to AWS of the whole run.
    """
    return page(
        f"# {operation.title}",
        facts({**_way(plan), **record(operation), "requests to AWS": requests}),
        way_back(operation),
        _changes(plan),
    )


def settled_page(operation: Operation[Any, Any], *, requests: int) -> str:
    """Tell how an operation that another worker had begun was finished or taken back."""
    back = operation.status is Status.REVERSED
    found: Json = {}
    if operation.subject.startswith("sites/"):
        state = operation.before if back else operation.after
        live = state_from_json(state, SiteState, f"operation {operation.id}").live
        found["live now"] = live.version if live else "nothing"
    return page(
        f"# {operation.title}: {operation.status}",
        facts({**found, **record(operation), "requests to AWS": requests}),
        listed("What happened", [f"{when(note.at)}: {note.what}" for note in operation.notes]),
        "" if back else way_back(operation),
    )


def half_done_page(found: SubjectStatus, operation: Operation[Any, Any]) -> str:
    """Tell what a worker that stopped has left half done, and how that is ended."""
    there, live = found.open, {}
    if there is None:
        return ""
    if found.subject.startswith("sites/"):
        sides = {"live before": operation.before, "to be live": operation.after}
        for name, state in sides.items():
            site = state_from_json(state, SiteState, f"operation {operation.id}").live
            live[name] = site.version if site else "nothing"
    return page(
        f"# Half done: {there.title}",
        "Some of its changes have been made and some have not. It is open, and nobody goes on with "
        "it by himself: finish it, or take it back.",
        facts(
            {
                **live,
                "subjects": ", ".join(map(code, there.members)),
                "going": there.direction,
                "since": when(there.since),
                "by": there.by,
                "stopped": there.trouble or "without a word: its process was killed",
                "operation": code(there.operation),
            }
        ),
        titled(
            "How to end it",
            f"In Prefect, run `resume/{WHERE}` to finish it, or `reverse/{WHERE}` to take it back, "
            f"with\n\n{document({'subject': found.subject})}\n\n"
            f"Without Prefect: `crossfade resume {found.subject}` or "
            f"`crossfade reverse {found.subject}`",
        ),
        listed("What happened", [f"{when(note.at)}: {note.what}" for note in operation.notes]),
    )


def half_done_line(found: SubjectStatus) -> str:
    """Say in one line what is half done, and how that is ended."""
    if found.open is None:
        return ""
    return (
        f"{found.open.title} is half done and open: `resume/{WHERE}` or "
        f"`crossfade resume {found.subject}` finishes it, `reverse/{WHERE}` or "
        f"`crossfade reverse {found.subject}` takes it back"
    )


def release_page(published: Published) -> str:
    """Tell what a release consists of, and how to make it live."""
    title = f"{published.component} {published.version}"
    state = "was published already" if published.already else "is published"
    asked = {"component": published.component, "version": published.version}
    return page(
        f"# {title} {state}",
        facts(
            {
                "files": published.files,
                "size": size(published.size),
                "uploaded": f"{count(published.uploaded, 'file')}, {size(published.uploaded_size)}",
                "digest": code(published.digest),
            }
        ),
        titled(
            "How to make it live",
            f"In Prefect, run `promote/{WHERE}` with an environment and\n\n{document(asked)}\n\n"
            f"Without Prefect: `crossfade promote ENV {title}`",
        ),
        listed("Found in its folder and left alone", [code(name) for name in published.strangers]),
    )


def way_back(operation: Operation[Any, Any]) -> str:
    """Say how an operation is taken back, in Prefect and without it."""
    if operation.kind == "promote":
        _, environment, component = operation.subject.split("/")
        flow, asked = "rollback", {"environment": environment, "component": component}
        command = f"crossfade rollback {environment} {component}"
    else:
        flow, asked = "reverse", {"subject": operation.subject, "to": operation.id}
        command = f"crossfade reverse {operation.subject} --to {operation.id}"
    lines = [f"In Prefect, run `{flow}/{WHERE}` with", document(asked)]
    lines.append(f"Without Prefect: `{command}`")
    together = [code(member) for member in operation.members if member != operation.subject]
    if together and operation.kind == "promote":
        lines.append(f"With it go back: {', '.join(together)}")
    return titled("How to take it back", "\n\n".join(lines))


def record(operation: Operation[Any, Any]) -> dict[str, object]:
    """Return what the journal has of a closed operation, as facts."""
    return {
        "outcome": f"{operation.status}: {figures(operation.figures)}",
        "by": operation.by,
        "invalidation": operation.figures.get("invalidation", "none"),
        "operation": code(operation.id),
    }


def _way(plan: SitePlan) -> dict[str, object]:
    return {"from": plan.came or "nothing", "to": plan.goes or "nothing"}


def _changes(plan: SitePlan) -> str:
    """Count the files, and tell the effects in the words of the terminal."""
    counted = {"unchanged": plan.unchanged, "kept for open pages": plan.kept}
    told = blocks(effects(plan, most=SHOWN, elsewhere="the journal has all of them"))
    return page(facts(counted), titled("What happens to each file, in order", told))
