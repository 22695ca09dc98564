"""Approvals and overrides: a person's word on exactly one change, for a limited time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time

from crossfade.errors import BadInput


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's consent to one change.

    Attributes:
        digest: What was approved: the live records, the change and the plan (`approval_digest`).
        by: Who approved.
        at: When.
        expires: When it no longer counts.
        comment: What they said, or "".
    """

    digest: str
    by: str
    at: datetime
    expires: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A person's decision to pass one gate of one stage whatever it says.

    Attributes:
        gate: The gate's name.
        stage: The stage that it counts for.
        reason: Why; never empty.
        by: Who decided.
        at: When.
    """

    gate: str
    stage: str
    reason: str
    by: str
    at: datetime

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise BadInput(f"overriding gate {self.gate} needs a reason: it goes into the journal")


def missing_approval(approvals: tuple[Approval, ...], digest: str, now: datetime) -> str:
    """Say why a change is not approved; "" if it is.

    An approval of another digest is no approval: the live records, the next change or the plan were
    changed after it was given.
    """
    matching = [approval for approval in approvals if approval.digest == digest]
    if any(approval.at <= now < approval.expires for approval in matching):
        return ""
    if matching:
        last = max(matching, key=lambda approval: approval.expires)
        return f"the approval by {last.by} expired at {last.expires:%Y-%m-%d %H:%M} UTC"
    if approvals:
        last = max(approvals, key=lambda approval: approval.at)
        return (
            f"the approval by {last.by} was for other records, another change or another plan "
            f"({last.digest[:12]}, now {digest[:12]})"
        )
    return f"nobody approved {digest[:12]} yet"
