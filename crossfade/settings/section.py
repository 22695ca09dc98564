"""What all sections of the settings are made of: their base, and the forms of their values."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from crossfade.errors import BadInput
from crossfade.plan.base.duration import parse_duration

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")


def _duration(value: object) -> object:
    """Read durations such as `90s`, `30m`, `2h`, `7d` or `1h30m`; whole numbers are seconds."""
    try:
        read = parse_duration(value) if isinstance(value, str) else value
    except BadInput:
        read = None
    if isinstance(read, float) and read.is_integer():
        read = int(read)
    if isinstance(read, int) and not isinstance(read, bool):
        read = timedelta(seconds=read)
    if not isinstance(read, timedelta) or read < timedelta():
        raise ValueError("a duration is written like 90s, 30m, 2h, 1h30m or 7d")
    return read


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(
            "a name has 1 to 64 of a-z, 0-9, `.`, `_` and `-`, a letter or digit at both ends"
        )
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Name = Annotated[str, AfterValidator(_name)]


class Section(BaseModel):
    """Base of every section: unknown keys are refused, values do not change, numbers are numbers.

    TOML has `nan` and `inf`; as a limit the one is never reached and the other allows everything.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, ser_json_timedelta="float"
    )
