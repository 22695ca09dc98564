"""Going back: where to, which way, and exactly what is put back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.errors import Refused
from crossfade.plan.journal.operation import Actor, Operation, Status
from crossfade.plan.sites.rollback import (
    Mode,
    inventory_after,
    mode_for,
    nowhere,
    plan_restore,
    reaches,
)
from crossfade.plan.sites.site import Live, Seen, SiteState, SiteWork
from tests.plan.models import Root, release
from tests.plan.sites.test_promote import CONTENT


def operation(identifier: str, was: str, status: Status = Status.DONE) -> Operation[None]:
    """Return an operation before which a version was live."""
    live = Live(was, "digest", "", "") if was else None
    return Operation(
        id=identifier,
        subject="sites/p/web",
        kind="promote",
        title="",
        by=Actor("ann"),
        begun_at="",
        request={},
        before=SiteState(live=live),
        after={},
        work=None,
        members=("sites/p/web",),
        status=status,
    )


def restored(root: Root, works: list[SiteWork], base: Root, *, visited: bool = True) -> Root:
    """Return the root after all of some works were undone."""
    restoration = plan_restore(
        works,
        base=base.placed,
        placed=root.placed,
        seen=root.seen,
        versions=root.versions,
        change=root.changes + 1,
        visited=visited,
    )
    inventory = inventory_after(base.placed, restoration.kept, restoration.actions)
    return root.done(restoration.actions, inventory, {})


@given(st.lists(CONTENT, min_size=1, max_size=5), st.integers(0, 3), st.booleans())
def test_a_restore_puts_back_exactly_what_stood_there(
    contents: list[dict[str, str]], to: int, visited: bool
) -> None:
    works: list[SiteWork] = []
    roots = [Root()]
    for content in contents:
        roots.append(roots[-1].after(release(content), works))
    base = roots[min(to, len(contents))]
    undone = works[: len(contents) - min(to, len(contents))]
    after = restored(roots[-1], undone, base, visited=visited)
    assert {path: after.objects[path] for path in base.objects} == base.objects
    more = after.objects.keys() - base.objects.keys()
    if not visited:
        assert not more
    assert not any(path.endswith(".html") for path in more)
    assert all(after.placed[path].left is not None for path in more)
    assert set(after.placed) == set(after.objects)


def test_what_still_stands_as_it_was_is_not_touched() -> None:
    works: list[SiteWork] = []
    base = Root().after(release({"a.js": "1", "b.js": "1"}))
    root = base.after(release({"a.js": "1", "b.js": "2"}), works)
    restoration = plan_restore(
        works,
        base=base.placed,
        placed=root.placed,
        seen={**root.seen, "b.js": base.seen["b.js"]},
        versions=root.versions,
        change=3,
        visited=True,
    )
    assert restoration.actions == ()


def test_versions_that_are_gone_refuse_the_restore_with_numbers_and_the_way_out() -> None:
    works: list[SiteWork] = []
    base = Root().after(release({"b.js": "1"}))
    root = base.after(release({"b.js": "2"}), works)
    root.versions.clear()
    with pytest.raises(Refused, match=r"1 of 1 object .*b\.js.*--mode redeploy"):
        restored(root, works, base)


def test_a_foreign_object_comes_back_and_stays_a_stranger() -> None:
    works: list[SiteWork] = []
    base = Root().after(release({"b.js": "1"}))
    base.seen["b.js"] = Seen("foreign", "etag-9", 1)
    base.versions["b.js", "foreign"] = "9"
    root = base.after(release({"b.js": "2"}), works)
    after = restored(root, works, base)
    assert after.objects["b.js"] == "9"
    assert "b.js" not in after.placed


def test_an_added_asset_that_nobody_recorded_is_kept_with_open_headers() -> None:
    works: list[SiteWork] = []
    base = Root()
    root = base.after(release({"b.js": "1"}), works)
    restoration = plan_restore(
        works,
        base={},
        placed={},
        seen=root.seen,
        versions=root.versions,
        change=1,
        visited=True,
    )
    (kept,) = restoration.kept
    assert (kept.path, kept.content_type, kept.left) == ("b.js", "", 1)


def test_by_default_the_checkpoint_is_what_was_live_before() -> None:
    assert reaches(operation("2", "1.0"), to="", back="2")
    assert not reaches(operation("3", "1.0"), to="", back="2")


def test_a_checkpoint_is_named_by_its_operation_or_by_a_version_that_was_live() -> None:
    assert reaches(operation("2", "1.0"), to="2", back="")
    assert reaches(operation("2", "1.0"), to="1.0", back="")
    assert not reaches(operation("2", ""), to="1.0", back="")
    assert not reaches(operation("2", "1.0", Status.REVERSED), to="1.0", back="")


@pytest.mark.parametrize(
    ("version", "asked", "published", "chosen"),
    [
        ("1", Mode.AUTO, True, Mode.REDEPLOY),
        ("1", Mode.AUTO, False, Mode.RESTORE),
        ("", Mode.AUTO, False, Mode.RESTORE),
        ("1", Mode.RESTORE, True, Mode.RESTORE),
        ("1", Mode.REDEPLOY, True, Mode.REDEPLOY),
    ],
)
def test_auto_redeploys_where_the_release_is_there(
    version: str, asked: Mode, published: bool, chosen: Mode
) -> None:
    assert mode_for(version, asked, published=published, same=published) is chosen


def test_a_redeploy_of_what_is_gone_is_refused() -> None:
    with pytest.raises(Refused, match="use --mode restore"):
        mode_for("", Mode.REDEPLOY, published=False, same=False)


def test_where_there_is_no_way_back_it_says_why() -> None:
    state = SiteState(live=Live("2", "", "", ""))
    assert "nothing was live before (2 is now)" in str(nowhere("s", state, ""))
    assert "is live already" in str(nowhere("s", state, "2"))
    assert "never live is promoted" in str(nowhere("s", replace(state, live=None), "9"))
