"""A plan told to a person or a script: one wording for log, terminal, artifact and JSON."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.plan.base.words import count
from crossfade.plan.sites.site import Do, Group, SiteWork, of_group

if TYPE_CHECKING:
    from collections.abc import Sequence

DELETE_BATCH = 1000
FIXED_CALLS = 12
"""Calls of an operation beside copies, deletions and listings: the journal's, the manifest's, the
invalidation's, and the reading back."""


@dataclass(frozen=True, slots=True)
class SitePlan:
    """What will be done to one site.

    Attributes:
        subject: The site.
        title: One line that says what it does.
        came: The release that is live now, or "".
        goes: The release that is live afterwards, or "".
        work: The effects.
        unchanged: Files of the release that stand there already.
        kept: Assets of earlier releases that stay for pages loaded before.
        listings: Pages of the root's listing.
        nothing: Whether there is nothing to do.
        distribution: The CloudFront distribution in front of the site, or "" for none.
    """

    subject: str
    title: str
    came: str
    goes: str
    work: SiteWork
    unchanged: int
    kept: int
    listings: int
    nothing: bool
    distribution: str = ""

    @property
    def forgets(self) -> tuple[str, ...]:
        """Paths that CloudFront forgets; none where there is no distribution to tell."""
        return self.work.invalidate if self.distribution else ()

    @property
    def copies(self) -> int:
        """Objects that are brought into the root."""
        return sum(1 for action in self.work.actions if action.do is not Do.DELETE)

    @property
    def deletions(self) -> int:
        """Objects that are removed from the root."""
        return len(self.work.actions) - self.copies

    @property
    def size(self) -> int:
        """Bytes that are brought into the root, inside S3."""
        return sum(action.size for action in self.work.actions if action.do is not Do.DELETE)

    @property
    def calls(self) -> int:
        """Requests to AWS at the most, when none has to be tried again."""
        return self.copies + -(-self.deletions // DELETE_BATCH) + self.listings + FIXED_CALLS

    def in_place(self) -> int:
        """Assets whose content changes under an unchanged name: the window that P1 states."""
        return len(of_group(self.work.actions, Group.CHANGE))

    def line(self) -> str:
        """Say the plan in one line."""
        if self.nothing:
            stand = count(self.unchanged, "file stands as it must", "files stand as they must")
            return f"{self.title}: nothing to do, {stand}"
        groups = {group: len(of_group(self.work.actions, group)) for group in Group}
        text = (
            f"{self.title}: {count(groups[Group.PAGES], 'page')}, "
            f"{count(groups[Group.ADD], 'new asset')}, "
            f"{groups[Group.CHANGE]} changed in place, {groups[Group.REMOVE]} removed, "
            f"{self.unchanged} unchanged, {self.kept} kept for open pages"
        )
        return f"{text}, {len(self.work.drift)} changed by hand" if self.work.drift else text

    def document(self) -> dict[str, Any]:
        """Return the plan as a JSON document."""
        return {
            "subject": self.subject,
            "title": self.title,
            "from": self.came,
            "to": self.goes,
            "nothing_to_do": self.nothing,
            "copies": [
                {
                    "path": action.path,
                    "do": action.do.value,
                    "group": action.group.name.lower(),
                    "why": action.why,
                    "bytes": action.size,
                }
                for action in self.work.actions
                if action.do is not Do.DELETE
            ],
            "deletions": [
                {"path": action.path, "why": action.why, "bytes": action.size}
                for action in self.work.actions
                if action.do is Do.DELETE
            ],
            "invalidation_paths": list(self.work.invalidate),
            "distribution": self.distribution,
            "changed_in_place": self.in_place(),
            "unchanged": self.unchanged,
            "kept": self.kept,
            "bytes": self.size,
            "calls": self.calls,
            "drift": list(self.work.drift),
        }


def plans_digest(plans: Sequence[SitePlan]) -> str:
    """Name plans by their effects, so that what is approved is what is done."""
    digest = hashlib.sha256()
    for plan in plans:
        work = replace(plan.work, actions=())
        digest.update(f"{plan.subject}\0{plan.goes}\0{work!r}\0".encode())
        for action in plan.work.actions:
            digest.update(f"{action!r}\0".encode())
    return digest.hexdigest()[:16]
