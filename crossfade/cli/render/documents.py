"""What commands answer to scripts: JSON documents. Keys are added, never renamed or removed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crossfade.plan.journal.documents import state_from_json, state_to_json
from crossfade.plan.journal.operation import iso
from crossfade.plan.sites.site import SiteState
from crossfade.plan.sites.text import plans_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.sites.change import SiteOutcome
    from crossfade.operations.status.status import ReleaseRow, SubjectStatus
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.sites.site import Live
    from crossfade.plan.sites.text import SitePlan

Document = dict[str, Any]


def status_document(found: Sequence[SubjectStatus]) -> Document:
    """Return how subjects stand."""
    return {"subjects": [_subject(one) for one in found]}


def _subject(one: SubjectStatus) -> Document:
    there = one.open
    return {
        "subject": one.subject,
        "live": live_document(one.live),
        "changes": one.changes,
        "configured": one.configured,
        "trouble": one.trouble,
        **_migration(one),
        **_cron(one),
        **_tandem(one),
        "last": one.last,
        "open": None
        if there is None
        else {
            "operation": there.operation,
            "kind": there.kind,
            "title": there.title,
            "by": asdict(there.by),
            "since": there.since,
            "members": list(there.members),
            "direction": there.direction.value,
            "trouble": there.trouble,
            "lease_left": round(one.lease_left, 3),
            "resume": f"crossfade resume {one.subject}",
            "reverse": f"crossfade reverse {one.subject}",
        },
    }


def _migration(one: SubjectStatus) -> Document:
    """Return where a migration stands, and until when it may be taken back; nothing for others."""
    if one.progress is None:
        return {}
    until = one.reversible_until
    return {
        "migration": state_to_json(one.progress),
        "reversible_until": iso(until) if until else None,
    }


def _cron(one: SubjectStatus) -> Document:
    """Return where a cron job stands; nothing for others."""
    if one.standing is None:
        return {}

    return {"cron": state_to_json(one.standing)}


def _tandem(one: SubjectStatus) -> Document:
    """Return where a tandem stands; nothing for others."""
    if one.tandem is None:
        return {}
    from crossfade.cli.render.tandems import tandem_document  # noqa: PLC0415  only tandems need it

    return {"tandem": tandem_document(one.tandem)}


def finding_document(finding: Finding) -> Document:
    """Return one finding."""
    return {
        "level": finding.level.value,
        "check": finding.code,
        "subject": finding.subject,
        "saw": finding.saw,
        "mend": finding.mend,
    }


def live_document(live: Live | None) -> Document | None:
    """Return the live release, or None where nothing is live."""
    return None if live is None else asdict(live)


def operation_document(operation: Operation[Any, Any]) -> Document:
    """Return one operation as the journal tells it, without its work."""
    came, goes = from_to(operation)
    return {
        "id": operation.id,
        "subject": operation.subject,
        "kind": operation.kind,
        "title": operation.title,
        "status": operation.status.value,
        "by": asdict(operation.by),
        "begun_at": operation.begun_at,
        "ended_at": operation.ended_at,
        "from": came,
        "to": goes,
        "request": operation.request,
        "members": list(operation.members),
        "figures": operation.figures,
        "notes": [asdict(note) for note in operation.notes],
    }


def from_to(operation: Operation[Any, Any]) -> tuple[str, str]:
    """Return the releases that were live before and after; "" for none, or for no site."""
    if not operation.subject.startswith("sites/"):
        return "", ""
    before, after = (
        state_from_json(operation.before, SiteState, f"operation {operation.id}").live,
        state_from_json(operation.after, SiteState, f"operation {operation.id}").live,
    )
    return before.version if before else "", after.version if after else ""


def release_document(row: ReleaseRow) -> Document:
    """Return one release as its manifest's tags tell it; counts that they do not tell are -1."""
    document = asdict(row)
    document["bytes"] = document.pop("size")
    return document


def outcome_document(outcome: SiteOutcome) -> Document:
    """Return what was planned for sites and, unless it was a dry run, what came of it.

    The lists and totals are over all sites of a train; each entry names its own.
    """
    plans = [plan.document() for plan in outcome.plans]
    paths = {path for plan in plans for path in plan["invalidation_paths"]}
    return {
        "dry_run": outcome.dry_run,
        "digest": plans_digest(outcome.plans),
        "nothing_to_do": all(plan.nothing for plan in outcome.plans),
        "sites": [_site(plan) for plan in outcome.plans],
        "copies": _entries(plans, "copies"),
        "deletions": _entries(plans, "deletions"),
        "invalidation_paths": sorted(paths),
        "bytes": sum(plan["bytes"] for plan in plans),
        "calls": sum(plan["calls"] for plan in plans),
        "operations": [operation_document(operation) for operation in outcome.operations],
    }


def _site(plan: SitePlan) -> Document:
    lists = {"copies", "deletions"}
    return {key: value for key, value in plan.document().items() if key not in lists}


def _entries(plans: Sequence[Document], name: str) -> list[Document]:
    return [{"subject": plan["subject"], **entry} for plan in plans for entry in plan[name]]
