"""The commands of migrations: what they answer, and the exit codes that scripts go by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.local.strict.faults import Answer
from crossfade.plan.dns.vector import Vector
from tests.cli.desk import Desk
from tests.operations.ramp.shop import SUBJECT, shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operations.ramp.shop import Shop


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop whose ramp is at its first stage."""
    with shop(in_sync_seconds=0) as opened:
        yield opened.reaches("canary")


@pytest.fixture
def desk(
    ramp: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    """An operator in the folder of the shop's configuration."""
    monkeypatch.setenv("CROSSFADE__STATE__BUCKET", "acme-state")
    monkeypatch.setenv("CROSSFADE__RELEASES__BUCKET", "acme-state")
    monkeypatch.setenv("CROSSFADE__MIGRATIONS", json.dumps({"shop": ramp.migration()}))
    monkeypatch.setenv("CROSSFADE_ACTOR", "ann@desk")
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


def test_advance_names_the_decision_its_evidence_and_what_changed(ramp: Shop, desk: Desk) -> None:
    ramp.passes(8)
    document = desk.does("advance", "shop", "--json").document
    assert document["decision"] == "advance"
    assert document["changed"]["from"] == {"legacy": 90, "new": 10, "share": 10.0}
    assert document["changed"]["to"] == {"legacy": 50, "new": 50, "share": 50.0}
    (gate,) = document["evidence"]
    assert (gate["gate"], gate["outcome"]) == ("errors", "pass")
    assert gate["figures"]["requests_new"] > 0
    assert document["operations"][0]["status"] == "done"


def test_a_foreign_edit_ends_in_3_with_both_vectors_and_nothing_overwritten(
    ramp: Shop, desk: Desk
) -> None:
    ramp.passes(8)
    ramp.somebody_sets(Vector(70, 30))
    typed = desk.types("advance", "shop", "--json")
    assert typed.code == 3
    document = typed.document
    assert document["set"] == {"legacy": 90, "new": 10, "share": 10.0}
    assert document["live"] == {"legacy": 70, "new": 30, "share": 30.0}
    assert document["changed"] is None
    assert ramp.weights() == Vector(70, 30)


def test_a_stage_that_only_bakes_is_no_refusal(desk: Desk) -> None:
    typed = desk.does("advance", "shop")
    assert "bakes for another" in typed.out


def test_a_ramp_that_goes_back_ends_in_1(ramp: Shop, desk: Desk) -> None:
    ramp.passes(8, errors=0.5)
    typed = desk.types("advance", "shop")
    assert typed.code == 1
    assert "gate errors: fail" in typed.out
    assert ramp.weights() is None
    assert desk.types("status", SUBJECT).code == 1


def test_hold_freezes_and_releases(desk: Desk) -> None:
    desk.does("hold", "shop", "--reason", "lunch")
    assert desk.types("advance", "shop").code == 3
    assert "lunch" in desk.types("status", SUBJECT).out
    desk.does("hold", "shop", "--release")
    assert desk.types("advance", "shop").code == 0


@pytest.mark.parametrize("command", ["back", "abort"])
def test_going_back_says_where_to_and_how_to_go_on(ramp: Shop, desk: Desk, command: str) -> None:
    assert "would go back" in desk.does(command, "shop", "--dry-run").out
    assert ramp.weights() == Vector(90, 10)
    typed = desk.does(command, "shop")
    assert "`crossfade hold shop --release` lets it go forward again" in typed.out


def test_a_gradual_return_is_foretold_with_its_steps(ramp: Shop, desk: Desk) -> None:
    ramp.reaches("half")
    words = ("abort", "shop", "--gradual", "--pause", "5s")
    document = desk.does(*words, "--dry-run", "--json").document
    assert document["through"] == [{"legacy": 90, "new": 10, "share": 10.0}]
    assert document["pause_seconds"] == 5
    assert document["warning"] == ""
    assert desk.types("abort", "shop", "--pause", "5s").code == 2
    assert desk.types("abort", "shop", "--gradual", "--pause", "soon").code == 2
    assert ramp.weights() == Vector(50, 50)


def test_a_ramp_that_is_not_complete_is_not_ended(ramp: Shop, desk: Desk) -> None:
    typed = desk.types("finish", "shop")
    assert typed.code == 3
    assert "stage canary, 1 of 3, with 10 % on new (legacy 90 / new 10)" in typed.err
    assert desk.types("finish", "shop", "--simple").code == 3
    assert desk.types("finish", "shop", "--simple", "--without-proof", "x").code == 2
    assert ramp.weights() == Vector(90, 10)


def test_the_end_is_told_by_finish_status_and_history(ramp: Shop, desk: Desk) -> None:
    ramp.reaches("all").advance()
    assert "reversible until 2026-03-09" in desk.does("status", SUBJECT).out
    assert "would become simple" in desk.does("finish", "shop", "--simple", "--dry-run").out
    assert desk.does("finish", "shop", "--simple", "--json").document["operations"]
    assert "simple records of new since" in desk.does("status", SUBJECT).out
    refused = desk.types("finish", "shop", "--json")
    assert refused.code == 3
    assert "--without-proof REASON" in refused.document["error"]["message"]
    document = desk.does("finish", "shop", "--without-proof", "it is off", "--json").document
    assert document["evidence"][0]["gate"] == "drained"
    assert document["position"]["final_at"]
    (found,) = desk.does("status", SUBJECT, "--json").document["subjects"]
    assert found["reversible_until"] is None
    assert "past the point of no return since" in desk.does("status", SUBJECT).out
    told = desk.does("history", SUBJECT).out
    assert "shop: simple records of new" in told
    assert "point of no return, without the proof of gate drained: it is off" in told


def test_reverse_takes_back_a_finished_stage(ramp: Shop, desk: Desk) -> None:
    document = desk.does("reverse", SUBJECT, "--last", "--json").document
    assert document["to"] == {"legacy": 100, "new": 0, "share": 0.0}
    assert ramp.weights() == Vector(100, 0)


def test_status_shows_the_stage_the_gates_and_what_can_be_returned_to(
    ramp: Shop, desk: Desk
) -> None:
    ramp.passes(3)
    ramp.advance()
    typed = desk.does("status", SUBJECT)
    assert "canary" in typed.out
    assert "errors" in typed.out
    checkpoint = desk.does("status", SUBJECT, "--json").document["subjects"][0]["migration"][
        "checkpoints"
    ][0]["operation"]
    back = f"crossfade reverse {SUBJECT} --to {checkpoint}"
    assert f"`{back}` returns to the baseline" in typed.out
    assert desk.does(*back.split()[1:], "--dry-run").out.startswith("shop: would go back")
    document = desk.does("status", SUBJECT, "--json").document
    assert document["subjects"][0]["migration"]["stage"] == "canary"


def test_a_dry_run_of_migrate_foretells_each_stage_with_its_way_back(desk: Desk) -> None:
    document = desk.does("migrate", "shop", "--dry-run", "--json").document
    canary = document["stages"][0]
    assert canary["weights"] == {"legacy": 90, "new": 10, "share": 10.0}
    assert canary["back_seconds"] > 300


def test_gates_can_be_asked_about_the_past_without_acting(ramp: Shop, desk: Desk) -> None:
    ramp.passes(20)
    at = f"{ramp.time.now:%Y-%m-%dT%H:%M}"
    typed = desk.types("gate", "check", "shop", "errors", "--at", at, "--json")
    assert typed.code == 0, typed.out
    assert typed.document["evidence"][0]["outcome"] == "pass"
    assert desk.types("gate", "check", "shop", "nothing").code == 2


def test_history_tells_every_decision(ramp: Shop, desk: Desk) -> None:
    ramp.passes(8)
    ramp.advance()
    typed = desk.does("history", SUBJECT)
    assert "shop to half at legacy 50 / new 50" in typed.out
    assert "gate errors: pass" in typed.out


def test_status_draws_the_ramp_to_a_file(desk: Desk) -> None:
    typed = desk.does("status", SUBJECT, "--picture", "shop.svg", "--json")
    assert typed.document["subjects"][0]["subject"] == SUBJECT
    assert "the picture of shop is in shop.svg" in typed.err
    assert b"<!-- canary -->" in (desk.folder / "shop.svg").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", SUBJECT, "--picture", "shop.gif"), "written as .svg or .png"),
        (("status", "--picture", "shop.svg"), "--picture draws one migration"),
        (("status", "migrations/shoop", "--picture", "shop.svg"), "shoop"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_bad_input(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    typed = desk.types(*words)
    assert typed.code == 2
    assert said in typed.err


@pytest.mark.parametrize("words", [("back",), ("abort",), ("abort", "--gradual")])
def test_a_batch_that_route_53_refuses_though_the_records_stand_ends_with_its_words(
    ramp: Shop, desk: Desk, words: tuple[str, ...]
) -> None:
    ramp.reaches("half")
    refused = Answer(400, "InvalidChangeBatch", "the account may not have so many records")
    ramp.strict.faults.before("route53", "ChangeResourceRecordSets", times=1000, effect=refused)
    typed = desk.types(*words, "shop")
    assert typed.code in {1, 3}
    assert typed.err.count("may not have so many records") >= 1
    assert "unexpected" not in typed.err
    ramp.strict.faults.clear()
    desk.does("abort", "shop")
    assert ramp.weights() is None
