"""Pins: releases that no purge may delete, and why.

They are part of the state of a component's releases, so that a pin and a purge never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput
from crossfade.operations.base.world import releases_subject
from crossfade.operations.journal.begin import Intent, refuse_if_open
from crossfade.operations.journal.executor import perform
from crossfade.operations.journal.step import directly, read_step
from crossfade.operations.journal.untouched_participant import UntouchedParticipant
from crossfade.operations.releases.bucket import manifest_key, read_manifest
from crossfade.operations.status.status import pins_of
from crossfade.plan.journal.operation import Untold

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.head import Head
    from crossfade.plan.journal.operation import Json


@dataclass(frozen=True, slots=True)
class Pinned:
    """How a release is pinned now.

    Attributes:
        component: The component.
        version: The release.
        why: Why it is pinned, or "" where it is not.
        changed: Whether that was different before.
        operation: The operation that changed it, or "".
    """

    component: str
    version: str
    why: str
    changed: bool
    operation: str = ""

    def line(self) -> str:
        """Say it in one line."""
        name = f"{self.component} {self.version}"
        if self.why:
            text = f"{name} is pinned: {self.why}"
            return text if self.changed else f"{text}; nothing to do"
        if self.changed:
            return f"{name} is no longer pinned: purges may delete it again"
        return f"{name} was not pinned; nothing to do"

    def document(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        return {
            "component": self.component,
            "version": self.version,
            "pinned": self.why,
            "changed": self.changed,
            "operation": self.operation,
        }


def pin(world: World, component: str, version: str, why: str, run: Run = directly) -> Pinned:
    """Keep a release from every purge, and record who did it and why.

    Raises:
        BadInput: There is no such component or release, or no reason is given.
        Refused: An operation is open on the component's releases.
    """
    there = read_step(run, f"read releases/{component}", lambda: _read(world, component))
    reason = " ".join(why.split())
    if not reason:
        raise BadInput(f"say why {component} {version} is pinned: whoever unpins it will ask")
    read_manifest(world, component, version)
    return _change(world, there, Pinned(component, version, reason, changed=False), run)


def unpin(world: World, component: str, version: str, run: Run = directly) -> Pinned:
    """Let purges delete a release again.

    Raises:
        BadInput: There is no such component, or no such release and no pin of it.
        Refused: An operation is open on the component's releases.
    """
    there = read_step(run, f"read releases/{component}", lambda: _read(world, component))
    published = world.releases.head(manifest_key(world, component, version)) is not None
    if not published and version not in pins_of(there[0]):
        raise BadInput(
            f"{component} {version} is neither pinned nor published: choose one that "
            f"`crossfade releases {component}` lists"
        )
    return _change(world, there, Pinned(component, version, "", changed=False), run)


def _read(world: World, component: str) -> tuple[Head[Json], str]:
    world.settings.component(component)
    head, etag = world.journal.head(releases_subject(component))
    refuse_if_open(world, head)
    return head, etag


def _change(world: World, there: tuple[Head[Json], str], wanted: Pinned, run: Run) -> Pinned:
    """Record a pin, or that there is none, by an operation; none where it is so already."""
    head, etag = there
    pins = pins_of(head)
    if pins.get(wanted.version, "") == wanted.why:
        return wanted
    others = {version: why for version, why in pins.items() if version != wanted.version}
    pinned = {wanted.version: wanted.why} if wanted.why else {}
    kind = "pin" if pinned else "unpin"
    title = f"{kind} {wanted.component} {wanted.version}"
    intent = Intent(
        head=head,
        etag=etag,
        title=f"{title}: {wanted.why}" if wanted.why else title,
        request={"component": wanted.component, "version": wanted.version, "why": wanted.why},
        work=Untold(),
        after={**head.state, "pins": {**others, **pinned}},
    )
    (operation,) = perform(
        world,
        kind,
        [intent],
        lambda operations: [UntouchedParticipant(one, one.after) for one in operations],
        run=run,
    )
    return replace(wanted, changed=True, operation=operation.id)
