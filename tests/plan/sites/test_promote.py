"""The difference that a promote makes: what is brought, in which order, and what stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.releases.manifest import Manifest, content_digest
from crossfade.plan.sites.promote import inventory_after, plan_promote
from crossfade.plan.sites.runtime_script import render
from crossfade.plan.sites.site import Action, Do, Group, Inventory, Placed, Seen
from tests.plan.models import Root, file, release

FOLDER = "releases/web/2/"


def planned(root: Root, wanted: Manifest, **changes: object) -> dict[str, Action]:
    """Return the actions of a promote by path."""
    script = changes.pop("script", None)
    difference = plan_promote(
        wanted,
        folder=FOLDER,
        script=script,  # type: ignore[arg-type]
        placed=root.placed,
        seen=root.seen,
    )
    return {action.path: action for action in difference.actions}


def test_what_is_not_there_is_added() -> None:
    actions = planned(Root(), release({"app.js": "1"}))
    assert (actions["app.js"].group, actions["app.js"].why) == (Group.ADD, "new")
    assert actions["app.js"].source == "releases/web/2/app.js"


def test_what_is_there_already_is_left_alone() -> None:
    root = Root().after(release({"app.js": "1"}))
    assert planned(root, release({"app.js": "1"})) == {}


def test_a_page_is_switched_even_where_nothing_stood() -> None:
    actions = planned(Root(), release({"index.html": "1"}))
    assert actions["index.html"].group is Group.PAGES


def test_other_bytes_under_the_same_name_change_in_place() -> None:
    root = Root().after(release({"logo.svg": "1"}))
    actions = planned(root, release({"logo.svg": "2"}))
    assert (actions["logo.svg"].group, actions["logo.svg"].why) == (Group.CHANGE, "bytes differ")


@pytest.mark.parametrize(
    "header",
    [{"content_type": "image/svg+xml"}, {"cache_control": "no-store"}, {"encoding": "gzip"}],
)
def test_another_header_alone_is_a_difference(header: dict[str, str]) -> None:
    root = Root().after(release({"logo.svg": "1"}))
    wanted = release({"logo.svg": "1"})
    changed = replace(wanted, files=(replace(wanted.files[0], **header),))  # type: ignore[arg-type]
    assert planned(root, changed)["logo.svg"].why == "headers differ"


def test_the_same_bytes_under_another_etag_are_no_difference() -> None:
    root = Root().after(release({"logo.svg": "1"}))
    wanted = release({"logo.svg": "1"})
    changed = replace(wanted, files=(replace(wanted.files[0], etag="kms"),))
    assert planned(root, changed) == {}


def test_a_version_that_crossfade_did_not_write_is_put_right() -> None:
    root = Root().after(release({"logo.svg": "1"}))
    root.seen["logo.svg"] = Seen("foreign", "etag", 1)
    assert planned(root, release({"logo.svg": "1"}))["logo.svg"].why == "was changed by hand"


def test_a_live_file_that_was_deleted_by_hand_is_put_back() -> None:
    root = Root().after(release({"logo.svg": "1"}))
    del root.seen["logo.svg"]
    action = planned(root, release({"logo.svg": "1"}))["logo.svg"]
    assert (action.group, action.why) == (Group.ADD, "was deleted by hand")


def test_an_asset_that_comes_back_while_it_still_stands_costs_nothing() -> None:
    root = Root().after(release({"a.js": "1"})).after(release({"b.js": "1"}))
    assert planned(root, release({"a.js": "1"})) == {}


def test_an_asset_that_comes_back_after_it_was_retired_is_new() -> None:
    root = Root().after(release({"a.js": "1"})).after(release({"b.js": "1"}))
    del root.seen["a.js"]
    assert planned(root, release({"a.js": "1"}))["a.js"].why == "new"


def test_the_runtime_script_takes_the_place_of_a_file_of_its_path() -> None:
    script = render({"api": 1}, path="runtime-config.js", name="C")
    assert script is not None
    action = planned(Root(), release({"runtime-config.js": "dev"}), script=script)
    assert action["runtime-config.js"].do is Do.WRITE
    assert action["runtime-config.js"].body == script.body


def test_assets_that_left_are_marked_with_the_change_at_which_they_left() -> None:
    root = Root().after(release({"a.js": "1"})).after(release({"b.js": "1"}))
    assert (root.placed["a.js"].left, root.placed["b.js"].left) == (2, None)
    again = root.after(release({"c.js": "1"}))
    assert (again.placed["a.js"].left, again.placed["b.js"].left) == (2, 3)


def test_foreign_objects_are_reported_and_left_alone() -> None:
    root = Root()
    root.seen["favicon.ico"] = Seen("foreign", "etag", 1)
    difference = plan_promote(
        release({"a.js": "1"}), folder=FOLDER, script=None, placed={}, seen=root.seen
    )
    assert [action.path for action in difference.actions] == ["a.js"]
    assert difference.drift == ("favicon.ico: not written by crossfade; left alone",)


NAMES = ("index.html", "about.html", "a.js", "b.js", "c.js", "logo.svg")
CONTENT = st.dictionaries(st.sampled_from(NAMES), st.sampled_from("123"), min_size=1)


@given(st.lists(CONTENT, min_size=1, max_size=6))
def test_any_sequence_of_promotes_ends_with_exactly_the_last_release(
    releases: list[dict[str, str]],
) -> None:
    root = Root()
    for content in releases:
        before = dict(root.objects)
        wanted = release(content)
        root = root.after(wanted)
        assert {path: root.objects[path] for path in content} == content
        kept = root.objects.keys() - content.keys()
        assert all(root.objects[path] == before[path] for path in kept)
        assert not any(path.endswith(".html") for path in kept)
        assert set(root.placed) == set(root.objects)


@given(st.lists(CONTENT, min_size=2, max_size=2))
def test_groups_come_in_order_and_only_where_they_belong(releases: list[dict[str, str]]) -> None:
    root = Root().after(release(releases[0]))
    difference = plan_promote(
        release(releases[1]), folder=FOLDER, script=None, placed=root.placed, seen=root.seen
    )
    groups = [action.group for action in difference.actions]
    assert groups == sorted(groups)
    for action in difference.actions:
        if action.group is Group.ADD:
            assert action.before == ""
        if action.group is Group.CHANGE:
            assert action.before
        if action.group is Group.REMOVE:
            assert action.do is Do.DELETE
            assert action.path not in releases[1]


def test_equal_content_has_an_equal_digest_whatever_the_order() -> None:
    files = [file("a.js", "1"), file("b.js", "2")]
    assert content_digest(files, ["x"]) == content_digest(reversed(files), ["x"])
    assert content_digest(files, ["x"]) != content_digest(files, [])


def test_the_inventory_of_an_empty_root_is_the_release() -> None:
    wanted = release({"a.js": "1"})
    inventory: Inventory = inventory_after(
        wanted,
        script=None,
        placed={},
        seen={},
        actions=[Action("a.js", Do.COPY, Group.ADD, "")],
        change=1,
    )
    assert isinstance(inventory["a.js"], Placed)
    assert inventory["a.js"].version_id == ""
