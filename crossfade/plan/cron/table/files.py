"""Files that a cron passes over without a word, so that nothing in them ever runs."""

from __future__ import annotations

import re
import stat
from typing import NamedTuple

from crossfade.plan.cron.table.dialect import Dialect

_DEBIANS_NAME = re.compile(r"[A-Za-z0-9_-]+")
_CRONIES_ENDINGS = ("~", ".rpmsave", ".rpmorig", ".rpmnew")
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
_USERS_MODE = 0o600
_CRONIES_MODE, _CRONIES_BITS = 0o400, 0o7533


class Traits(NamedTuple):
    """What a cron looks at before it opens a file.

    Attributes:
        name: The file's name.
        mode: Its permissions.
        links: How many names it has.
        owner: The number of its owner; None where the file is not in the place that cron reads, and
            belongs to whoever works on it.
    """

    name: str
    mode: int = 0o644
    links: int = 1
    owner: int | None = 0


def passed_over(traits: Traits, dialect: Dialect, *, system: bool) -> tuple[str, str]:
    """Say why a cron passes over a file of its folder, and the mend; "" twice if it does not."""
    found = (
        odd_name(traits.name, dialect, system=system),
        _owner(traits, dialect, system=system),
        _mode(traits, dialect, system=system),
    )
    return next((why for why in found if why[0]), ("", ""))


def odd_name(name: str, dialect: Dialect, *, system: bool) -> tuple[str, str]:
    """Say what a cron has against a file's name, and the mend; "" twice if nothing."""
    if dialect is Dialect.BUSYBOX:
        return ("of the dot in its name", "name it like its user") if "." in name else ("", "")
    if not system:
        return "", ""
    if dialect is Dialect.CRONIE and (name.startswith("#") or name.endswith(_CRONIES_ENDINGS)):
        return "its name is that of a copy", "rename it"
    if dialect is Dialect.DEBIAN and not _DEBIANS_NAME.fullmatch(name):
        odd = sorted(set(re.sub(r"[A-Za-z0-9_-]", "", name)))
        if odd == ["."]:
            return "of the dot in its name", "rename it"
        which = " ".join(repr(one) for one in odd)
        return f"of {which} in its name", "rename it: letters, digits, _ and - only"
    return "", ""


def _owner(traits: Traits, dialect: Dialect, *, system: bool) -> tuple[str, str]:
    strange = traits.owner not in {0, None}
    if strange and (system or dialect is Dialect.BUSYBOX):
        return "it does not belong to root", "chown root"
    return "", ""


def _mode(traits: Traits, dialect: Dialect, *, system: bool) -> tuple[str, str]:
    if dialect is Dialect.BUSYBOX:
        return "", ""
    if dialect is Dialect.CRONIE:
        fits = traits.mode & _CRONIES_BITS == _CRONIES_MODE
        said = f"others than its owner may write or run it (mode {traits.mode:o})"
        return ("", "") if fits else (said, "chmod 644")
    if system and traits.mode & _WRITABLE:
        return f"others than its owner may write to it (mode {traits.mode:o})", "chmod 644"
    if not system and traits.owner is not None and traits.mode != _USERS_MODE:
        return f"its mode is {traits.mode:o} and not 600", "chmod 600"
    if traits.links != 1:
        return f"it has {traits.links} hard links", "copy it"
    return "", ""
