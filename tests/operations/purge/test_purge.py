"""Purge: what goes, what stays, what is refused, and what the journal says of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Conflict, Failed, Refused
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.purge.pins import pin
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.plan.sites.rollback import Mode
from tests.operations.purge.depot import (
    RELEASES,
    SITE,
    STAGING,
    Depot,
    Template,
    asset,
    contents,
    template,
)
from tests.story import FRONT, Killed

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITES = {"PutObject", "DeleteObject", "DeleteObjects", "CopyObject"}


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Six releases that were promoted one after the other."""
    with template(tmp_path_factory.mktemp("six"), *"123456") as told:
        yield told


@pytest.fixture
def depot(six: Template) -> Depot:
    """Six releases, the last one live; only the newest change can be taken back."""
    return six.begin(keep_checkpoints=1)


def writes(depot: Depot) -> list[str]:
    """Return the requests so far that change something."""
    assert depot.strict is not None
    return [call.operation for call in depot.strict.faults.calls if call.operation in WRITES]


def test_the_newest_stay_and_older_ones_go_with_all_their_files(depot: Depot) -> None:
    outcome = depot.purge(keep=3)
    assert depot.versions() == ["4", "5", "6"]
    for version in ("1", "2", "3"):
        assert depot.objects(f"{RELEASES}/{version}/") == {}
    assert len(depot.objects(f"{RELEASES}/4/")) == 2
    (plan,) = outcome.plans
    assert [one.release.version for one in plan.delete] == ["3", "2", "1"]
    assert plan.size == sum(len(text) for v in "123" for text in contents(v).values())


def test_the_depth_is_the_largest_that_an_environment_keeps(depot: Depot) -> None:
    depot.purge()
    assert depot.versions() == ["2", "3", "4", "5", "6"]


def test_a_dry_run_writes_nothing_and_says_the_same(depot: Depot) -> None:
    before = writes(depot)
    dry = depot.purge(keep=1, apply=False)
    assert writes(depot) == before
    assert dry.dry_run
    assert dry.operations == {}
    assert depot.purge(keep=1, expect=dry.digest).plans == dry.plans


def test_a_plan_that_is_no_longer_the_approved_one_is_not_carried_out(depot: Depot) -> None:
    approved = depot.purge(keep=2, apply=False).digest
    pin(depot.world(), "web", "1", "for the auditors")
    with pytest.raises(Conflict, match="the plan is no longer"):
        depot.purge(keep=2, expect=approved)
    assert len(depot.versions()) == 6


def test_again_changes_nothing_and_opens_nothing(depot: Depot) -> None:
    depot.purge(keep=2)
    before, heads = depot.shown(), len(depot.told(SITE))
    again = depot.purge(keep=2)
    assert again.operations == {}
    assert again.line() == "purge web: nothing to do, 2 releases stay"
    assert depot.shown() == before
    assert len(depot.told(SITE)) == heads


def test_what_is_live_pinned_or_needed_by_a_checkpoint_stays(depot: Depot) -> None:
    depot.promote("1", environment="staging")
    pin(depot.world(), "web", "2", "for the auditors")
    (plan,) = depot.purge(keep=1).plans
    assert depot.versions() == ["1", "2", "5", "6"]
    why = {one.release.version: one.why for one in plan.keep}
    last = depot.told(SITE)[1].id
    assert why["6"] == f"live in production; checkpoint {last} of {SITE}; 1st newest of 1 kept"
    assert why["5"] == f"checkpoint {last} of {SITE}"
    assert why["2"] == "pinned: for the auditors"
    assert why["1"].startswith("live in staging")


def test_what_is_live_in_an_environment_that_only_others_configure_stays(depot: Depot) -> None:
    depot.promote("1", environment="staging")
    depot.forgotten = ("staging",)
    depot.purge(keep=1)
    assert depot.versions() == ["1", "5", "6"]
    assert depot.told(STAGING)[0].kind == "purge", "and nothing can be promoted there meanwhile"


def test_pins_are_carried_over(depot: Depot) -> None:
    pin(depot.world(), "web", "1", "for the auditors")
    depot.purge(keep=1)
    assert depot.state(RELEASES)["pins"] == {"1": "for the auditors"}


