"""A purge in words and as a document."""

from __future__ import annotations

import json
from dataclasses import replace

from crossfade.plan.journal.operation import Actor, Operation, Status
from crossfade.plan.purge.purge import Delete, Keep, Leftover, PurgeWork, Release
from crossfade.plan.purge.sweep import Swept
from crossfade.plan.purge.text import PurgeOutcome, PurgePlan, SitePart, purges_digest
from crossfade.plan.sites.site import Action, Do, Group

NOTHING = PurgePlan("web", 5, (), (), (), (), (), None)
OLD = Action("old.js", Do.DELETE, Group.REMOVE, "left the live release 2 changes ago", size=7)
FULL = PurgePlan(
    component="web",
    depth=1,
    keep=(Keep(Release("2", "2026-01-02T00:00:00Z", 3, 30), "1st newest of 1 kept"),),
    delete=(Delete(Release("1", "2026-01-01T00:00:00Z", 2, 20), "2nd newest, depth 1"),),
    leftovers=(Leftover("0.9", ("a", "b"), 5, "half-published"),),
    foreign=("s3://b/notes.txt: crossfade did not write it; left alone",),
    sites=(
        SitePart("sites/production/web", (OLD,), ("x.js: was changed by hand",)),
        SitePart("sites/staging/web"),
    ),
    swept=None,
)


def test_one_line_says_how_much_goes() -> None:
    assert FULL.line() == (
        "purge web: 1 of 2 releases goes, 1 half-published one, 4 files, 25 B; 1 asset retires"
    )
    swept = replace(FULL, swept=Swept(versions=3, size=9))
    assert swept.line().endswith("; " + Swept(versions=3, size=9).line())


def test_the_details_say_what_goes_what_stays_and_why() -> None:
    assert FULL.details() == (
        "delete 1: 2 files, 20 B; 2nd newest, depth 1",
        "delete 0.9: 2 files, 5 B; half-published",
        "keep 2: 3 files, 30 B; 1st newest of 1 kept",
        "retire 1 asset of sites/production/web",
        "sites/production/web: x.js: was changed by hand",
        "s3://b/notes.txt: crossfade did not write it; left alone",
    )


def test_the_title_names_what_there_is_of_each_kind() -> None:
    assert FULL.title == "purge web: 1 release, 1 half-published release, 1 asset"
    assert replace(NOTHING, swept=Swept()).title == "purge web: noncurrent versions"
    assert NOTHING.title == "purge web: nothing"


def test_a_purge_that_changes_nothing_says_so() -> None:
    assert NOTHING.nothing
    assert NOTHING.line() == "purge web: nothing to do, 0 releases stay"
    assert replace(NOTHING, keep=FULL.keep).line().endswith("nothing to do, 1 release stays")
    assert replace(NOTHING, swept=Swept()).nothing
    assert not replace(NOTHING, swept=Swept(markers=1)).nothing
    assert not FULL.nothing


def test_the_document_holds_the_sizes_and_every_reason() -> None:
    document = json.loads(json.dumps(replace(FULL, swept=Swept(1, 2, 3, 4)).document()))
    assert document["delete"] == [
        {
            "version": "1",
            "published_at": "2026-01-01T00:00:00Z",
            "files": 2,
            "bytes": 20,
            "why": "2nd newest, depth 1",
        }
    ]
    assert document["sites"][0]["retired"] == [
        {"path": "old.js", "bytes": 7, "why": "left the live release 2 changes ago"}
    ]
    assert document["noncurrent"] == {"versions": 1, "delete_markers": 2, "bytes": 3, "roots": 4}
    assert (document["files"], document["bytes"]) == (4, 25)
    assert FULL.document()["noncurrent"] is None


def test_the_digest_names_the_effects_and_nothing_else() -> None:
    reworded = replace(FULL, foreign=(), keep=())
    assert purges_digest([FULL]) == purges_digest([reworded])
    for other in (
        replace(FULL, delete=()),
        replace(FULL, leftovers=()),
        replace(FULL, sites=()),
        replace(FULL, swept=Swept()),
    ):
        assert purges_digest([other]) != purges_digest([FULL])


def test_the_outcome_names_the_components_that_were_refused_and_ends_with_3() -> None:
    work = PurgeWork()
    done = Operation(
        "op1", "releases/web", "purge", "", Actor("ann"), "", {}, {}, {}, work, (), Status.DONE
    )
    outcome = PurgeOutcome((FULL, NOTHING), {"checkout": "a promote is open"}, {"web": done})
    assert outcome.exit_code == 3
    assert outcome.line() == f"{FULL.line()}; {NOTHING.line()}; checkout was refused"
    assert outcome.lines()[-1] == "checkout was refused: a promote is open"
    document = outcome.document()
    assert document["components"][0]["operation"] == "op1"
    assert document["refused"] == [{"component": "checkout", "why": "a promote is open"}]
    assert PurgeOutcome((FULL,)).exit_code == 0
    assert PurgeOutcome((FULL,)).document()["components"][0]["operation"] == ""


def test_the_digest_of_a_purge_is_the_same_in_every_version_of_crossfade() -> None:
    assert purges_digest([FULL]) == "d58ee87f5b969ad8", "what was approved is still what is done"
    assert purges_digest([replace(FULL, swept=Swept(1, 2, 3, 4))]) == "9c69a73d8d3cf3ae"
