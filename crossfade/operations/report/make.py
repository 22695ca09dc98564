"""Making the page for everybody, and putting it into a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.adapters.aws.s3 import Headers
from crossfade.adapters.page.render import rendered
from crossfade.adapters.picture.draw import draw_ramp
from crossfade.operations.journal.step import Step, directly, read_step
from crossfade.operations.report.read import read_known
from crossfade.plan.base.words import size
from crossfade.plan.report.compose import page_of
from crossfade.plan.report.known import KnownMigration
from crossfade.plan.report.place import Place, checked_place

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run

HEADERS = Headers(content_type="text/html; charset=utf-8", cache_control="no-cache")
"""Whoever holds a copy asks whether it is still the present one."""


def make(world: World, subject: str = "") -> bytes:
    """Return the page about one subject, or about everything, as one HTML file in UTF-8.

    Raises:
        BadInput: Neither the configuration nor the journal knows the subject, or what draws the
            pictures is not installed.
        Unavailable: S3 did not answer.
    """
    known = read_known(world, subject)
    page = page_of(known, subject=subject, now=world.clock.now())
    ramps = [one for one in known if isinstance(one, KnownMigration)]
    pictures = {one.name: draw_ramp(one.timeline) for one in ramps if one.timeline is not None}
    return rendered(page, pictures).encode()


@dataclass(frozen=True, slots=True)
class Posted:
    """A page that was put into a bucket."""

    subject: str
    place: Place
    size: int

    def line(self) -> str:
        """Say it in one line."""
        return (
            f"the page of {self.subject or 'everything'} is at {self.place.url}: {size(self.size)}"
        )


def post(
    world: World, subject: str = "", *, bucket: str = "", key: str = "", run: Run = directly
) -> Posted:
    """Put the page into a bucket, over the one that was there.

    Args:
        world: The world.
        subject: The one subject that it is about, or "" for everything.
        bucket: The bucket; "" for the one of the configuration.
        key: The key in it, likewise.
        run: Runs each step.

    Raises:
        BadInput: As for `make`; or the place is none where a page may stand.
        Failed: The bucket cannot be written to.
    """
    told = world.settings.report
    place = Place(bucket or told.bucket, key or told.key)
    checked_place(place, world.settings.grounds())
    page = read_step(
        run, f"make the page of {subject or 'everything'}", lambda: make(world, subject)
    )
    there = world.bucket(place.bucket)
    run(
        Step(f"put it to {place.url}", lambda: there.put(place.key, page, HEADERS), repeatable=True)
    )
    return Posted(subject, place, len(page))
