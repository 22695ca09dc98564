"""What the checkpoints of a site still need, and how far back its journal is read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.journal.operation import Actor, Operation, Status, Untold
from crossfade.plan.purge.needs import Needs, needs_of
from crossfade.plan.sites.site import Action, Do, Group, Live, Placed, SiteState, SiteWork

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SITE = "sites/production/web"


def state(version: str, *, back: str = "", root: str = "") -> SiteState:
    live = Live(version, f"digest-{version}", "", "") if version else None
    return SiteState(live=live, back=back, root=root)


def operation(
    identifier: str,
    before: SiteState,
    after: SiteState,
    *actions: Action,
    status: Status = Status.DONE,
    base: str = "",
) -> Operation[SiteWork]:
    return Operation(
        id=identifier,
        subject=SITE,
        kind="promote",
        title="",
        by=Actor("ann"),
        begun_at="",
        request={},
        before=before,
        after=after,
        work=SiteWork(actions, base=base),
        members=(SITE,),
        status=status,
    )


def change(path: str, before: str) -> Action:
    return Action(path, Do.COPY, Group.CHANGE, "", before=before)


def promotes(count: int) -> list[Operation[SiteWork]]:
    """Promotes of release 1 to `count`, newest first; each changed `app.js`."""
    return [
        operation(
            f"op{number}",
            state(str(number - 1) if number > 1 else "", root=f"root{number - 1}"),
            state(str(number)),
            change("app.js", f"v{number - 1}"),
        )
        for number in range(count, 0, -1)
    ]


def needs(
    operations: Sequence[Operation[SiteWork]] | Iterator[Operation[SiteWork]],
    *,
    keep: int,
    now: SiteState | None = None,
    whole: bool = False,
) -> Needs:
    present = now or SiteState(root="root")
    return needs_of(operations, state=present, placed={}, keep=keep, whole=whole)


def test_the_newest_changes_need_what_was_live_before_and_after_them() -> None:
    found = needs(promotes(5), keep=2)
    assert found.releases == {
        "5": f"checkpoint op5 of {SITE}",
        "4": f"checkpoint op5 of {SITE}",
        "3": f"checkpoint op4 of {SITE}",
    }
    assert found.objects == {"app.js": {"v4", "v3"}}
    assert found.roots == {"root", "root4", "root3"}


def test_what_a_rollback_returns_to_is_needed_however_long_ago_it_was_left() -> None:
    found = needs(promotes(5), keep=1, now=SiteState(back="op2"))
    assert set(found.releases) == {"5", "4", "3", "2", "1"}
    assert found.objects == {"app.js": {"v4", "v3", "v2", "v1"}}


def test_operations_that_left_the_same_release_live_take_no_checkpoints_place() -> None:
    """A purge every night must not push the last promotes out of reach."""
    again = state("1", root="rootA")
    purge = Action("old.js", Do.DELETE, Group.REMOVE, "", before="o1")
    purges = [operation(f"purge{number}", again, again, purge) for number in (9, 8)]
    found = needs([*purges, *promotes(1)], keep=1)
    assert found.objects == {"old.js": {"o1"}, "app.js": {"v0"}}, "and going back needs them too"


def test_a_reversed_operation_changed_nothing_but_what_it_recorded_stays() -> None:
    tried = operation("op9", state("1"), state("bad"), change("x.js", "v9"), status=Status.REVERSED)
    found = needs([tried, *promotes(1)], keep=1)
    assert set(found.releases) == {"1"}
    assert found.objects == {"x.js": {"v9"}, "app.js": {"v0"}}


def test_restored_versions_and_the_root_that_a_restore_started_from_are_needed() -> None:
    restore = Action("a.js", Do.RESTORE, Group.ADD, "", before="", source="v3")
    found = needs([operation("op1", state("1"), state("2"), restore, base="old")], keep=1)
    assert found.objects == {"a.js": {"v3"}}
    assert found.roots == {"root", "old"}


def test_what_stands_in_the_root_now_is_needed() -> None:
    placed = {"a.js": Placed("a.js", 1, "", "", "", "", page=False, version_id="v7")}
    found = needs_of([], state=SiteState(), placed=placed, keep=1, whole=False)
    assert found.objects == {"a.js": {"v7"}}
    assert found.paths == {"a.js"}
    assert found.roots == frozenset()


def test_the_journal_is_read_no_further_back_than_is_needed() -> None:
    read = []

    def reading() -> Iterator[Operation[SiteWork]]:
        for one in promotes(9):
            read.append(one.id)
            yield one

    needs(reading(), keep=2)
    assert read == ["op9", "op8"]


def test_every_path_that_was_ever_written_is_known_when_the_whole_journal_is_read() -> None:
    first = operation("op0", state(""), state("0"), change("ancient.js", "v"))
    found = needs([*promotes(3), first], keep=1, whole=True)
    assert found.paths == {"app.js", "ancient.js"}
    assert found.objects == {"app.js": {"v2"}}, "known is not needed"


def test_records_without_their_work_tell_the_releases_and_roots() -> None:
    record: Operation[Untold] = Operation(
        id="op1",
        subject=SITE,
        kind="promote",
        title="",
        by=Actor("ann"),
        begun_at="",
        request={},
        before=state("1", root="r1"),
        after=state("2"),
        work=Untold(),
        members=(SITE,),
        status=Status.DONE,
    )
    found = needs_of([record], state=SiteState(), placed={}, keep=1, whole=False)
    assert set(found.releases) == {"1", "2"}
    assert found.roots == {"r1"}
