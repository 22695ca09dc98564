"""Pictures: what is drawn, how large it is, and what is needed for it."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.picture.draw import draw_ramp, draw_ticks
from crossfade.adapters.picture.file import form_of, save
from crossfade.errors import BadInput
from crossfade.plan.pictures.tick_looks import TickLook, TickRow
from crossfade.plan.pictures.timeline import (
    Counted,
    Judged,
    MarkKind,
    Timeline,
    TimelineMark,
    propagated,
    settings_of,
)
from tests.plan.cron.day_of_looks import day, nobody
from tests.plan.ramp.ramps import Story, when
from tests.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WEEKS = 3 * 7 * 24 * 60
EMPTY = Timeline("shop", when(0), when(5), caveats=("the ramp has not begun",))
PNG = b"\x89PNG"


def long_ramp() -> Timeline:
    """Three weeks of a ramp with a stage at 1 percent, and every kind of event."""
    story = Story().sets(0, 0).sets(60, 1, "canary").sets(WEEKS / 2, 50, "half")
    settings = settings_of(story.operations)
    hours = [when(hour * 120.0) for hour in range(WEEKS // 120)]
    return Timeline(
        name="shop",
        start=when(-60),
        end=when(WEEKS),
        settings=settings,
        propagated=propagated(settings, when(WEEKS)),
        judged=tuple(Judged(at, 1, 1.1, 1, 1) for at in hours[2:120]),
        counted=tuple(Counted(at, 5000, 50 + number) for number, at in enumerate(hours)),
        resolution=timedelta(hours=2),
        marks=tuple(
            TimelineMark(when(number), kind, kind.value) for number, kind in enumerate(MarkKind)
        ),
    )


def texts(svg: bytes) -> str:
    """The texts of a picture: letters are drawn as shapes, with the text in a comment."""
    return svg.decode()


def test_a_picture_of_a_ramp_names_stages_events_percents_and_the_time_zone() -> None:
    svg = draw_ramp(long_ramp())
    ET.fromstring(svg)  # noqa: S314  our own
    told = texts(svg)
    for text in ("canary", "half", "time (UTC)", "1 %", "99 %", "set (weights in sync)"):
        assert f"<!-- {text} -->" in told
    for kind in MarkKind:
        assert f"<!-- {kind.value} -->" in told


def test_three_weeks_fit_into_a_page_of_prefect() -> None:
    assert len(draw_ramp(long_ramp())) < 120_000


def test_a_ramp_that_has_not_begun_is_a_picture_that_says_so() -> None:
    assert "<!-- the ramp has not begun -->" in texts(draw_ramp(EMPTY))


def test_a_picture_can_be_a_png() -> None:
    assert draw_ramp(EMPTY, "png").startswith(PNG)


def test_a_day_of_a_job_counts_each_look_and_names_both_platforms() -> None:
    svg = draw_ticks([TickRow("reports.daily", day())], when(0), when(1440))
    ET.fromstring(svg)  # noqa: S314  our own
    told = texts(svg)
    for look in TickLook:
        assert f"<!-- {look.value} (" in told
    for text in ("legacy", "new", "not run", "reports.daily: who ran which tick", "ran twice (2)"):
        assert f"<!-- {text} -->" in told


def test_many_jobs_have_a_row_each_and_too_many_are_said() -> None:
    rows = [TickRow(f"job-{number}", day(every=60)) for number in range(45)]
    told = texts(draw_ticks(rows, when(0), when(1440)))
    assert "<!-- job-39 -->" in told
    assert "job-40" not in told
    assert "the first 40 of 45 jobs" in told


def test_a_job_that_was_missed_all_week_is_still_a_small_picture() -> None:
    missed = tuple(nobody(minute) for minute in range(0, 7 * 1440, 5))
    svg = draw_ticks([TickRow("mail.queue", missed)], when(0), when(7 * 1440))
    assert "<!-- missed (2016) -->" in texts(svg)
    assert len(svg) < 120_000


@pytest.mark.parametrize(
    ("rows", "text"), [([TickRow("reports.daily", ())], "no ticks"), ([], "no cron jobs")]
)
def test_an_empty_history_is_a_picture_that_says_so(rows: list[TickRow], text: str) -> None:
    assert f"<!-- {text} -->" in texts(draw_ticks(rows, when(0), when(1440)))


@pytest.mark.parametrize(("file", "form"), [("a.svg", "svg"), ("b/c.PNG", "png")])
def test_a_files_name_says_what_it_holds(file: str, form: str) -> None:
    assert form_of(file) == form


@pytest.mark.parametrize("file", ["a.jpg", "a", "svg"])
def test_another_name_is_refused(file: str) -> None:
    with pytest.raises(BadInput, match=r"\.svg or \.png"):
        form_of(file)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file or directory; name another file"):
        save(b"", str(tmp_path / "none" / "a.svg"))


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "crossfade.adapters.picture.ramp", None)
    with pytest.raises(BadInput, match=r"pip install 'crossfade\[flows\]'"):
        draw_ramp(EMPTY)


def test_nobody_loads_matplotlib_before_something_is_drawn() -> None:
    program = (
        "import sys, flows.advance, crossfade.cli.commands.draw, crossfade.cli.commands.status; "
        "sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == 0
