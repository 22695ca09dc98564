"""What is wrong with the settings, in one sentence that names the key and the mend."""

from __future__ import annotations

import difflib
import reprlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from crossfade.errors import without_passwords
from crossfade.plan.base.duration import shown_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

PREFIX = "CROSSFADE__"
"""Begins every variable that overrides a setting."""

_ASKS = {
    "model_type": "it must be a section with keys of its own",
    "model_attributes_type": "it must be a section with keys of its own",
    "dict_type": "it must be a section with keys of its own",
    "tuple_type": 'it must be a list, such as ["one", "two"]',
}


def sentence(
    errors: Sequence[ErrorDetails],
    settings: type[BaseModel],
    *,
    file: Path,
    variables: Collection[str],
) -> str:
    """Say the first thing that is wrong.

    Args:
        errors: What pydantic found.
        settings: The class of all settings.
        file: The configuration file.
        variables: Names of the variables that override settings, in upper case.
    """
    first = errors[0]
    path = [str(part) for part in first["loc"] if part != "[key]"]
    others = len(errors) - 1
    more = f" (and {others} more to mend)" if others else ""
    return _one(first, path, settings, file, variables) + more


def _one(
    error: ErrorDetails,
    path: Sequence[str],
    settings: type[BaseModel],
    file: Path,
    variables: Collection[str],
) -> str:
    key, variable = ".".join(path), PREFIX + "__".join(path).upper()
    where = f"{variable} (for {key})" if variable in variables else f"{file}: {key}"
    known = _known(settings, path)
    if error["type"] == "missing" and len(path) == 1:
        return (
            f"the section [{key}] is missing: add it to {file} with its bucket, or set "
            f"{variable}__BUCKET"
        )
    if error["type"] == "missing":
        return f"{key} is missing: set it in {file}, or as {variable}"
    if error["type"] == "extra_forbidden":
        return (
            f"{where} is not a setting{nearest(path[-1], known)}: correct its name or remove it; "
            f"known there: {', '.join(known)}"
        )
    if error["loc"][-1] == "[key]":
        return f"{where} is wrong: {_asked(error)}"
    return f"{where} = {_shown(error['input'])} is wrong: {_asked(error)}"


def unknown_variable(name: str, settings: type[BaseModel]) -> str:
    """Say that a variable overrides nothing."""
    sections = sorted(settings.model_fields)
    section = name.removeprefix(PREFIX).partition("__")[0].lower()
    return (
        f"{name} is not a setting{nearest(section, sections)}: correct its name or unset it; "
        f"{PREFIX}… is followed by one of {', '.join(sections)}"
    )


def nearest(name: str, known: Sequence[str]) -> str:
    """Return " (did you mean 'x'?)" for a name that is close to a known one, else ""."""
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _shown(value: object) -> str:
    """Return a value as the reader wrote it, or nearly."""
    if isinstance(value, timedelta):
        return shown_duration(value)
    # Before it is shortened: a part of a password is no address any more.
    return reprlib.repr(without_passwords(value) if isinstance(value, str) else value)


def _asked(error: ErrorDetails) -> str:
    """Return what the value must be."""
    if error["type"] in _ASKS:
        return _ASKS[error["type"]]
    text = error["msg"].removeprefix("Value error, ")
    for opening in ("Input should ", "String should "):
        text = text.replace(opening, "it must ")
    return text[0].lower() + text[1:]


def _known(settings: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Return the settings known beside the last part of a path."""
    section: Any = settings
    for part in path[:-1]:
        if isinstance(section, type) and issubclass(section, BaseModel):
            field = section.model_fields.get(part)
            section = field.annotation if field else None
        else:
            section = get_args(section)[-1] if get_args(section) else None
    model = isinstance(section, type) and issubclass(section, BaseModel)
    return sorted(section.model_fields) if model else []
