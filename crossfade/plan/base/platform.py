"""The two platforms of a migration."""

from __future__ import annotations

from enum import StrEnum


class Platform(StrEnum):
    """The platform that a migration leaves, and the one that it goes to."""

    LEGACY = "legacy"
    NEW = "new"