def test_a_rollback_after_it_goes_where_it_would_have_gone(depot: Depot) -> None:
    depot.purge(keep=1)
    depot.rollback()
    assert depot.live() == "5"
    assert depot.broken_pages() == []


def test_a_rollback_restores_across_it(depot: Depot) -> None:
    before = depot.serves()
    depot.released("7")
    depot.purge(keep=1)
    assert asset("1") not in depot.serves()
    depot.rollback(to="6", mode=Mode.RESTORE)
    assert before.items() <= depot.serves().items()
    assert depot.live() == "6"


def test_assets_leave_the_root_when_their_grace_has_passed(depot: Depot) -> None:
    outcome = depot.purge(keep=6)
    assert sorted(depot.serves()) == sorted(["index.html", *map(asset, "456")])
    assert depot.broken_pages() == []
    production, staging = outcome.plans[0].sites
    assert {action.path for action in production.actions} == set(map(asset, "123"))
    assert staging.actions == ()
    assert depot.told(SITE)[0].figures["delete"] == 3
    assert depot.told(STAGING)[0].title == "purge web in staging: nothing to retire"


@pytest.mark.parametrize(("grace", "stay"), [(1, "56"), (4, "23456"), (5, "123456")])
def test_what_left_stays_for_its_grace(six: Template, grace: int, stay: str) -> None:
    depot = six.begin(asset_grace=grace)
    depot.purge(keep=9)
    assert {asset(version) for version in "123456"} & set(depot.serves()) == set(map(asset, stay))


def test_an_asset_that_was_changed_by_hand_is_reported_and_stays(depot: Depot) -> None:
    depot.put(f"live/{asset('1')}")
    (plan,) = depot.purge(keep=6).plans
    drift = f"{asset('1')}: was changed by hand after it left; left alone"
    assert plan.sites[0].drift == (drift,)
    assert depot.serves()[asset("1")] == "by hand"
    assert depot.told(SITE)[0].notes[0].what == drift


def test_the_site_is_not_looked_at_nor_invalidated_for_what_nobody_refers_to(depot: Depot) -> None:
    depot.overrides = {**depot.overrides, "url": "http://127.0.0.1:9", "distribution_id": "none"}
    depot.purge(keep=1)
    assert depot.versions() == ["5", "6"]


def test_objects_that_crossfade_did_not_write_are_reported_and_left_alone(depot: Depot) -> None:
    strangers = [f"{RELEASES}/1/notes.txt", f"{RELEASES}/readme.md", f"{RELEASES}/9/a.js"]
    for key in [*strangers, f"{RELEASES}/hand.manifest.json"]:
        depot.put(key)
    depot.calendar.days(3)
    (plan,) = depot.purge(keep=3).plans
    left = depot.objects(RELEASES)
    assert {*strangers, f"{RELEASES}/hand.manifest.json"} <= set(left)
    assert plan.foreign == (
        f"s3://{FRONT}/{RELEASES}/readme.md: crossfade did not write it; left alone",
        f"s3://{FRONT}/{RELEASES}/hand.manifest.json: crossfade did not write it; left alone",
        f"s3://{FRONT}/{RELEASES}/1/notes.txt: not of web 1; left alone",
        f"s3://{FRONT}/{RELEASES}/9/a.js: crossfade did not write it; left alone",
    )
    notes = [note.what for note in depot.told()[0].notes]
    assert notes == [*plan.foreign, "kept"]


def test_a_folder_full_of_foreign_objects_does_not_fill_the_journal(depot: Depot) -> None:
    for number in range(25):
        depot.put(f"{RELEASES}/1/{number:02}.txt")
    (plan,) = depot.purge(keep=3).plans
    assert len(plan.foreign) == 21
    assert plan.foreign[-1] == f"and 5 more like s3://{FRONT}/{RELEASES}/1/00.txt"


