"""Pins: who keeps which release from every purge, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Refused
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.purge.pins import pin, unpin
from crossfade.operations.status.status import releases
from crossfade.plan.journal.operation import Actor
from tests.operations.purge.depot import RELEASES, Depot, Template, template
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Two releases that were promoted one after the other."""
    with template(tmp_path_factory.mktemp("two"), *"12") as told:
        yield told


@pytest.fixture
def depot(two: Template) -> Depot:
    """Two releases, the last one live."""
    return two.begin(keep_checkpoints=1)


def pins(depot: Depot) -> dict[str, str]:
    found: dict[str, str] = depot.state(RELEASES).get("pins", {})
    return found


def test_a_pin_is_recorded_with_who_when_and_why(depot: Depot) -> None:
    done = pin(depot.world(actor=Actor("eve@desk")), "web", "1", "  for the\nauditors ")
    assert pins(depot) == {"1": "for the auditors"}
    assert done.line() == "web 1 is pinned: for the auditors"
    assert done.document() == {
        "component": "web",
        "version": "1",
        "pinned": "for the auditors",
        "changed": True,
        "operation": done.operation,
    }
    (record,) = depot.told()
    assert (record.id, record.kind, record.by.who) == (done.operation, "pin", "eve@desk")
    assert record.title == "pin web 1: for the auditors"
    assert record.ended_at
    assert [row.pinned for row in releases(depot.world(), "web")] == ["", "for the auditors"]


def test_pins_stand_beside_each_other_and_are_taken_off_one_by_one(depot: Depot) -> None:
    pin(depot.world(), "web", "1", "one")
    pin(depot.world(), "web", "2", "two")
    done = unpin(depot.world(), "web", "1")
    assert pins(depot) == {"2": "two"}
    assert done.line() == "web 1 is no longer pinned: purges may delete it again"
    assert [record.kind for record in depot.told()] == ["unpin", "pin", "pin"]


def test_again_changes_nothing(depot: Depot) -> None:
    pin(depot.world(), "web", "1", "one")
    again = pin(depot.world(), "web", "1", "one")
    assert not again.changed
    assert again.line() == "web 1 is pinned: one; nothing to do"
    assert unpin(depot.world(), "web", "2").line() == "web 2 was not pinned; nothing to do"
    assert len(depot.told()) == 1


def test_another_reason_takes_the_place_of_the_first(depot: Depot) -> None:
    pin(depot.world(), "web", "1", "one")
    assert pin(depot.world(), "web", "1", "another").changed
    assert pins(depot) == {"1": "another"}


def test_a_pin_without_a_reason_is_bad_input(depot: Depot) -> None:
    with pytest.raises(BadInput, match="say why web 1 is pinned"):
        pin(depot.world(), "web", "1", " ")


def test_what_is_not_published_cannot_be_pinned(depot: Depot) -> None:
    with pytest.raises(BadInput, match="web 9 is not published"):
        pin(depot.world(), "web", "9", "why")
    with pytest.raises(BadInput, match="web 9 is neither pinned nor published"):
        unpin(depot.world(), "web", "9")
    with pytest.raises(BadInput, match="there is no component"):
        pin(depot.world(), "wbe", "1", "why")


def test_a_pin_of_a_release_that_somebody_deleted_can_be_taken_off(depot: Depot) -> None:
    pin(depot.world(), "web", "1", "one")
    depot.delete(f"{RELEASES}/1.manifest.json")
    assert unpin(depot.world(), "web", "1").changed
    assert pins(depot) == {}


def test_of_two_pins_at_once_none_is_lost(depot: Depot) -> None:
    assert depot.strict is not None

    def another(_: object) -> None:
        pin(depot.world(), "web", "2", "two")

    depot.strict.faults.before("s3", "PutObject", path="head.json", effect=another)
    with pytest.raises(Refused, match="changed by another worker meanwhile"):
        pin(depot.world(), "web", "1", "one")
    assert pins(depot) == {"2": "two"}
    pin(depot.world(), "web", "1", "one")
    assert pins(depot) == {"1": "one", "2": "two"}


@pytest.mark.parametrize(("settle", "wanted"), [(resume, {"1": "one"}), (reverse_open, {})])
def test_a_pin_that_died_is_settled(
    depot: Depot, settle: Callable[..., object], wanted: dict[str, str]
) -> None:
    assert depot.strict is not None
    depot.strict.faults.before("s3", "PutObject", path="head.json", nth=2, effect=Killed())
    with pytest.raises(Killed):
        pin(depot.world(), "web", "1", "one")
    depot.strict.faults.clear()
    with pytest.raises(Refused, match="pin web 1: one is open since"):
        unpin(depot.world(), "web", "2")
    settle(depot.world(), RELEASES, take_over=True)
    assert pins(depot) == wanted
    assert depot.told()[0].ended_at
