"""The files that pictures are written to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from crossfade.errors import BadInput

Form = Literal["svg", "png"]
"""What a picture is written as."""


def form_of(file: str) -> Form:
    """Return what a file of this name holds.

    Raises:
        BadInput: Its name ends in neither .svg nor .png.
    """
    form = Path(file).suffix.lower()
    if form == ".svg":
        return "svg"
    if form == ".png":
        return "png"
    raise BadInput(f"a picture is written as .svg or .png, not as {file!r}: name the file so")


def save(picture: bytes, file: str) -> None:
    """Write a picture to a file, over what was there.

    Raises:
        BadInput: The file cannot be written.
    """
    try:
        Path(file).write_bytes(picture)
    except OSError as error:
        raise BadInput(
            f"the picture cannot be written to {file}: {error.strerror}; name another file"
        ) from error
