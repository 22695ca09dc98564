"""The list document in S3: which cron jobs the new platform schedules, for a pipeline to render.

    {"crossfade": "crons", "jobs": {"reports.daily": {"suspend": false, "by": "<operation>"}}}

A job without an entry is suspended. Keys and jobs that are not known stay as they are, and each
change is written only over the document that was read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.s3 import Headers
from crossfade.errors import Conflict, Failed, Unavailable

if TYPE_CHECKING:
    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.plan.journal.operation import Json

KIND = "crons"
_HEADERS = Headers(content_type="application/json", cache_control="no-store")


@dataclass(frozen=True, slots=True)
class ListDocument:
    """The document as read.

    Attributes:
        body: All of it; an empty one where there is none yet.
        etag: Its ETag, or "" where there is none yet.
    """

    body: Json
    etag: str

    def entry(self, job: str) -> Json | None:
        """Return a job's entry, or None where it has none."""
        entry: Json | None = self.body["jobs"].get(job)
        return entry


def read_list(bucket: Bucket, key: str) -> ListDocument:
    """Read the document.

    Raises:
        Failed: It is something else.
    """
    found = bucket.get(key)
    if found is None:
        return ListDocument({"crossfade": KIND, "jobs": {}}, "")
    try:
        body: Any = json.loads(found.body)
    except ValueError as error:
        raise _foreign(bucket, key) from error
    jobs = body.get("jobs") if isinstance(body, dict) and body.get("crossfade") == KIND else None
    if not isinstance(jobs, dict) or not all(_is_entry(entry) for entry in jobs.values()):
        raise _foreign(bucket, key)
    return ListDocument(body, found.etag)


def write_entry(bucket: Bucket, key: str, seen: ListDocument, job: str, entry: Json | None) -> None:
    """Write a job's entry, or remove it, if the document is still the one that was read.

    Args:
        bucket: Where the document is.
        key: Its key.
        seen: The document as read.
        job: The job.
        entry: What it is to be; None for none.

    Raises:
        Conflict: Somebody wrote the document meanwhile; read again.
        Unavailable: S3 did not answer, and the document is as it was.
    """
    jobs = {name: there for name, there in seen.body["jobs"].items() if name != job}
    if entry is not None:
        # An entry that is there keeps its place, so that a pipeline's diff shows the change alone.
        jobs = {**seen.body["jobs"], job: entry}
    body = json.dumps({**seen.body, "jobs": jobs}, indent=1, ensure_ascii=False).encode() + b"\n"
    try:
        bucket.put(key, body, _HEADERS, only_if_absent=not seen.etag, only_if_etag=seen.etag)
    except (Conflict, Unavailable):
        found = bucket.get(key)  # an answer that was lost is settled by reading back
        if found is None or found.body != body:
            raise


def is_on(entry: Json | None) -> bool:
    """Whether an entry says that the new platform schedules the job."""
    return entry is not None and entry.get("suspend") is False


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict)


def _foreign(bucket: Bucket, key: str) -> Failed:
    return Failed(
        f'{bucket.url(key)} is no list of cron jobs ({{"crossfade": "crons", "jobs": {{…}}}}): '
        "correct `document` of the job in crossfade.toml, or the document"
    )
