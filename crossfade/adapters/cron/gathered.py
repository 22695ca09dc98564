"""The gathered record of ticks in S3: `<prefix>ticks/<job>/<day>.json`, beside the journal.

Each document only grows, by compare-and-swap: what several gatherers find is put together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from crossfade.adapters.aws.s3 import Headers
from crossfade.errors import Conflict, Failed
from crossfade.plan.cron.ticks.day import NEWEST, Day, day_from_json, day_to_json, put_together

if TYPE_CHECKING:
    from crossfade.adapters.aws.s3 import Bucket

TICKS = "ticks/"
"""Where it stands, under the journal's prefix."""

TRIES = 10
"""How many times a document is put together anew because somebody else wrote it meanwhile."""

_JSON = Headers(content_type="application/json", cache_control="no-store")


@dataclass(frozen=True, slots=True)
class Found:
    """A day as it stands there, and the ETag to swap it by; "" where there is none yet."""

    day: Day
    etag: str = ""


@dataclass(frozen=True)
class GatheredTicks:
    """The gathered record of all jobs.

    Attributes:
        bucket: Where it is kept.
        prefix: Key prefix of the journal, ending in `/`.
    """

    bucket: Bucket
    prefix: str

    def read(self, job: str, day: str) -> Found:
        """Read what was gathered about a job's day.

        Raises:
            Failed: It cannot be read.
        """
        key = self._key(job, day)
        found = self.bucket.get(key)
        if found is None:
            return Found(Day(job, day))
        try:
            read = day_from_json(found.body)
        except ValidationError as error:
            raise Failed(
                f"{self.bucket.url(key)} cannot be read: it was damaged; restore its last good "
                "version, or delete it and gather again"
            ) from error
        if read.version > NEWEST:
            raise Failed(f"{self.bucket.url(key)} was written by a newer crossfade: upgrade")
        return Found(read, found.etag)

    def add(self, found: Found, more: Day) -> bool:
        """Add to a day what it does not say yet.

        Args:
            found: The day as it was read.
            more: What is known.

        Returns:
            Whether there was anything to add.

        Raises:
            Conflict: Others wrote it again and again.
        """
        for _ in range(TRIES):
            whole = put_together(found.day, more)
            if whole == found.day:
                return False
            try:
                self.bucket.put(
                    self._key(more.job, more.day),
                    day_to_json(whole),
                    _JSON,
                    only_if_absent=not found.etag,
                    only_if_etag=found.etag,
                )
            except Conflict:
                found = self.read(more.job, more.day)
            else:
                return True
        raise Conflict(
            f"{self.bucket.url(self._key(more.job, more.day))} was written by others {TRIES} times "
            "meanwhile: gather less often, or from fewer places"
        )

    def _key(self, job: str, day: str) -> str:
        return f"{self.prefix}{TICKS}{job}/{day}.json"
