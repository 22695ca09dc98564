"""Promote: the root holds exactly one release, reached without an instant that breaks a page."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Conflict, Failed, Refused
from crossfade.operations.kinds import resume
from crossfade.operations.releases.bucket import read_manifest
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.operations.status.status import history, live_at
from crossfade.plan.journal.operation import instant
from tests.operations.sites.test_crash import distribution
from tests.story import BUILDS, FRONT, Clockwork, Story

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict

SITE = "sites/production/web"
READS = {"GetObject", "HeadObject", "ListObjectsV2", "ListObjectVersions", "GetBucketVersioning"}


def operations(strict: Strict) -> list[str]:
    """Return the names of the calls so far."""
    return [call.operation for call in strict.faults.calls]


def test_every_path_of_the_release_has_its_bytes_and_headers(story: Story) -> None:
    story.published("1.0.0", "1.2.0").promote("1.0.0")
    story.promote("1.2.0")
    client = story.aws.client("s3")
    for file in read_manifest(story.world(), "web", "1.2.0").files:
        found = client.get_object(Bucket=FRONT, Key=f"live/{file.path}")
        assert hashlib.sha256(found["Body"].read()).hexdigest() == file.sha256
        assert found["ContentType"] == file.content_type
        assert found["CacheControl"] == file.cache_control
    assert "logo #1 +ü%.svg" in story.serves()


def test_only_what_differs_is_copied(story: Story) -> None:
    story.published("1.1.0", "1.2.0").promote("1.1.0")
    outcome = story.promote("1.2.0")
    paths = {action.path for action in outcome.plans[0].work.actions}
    assert paths == {"index.html", "assets/app-c3d4e5f6.js", "logo #1 +ü%.svg"}
    assert outcome.plans[0].unchanged == 1


def test_a_change_of_headers_alone_is_promoted(story: Story) -> None:
    story.published("1.1.0").promote("1.1.0")
    settings = story.world().settings
    web = settings.component("web").model_copy(update={"cache_control": {"*.svg": "no-store"}})
    changed = settings.model_copy(update={"components": {**settings.components, "web": web}})
    world = story.world()
    object.__setattr__(world, "settings", changed)
    BUILDS["1.1.1"] = BUILDS["1.1.0"]
    story.publish("1.1.1", world=world)
    outcome = story.promote("1.1.1")
    assert [(action.path, action.why) for action in outcome.plans[0].work.actions] == [
        ("logo.svg", "headers differ")
    ]
    head = story.aws.client("s3").head_object(Bucket=FRONT, Key="live/logo.svg")
    assert head["CacheControl"] == "no-store"


def test_assets_that_left_stay_for_open_tabs_and_pages_that_left_are_removed(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    root = story.serves()
    assert root["assets/lazy-0f1e2d3c.js"] == "one"
    assert "about.html" not in root


@pytest.mark.parametrize("connections", [1, 8])
def test_new_assets_come_first_changed_ones_next_pages_last(
    story: Story, strict: Strict, connections: int
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    strict.faults.clear()
    story.promote("1.1.0", world=story.world(connections=connections))
    copied = [
        call.path.removeprefix(f"/{FRONT}/live/")
        for call in strict.faults.calls
        if call.operation == "CopyObject"
    ]
    assert set(copied[:2]) == {"assets/app-b2c3d4e5.js", "assets/lazy-1f2e3d4c.js"}
    assert copied[2:] == ["logo.svg", "index.html"]


def test_what_was_changed_by_hand_is_reported_and_put_right(story: Story) -> None:
    story.published("1.1.0", "1.2.0").promote("1.1.0")
    client = story.aws.client("s3")
    client.put_object(Bucket=FRONT, Key="live/logo.svg", Body=b"<svg>by hand</svg>")
    client.delete_object(Bucket=FRONT, Key="live/index.html")
    client.put_object(Bucket=FRONT, Key="live/favicon.ico", Body=b"foreign")
    outcome = story.promote("1.1.0")
    assert sorted(outcome.plans[0].work.drift) == [
        "favicon.ico: not written by crossfade; left alone",
        "index.html: was deleted by hand; put right",
        "logo.svg: was changed by hand; put right",
    ]
    root = story.serves()
    assert root == {**BUILDS["1.1.0"], "favicon.ico": "foreign"}


def test_the_same_release_again_changes_nothing_and_is_not_recorded(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0").promote("1.0.0")
    strict.faults.clear()
    outcome = story.promote("1.0.0")
    assert outcome.plans[0].nothing
    assert set(operations(strict)) <= READS
    assert len(history(story.world(), SITE)) == 1


def test_a_dry_run_reads_and_writes_nothing(story: Story, strict: Strict) -> None:
    story.published("1.0.0")
    strict.faults.clear()
    outcome = story.promote("1.0.0", dry_run=True)
    assert outcome.plans[0].copies == len(BUILDS["1.0.0"])
    assert set(operations(strict)) <= READS


def test_an_approved_plan_that_no_longer_holds_is_refused(story: Story) -> None:
    from crossfade.plan.sites.text import plans_digest  # noqa: PLC0415  beside its only use

    story.published("1.0.0")
    approved = plans_digest(story.promote("1.0.0", dry_run=True).plans)
    story.aws.client("s3").put_object(Bucket=FRONT, Key="live/logo.svg", Body=b"by hand")
    with pytest.raises(Conflict, match="changed since it was approved"):
        story.promote("1.0.0", expect=approved)
    assert story.live() == ""


def test_a_bucket_without_versions_is_refused_with_the_command_that_mends_it(
    story: Story,
) -> None:
    story.published("1.0.0")
    story.aws.client("s3").put_bucket_versioning(
        Bucket=FRONT, VersioningConfiguration={"Status": "Suspended"}
    )
    with pytest.raises(Refused, match="aws s3api put-bucket-versioning --bucket acme-front"):
        story.promote("1.0.0")


def test_a_version_that_is_not_published_is_bad_input(story: Story) -> None:
    with pytest.raises(BadInput, match=r"web 9\.9\.9 is not published"):
        story.promote("9.9.9")


def test_a_manifest_under_the_name_of_another_release_is_not_promoted(story: Story) -> None:
    story.published("1.0.0")
    source = {"Bucket": FRONT, "Key": "releases/web/1.0.0.manifest.json"}
    key = "releases/web/9.9.0.manifest.json"
    story.aws.client("s3").copy_object(Bucket=FRONT, Key=key, CopySource=source)
    with pytest.raises(Failed, match=r"9\.9\.0\.manifest\.json is the manifest of web 1\.0\.0"):
        story.promote("9.9.0")


def test_a_second_operation_is_refused_with_the_name_of_the_first(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0")
    second: list[str] = []

    def start_another(_: object) -> None:
        with pytest.raises(Refused) as refused:
            story.promote("1.1.0")
        second.append(str(refused.value))

    strict.faults.before("s3", "CopyObject", effect=start_another)
    story.promote("1.0.0")
    assert "promote web nothing -> 1.0.0 in production is open since" in second[0]
    assert "by ann@desk" in second[0]
    assert story.live() == "1.0.0"


def test_the_runtime_script_is_rendered_promoted_and_rolled_back(story: Story) -> None:
    story.published("1.0.0", "1.1.0")
    story.overrides = {"runtime": {"api": "https://one"}}
    story.promote("1.0.0")
    assert '{"api":"https://one"}' in story.serves()["runtime-config.js"]
    story.overrides = {"runtime": {"api": "https://two"}}
    story.promote("1.1.0")
    assert "two" in story.serves()["runtime-config.js"]
    story.rollback()
    assert "one" in story.serves()["runtime-config.js"]


def test_one_invalidation_is_made_and_waited_for(story: Story, strict: Strict) -> None:
    story.overrides = {"distribution_id": distribution(story), "invalidation": "changed"}
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    outcome = story.promote("1.1.0")
    client = story.aws.client("cloudfront")
    made = client.get_invalidation(
        DistributionId=story.overrides["distribution_id"],
        Id=outcome.operations[0].figures["invalidation"],
    )["Invalidation"]
    assert made["Status"] == "Completed"
    assert made["InvalidationBatch"]["CallerReference"] == outcome.operations[0].id
    assert {"/", "/index.html", "/about.html"} <= set(made["InvalidationBatch"]["Paths"]["Items"])
    assert operations(strict).count("CreateInvalidation") == 2


def test_an_invalidation_that_takes_too_long_is_owed_and_made_by_resume(
    story: Story, strict: Strict
) -> None:
    story.overrides = {"distribution_id": distribution(story), "patience": "5s"}
    story.published("1.0.0")
    strict.invalidations.seconds = 3600
    clock = Clockwork()
    with pytest.raises(Failed, match="CloudFront has not completed invalidation"):
        story.promote("1.0.0", world=story.world(monotonic=clock.monotonic, sleep=clock.sleep))
    with pytest.raises(Refused, match="crossfade resume sites/production/web"):
        story.promote("1.0.0")
    strict.invalidations.complete()
    (closed,) = resume(story.world(), SITE)
    assert closed.status == "done"
    assert story.live() == "1.0.0"


def test_a_train_promotes_several_components_and_comes_back_together(story: Story) -> None:
    story.published("1.0.0", "1.1.0").published("1.0.0", "1.1.0", component="checkout")
    story.promote("", versions={"web": "1.0.0", "checkout": "1.0.0"})
    outcome = story.promote("", versions={"web": "1.1.0", "checkout": "1.1.0"})
    assert len({operation.id for operation in outcome.operations}) == 1
    assert story.live(component="checkout") == "1.1.0"
    story.rollback()
    assert story.live() == "1.0.0"
    assert story.live(component="checkout") == "1.0.0"
    assert story.serves()["checkout/logo.svg"] == "<svg>1</svg>"


def test_a_train_is_refused_as_a_whole_when_one_of_its_sites_is_open(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0").published("1.0.0", component="checkout")
    strict.faults.before("s3", "CopyObject", effect=_failing)
    with pytest.raises(Failed):
        story.promote("1.0.0")
    strict.faults.clear()
    with pytest.raises(Refused, match="sites/production/web"):
        story.promote("", versions={"web": "1.0.0", "checkout": "1.0.0"})
    head, _ = story.world().journal.head("sites/production/checkout")
    assert head.open is None


def _failing(_: object) -> None:
    raise Failed("the disk is full")


def test_history_answers_what_was_live_at_a_time(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    first = history(story.world(), SITE)[0]
    time.sleep(1.1)  # S3 tells whole seconds
    story.promote("1.1.0")
    passed = history(story.world(), SITE)
    then = live_at(passed, instant(first.ended_at))
    assert then is not None
    assert then.version == "1.0.0"
    assert live_at(passed, instant("2020-01-01T00:00:00+00:00")) is None


def test_cost_grows_with_what_changed_and_not_with_what_is_there(
    story: Story, strict: Strict
) -> None:
    many = {f"assets/m{number:04}-a1b2c3d4.js": str(number) for number in range(300)}
    for version, text in (("2.0.0", "a"), ("2.0.1", "b")):
        BUILDS[version] = {"index.html": text, **many, "assets/m0000-a1b2c3d4.js": text}
    story.overrides = {"distribution_id": distribution(story)}
    story.published("2.0.0", "2.0.1").promote("2.0.0")
    strict.faults.clear()
    outcome = story.promote("2.0.1")
    calls, copies, listings = len(strict.faults.calls), 2, 1
    assert outcome.plans[0].copies == copies
    assert calls <= copies + listings + 12
    assert calls <= outcome.plans[0].calls


@pytest.mark.parametrize("path", ["checkout/index.html", "releases/web/x.js", "journal/x.json"])
def test_a_release_that_would_write_where_something_else_lives_is_refused(
    story: Story, strict: Strict, path: str
) -> None:
    story.overrides = {"root": ""}
    BUILDS["3.0.0"] = {"index.html": "1", path: "not mine"}
    settings = story.world().settings
    state = settings.state.model_copy(update={"bucket": FRONT})
    world = story.world()
    object.__setattr__(world, "settings", settings.model_copy(update={"state": state}))
    source = story.build(BUILDS["3.0.0"], path.replace("/", "-"))
    publish(world, PublishRequest(source, "web", "3.0.0"))
    strict.faults.clear()
    with pytest.raises(BadInput, match="belongs to something else"):
        story.promote("3.0.0", world=world)
    assert set(operations(strict)) <= READS


def test_nothing_to_promote_is_bad_input(story: Story) -> None:
    with pytest.raises(BadInput, match="name a component"):
        promote(story.world(), PromoteRequest("production", {}))
