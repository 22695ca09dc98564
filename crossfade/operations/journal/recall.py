"""Going back needs the journal and nothing else: sections that the configuration no longer has."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.operations.journal.step import directly, read_step
from crossfade.settings.sections import completed, names

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run


def recalled(world: World, *subjects: str, run: Run = directly) -> World:
    """Return a world whose settings know some subjects, from the journal where the file does not.

    It is for going back and for reading. Whatever goes forward takes the configuration as it is:
    what it no longer names is not meant to change.

    Args:
        world: The world; returned as it is, without a request, where the file knows them all.
        subjects: The subjects.
        run: Runs the steps that read their heads.

    Raises:
        BadInput: A recorded section is not what this version of crossfade reads, or a version that
            kept none did the last operation.
    """
    settings = world.settings
    for subject in subjects:
        if not names(settings, subject):
            head, _ = read_step(run, f"read {subject}", partial(world.journal.head, subject))
            settings = completed(settings, head.sections)
            if (head.last or head.open) and not names(settings, subject):
                raise BadInput(
                    f"{subject} is not in the configuration, and its journal does not say what "
                    "was there: the crossfade that did its last operation did not keep that yet; "
                    "put its section back to go back"
                )
    return world if settings is world.settings else replace(world, settings=settings)
