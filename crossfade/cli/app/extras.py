"""What is not installed, by the extra of the package that brings it.

The plain package carries the cron wrapper and nothing else; it imports nothing here but the
standard library, so that the command line can say so where even click is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

EXTRAS = {
    "aws": (
        "boto3", "botocore", "click", "idna", "pydantic", "pydantic_core", "pydantic_settings",
        "rich", "typing_extensions", "urllib3",
    ),
    "kubernetes": ("kubernetes", "yaml"),
    "flows": ("jinja2", "markupsafe", "matplotlib", "numpy", "prefect", "starlette", "uvicorn"),
    "local": ("moto", "werkzeug", "xmltodict"),
}  # fmt: skip
"""The modules of others that crossfade imports, by the extra that brings them."""


class MissingExtra(BadInput):
    """A command needs a package that comes with an extra of crossfade."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(
            f"{module} is not installed, and this command needs it: "
            f"pip install 'crossfade[{extra}]'"
        )


def missing_extra(error: ModuleNotFoundError, words: Sequence[str]) -> MissingExtra | None:
    """Return which extra would bring a missing module, or None where none does.

    Args:
        error: What the import ended with.
        words: The words after `crossfade`: `local` needs its whole extra, whatever is missed first.
    """
    module = (error.name or "").partition(".")[0]
    for extra, modules in EXTRAS.items():
        if module in modules:
            return MissingExtra(module, "local" if "local" in words[:1] else extra)
    return None
