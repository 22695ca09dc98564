"""The doctor's look at what an S3 promises about writes: copies, deletions, expiry, checksums.

What keeps a late worker out rests on them, and what keeps bytes that were replaced from going live.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from crossfade.adapters.aws.conditions import Held, try_copies, try_deletions, try_late_writes
from crossfade.adapters.aws.s3 import Headers
from crossfade.operations.doctor.probe_rights import PROBES, probe_left, take_away
from crossfade.plan.base.finding import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crossfade.adapters.aws.conditions import Tried
    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding

COPIES = "conditional copies"
DELETIONS = "conditional deletions"
LATE = "late writes"
CHECKSUMS = "checksums"

_HEADERS = Headers(content_type="application/json", cache_control="no-store")
_BODY = b"{}"


def examine_promises(world: World) -> Iterator[Finding]:
    """Write two probes beside the journal, try on them what must be refused, and take them away."""
    bucket, prefix = world.journal.bucket, world.journal.prefix
    source, target = (f"{prefix}{PROBES}{world.chance()}{world.chance()}.json" for _ in range(2))
    digest = hashlib.sha256(_BODY).hexdigest()
    written: list[tuple[str, str]] = []
    try:
        for key in (source, target):
            stands = bucket.put(key, _BODY, _HEADERS, sha256=digest, only_if_absent=True)
            written.append((key, stands.version_id))
        kept = bucket.whole(target, _HEADERS, digest) is not None
        tried = {
            COPIES: _noted(try_copies(bucket, source, target), target, written),
            DELETIONS: _noted(try_deletions(bucket, target), target, written),
            LATE: _noted(try_late_writes(bucket, source, target), target, written),
        }
    finally:
        left = take_away(bucket, written)
    yield from _judged(bucket, prefix, tried, kept=kept)
    yield from probe_left(bucket, source, left)


def _noted(tries: Iterator[Tried], target: str, written: list[tuple[str, str]]) -> Sequence[Tried]:
    """Try each, and note what was written in spite of it."""
    done = []
    for one in tries:
        done.append(one)
        if one.version_id:
            written.append((target, one.version_id))
    return done


def _judged(
    bucket: Bucket, prefix: str, tried: dict[str, Sequence[Tried]], *, kept: bool
) -> Iterator[Finding]:
    place = bucket.url(prefix)
    for check, judge in _JUDGES.items():
        failed = [one for one in tried[check] if one.held is not Held.REFUSED]
        if failed:
            names = ", ".join(f"{one.what} ({one.held})" for one in failed)
            yield judge(place, names)
        else:
            yield ok(check, place, _GOOD[check])
    if kept:
        yield ok(CHECKSUMS, place, "the endpoint keeps the SHA-256 of what is uploaded")
    else:
        yield warning(
            CHECKSUMS,
            place,
            "the endpoint keeps no SHA-256 of what is uploaded: a promote reads every file before "
            "it copies it, which is slower there",
            "`crossfade doctor --journal --adopt` reads each release once and for all, as long as "
            "its files stay as they are; or use an S3 that keeps checksums",
        )


def _copies(place: str, names: str) -> Finding:
    return problem(
        COPIES,
        place,
        f"the endpoint does not refuse {names}: where it says 501, every promote fails; where it "
        "copies all the same, what somebody replaced could go live, and a late write could land",
        "use an S3 that honours conditions on copies; without them crossfade is not safe",
    )


def _deletions(place: str, names: str) -> Finding:
    return problem(
        DELETIONS,
        place,
        f"the endpoint does not refuse {names}: what somebody just wrote could be deleted in the "
        "place of what was read there",
        "use an S3 that honours conditions on deletions; without them crossfade is not safe",
    )


def _late(place: str, names: str) -> Finding:
    return warning(
        LATE,
        place,
        f"the endpoint does not look at when a signature expires ({names}): a worker that was "
        "stopped for longer than its lease can still write when it goes on, and only the "
        "conditions of its writes keep it out",
        "use an S3 that refuses expired requests; there, end the former worker before anybody "
        "resumes, reverses or takes over, and promote again afterwards if it may have lived",
    )


_JUDGES: dict[str, Callable[[str, str], Finding]] = {
    COPIES: _copies,
    DELETIONS: _deletions,
    LATE: _late,
}
_GOOD = {
    COPIES: "honoured, on the source and on the place",
    DELETIONS: "honoured, alone and in a batch",
    LATE: "refused when their signature has expired",
}
