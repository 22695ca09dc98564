"""The run form: choices where there are choices, bounds where there are bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import ValidationError, validate

from flows.__main__ import VERBS
from flows.offering import offering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.offering import Names


def _schema(name: str) -> dict[str, Any]:
    return parameter_schema(VERBS[name].fn).model_dump_for_openapi()


NAMES: Names = {
    "environment": ["production", "staging"],
    "component": ["checkout", "web"],
    "version": ["1.1.0", "1.0.0"],
    "migration": ["shop"],
    "cron": ["reports.daily"],
    "subject": ["sites/production/web", "migrations/shop"],
}
WAYS_BACK = {
    "rollback": {"environment": "lost", "component": "renamed", "to": "0.1"},
    "resume": {"subject": "sites/lost/renamed"},
    "reverse": {"subject": "sites/lost/renamed"},
    "back": {"name": "renamed"},
    "abort": {"name": "renamed"},
    "move-cron": {"jobs": ["renamed"], "to": "legacy"},
}


class TestWhereNamesAreOffered:
    @pytest.fixture(autouse=True)
    def _offered(self) -> Iterator[None]:
        with offering(NAMES):
            yield

    @pytest.mark.parametrize(
        ("verb", "name", "names"),
        [
            ("promote", "environment", ["production", "staging"]),
            ("promote", "version", ["1.1.0", "1.0.0"]),
            ("rollback", "to", ["1.1.0", "1.0.0"]),
            ("resume", "subject", ["sites/production/web", "migrations/shop"]),
            ("purge", "component", ["checkout", "web"]),
            ("abort", "name", ["shop"]),
            ("gather", "job", ["reports.daily"]),
        ],
    )
    def test_a_form_offers_them_beside_a_field_for_any_other(
        self, verb: str, name: str, names: list[str]
    ) -> None:
        chosen, typed = _schema(verb)["properties"][name]["anyOf"]
        assert (chosen["title"], chosen["enum"]) == ("Choose", names)
        assert (typed["title"], typed["type"]) == ("Type", "string")

    @pytest.mark.parametrize("verb", WAYS_BACK)
    def test_no_way_back_is_refused_for_a_list_that_is_old(self, verb: str) -> None:
        validate(WAYS_BACK[verb], _schema(verb), raise_on_error=True)

    def test_what_was_released_since_can_be_promoted(self) -> None:
        asked = {"environment": "production", "component": "web", "version": "2.0"}
        validate({**asked, "train": {"new": "1.0"}}, _schema("promote"), raise_on_error=True)

    def test_an_empty_name_is_refused_as_before(self) -> None:
        with pytest.raises(ValidationError, match="name"):
            validate({"name": ""}, _schema("abort"), raise_on_error=True)

    def test_a_release_that_is_there_is_not_offered_for_a_new_one(self) -> None:
        assert "anyOf" not in _schema("publish")["properties"]["version"]

    def test_the_only_name_is_filled_in(self) -> None:
        properties = _schema("abort")["properties"]
        assert properties["name"]["default"] == "shop"
        assert "default" not in _schema("promote")["properties"]["component"]

    def test_a_train_has_a_field_for_each_component_and_no_json(self) -> None:
        train = _schema("promote")["properties"]["train"]
        assert list(train["properties"]) == ["checkout", "web"]
        assert train["properties"]["web"]["anyOf"][0]["enum"] == ["1.1.0", "1.0.0"]

    @pytest.mark.parametrize("verb", VERBS)
    def test_no_form_asks_for_json(self, verb: str) -> None:
        for name, field in _schema(verb)["properties"].items():
            assert field.get("type") != "object" or field["properties"], name


class TestWhereNoneAre:
    def test_names_are_plain_text_that_must_not_be_empty(self) -> None:
        field = _schema("promote")["properties"]["environment"]
        assert "anyOf" not in field
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
