"""Where things are in the repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
CRONTABS = ROOT / "tests" / "cronrun" / "crontabs"
"""Tables as Debian's packages ship them, and others, a folder for each kind."""
