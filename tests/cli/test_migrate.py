"""The commands of migrations: what they answer, and the exit codes that scripts go by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.plan.vector import Vector
from tests.cli.desk import Desk
from tests.operations.ramp import SUBJECT, shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operations.ramp import Shop


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


def test_reverse_takes_back_a_finished_stage(ramp: Shop, desk: Desk) -> None:
    document = desk.does("reverse", SUBJECT, "--json").document
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
    assert "can return to the baseline" in typed.out
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
