"""A job whose list is a document that a pipeline renders: others' entries, and late pipelines."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crossfade.operations.cron.move.move import Asked
from crossfade.plan.cron.move.decide import Done, TakeBack, Watching, Wish
from tests.operations.cron.moving import DOCUMENT, JOB, LEGACY, NEW, platforms
from tests.story import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.operations.cron.moving import Platforms

TO_LEGACY = Asked(Wish(LEGACY))


@contextmanager
def document(body: Any = None, **changes: Any) -> Iterator[Platforms]:
    """Open both platforms, with a list document in S3."""
    where = {"on": "document", "document": f"s3://{STATE}/{DOCUMENT}", **changes}
    with platforms(**where) as both:
        if body is not None:
            write(both, body)
        yield both


def write(both: Platforms, body: Any) -> None:
    both.aws.client("s3").put_object(Bucket=STATE, Key=DOCUMENT, Body=json.dumps(body).encode())


def text(both: Platforms) -> Any:
    body = both.aws.client("s3").get_object(Bucket=STATE, Key=DOCUMENT)["Body"].read()
    return json.loads(body)


def test_a_job_is_put_on_a_list_that_does_not_exist_yet() -> None:
    with document() as both:
        (operation,) = both.moves().operations
        entry = {"suspend": False, "by": operation.id}
        assert text(both) == {"crossfade": "crons", "jobs": {JOB: entry}}
        both.ticks(3, NEW)
        assert isinstance(both.moves().decision, Done)
        both.moves(asked=TO_LEGACY)
        assert text(both) == {"crossfade": "crons", "jobs": {}}


def test_unknown_keys_and_other_jobs_stay_as_they_are() -> None:
    body = {
        "crossfade": "crons",
        "owner": "team ü",
        "jobs": {"other": {"suspend": True, "x": 1}, JOB: {"suspend": True, "note": "keep"}},
    }
    with document(body) as both:
        both.moves()
        assert both.entry()["note"] == "keep"
        assert both.entry()["suspend"] is False
        assert text(both)["owner"] == "team ü"
        assert text(both)["jobs"]["other"] == {"suspend": True, "x": 1}
        both.moves(asked=TO_LEGACY)
        assert text(both) == body


def test_another_job_that_is_written_in_between_is_not_lost() -> None:
    with document({"crossfade": "crons", "jobs": {}}) as both:
        left = [True]

        def writes(*_: Any, **__: Any) -> None:
            if left.pop() if left else False:
                write(both, {"crossfade": "crons", "jobs": {"other": {"suspend": False}}})

        both.strict.faults.before("s3", "PutObject", path=DOCUMENT, effect=writes)
        both.moves()
        assert set(text(both)["jobs"]) == {"other", JOB}


def test_an_entry_that_somebody_changes_in_the_middle_stays_as_they_made_it() -> None:
    with document({"crossfade": "crons", "jobs": {JOB: {"suspend": True}}}) as both:
        theirs = {JOB: {"suspend": True, "note": "not before Monday"}}
        heads = [2]

        def meddles(*_: Any, **__: Any) -> None:
            heads[0] -= 1
            if not heads[0]:
                write(both, {"crossfade": "crons", "jobs": theirs})

        both.strict.faults.before("s3", "PutObject", path="journal/", times=9, effect=meddles)
        told = both.moves()
        assert "changed by somebody else in the new platform's list" in told.line()
        assert told.exit_code == 1
        assert text(both)["jobs"] == theirs
        assert both.preferred() is None


def test_ticks_before_the_pipeline_has_applied_the_list_count_for_nothing() -> None:
    with document() as both:
        both.moves()
        both.tick(LEGACY, alone=True)
        told = both.moves()
        assert isinstance(told.decision, Watching)
        assert "0 of 3 ticks seen" in told.line()
        assert "not applied" in told.line()
        both.ticks(3, NEW)
        assert isinstance(both.moves().decision, Done)


def test_once_it_is_applied_a_tick_of_legacy_counts() -> None:
    with document() as both:
        both.moves()
        both.tick(NEW)
        both.tick(LEGACY, alone=True)
        assert isinstance(both.moves().decision, TakeBack)


def test_a_pipeline_that_does_not_apply_the_list_in_time_takes_the_job_back() -> None:
    with document(patience="10m") as both:
        both.moves()
        for _ in range(3):
            both.tick(LEGACY, alone=True)
        told = both.moves()
        assert isinstance(told.decision, TakeBack)
        assert "was not applied on the new platform in time" in told.line()
        assert text(both)["jobs"] == {}
