"""People's words about a migration: freeze, thaw, approve, override. They change no record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Conflict, Refused
from crossfade.operations.journal.step import Step, directly, read_step
from crossfade.operations.ramp.change import record
from crossfade.operations.ramp.read import next_digest, read_live, read_ramp
from crossfade.plan.journal.head import already_open, lapsed, seconds_left
from crossfade.plan.ramp.approval import Approval, Override
from crossfade.plan.ramp.progress import Freeze, approved, frozen, overridden, thawed

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.ramp.progress import Progress

LEAST_DIGITS = 8
"""Of a digest: two changes that share so many by chance are one in four thousand million."""

LOOK_SECONDS = 5
"""Between two looks at an operation that is waited for."""


@dataclass(frozen=True)
class Said:
    """What came of a person's word.

    Attributes:
        name: The migration.
        text: What came of it, in one line.
        progress: Where the migration stands.
        operation: What was recorded, or None where nothing was to be done.
    """

    name: str
    text: str
    progress: Progress
    operation: Operation[Any, Any] | None = None

    def line(self) -> str:
        """Say it in one line."""
        return f"{self.name}: {self.text}"


def hold(world: World, name: str, *, reason: str = "", run: Run = directly) -> Said:
    """Freeze a migration: it does not go forward until somebody thaws it. Going back stays open.

    Args:
        world: The world.
        name: The migration.
        reason: Why, for whoever finds it frozen.
        run: Runs each step.

    Raises:
        Refused: A worker left an operation open that must be settled first.
    """
    ramp = _quiet(world, name, run)
    there = ramp.progress.frozen
    if there is not None:
        text = f"frozen already, by {there.by}: {there.reason}"
        return Said(name, text, ramp.progress)
    freeze = Freeze(reason or "no reason given", str(world.actor), world.clock.now())
    after = frozen(ramp.progress, freeze)
    return _say(
        ramp, "hold", f"frozen: {freeze.reason}", request={"reason": reason}, after=after, run=run
    )


def thaw(world: World, name: str, *, run: Run = directly) -> Said:
    """Let a frozen migration go forward again; what its gates said before counts no more."""
    ramp = _quiet(world, name, run)
    if ramp.progress.frozen is None:
        return Said(name, "not frozen, nothing to do", ramp.progress)
    was = ramp.progress.frozen
    request = {"release": True, "was": was.reason, "by": was.by}
    return _say(
        ramp, "hold", "free to go forward", request=request, after=thawed(ramp.progress), run=run
    )


def approve(
    world: World, name: str, *, digest: str = "", comment: str = "", run: Run = directly
) -> Said:
    """Approve exactly the next change: the live records, the next weights, the rest of the plan.

    Args:
        world: The world.
        name: The migration.
        digest: The digest that was looked at, or its first 8 digits or more; "" approves what is
            next now.
        comment: What to say with it.
        run: Runs each step.

    Raises:
        BadInput: The digest is too short to name one change.
        Refused: There is no next change that could be approved.
        Conflict: The next change is no longer the one of that digest.
    """
    if digest and len(digest) < LEAST_DIGITS:
        raise BadInput(
            f"--digest {digest} could be that of many changes: give at least {LEAST_DIGITS} of its "
            f"digits, as `crossfade advance {name} --dry-run` shows them"
        )
    ramp = _quiet(world, name, run)
    now = world.clock.now()
    there = read_step(
        run, f"read the next change of {name}", lambda: next_digest(ramp, read_live(ramp))
    )
    stage = ramp.plan.after(ramp.progress.stage)
    if not there or stage is None:
        raise Refused(
            f"{name} has no next change to approve: its records are not weighted pairs yet, "
            "somebody changed them, or all stages are done; `crossfade advance` says which"
        )
    if digest and not there.startswith(digest):
        raise Conflict(
            f"the next change of {name} is no longer {digest[:12]} but {there[:12]}: the records, "
            "the next stage or the plan were changed; look again before you approve"
        )
    approval = Approval(there, str(world.actor), now, now + ramp.plan.approval_lasts, comment)
    text = f"approved {stage.name} ({there[:12]}) until {approval.expires:%Y-%m-%d %H:%M} UTC"
    request = {"stage": stage.name, "digest": there, "comment": comment}
    return _say(
        ramp, "approve", text, request=request, after=approved(ramp.progress, approval), run=run
    )


def override(world: World, name: str, gate: str, *, reason: str, run: Run = directly) -> Said:
    """Pass one gate of the present stage whatever it says; both go into the journal.

    Raises:
        BadInput: The stage has no such gate, or there is no reason.
    """
    ramp = _quiet(world, name, run)
    stage = ramp.plan.stage(ramp.progress.stage)
    gates = stage.gates if stage else ()
    if gate not in gates:
        raise BadInput(
            f"stage {ramp.progress.stage or 'before the first'} of {name} has no gate {gate!r}; "
            f"it has {', '.join(gates) or 'none'}"
        )
    one = Override(gate, ramp.progress.stage, reason, str(world.actor), world.clock.now())
    text = f"gate {gate} is overridden at {one.stage}: {reason}"
    request = {"gate": gate, "stage": one.stage, "reason": reason}
    return _say(
        ramp, "override", text, request=request, after=overridden(ramp.progress, one), run=run
    )


def _say(ramp: Ramp, kind: str, text: str, *, request: Json, after: Progress, run: Run) -> Said:
    title = f"{kind} {ramp.name}: {text}"
    request = {"migration": ramp.name, **request}
    operation = run(
        Step(
            f"record: {title}",
            lambda: record(ramp, kind=kind, title=title, request=request, progress=after),
        )
    )
    return Said(ramp.name, text, after, operation)


def _quiet(world: World, name: str, run: Run) -> Ramp:
    """Read a migration when nobody works on it; a change that has begun is let to its end.

    Raises:
        Refused: A worker left an operation open and is gone.
    """
    while True:
        ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
        now = world.clock.now()
        if ramp.head.open is None:
            return ramp
        if lapsed(ramp.head, now):
            raise Refused(already_open(ramp.head, now))
        world.report.say(
            f"{ramp.head.open.title} is under way, its lease runs for another "
            f"{seconds_left(ramp.head, now):.0f} s; waiting for its end"
        )
        world.sleep(LOOK_SECONDS)