def test_a_release_whose_manifest_was_damaged_is_reported_and_left_alone(depot: Depot) -> None:
    client = depot.aws.client("s3")
    for version, other in (("1", "2"), ("2", "")):
        key = f"{RELEASES}/{version}.manifest.json"
        tags = client.get_object_tagging(Bucket=FRONT, Key=key)["TagSet"]
        tagging = "&".join(f"{tag['Key']}={tag['Value']}" for tag in tags)
        body = b"{}"
        if other:
            key_of_other = f"{RELEASES}/{other}.manifest.json"
            body = client.get_object(Bucket=FRONT, Key=key_of_other)["Body"].read()
        client.put_object(Bucket=FRONT, Key=key, Body=body, Tagging=tagging)
    (plan,) = depot.purge(keep=3).plans
    assert depot.versions() == ["1", "2", "4", "5", "6"]
    assert "it is the manifest of web 2; left alone" in " ".join(plan.foreign)
    assert "is not a manifest that crossfade wrote" in " ".join(plan.foreign)


def test_half_published_releases_go_once_nobody_can_be_publishing_them(depot: Depot) -> None:
    depot.half_published("7")
    depot.put(f"{RELEASES}/7/notes.txt")
    depot.calendar.seconds = depot.calendar.seconds - 7 * 86_400
    (early,) = depot.purge(keep=6).plans
    assert early.leftovers == ()
    assert "may be in the middle of a publish; left alone until that is 1 day" in early.foreign[0]
    assert len(depot.objects(f"{RELEASES}/7/")) == 3
    depot.calendar.days(9)
    (plan,) = depot.purge(keep=6).plans
    assert plan.leftovers[0].why.startswith("half-published, nothing was added since 20")
    assert list(depot.objects(f"{RELEASES}/7/")) == [f"{RELEASES}/7/notes.txt"]
    assert depot.told()[0].figures["leftovers"] == 1


def test_half_a_release_that_is_live_stays(depot: Depot) -> None:
    depot.delete(f"{RELEASES}/6.manifest.json")
    depot.calendar.days(3)
    (plan,) = depot.purge(keep=9).plans
    assert len(depot.objects(f"{RELEASES}/6/")) == 2
    assert plan.foreign[0].startswith(f"s3://{FRONT}/{RELEASES}/6/: has no manifest, and is live")


def test_a_half_published_release_that_is_published_meanwhile_stays(depot: Depot) -> None:
    depot.half_published("7")
    depot.calendar.days(3)
    assert depot.strict is not None
    key = f"{RELEASES}/7.manifest.json"
    depot.strict.faults.before("s3", "HeadObject", path=key, effect=lambda _: depot.put(key))
    depot.purge(keep=6)
    assert len(depot.objects(f"{RELEASES}/7/")) == 2
    assert depot.told()[0].notes[-1].what == "7 was published again meanwhile; left alone"


def test_a_half_published_release_that_somebody_goes_on_with_stays(depot: Depot) -> None:
    depot.half_published("7")
    depot.calendar.days(3)
    assert depot.strict is not None
    key = f"{RELEASES}/7/index.html"
    depot.strict.faults.before(
        "s3", "HeadObject", path="7.manifest.json", effect=lambda _: depot.put_now(key)
    )
    depot.purge(keep=6)
    assert len(depot.objects(f"{RELEASES}/7/")) == 2
    assert depot.told()[0].notes[-1].what == "7 is being published; left alone"


def test_more_than_the_limit_is_refused_with_the_numbers_and_the_way_out(depot: Depot) -> None:
    depot.limits = {"max_deletes": 2}
    words = r"purge would delete 3 of 6 releases of web \(limit 2 per run\): raise purge\.max_dele"
    with pytest.raises(Refused, match=words):
        depot.purge(keep=3)
    assert len(depot.versions()) == 6
    assert depot.told() == []
    assert "purge would delete 3" in depot.purge(keep=3, apply=False).plans[0].refusal
    depot.purge(keep=4)
    assert depot.versions() == ["3", "4", "5", "6"]


@pytest.mark.parametrize("keep", [0, -1])
def test_to_keep_nothing_is_bad_input(depot: Depot, keep: int) -> None:
    with pytest.raises(BadInput, match="keep at least 1"):
        depot.purge(keep=keep)


def test_an_unknown_component_is_bad_input(depot: Depot) -> None:
    with pytest.raises(BadInput, match="there is no component 'wbe'"):
        depot.purge("wbe")


