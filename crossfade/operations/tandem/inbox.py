"""What is reported and asked of a tandem: one record and one swap each, also during a release.

It is a subject beside the tandem's own, since nobody but its worker may write the head of an open
operation, and a pipeline that reports must not wait for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Conflict
from crossfade.operations.base.world import inbox_subject
from crossfade.operations.journal import begin
from crossfade.operations.journal.begin import Intent
from crossfade.operations.journal.step import Step, directly
from crossfade.plan.base.paths import check_version
from crossfade.plan.journal.operation import Untold
from crossfade.plan.tandem.ready import Inbox, Readiness, reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.journal.operation import Json, Operation

READY, ASK, TAKE, EXPIRE = "ready", "ask", "take", "expire"
"""The kinds of the inbox's operations."""

ATTEMPTS = 8
"""How often a record is tried again that others write too."""


@dataclass(frozen=True)
class Reported:
    """What came of a report.

    Attributes:
        readiness: What was recorded.
        waits: Whether somebody has asked for that version.
    """

    readiness: Readiness
    waits: bool

    def line(self) -> str:
        """Say it in one line."""
        one = self.readiness
        digest = f" ({one.digest})" if one.digest else ""
        asked = "" if self.waits else "; nobody has asked to release it yet"
        return (
            f"{one.platform} is ready with {one.version}{digest} until "
            f"{one.until:%Y-%m-%d %H:%M} UTC{asked}"
        )


def ready(
    world: World,
    name: str,
    platform: Platform,
    version: str,
    *,
    digest: str = "",
    artifact: str = "",
    commit: str = "",
    run: Run = directly,
) -> Reported:
    """Record that a platform could run a version at once; the other one need not be known.

    Args:
        world: The world.
        name: The tandem.
        platform: The platform.
        version: The version.
        digest: The digest of its configuration: the other platform must report the same.
        artifact: What the platform runs for it, such as an image by its digest.
        commit: The commit that it was built from.
        run: Runs the step.

    Raises:
        BadInput: There is no such tandem, or the version cannot be one.
    """
    section = world.settings.tandem(name)
    check_version(version)
    if "\n" in digest + artifact + commit:
        raise BadInput("a digest, an artifact and a commit are one line each")
    now = world.clock.now()
    word = Readiness(
        platform,
        version,
        digest,
        now,
        now + section.expires,
        artifact,
        commit,
        str(world.actor),
    )
    title = f"{platform} is ready with {version}"
    step = Step(
        f"record: {title}",
        lambda: write(world, name, READY, title, lambda box: reported(box, word, now)),
        repeatable=True,
    )
    done = run(step)
    return Reported(word, done.after.wish(version) is not None)


def write(
    world: World,
    name: str,
    kind: str,
    title: str,
    change: Callable[[Inbox], Inbox],
    *,
    request: Json | None = None,
) -> Operation[Any, Inbox]:
    """Record a change of the inbox, on top of whatever others wrote meanwhile.

    Raises:
        Conflict: Others wrote it again and again.
    """
    subject = inbox_subject(name)
    for left in reversed(range(ATTEMPTS)):
        head, etag = world.journal.head(subject, Inbox)
        intent = Intent(
            head=head,
            etag=etag,
            title=title,
            request={"tandem": name, **(request or {})},
            work=Untold(),
            after=change(head.state),
        )
        try:
            return begin.record(world, kind, intent, figures={})
        except Conflict:
            if not left:
                raise
            world.sleep(0.05)
    raise AssertionError  # the loop ends by itself
