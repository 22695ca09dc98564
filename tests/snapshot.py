"""The buckets of moto's one account, kept and brought back."""

from __future__ import annotations

import copy
from typing import Any

from moto.s3.models import FakeDeleteMarker, s3_backends


def present(bucket: str) -> dict[str, Any]:
    """Return what stands in a bucket, as moto keeps it, without a request."""
    keys = s3_backends["123456789012"]["aws"].buckets[bucket].keys
    return {key: one for key, one in keys.items() if not isinstance(one, FakeDeleteMarker)}


class Snapshot:
    """The buckets as they are now, to return to: cheaper than telling the story again."""

    def __init__(self) -> None:
        """Take it."""
        self._backend = s3_backends["123456789012"]["aws"]
        self._buckets = self._copied(self._backend.buckets)
        self._tags = copy.deepcopy(self._backend.tagger)

    def restore(self) -> None:
        """Return to it."""
        self._backend.buckets = self._copied(self._buckets)
        self._backend.tagger = copy.deepcopy(self._tags)

    @staticmethod
    def _copied(buckets: dict[str, Any]) -> dict[str, Any]:
        """Copy buckets with every version; moto's own copying keeps the newest alone."""
        twins = {}
        for name, bucket in buckets.items():
            twins[name] = copy.copy(bucket)
            twins[name].keys = type(bucket.keys)()
            for key in bucket.keys:
                twins[name].keys.setlist(key, copy.deepcopy(bucket.keys.getlist(key)))
        return twins
