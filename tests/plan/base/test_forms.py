"""Schemas of run forms: names are offered, and none is a law."""

from __future__ import annotations

from crossfade.plan.base.forms import OFFERED, only, suggesting, with_name

TEXT = {"type": "string", "minLength": 1}
TITLED = {**TEXT, "title": "version", "description": "The release.", "default": ""}


def test_names_stand_beside_free_text_under_one_title() -> None:
    assert suggesting(TITLED, ["1.1", "1.0"]) == {
        "title": "version",
        "description": "The release.",
        "default": "",
        "anyOf": [
            {"title": "Choose", "enum": ["1.1", "1.0"]},
            {"title": "Type", "type": "string", "minLength": 1},
        ],
    }


def test_without_names_a_schema_stays_as_it_is() -> None:
    assert suggesting(TITLED, []) == TITLED


def test_a_list_has_no_type_or_the_older_page_hands_what_is_typed_back_to_it() -> None:
    chosen, _ = suggesting(TEXT, ["1.0"])["anyOf"]
    assert "type" not in chosen


def test_a_long_list_offers_its_first_names() -> None:
    names = [str(number) for number in range(OFFERED + 9)]
    chosen, _ = suggesting(TEXT, names)["anyOf"]
    assert chosen["enum"] == names[:OFFERED]


def test_a_new_name_comes_first_wherever_its_kind_is_offered() -> None:
    schema = {
        "properties": {
            "version": suggesting(TITLED, ["1.0"], kind="version"),
            "train": {"properties": {"web": suggesting(TEXT, ["1.0"], kind="version")}},
            "component": suggesting(TEXT, ["web"], kind="component"),
        }
    }
    properties = with_name(with_name(schema, "version", "1.1"), "version", "1.1")["properties"]
    train = properties["train"]["properties"]["web"]
    for field in (properties["version"], train):
        assert field["anyOf"][0]["enum"] == ["1.1", "1.0"]
    assert properties["component"]["anyOf"][0]["enum"] == ["web"]
    assert schema["properties"]["version"]["anyOf"][0]["enum"] == ["1.0"], "not edited in place"


def test_a_form_for_one_place_has_its_name_filled_in_for_good() -> None:
    schema = {"properties": {"environment": suggesting(TITLED, ["a", "b"]), "by": TEXT}}
    assert only(schema, {"environment": "a"})["properties"] == {
        "environment": {
            "title": "version",
            "description": "The release.",
            "type": "string",
            "enum": ["a"],
            "default": "a",
        },
        "by": TEXT,
    }
