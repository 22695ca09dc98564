"""The record of a site: inventories and states come back as they were written."""

from __future__ import annotations

from crossfade.plan.journal.documents import state_from_json, state_to_json
from crossfade.plan.sites.site import (
    Action,
    Do,
    Group,
    Live,
    SiteState,
    in_order,
    inventory_from,
    inventory_to,
    of_group,
)
from tests.plan.models import Root, release


def test_an_inventory_is_read_as_it_was_written() -> None:
    placed = Root().after(release({"a.js": "1", "index.html": "2"})).placed
    assert inventory_from(inventory_to(placed.values())) == placed


def test_a_state_is_read_as_it_was_written() -> None:
    state = SiteState(Live("1", "d", "t", "o"), back="o", changes=3, root="o", runtime="x")
    assert state_from_json(state_to_json(state), SiteState) == state
    assert state_from_json({}, SiteState) == SiteState()


def test_actions_are_sorted_by_group_then_path() -> None:
    actions = [
        Action("b", Do.COPY, Group.PAGES, ""),
        Action("z", Do.COPY, Group.ADD, ""),
        Action("a", Do.COPY, Group.PAGES, ""),
    ]
    assert [action.path for action in in_order(actions)] == ["z", "a", "b"]
    assert [action.path for action in of_group(actions, Group.PAGES)] == ["b", "a"]
