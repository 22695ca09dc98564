"""Which content a version has: recorded once, before its manifest is written, and never changed.

Whoever can write the releases can put another manifest there; the journal says which one is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossfade.plan.journal.operation import SCHEMA, STRICT, Actor


@dataclass(frozen=True, slots=True)
class RecordedDigest:
    """What the journal knows of one version of a component.

    Attributes:
        subject: The component's releases.
        version: The version.
        digest: Digest of its content, as its manifest has it.
        at: When it was recorded, ISO 8601, UTC, by S3's clock.
        by: Who recorded it.
        how: On what occasion: `publish`, the procedure that first used a release which had no
            record, or `adopt`.
        etags: Digest of the ETags of its files where each of them was seen to have its bytes, so
            that a copy under the condition of its ETag needs no other proof; "" where not.
        schema: The version of the journal's format that it is written in.
    """

    __pydantic_config__: ClassVar = STRICT

    subject: str
    version: str
    digest: str
    at: str
    by: Actor
    how: str
    etags: str = ""
    schema: int = SCHEMA
