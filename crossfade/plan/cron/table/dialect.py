"""The crons whose tables are read, and what they have in common."""

from __future__ import annotations

from enum import StrEnum

BLANKS = " \t"
"""All that separates fields, to every cron: no other space does, and no carriage return."""


class Dialect(StrEnum):
    """Whose reading of a table counts."""

    DEBIAN = "debian"
    """Debian's and Ubuntu's `cron`: what it cannot read costs the whole table."""
    CRONIE = "cronie"
    """Red Hat's, Amazon's and Arch's: what it cannot read costs the line."""
    BUSYBOX = "busybox"
    """Alpine's: it reads users' own tables only, and runs what it half understands."""

    @property
    def program(self) -> str:
        """What people call it."""
        return {"debian": "Debian's cron", "cronie": "cronie", "busybox": "busybox's crond"}[self]


def as_bytes(text: str) -> str:
    """Return a text with one character for each byte of its file: crons know no other letters."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def as_text(characters: str) -> str:
    """Return what `as_bytes` was given."""
    return characters.encode("latin-1").decode("utf-8", "surrogateescape")
