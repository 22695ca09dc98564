"""Time zones by their names."""

from __future__ import annotations

from datetime import UTC, tzinfo

from crossfade.errors import BadInput


def zone_named(name: str) -> tzinfo:
    """Return a time zone by its name, e.g. `Europe/Berlin`.

    Raises:
        BadInput: This host does not know it.
    """
    if name in {"UTC", "Etc/UTC"}:
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  4 ms, seldom needed

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(
            f"this host does not know the time zone {name!r}: check its spelling, or install tzdata"
        ) from error
