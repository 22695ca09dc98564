"""`crossfade purge`: a plan unless it is told to apply it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.desk import Desk
    from tests.story import Story


ALL = ["1.0.0", "1.1.0", "1.2.0"]


@pytest.fixture
def three(story: Story, live: Desk) -> Desk:
    """Three releases that no checkpoint needs."""
    for version in ALL:
        story.publish(version, component="checkout")
    return live


def versions(desk: Desk, component: str) -> list[str]:
    """Return the versions of a component, sorted."""
    rows = desk.does("releases", component, "--json").document["releases"]
    return sorted(row["version"] for row in rows)


def test_it_deletes_nothing_unless_told_to_apply(three: Desk) -> None:
    typed = three.does("purge", "--component", "checkout", "--keep", "1")
    assert "purge checkout: 2 of 3 releases go" in typed.out
    assert typed.out.splitlines()[-1].startswith("nothing was deleted; --apply --plan ")
    assert versions(three, "checkout") == ALL


def test_it_applies_the_plan_that_was_approved(three: Desk) -> None:
    words = ["purge", "--component", "checkout", "--keep", "1"]
    digest = three.does(*words, "--json").document["digest"]
    typed = three.does(*words, "--apply", "--plan", digest)
    assert typed.out.startswith("releases/checkout: done (")
    assert len(versions(three, "checkout")) == 1


def test_a_plan_that_is_no_longer_the_same_is_refused(three: Desk) -> None:
    typed = three.types("purge", "--component", "checkout", "--apply", "--plan", "0123456789abcdef")
    assert typed.code == 3
    assert versions(three, "checkout") == ALL


def test_what_was_purged_comes_back_by_reverse(three: Desk) -> None:
    three.does("purge", "--component", "checkout", "--keep", "1", "--apply")
    dry = three.does("reverse", "releases/checkout", "--dry-run")
    assert sum(version in dry.out for version in ALL) == 2
    assert len(versions(three, "checkout")) == 1
    three.does("reverse", "releases/checkout", "--last")
    assert versions(three, "checkout") == ALL


def test_a_component_that_is_refused_is_named_and_the_others_are_purged(
    story: Story, three: Desk
) -> None:
    (three.folder / "crossfade.toml").write_text(
        (three.folder / "crossfade.toml").read_text() + "\n[purge]\nmax_deletes = 1\n"
    )
    story.publish("1.2.0")
    typed = three.types("purge", "--keep", "1", "--apply", "--json")
    assert typed.code == 3
    assert [one["component"] for one in typed.document["refused"]] == ["checkout"]
    text = three.types("purge", "--keep", "1", "--apply")
    assert text.code == 3
    assert "refused: checkout: " in text.err


def test_keeping_nothing_is_a_usage_error(three: Desk) -> None:
    assert three.types("purge", "--keep", "0").code == 2
