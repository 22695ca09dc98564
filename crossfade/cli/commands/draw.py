"""Writing pictures to files, for the readers that offer them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crossfade.adapters.picture.draw import draw_ramp, draw_ticks
from crossfade.adapters.picture.file import form_of, save
from crossfade.cli.app.screen import log
from crossfade.operations.pictures.read_timeline import read_timeline
from crossfade.plan.pictures.tick_looks import TickRow

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.cron.ticks.history import JobHistory


def draw_timeline(world: World, name: str, file: str) -> None:
    """Draw the ramp of a migration to a file, and say so on standard error.

    Raises:
        BadInput: The file's name ends in neither .svg nor .png, it cannot be written, matplotlib is
            not installed, or there is no such migration.
    """
    form = form_of(file)
    save(draw_ramp(read_timeline(world, name), form), file)
    log(f"the picture of {name} is in {file}")


def draw_history(found: JobHistory, file: str) -> None:
    """Draw what became of a cron job's ticks to a file, and say so on standard error.

    Raises:
        BadInput: As for `draw_timeline`.
    """
    form = form_of(file)
    start, end = (datetime.fromtimestamp(at, UTC) for at in (found.after, found.until))
    save(draw_ticks([TickRow(found.job, found.ticks)], start, end, form), file)
    log(f"the picture of {found.job} is in {file}")
