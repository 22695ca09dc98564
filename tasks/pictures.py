"""Pictures as artifacts: a page with the picture in it, as Prefect has no files of its own.

Both of Prefect's pages show an image whose address holds its data, in Markdown. As an artifact of
kind image they would show it too, and write out the whole address below it.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact

from crossfade.adapters.picture.draw import draw_ramp, draw_ticks
from crossfade.operations.journal.step import Step
from crossfade.operations.pictures.read_timeline import read_timeline
from crossfade.plan.journal.documents import state_from_json
from crossfade.plan.pictures.due import picture_due
from crossfade.plan.pictures.tick_looks import TickRow
from crossfade.plan.ramp.progress import Progress
from tasks import ramp_pages
from tasks.artifacts import artifact_key, kept
from tasks.markdown import page
from tasks.steps import run_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.cron.ticks.history import JobHistory
    from crossfade.operations.ramp.look import Advanced


def show_if_due(world: World, done: Advanced) -> None:
    """Show the picture of a ramp if the last decision changed what there is to see."""
    if done.dry_run or not done.operations:
        return
    first = done.operations[0]
    before = state_from_json(first.before, Progress, f"operation {first.id}")
    if picture_due(before, done.progress, conflict=done.conflict):
        show_timeline(world, done.name)


def show_timeline(world: World, name: str) -> None:
    """Show the picture of a ramp."""

    def draw() -> str:
        timeline = read_timeline(world, name)
        return ramp_pages.timeline_page(timeline, picture_address(draw_ramp(timeline)))

    _shown(f"timeline-{name}", f"the timeline of {name}", draw)


def show_ticks_drawn(found: Sequence[JobHistory]) -> None:
    """Show the picture of who ran which ticks of some cron jobs."""
    if not found:
        return
    rows = [TickRow(one.job, one.ticks) for one in found]
    start, end = min(one.after for one in found), max(one.until for one in found)

    def draw() -> str:
        svg = draw_ticks(rows, datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
        return page(f"![who ran which tick]({picture_address(svg)})")

    _shown("cron-picture", "who ran which ticks", draw)


def picture_address(svg: bytes) -> str:
    """Return an SVG as an address that holds it."""
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"


def _shown(key: str, what: str, draw: Callable[[], str]) -> None:
    """Draw a page and store it; one that cannot be drawn is a warning, for what is done is done."""
    try:
        text = run_step(Step(f"draw {what}", draw, repeatable=True))
    except Exception as error:  # noqa: BLE001  no error of a drawing may fail a run that went back
        get_run_logger().warning("no picture of %s: %s", what, error)
    else:
        kept(lambda: create_markdown_artifact(text, key=artifact_key(key), description=what), key)
