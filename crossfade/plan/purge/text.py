"""A purge told to a person or a script: one wording for log, terminal, artifact and JSON."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crossfade.errors import Refused
from crossfade.plan.base.words import count, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.purge.purge import Delete, Keep, Leftover, Release
    from crossfade.plan.purge.sweep import Swept
    from crossfade.plan.sites.site import Action


@dataclass(frozen=True, slots=True)
class SitePart:
    """What a purge does at one site.

    Attributes:
        subject: The site.
        actions: Assets that leave its root.
        drift: Assets that are due and were changed by hand; they are left alone.
    """

    subject: str
    actions: tuple[Action, ...] = ()
    drift: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that leave the root."""
        return sum(action.size for action in self.actions)


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge of one component does.

    Attributes:
        component: The component.
        depth: How many of the newest releases stay in any case.
        keep: Releases that stay, newest first.
        delete: Releases that go, newest first.
        leftovers: Half-published releases that go.
        foreign: Objects among the releases that are left alone, and why.
        sites: The component's sites; all of them are held while the purge runs.
        swept: What goes for good, or None where that was not asked for.
        refusal: Why it may not be done as it is, or "".
    """

    component: str
    depth: int
    keep: tuple[Keep, ...]
    delete: tuple[Delete, ...]
    leftovers: tuple[Leftover, ...]
    foreign: tuple[str, ...]
    sites: tuple[SitePart, ...]
    swept: Swept | None
    refusal: str = ""

    @property
    def files(self) -> int:
        """Files that go from the releases bucket."""
        files = sum(one.release.files for one in self.delete)
        return files + sum(len(one.paths) for one in self.leftovers)

    @property
    def size(self) -> int:
        """Bytes that go from the releases bucket; they stay as noncurrent versions at first."""
        size = sum(one.release.size for one in self.delete)
        return size + sum(one.size for one in self.leftovers)

    @property
    def retired(self) -> int:
        """Assets that leave the sites' roots."""
        return sum(len(site.actions) for site in self.sites)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        goes = self.delete or self.leftovers or self.retired
        return not goes and (self.swept is None or self.swept.nothing)

    @property
    def title(self) -> str:
        """What it does, as the journal names it."""
        parts = [count(len(self.delete), "release")] if self.delete else []
        if self.leftovers:
            parts.append(count(len(self.leftovers), "half-published release"))
        if self.retired:
            parts.append(count(self.retired, "asset"))
        if self.swept is not None:
            parts.append("noncurrent versions")
        return f"purge {self.component}: {', '.join(parts) or 'nothing'}"

    def line(self) -> str:
        """Say the plan in one line."""
        if self.nothing:
            return f"purge {self.component}: nothing to do, {self._staying()}"
        there = count(len(self.keep) + len(self.delete), "release")
        goes = "goes" if len(self.delete) == 1 else "go"
        text = (
            f"purge {self.component}: {len(self.delete)} of {there} {goes}, "
            f"{count(len(self.leftovers), 'half-published one')}, {count(self.files, 'file')}, "
            f"{size(self.size)}; {count(self.retired, 'asset retires', 'assets retire')}"
        )
        return text if self.swept is None else f"{text}; {self.swept.line()}"

    def _staying(self) -> str:
        return count(len(self.keep), "release stays", "releases stay")

    def details(self) -> tuple[str, ...]:
        """Say what goes, what stays and why, one line for each."""
        lines = [_told("delete", one.release, one.why) for one in self.delete]
        lines += [
            f"delete {one.version}: {count(len(one.paths), 'file')}, {size(one.size)}; {one.why}"
            for one in self.leftovers
        ]
        lines += [_told("keep", one.release, one.why) for one in self.keep]
        for site in self.sites:
            if site.actions:
                lines.append(f"retire {count(len(site.actions), 'asset')} of {site.subject}")
            lines += [f"{site.subject}: {drift}" for drift in site.drift]
        return (*lines, *self.foreign)

    def document(self) -> dict[str, Any]:
        """Return the plan as a JSON document."""
        return {
            "component": self.component,
            "depth": self.depth,
            "nothing_to_do": self.nothing,
            "delete": [_row(one.release, one.why) for one in self.delete],
            "leftovers": [
                {
                    "version": one.version,
                    "files": len(one.paths),
                    "bytes": one.size,
                    "why": one.why,
                }
                for one in self.leftovers
            ],
            "keep": [_row(one.release, one.why) for one in self.keep],
            "files": self.files,
            "bytes": self.size,
            "sites": [_site_row(site) for site in self.sites],
            "foreign": list(self.foreign),
            "noncurrent": None
            if self.swept is None
            else {
                "versions": self.swept.versions,
                "delete_markers": self.swept.markers,
                "bytes": self.swept.size,
                "roots": self.swept.roots,
            },
            "refusal": self.refusal,
        }


@dataclass(frozen=True)
class PurgeOutcome:
    """What came of a purge.

    Attributes:
        plans: What was planned, one for each component that could be.
        refused: Why a component could not be purged, by its name.
        operations: What was recorded of each component's releases, by its name.
        dry_run: Whether it was only planned.
    """

    plans: tuple[PurgePlan, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, Operation[Any, Any]] = field(default_factory=dict)
    dry_run: bool = True

    @property
    def exit_code(self) -> int:
        """0, or 3 where a component was refused."""
        return Refused.exit_code if self.refused else 0

    @property
    def digest(self) -> str:
        """Names what was planned, for an approval."""
        return purges_digest(self.plans)

    def lines(self) -> tuple[str, ...]:
        """Say what was planned or done, and what was refused."""
        told = [line for plan in self.plans for line in (plan.line(), *plan.details())]
        return (*told, *(f"{name} was refused: {why}" for name, why in self.refused.items()))

    def line(self) -> str:
        """Say it in one line."""
        texts = [plan.line() for plan in self.plans]
        return "; ".join([*texts, *(f"{name} was refused" for name in self.refused)])

    def document(self) -> dict[str, Any]:
        """Return the outcome as a JSON document."""
        return {
            "dry_run": self.dry_run,
            "digest": self.digest,
            "components": [self._component(plan) for plan in self.plans],
            "refused": [{"component": name, "why": why} for name, why in self.refused.items()],
        }

    def _component(self, plan: PurgePlan) -> dict[str, Any]:
        done = self.operations.get(plan.component)
        recorded = {"operation": done.id, "figures": done.figures} if done else {"operation": ""}
        return {**plan.document(), **recorded}


def purges_digest(plans: Sequence[PurgePlan]) -> str:
    """Name plans by their effects, so that what is approved is what is done."""
    digest = hashlib.sha256()
    for plan in plans:
        going = [one.release.version for one in plan.delete]
        half = [(one.version, one.paths) for one in plan.leftovers]
        assets = [(site.subject, [action.path for action in site.actions]) for site in plan.sites]
        effects = (plan.component, going, half, assets, plan.swept)
        digest.update(f"{effects!r}\0".encode())
    return digest.hexdigest()[:16]


def _told(verb: str, release: Release, why: str) -> str:
    return f"{verb} {release.version}: {count(release.files, 'file')}, {size(release.size)}; {why}"


def _row(release: Release, why: str) -> dict[str, Any]:
    return {
        "version": release.version,
        "published_at": release.published_at,
        "files": release.files,
        "bytes": release.size,
        "why": why,
    }


def _site_row(site: SitePart) -> dict[str, Any]:
    return {
        "subject": site.subject,
        "retired": [
            {"path": action.path, "bytes": action.size, "why": action.why}
            for action in site.actions
        ],
        "bytes": site.size,
        "drift": list(site.drift),
    }
