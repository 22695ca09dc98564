"""The run form: choices where there are choices, bounds where there are bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prefect.utilities.callables import parameter_schema

from flows.__main__ import VERBS

if TYPE_CHECKING:
    from pathlib import Path


def _schema(name: str) -> dict[str, Any]:
    return parameter_schema(VERBS[name].fn).model_dump_for_openapi()


@pytest.mark.usefixtures("_configuration")
class TestWhereAConfigurationIsAtHand:
    def test_environments_and_components_are_choices(self) -> None:
        fields = _schema("promote")["properties"]
        assert fields["environment"]["enum"] == ["production", "staging"]
        assert fields["component"]["enum"] == ["checkout", "web"]

    def test_subjects_are_choices(self) -> None:
        assert _schema("resume")["properties"]["subject"]["enum"] == [
            "sites/production/checkout",
            "sites/production/web",
            "sites/staging/checkout",
            "sites/staging/web",
            "releases/checkout",
            "releases/web",
        ]

    def test_a_purge_of_all_components_is_a_choice_too(self) -> None:
        field = _schema("purge")["properties"]["component"]
        assert (field["enum"], field["default"]) == (["", "checkout", "web"], "")


class TestWhereNoneIsAtHand:
    @pytest.fixture(autouse=True)
    def _nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_names_are_plain_text_that_must_not_be_empty(self) -> None:
        field = _schema("promote")["properties"]["environment"]
        assert "enum" not in field
        assert (field["type"], field["minLength"]) == ("string", 1)


def test_the_ways_back_are_a_choice() -> None:
    schema = _schema("rollback")
    mode = schema["properties"]["mode"]
    assert mode["$ref"] == "#/definitions/Mode"
    assert schema["definitions"]["Mode"]["enum"] == ["auto", "redeploy", "restore"]
    assert mode["default"] == "auto"


def test_a_number_has_its_bounds() -> None:
    keep = _schema("purge")["properties"]["keep"]
    assert (keep["type"], keep["minimum"], keep["default"]) == ("integer", 0, 0)


@pytest.mark.parametrize(
    ("verb", "required"),
    [
        ("publish", ["source", "component", "version"]),
        ("promote", ["environment", "component", "version"]),
        ("rollback", ["environment", "component"]),
        ("purge", None),
        ("resume", ["subject"]),
        ("reverse", ["subject"]),
        ("settle", None),
    ],
)
def test_only_what_cannot_be_guessed_is_required(verb: str, required: list[str] | None) -> None:
    assert _schema(verb).get("required") == required


def test_what_changes_something_for_good_is_off_until_it_is_turned_on() -> None:
    for name, field in (("purge", "apply"), ("purge", "versions"), ("settle", "apply")):
        assert _schema(name)["properties"][field]["default"] is False
