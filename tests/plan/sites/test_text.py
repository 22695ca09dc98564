"""A plan's one wording: the line, the document and the digest."""

from __future__ import annotations

from dataclasses import replace

from crossfade.plan.sites.site import Action, Do, Group, SiteWork
from crossfade.plan.sites.text import SitePlan, plans_digest

ACTIONS = (
    Action("a.js", Do.COPY, Group.ADD, "new", size=10),
    Action("logo.svg", Do.COPY, Group.CHANGE, "bytes differ", size=5, before="v1"),
    Action("index.html", Do.COPY, Group.PAGES, "bytes differ", size=1, before="v2"),
    Action("about.html", Do.DELETE, Group.REMOVE, "entry page that left the release", before="v3"),
)
PLAN = SitePlan(
    subject="sites/p/web",
    title="promote web 1 -> 2 in p",
    came="1",
    goes="2",
    work=SiteWork(ACTIONS, invalidate=("/*",), drift=("x: not written by crossfade; left alone",)),
    unchanged=7,
    kept=3,
    listings=1,
    nothing=False,
)


def test_the_line_counts_every_group_and_begins_with_the_verb() -> None:
    assert PLAN.line() == (
        "promote web 1 -> 2 in p: 1 page, 1 new asset, 1 changed in place, 1 removed, "
        "7 unchanged, 3 kept for open pages, 1 changed by hand"
    )


def test_cloudfront_forgets_nothing_where_there_is_none() -> None:
    assert PLAN.forgets == ()
    assert replace(PLAN, distribution="E1").forgets == ("/*",)
    assert replace(PLAN, distribution="E1").document()["distribution"] == "E1"


def test_the_line_of_a_plan_without_effects_says_so() -> None:
    idle = replace(PLAN, work=SiteWork(()), nothing=True)
    assert replace(idle, unchanged=1).line().endswith("nothing to do, 1 file stands as it must")
    assert idle.line() == "promote web 1 -> 2 in p: nothing to do, 7 files stand as they must"


def test_the_document_names_every_effect_with_its_reason() -> None:
    document = PLAN.document()
    assert [copy["path"] for copy in document["copies"]] == ["a.js", "logo.svg", "index.html"]
    assert document["deletions"] == [
        {"path": "about.html", "why": "entry page that left the release", "bytes": 0}
    ]
    assert document["invalidation_paths"] == ["/*"]
    assert (document["bytes"], document["changed_in_place"]) == (16, 1)
    assert document["calls"] == 3 + 1 + 1 + 12


def test_the_digest_changes_with_any_effect_and_only_then() -> None:
    other = replace(PLAN, work=replace(PLAN.work, actions=ACTIONS[:-1]))
    assert plans_digest([PLAN]) == plans_digest([replace(PLAN, unchanged=9)])
    assert plans_digest([PLAN]) != plans_digest([other])


def test_the_digest_of_a_plan_is_the_same_in_every_version_of_crossfade() -> None:
    assert plans_digest([PLAN]) == "efe764a8c037f5b8", "what was approved is still what is done"
