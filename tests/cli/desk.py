"""An operator at a desk: types commands and reads what they answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SITE = "sites/production/web"


@dataclass(frozen=True)
class Typed:
    """A command and its end: exit code, standard output, standard error."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        assert self.out.count("\n") == 1, "one line, where nobody watches"
        return document


@dataclass(frozen=True)
class Desk:
    """Types commands in this process."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    def types(self, *words: str) -> Typed:
        """Type a command."""
        self.captured.readouterr()
        code = main(list(words))
        out, err = self.captured.readouterr()
        return Typed(words, code, out, err)

    def does(self, *words: str) -> Typed:
        """Type a command that must succeed."""
        typed = self.types(*words)
        assert typed.code == 0, typed.err
        return typed

    def build(self, version: str) -> str:
        """Return the folder of one of the story's builds."""
        return str(self.folder / f"web-{version}")
