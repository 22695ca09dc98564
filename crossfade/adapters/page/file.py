"""The file that the page is written to."""

from __future__ import annotations

from pathlib import Path

from crossfade.errors import BadInput


def save(page: bytes, file: str) -> None:
    """Write the page to a file, over what was there.

    Raises:
        BadInput: The file cannot be written.
    """
    try:
        Path(file).write_bytes(page)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BadInput(f"the page cannot be written to {file}: {why}; name another file") from error
