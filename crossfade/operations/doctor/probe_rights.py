"""The doctor's look at rights: what may be read, what may be written, whether conditions hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.adapters.aws.bucket_setup import NO_ETAG, Asked, ask_delete, ask_put
from crossfade.adapters.aws.s3 import Headers
from crossfade.errors import Conflict, CrossfadeError
from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.doctor.places import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crossfade.adapters.aws.s3 import Bucket, Written
    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.doctor.places import Place

RIGHTS = "rights"
CONDITIONS = "conditional writes"

PROBES = "doctor/"
"""Where the probe stands under the journal's prefix, beside the subjects."""

_JSON = Headers(content_type="application/json", cache_control="no-store")


def examine_reading(world: World, place: Place) -> Iterator[Finding]:
    """Read of a place what the procedures read; what is denied ends the look.

    Raises:
        Failed: Something is denied; the text names it.
    """
    bucket = world.bucket(place.bucket)
    asked = ["list"]
    first = next(iter(bucket.present(place.prefix)), None)
    if place.kind is PlaceKind.ROOT:
        next(iter(bucket.versions(place.prefix)), None)
        asked.append("list versions")
    if first is not None:
        bucket.head(first.key)
        asked.append("read objects")
        if place.kind is PlaceKind.RELEASES:
            bucket.tags(first.key)
            asked.append("read tags")
    yield ok(RIGHTS, place.url, f"these credentials may {', '.join(asked)}")


def examine_conditions(world: World) -> Iterator[Finding]:
    """Write a probe twice under conditions, see the second write refused, and take it away.

    The only thing that the doctor writes. It stands under `<journal>doctor/`, in nobody's way.
    """
    journal = world.journal
    key = f"{journal.prefix}{PROBES}{world.chance()}{world.chance()}.json"
    written: list[Written] = []
    try:
        written.append(journal.bucket.put(key, b"{}", _JSON, only_if_absent=True))
        honoured = not _written(journal.bucket, key, written, only_if_absent=True)
        honoured &= not _written(journal.bucket, key, written, only_if_etag=NO_ETAG)
    finally:
        left = take_away(journal.bucket, [(key, one.version_id) for one in written])
    if honoured:
        yield ok(CONDITIONS, journal.bucket.url(journal.prefix), "honoured, and may be written")
    else:
        yield problem(
            CONDITIONS,
            journal.bucket.url(journal.prefix),
            "the endpoint writes in spite of If-None-Match or If-Match: two workers could change "
            "one site at once",
            "use an S3 that honours conditional writes; without them crossfade is not safe",
        )
    yield from probe_left(journal.bucket, key, left)


def probe_left(bucket: Bucket, key: str, why: str) -> Iterator[Finding]:
    """Tell that a probe could not be taken away; nothing where it could."""
    if why:
        yield warning(
            CONDITIONS,
            bucket.url(key),
            f"the doctor's probe is still there: {why}",
            "attach what `crossfade doctor --rights doctor` prints, and delete that object",
        )


def _written(
    bucket: Bucket,
    key: str,
    written: list[Written],
    *,
    only_if_absent: bool = False,
    only_if_etag: str = "",
) -> bool:
    """Whether a write whose condition does not hold was made all the same."""
    try:
        written.append(
            bucket.put(key, b"{}", _JSON, only_if_absent=only_if_absent, only_if_etag=only_if_etag)
        )
    except Conflict:
        return False
    return True


def take_away(bucket: Bucket, written: Iterable[tuple[str, str]]) -> str:
    """Delete what was written, by key and version id, for good; say why not, or ""."""
    try:
        bucket.delete(written)
    except CrossfadeError as error:
        return str(error)
    return ""


def examine_writing(world: World, place: Place) -> Iterator[Finding]:
    """Ask whether a place may be written, under a condition that cannot hold."""
    bucket = world.bucket(place.bucket)
    key = f"{place.prefix}crossfade-doctor-{world.chance()}{world.chance()}"
    root = place.kind is PlaceKind.ROOT
    asked = {
        ("write", "promote" if root else "publish"): ask_put(bucket, key),
        ("delete", "promote" if root else "purge"): ask_delete(bucket, key),
    }
    allowed = [verb for (verb, _), came in asked.items() if came is Asked.ALLOWED]
    if allowed:
        yield ok(RIGHTS, place.url, f"these credentials may {' and '.join(allowed)}")
    for (verb, procedure), came in asked.items():
        if came is Asked.DENIED:
            yield warning(
                RIGHTS,
                place.url,
                f"these credentials may not {verb} there, so they cannot {procedure}",
                f"attach what `crossfade doctor --rights {procedure}` prints, or examine with the "
                f"identity that is to {procedure}",
            )
        elif came is Asked.IGNORED:
            yield problem(
                RIGHTS,
                place.url,
                f"the endpoint let the doctor {verb} in spite of a condition; it was taken back",
                "use an S3 that honours If-Match; without it crossfade is not safe",
            )
