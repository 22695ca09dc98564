"""The runtime script: one frozen global that every browser reads the same way."""

from __future__ import annotations

import hashlib
import json
import re

from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.sites.runtime_script import render, script

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def test_it_sets_one_frozen_global() -> None:
    made = render({"api": "https://a", "n": 1}, path="conf/env.js", name="APP")
    assert made is not None
    assert made.body == 'globalThis["APP"]=Object.freeze({"api":"https://a","n":1});\n'
    assert (made.file.path, made.file.cache_control) == ("conf/env.js", "no-cache")


def test_the_order_of_settings_does_not_matter() -> None:
    one = render({"a": 1, "b": 2}, path="p", name="C")
    assert one == render({"b": 2, "a": 1}, path="p", name="C")


@given(st.dictionaries(st.text(max_size=4), JSON, min_size=1, max_size=4))
def test_any_settings_arrive_as_they_are_and_close_no_script_element(values: dict) -> None:
    made = render(values, path="p", name="C")
    assert made is not None
    assert "<" not in made.body
    assert made.body.isascii()
    found = re.fullmatch(r'globalThis\["C"\]=Object\.freeze\((.*)\);\n', made.body)
    assert found is not None
    assert json.loads(found[1]) == values


def test_a_script_made_of_an_earlier_text_is_the_same_file() -> None:
    made = render({"a": 1}, path="p", name="C")
    assert made is not None
    assert script(made.body, path="p") == made
    assert made.file.sha256 == hashlib.sha256(made.body.encode()).hexdigest()
