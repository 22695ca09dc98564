"""P2: assets that left a release stay in the root for their grace, and leave after it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.purge.retire import due, plan_retire
from crossfade.plan.sites.site import Do, Group, Inventory, Placed, Seen


def placed(path: str, *, left: int | None, version_id: str = "v1") -> Placed:
    return Placed(
        path, 5, "sha", "text/plain", "", "", page=False, version_id=version_id, left=left
    )


def inventory(*assets: Placed) -> Inventory:
    return {asset.path: asset for asset in assets}


def test_an_asset_leaves_the_root_once_its_grace_has_passed() -> None:
    root = inventory(
        placed("live.js", left=None), placed("recent.js", left=4), placed("old.js", left=3)
    )
    seen = {path: Seen("v1", "etag", 5) for path in root}
    retirement = plan_retire(root, seen, changes=5, grace=2)
    (action,) = retirement.actions
    assert (action.path, action.do, action.group) == ("old.js", Do.DELETE, Group.REMOVE)
    assert (action.before, action.before_etag, action.size) == ("v1", "etag", 5)
    assert action.why == "left the live release 2 changes ago"
    assert retirement.drift == ()


def test_one_change_is_written_as_one() -> None:
    root = inventory(placed("old.js", left=4))
    (action,) = plan_retire(root, {"old.js": Seen("v1", "e", 5)}, changes=5, grace=1).actions
    assert action.why == "left the live release 1 change ago"


def test_what_was_changed_by_hand_is_reported_and_left_alone() -> None:
    root = inventory(placed("old.js", left=1))
    retirement = plan_retire(root, {"old.js": Seen("v2", "etag", 5)}, changes=5, grace=2)
    assert retirement.actions == ()
    assert retirement.drift == ("old.js: was changed by hand after it left; left alone",)


def test_what_is_gone_already_needs_nothing() -> None:
    retirement = plan_retire(inventory(placed("old.js", left=1)), {}, changes=5, grace=2)
    assert (retirement.actions, retirement.drift) == ((), ())


lefts = st.one_of(st.none(), st.integers(0, 9))


@given(lefts=st.lists(lefts, max_size=8), changes=st.integers(9, 20), grace=st.integers(1, 5))
def test_nothing_of_the_live_release_nor_within_its_grace_ever_leaves(
    lefts: list[int | None], changes: int, grace: int
) -> None:
    root = inventory(*(placed(str(number), left=left) for number, left in enumerate(lefts)))
    gone = {asset.path for asset in due(root, changes=changes, grace=grace)}
    for path, asset in root.items():
        stays = asset.left is None or asset.left > changes - grace
        assert (path not in gone) == stays
