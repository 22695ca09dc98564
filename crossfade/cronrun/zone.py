"""The time zone in which this host's cron reads its tables."""

from __future__ import annotations

import time
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCALTIME = "/etc/localtime"


def zone_of_cron(environment: Mapping[str, str]) -> tzinfo:
    """Return the zone of this host's clock, which cron goes by.

    `TZ` in a crontab changes the zone of the command, not of the schedule, so it is passed over.
    """
    if "TZ" not in environment and not time.timezone and not time.daylight:
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415  4 ms, seldom needed

    try:
        with open(LOCALTIME, "rb") as file:  # noqa: PTH123  pathlib costs 3 ms
            return ZoneInfo.from_file(file, key=LOCALTIME)
    except FileNotFoundError:
        return UTC
    except (ValueError, OSError) as error:
        raise BadInput(f"{LOCALTIME} cannot be read ({error}): give --timezone") from error