def test_a_bucket_without_versioning_is_refused(depot: Depot) -> None:
    depot.aws.client("s3").put_bucket_versioning(
        Bucket=FRONT, VersioningConfiguration={"Status": "Suspended"}
    )
    with pytest.raises(Refused, match="keeps no versions"):
        depot.purge(keep=1)


def leave_a_purge_open(depot: Depot, *, nth: int = 1) -> None:
    """Let a purge die before one of its deletions."""
    assert depot.strict is not None
    depot.strict.faults.before("s3", "DeleteObjects", nth=nth, effect=Killed())
    with pytest.raises(Killed):
        depot.purge(keep=1)
    depot.strict.faults.clear()


def test_while_it_runs_nothing_else_happens_to_the_component(depot: Depot) -> None:
    leave_a_purge_open(depot)
    open_purge = r"purge web.* is open since .* by ann@desk"
    with pytest.raises(Refused, match=open_purge):
        depot.promote("5")
    with pytest.raises(Refused, match=open_purge):
        depot.promote("5", environment="staging")
    with pytest.raises(Refused, match=open_purge):
        depot.publish("7")
    with pytest.raises(Refused, match=open_purge):
        pin(depot.world(), "web", "5", "why not")
    with pytest.raises(Refused, match=open_purge):
        depot.purge(keep=1)
    promote(depot.world(), PromoteRequest("staging", {"checkout": published_checkout(depot)}))


def published_checkout(depot: Depot) -> str:
    depot.publish("1", component="checkout")
    return "1"


def test_while_a_promote_is_open_it_is_refused_with_its_name(depot: Depot) -> None:
    assert depot.strict is not None
    depot.strict.faults.before("s3", "CopyObject", effect=Killed())
    with pytest.raises(Killed):
        depot.promote("1", environment="staging")
    with pytest.raises(Refused, match=r"sites/staging/web: promote web nothing -> 1 in staging is"):
        depot.purge(keep=1)
    assert len(depot.versions()) == 6


def test_one_component_that_is_refused_does_not_stop_the_others(depot: Depot) -> None:
    for version in "12":
        depot.publish(version, component="checkout")
    leave_a_purge_open(depot)
    outcome = depot.purge("", keep=1)
    assert outcome.exit_code == 3
    assert list(outcome.refused) == ["web"]
    assert "is open since" in outcome.refused["web"]
    assert list(outcome.operations) == ["checkout"]
    assert "releases/checkout/1.manifest.json" not in depot.objects()
    document = json.loads(json.dumps(outcome.document()))
    assert document["refused"][0]["component"] == "web"
    assert document["components"][0]["operation"] == outcome.operations["checkout"].id


def test_a_component_past_the_limit_does_not_stop_the_others_either(depot: Depot) -> None:
    for version in "12":
        depot.publish(version, component="checkout")
    depot.limits = {"max_deletes": 1}
    outcome = depot.purge("", keep=1)
    assert list(outcome.refused) == ["web"]
    assert list(outcome.operations) == ["checkout"]


def test_the_journal_tells_who_purged_what_and_why(depot: Depot) -> None:
    depot.purge(keep=4)
    (record,) = depot.told()
    assert record.title == "purge web: 2 releases, 3 assets"
    assert str(record.by) == "ann@desk (cli)"
    assert record.request == {"component": "web", "keep": 4, "versions": False}
    assert record.members == (RELEASES, SITE, STAGING)
    assert record.status == "done"
    figures = {name: record.figures[name] for name in ("releases", "files", "leftovers")}
    assert figures == {"releases": 2, "files": 4, "leftovers": 0}
    (kept,) = record.notes
    assert kept.figures["releases"]["4"] == "3rd newest of 4 kept"
    document = depot.world().bucket("acme-state").get(f"journal/{RELEASES}/{record.id}.json")
    assert document is not None
    work = json.loads(document.body)["work"]
    assert [(one["version"], one["why"]) for one in work["releases"]] == [
        ("2", "5th newest, depth 4"),
        ("1", "6th newest, depth 4"),
    ]


