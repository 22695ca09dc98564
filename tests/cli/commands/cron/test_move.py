"""The command that moves cron jobs: what it answers, and the exit codes that scripts go by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.cli.desk import Desk
from tests.operations.cron.real_lock import JOB, wrapped_job
from tests.story import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.local.strict.strict import Strict

SUBJECT = f"crons/{JOB}"


@pytest.fixture
def desk(
    strict: Strict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    """An operator who has one job on both platforms."""
    del strict
    monkeypatch.setenv("CROSSFADE_ACTOR", "ann@desk")
    monkeypatch.chdir(tmp_path)
    with wrapped_job(monkeypatch):
        yield Desk(tmp_path, capsys)


def listed() -> object:
    body = boto3.client("s3").get_object(Bucket=STATE, Key="crons.json")["Body"].read()
    return json.loads(body)["jobs"]


def test_a_job_is_moved_shown_and_reversed(desk: Desk) -> None:
    foretold = desk.does("move-cron", JOB, "--dry-run")
    assert "would be put on the new platform" in foretold.out
    document = desk.does("move-cron", JOB, "--proof-from", "1h", "--json").document
    (job,) = document["jobs"]
    assert (job["decision"], job["platform"], job["exit_code"]) == ("start", "new", 0)
    assert listed() == {JOB: {"suspend": False, "by": job["operations"][0]}}
    assert "done" in desk.does("status", SUBJECT).out
    assert f"move {JOB} to new" in desk.does("history", SUBJECT).out
    assert "done: new runs it already" in desk.does("move-cron").out
    assert "taken back: asked for" in desk.does("reverse", SUBJECT, "--last").out
    assert listed() == {}
    held = desk.types("move-cron", JOB)
    assert (held.code, "--again tries it again" in held.out) == (3, True)
    (subject,) = desk.does("status", SUBJECT, "--json").document["subjects"]
    assert subject["cron"]["taken_back"]["why"] == "asked for by ann@desk (cli)"


def test_a_job_is_watched_by_later_calls(desk: Desk) -> None:
    desk.does("move-cron", JOB, "--wave", "1")
    assert "0 of 3 ticks seen" in desk.does("move-cron").out
    assert "0 of 3 ticks were good" in desk.does("status").out


def test_a_reversal_can_be_foretold(desk: Desk) -> None:
    desk.does("move-cron", JOB)
    assert "would be taken back" in desk.does("reverse", SUBJECT, "--dry-run").out
    assert listed() != {}


def test_wrong_words_are_refused(desk: Desk) -> None:
    assert desk.types("move-cron", "nightly").code == 2
    assert desk.types("move-cron", "--to", "legacy").code == 2
    assert desk.types("move-cron", JOB, "--proof-from", "soon").code == 2


def test_a_reversal_that_cannot_end_is_no_success(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.does("move-cron", JOB, "--proof-from", "1h")
    monkeypatch.setenv("CROSSFADE__LOCK__SERVERS", '["127.0.0.1:1"]')
    typed = desk.types("reverse", SUBJECT, "--last")
    assert typed.code == 1, typed.out
    assert "127.0.0.1:1" in typed.out + typed.err
    assert listed() == {}, "it is off the new platform's list all the same"
