"""Many jobs in one move: in waves, each with its own outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crossfade.errors import BadInput, Failed
from crossfade.operations.cron.move.move import Asked
from crossfade.operations.cron.move.waves import exit_code_of, move_and_wait, move_crons
from crossfade.plan.cron.move.decide import Done, Held, Start, TakeBack, Watching, word
from tests.operations.cron.moving import LEGACY, NEW, Platforms, platforms

if TYPE_CHECKING:
    from crossfade.operations.journal.step import Step

JOBS = ("a", "b", "c")


def run(both: Platforms, **codes: int) -> None:
    """The next tick of all jobs is run: on new where the job is listed there, else on legacy."""
    at = both.time.now
    for job in JOBS:
        both.time.now = at
        listed = both.entry(job) == {"suspend": False}
        both.tick(NEW if listed else LEGACY, job, code=codes.get(job, 0))


def moved(both: Platforms, asked: Asked) -> list[str]:
    told = move_crons(both.world(), JOBS, asked)
    return [word(one.decision) if one.decision else "failed" for one in told]


def test_the_next_wave_begins_when_the_former_is_done() -> None:
    asked = Asked(wave=2)
    with platforms(*JOBS, watch=2) as both:
        assert moved(both, asked) == ["start", "start", "watching"]
        run(both, b=1)
        assert moved(both, asked) == ["watching", "back", "watching"]
        assert both.entry("c") == {"suspend": True}
        run(both)
        assert moved(both, asked) == ["done", "held", "start"]


def test_one_that_fails_neither_stops_nor_undoes_the_others() -> None:
    with platforms(*JOBS, watch=1) as both:
        both.cluster.has("b", "0 1 * * *")
        told = move_crons(both.world(), JOBS, Asked())
        assert [type(one.decision) for one in told] == [Start, Held, Start]
        assert exit_code_of(told) == 3
        run(both, a=1)
        told = move_crons(both.world(), JOBS, Asked())
        assert [type(one.decision) for one in told] == [TakeBack, Held, Done]
        assert exit_code_of(told) == 1
        assert both.entry("c") == {"suspend": False}


def test_what_cannot_be_asked_is_that_job_s_own_outcome() -> None:
    with platforms(*JOBS) as both:
        both.cluster.down = True
        told = move_crons(both.world(), JOBS, Asked())
        assert all("503" in one.line() for one in told)
        assert exit_code_of(told) == 1


def test_once_the_process_is_told_to_end_no_further_job_is_begun() -> None:
    def told_to_end(step: Step[Any]) -> Any:
        if opened and not interrupted:
            interrupted.append(step.title)
            raise KeyboardInterrupt
        if step.title.startswith("open "):
            opened.append(step.title)
        return step.effect()

    opened: list[str] = []
    interrupted: list[str] = []
    with platforms(*JOBS) as both:
        with pytest.raises(Failed, match="It is left open"):
            move_crons(both.world(), JOBS, Asked(), run=told_to_end)
        assert len(opened) == 1


def test_a_job_without_a_section_is_refused_before_anything_is_done() -> None:
    with platforms(*JOBS) as both:
        with pytest.raises(BadInput, match=r"add \[crons\.nightly\]"):
            move_crons(both.world(), ["a", "nightly"], Asked())
        assert both.entry("a") == {"suspend": True}


def test_waiting_goes_on_until_each_job_is_done_or_taken_back() -> None:
    with platforms(*JOBS, watch=2) as both:
        lines: list[str] = []

        def runs() -> None:
            both.on_sleep = lambda: None
            run(both, b=1)
            both.on_sleep = runs

        both.on_sleep = runs
        told = move_and_wait(
            both.world(), JOBS, Asked(wave=2), seen=lambda one: lines.append(one.line())
        )
        assert [type(one.decision) for one in told] == [Done, TakeBack, Done]
        assert "c: watching: waits for wave 1 of 2" in lines
        assert exit_code_of(told) == 1
        assert not any(isinstance(one.decision, Watching) for one in told)