def test_a_release_that_was_published_again_in_the_middle_of_it_stays(depot: Depot) -> None:
    """A publish that had looked at the journal before the purge was opened."""
    assert depot.strict is not None
    key = f"{RELEASES}/1.manifest.json"
    depot.strict.faults.after("s3", "DeleteObject", path=key, effect=lambda _: depot.put(key))
    depot.purge(keep=3)
    assert key in depot.objects()
    assert len(depot.objects(f"{RELEASES}/1/")) == 2
    assert depot.told()[0].notes[-1].what == "1 was published again meanwhile; left alone"
    assert depot.told()[0].figures["releases"] == 2


def test_a_manifest_that_was_replaced_since_the_plan_is_not_deleted(depot: Depot) -> None:
    assert depot.strict is not None
    key = f"{RELEASES}/1.manifest.json"
    depot.strict.faults.before(
        "s3", "DeleteObject", path=key, effect=lambda _: depot.put(key, "another")
    )
    depot.purge(keep=3)
    assert key in depot.objects()
    assert len(depot.objects(f"{RELEASES}/1/")) == 2


def test_a_release_that_went_live_where_nobody_looked_stops_it(depot: Depot) -> None:
    """An environment of another team, promoted to for the first time just now."""
    depot.forgotten = ("staging",)
    assert depot.strict is not None

    def another_team(_: object) -> None:
        depot.forgotten = ()
        depot.promote("1", environment="staging")
        depot.forgotten = ("staging",)

    depot.strict.faults.before("s3", "PutObject", path=RELEASES, effect=another_team)
    with pytest.raises(Failed, match="web 1 went live in staging since this was planned"):
        depot.purge(keep=1)
    assert len(depot.versions()) == 6
    reverse_open(depot.world(), RELEASES)
    assert depot.state(RELEASES)["open"] is None
    assert len(depot.versions()) == 6


def test_files_that_come_back_while_they_are_deleted_leave_it_open(depot: Depot) -> None:
    assert depot.strict is not None
    depot.strict.faults.after(
        "s3", "DeleteObjects", effect=lambda _: depot.put(f"{RELEASES}/2/index.html")
    )
    with pytest.raises(Failed, match=r"1 file of web 2 still there.*somebody else writes"):
        depot.purge(keep=4)
    resume(depot.world(), RELEASES)
    assert depot.objects(f"{RELEASES}/2/") == {}


def test_a_site_that_went_on_after_it_was_closed_is_not_purged_again(depot: Depot) -> None:
    """The purge dies while it closes; a site that is closed is free, and is used."""
    assert depot.strict is not None
    head = f"{STAGING}/head.json"
    depot.strict.faults.before("s3", "PutObject", path=head, nth=2, effect=Killed())
    with pytest.raises(Killed):
        depot.purge(keep=2)
    depot.strict.faults.clear()
    depot.promote("5")
    before = depot.serves()
    resume(depot.world(), STAGING, take_over=True)
    assert depot.serves() == before
    assert depot.broken_pages() == []
    assert [depot.state(subject)["open"] for subject in (RELEASES, SITE, STAGING)] == [None] * 3


def test_it_is_not_resumed_where_a_release_went_live_before_it_held_the_site(depot: Depot) -> None:
    assert depot.strict is not None
    depot.strict.faults.before("s3", "PutObject", path=f"{SITE}/head.json", effect=Killed())
    with pytest.raises(Killed):
        depot.purge(keep=2)
    depot.strict.faults.clear()
    depot.promote("1")
    with pytest.raises(Refused, match="reverse it instead of resuming it"):
        resume(depot.world(), RELEASES, take_over=True)
    assert len(depot.versions()) == 6
    reverse_open(depot.world(), RELEASES, take_over=True)
    assert depot.live() == "1"
    assert len(depot.versions()) == 6


def test_it_costs_one_request_for_each_release_that_stays(depot: Depot) -> None:
    world = depot.world()
    depot.purge(keep=6, apply=False, world=world)
    assert world.tally.requests["GetObjectTagging"] == 6
    assert world.tally.total <= 6 + 30


def test_it_says_what_it_does(depot: Depot) -> None:
    depot.said.clear()
    depot.purge(keep=5)
    assert depot.said[0].startswith("purge web: 1 of 6 releases go")
    assert "delete 1: 2 files, 49 B; 6th newest, depth 5" in depot.said
