"""A desk in the story: the configuration is there, two releases are published, one is live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.desk import Desk
from tests.story import CONFIGURATION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.story import Story


@pytest.fixture
def desk(
    story: Story,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    """An operator in the folder of a configuration; nothing is published yet."""
    del story
    (tmp_path / "crossfade.toml").write_text(CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSFADE_ACTOR", "ann@desk")
    return Desk(tmp_path, capsys)


@pytest.fixture
def live(story: Story, desk: Desk) -> Desk:
    """An operator of a site whose release 1.0.0 is live; 1.1.0 is published."""
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    return desk
