"""`crossfade doctor` for migrations: what it prints of one, and the rights that it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.plan.doctor.rights_migrations import NAMES
from tests.balancers import stands
from tests.cli.desk import Desk
from tests.operations.ramp.shop import STATE, SUBJECT, shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operations.ramp.shop import Shop


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop before its migration, whose platforms nobody can reach from here."""
    with shop() as opened:
        stands("app/legacy/1", "legacy-lb.example")
        stands("app/k8s/1", "k8s-lb.example")
        opened.changes = {
            "probe": {"scheme": "none"},
            "stages": [{"name": "all", "share": 100, "gates": ["pager"]}],
            "gates": {"pager": {"kind": "alarms", "alarms": ["shop-errors"]}},
        }
        yield opened


@pytest.fixture
def desk(
    ramp: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    """An operator in the folder of a configuration of two migrations."""
    other = {**ramp.migration(), "records": ["cart.acme.example"]}
    migrations = {"shop": ramp.migration(), "cart": other}
    monkeypatch.setenv("CROSSFADE__STATE__BUCKET", STATE)
    monkeypatch.setenv("CROSSFADE__RELEASES__BUCKET", STATE)
    monkeypatch.setenv("CROSSFADE__MIGRATIONS", json.dumps(migrations))
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


def test_one_migration_is_examined_by_its_name_and_all_without(desk: Desk) -> None:
    one = desk.types("doctor", "--migration", "shop", "--json").document["findings"]
    assert {each["subject"] for each in one if "migrations/" in each["subject"]} == {SUBJECT}
    every = desk.types("doctor", "--json").document["findings"]
    assert {SUBJECT, "migrations/cart"} <= {each["subject"] for each in every}
    assert {each["check"] for each in one if each["subject"] == SUBJECT} == {
        "operation",
        "records",
        "preflight",
        "load balancer",
        "gates",
        "windows",
        "way back",
        "rights",
    }


def test_what_is_wrong_is_told_last_with_its_mend(desk: Desk) -> None:
    typed = desk.types("doctor", "--migration", "shop")
    assert typed.code == 1
    problem, mend = typed.out.splitlines()[-3:-1]
    assert problem.endswith(f"{SUBJECT}: pager: error (no such alarm: shop-errors)")
    assert mend.strip().startswith("mend: ")


def test_an_unknown_migration_and_two_questions_at_once_are_2(desk: Desk) -> None:
    typed = desk.types("doctor", "--migration", "shopp")
    assert typed.code == 2
    assert "no migration 'shopp'" in typed.err
    assert desk.types("doctor", "--rights", "promote", "--migration", "shop").code == 2
    assert desk.types("doctor", "--rights", "advance", "production").code == 2


def test_the_rights_of_one_migration_name_its_records_and_its_journal_alone(desk: Desk) -> None:
    policy = json.loads(desk.does("doctor", "--rights", "back", "--migration", "cart").out)
    statements = {one["Sid"]: one for one in policy["Statement"]}
    condition = statements["Records"]["Condition"]["ForAllValues:StringEquals"]
    assert condition[NAMES] == ["cart.acme.example"]
    assert statements["JournalOfMigrations"]["Resource"] == [
        f"arn:aws:s3:::{STATE}/journal/migrations/cart/*"
    ]
    both = json.loads(desk.does("doctor", "--rights", "back").out)["Statement"]
    assert [one["Sid"] for one in both if "Records" in one["Sid"]] == ["Records", "Records2"]


def test_without_migrations_there_are_no_rights_of_theirs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSFADE__MIGRATIONS")
    typed = desk.types("doctor", "--rights", "advance")
    assert typed.code == 2
    assert "none is configured" in typed.err
