"""Pages about tandems: what came of a release, with both platforms side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import when
from crossfade.plan.tandem.pair import shown_digest
from tasks.markdown import code, listed, page, table, titled

if TYPE_CHECKING:
    from crossfade.operations.tandem.tandem import Told
    from crossfade.operations.tandem.ways_back import Went

HEAD = ("platform", "meant", "configuration", "seen")


def tandem_page(done: Told | Went) -> str:
    """Write what came of one call for one tandem."""
    standing = done.standing
    pair, seen = standing.pair, standing.observed
    rows = [
        (
            platform,
            code(pair.version) if pair else "-",
            code(shown_digest(pair.digest)) if pair and pair.digest else "-",
            str(seen.seen.of(platform)) if seen else "-",
        )
        for platform in Platform
    ]
    differs = list(standing.diverged.what) if standing.diverged else []
    notes = [f"{when(note.at)} {note.what}" for one in done.operations for note in one.notes]
    bad = [f"{code(one.version)} {one.why}" for one in standing.bad]
    return page(
        f"**{done.word}**: {done.reason}",
        titled("Platforms", table(HEAD, rows)),
        listed("What differs", differs),
        listed("Evidence", notes),
        listed("Taken back, and not released again by itself", bad),
    )
