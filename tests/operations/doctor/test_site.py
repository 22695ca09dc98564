"""Doctor: what it finds of a distribution, and through the site's address."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.local.stack.caching import Behaviour
from crossfade.local.stack.edge import Object, edge
from crossfade.operations.base.world import World
from crossfade.operations.doctor.doctor import diagnose
from crossfade.plan.base.finding import Finding, Level, healthy
from crossfade.plan.journal.operation import Actor
from tests.operations.doctor.checkup import shut
from tests.story import FRONT, Story

if TYPE_CHECKING:
    from collections.abc import Iterator


def distribution(story: Story, **changes: Any) -> str:
    """Create a distribution as it should be, but for some changes."""
    settings: dict[str, Any] = {
        "CallerReference": "one",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "front",
                    "DomainName": f"{FRONT}.s3.eu-west-1.amazonaws.com",
                    "OriginPath": "/live",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "front",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
        **changes,
    }
    client: Any = story.aws.client("cloudfront")
    return str(client.create_distribution(DistributionConfig=settings)["Distribution"]["Id"])


@contextmanager
def served(story: Story, *, prefix: str = "live/", **behaviour: Any) -> Iterator[None]:
    """Serve what the bucket holds under a prefix, and tell the configuration where."""
    bucket = story.world().bucket(FRONT)
    s3 = story.aws.client("s3")

    def fetch(key: str) -> Object | None:
        found = bucket.get(prefix + key)
        if found is None:
            return None
        headers = s3.head_object(Bucket=FRONT, Key=prefix + key)
        return Object(
            body=found.body,
            content_type=headers["ContentType"],
            cache_control=headers.get("CacheControl", ""),
            etag=found.etag,
        )

    with edge(fetch=fetch, behaviour=Behaviour(**behaviour)) as running:
        story.overrides = {**story.overrides, "url": running.url}
        yield


def examined(story: Story, check: str = "") -> list[Finding]:
    """Return the findings about production of one check, or of all."""
    findings = diagnose(story.world(), environment="production")
    return [one for one in findings if check in {"", one.code}]


@pytest.fixture
def live(story: Story) -> Story:
    """A release is live behind a distribution; its address is still to be told."""
    shut(story)
    story.overrides = {"distribution_id": distribution(story)}
    story.published("1.0.0").promote("1.0.0")
    return story


def test_an_installation_as_it_should_be_is_all_ok(live: Story) -> None:
    with served(live):
        findings = examined(live)
    assert [one for one in findings if one.level is not Level.OK] == []
    assert {"distribution", "missing asset", "private", "entry page"} <= {
        one.code for one in findings
    }


def test_a_fallback_to_the_page_is_a_problem(live: Story) -> None:
    with served(live, spa_fallback=True):
        (finding,) = examined(live, "missing asset")
        assert finding.level is Level.PROBLEM
        assert "200 and text/html for an asset that does not exist" in finding.saw
        assert {one.level for one in examined(live, "private")} == {Level.OK}


def test_what_crossfade_keeps_must_not_be_served(live: Story) -> None:
    live.overrides = {**live.overrides, "root": ""}
    with served(live, prefix=""):
        manifest, head = examined(live, "private")
    assert manifest.level is Level.PROBLEM
    assert "a release's manifest (/releases/web/1.0.0.manifest.json) can be fetched" in manifest.saw
    assert "crossfade doctor --policy production" in manifest.mend
    assert head.level is Level.OK


def test_what_crossfade_keeps_inside_a_root_is_asked_for_by_its_path_there(story: Story) -> None:
    with served(story):
        settings = story.settings()
        releases = settings.releases.model_copy(update={"prefix": "live/releases/"})
        inside = settings.model_copy(update={"releases": releases})
        world = World(inside, Actor("ann@desk"), aws=story.aws)
        story.publish("1.0.0", world=world)
        findings = diagnose(world, environment="production")
    told = [one.saw for one in findings if one.code == "private" and one.level is Level.PROBLEM]
    assert told == [
        "a release's manifest (/releases/web/1.0.0.manifest.json) can be fetched through it"
    ]


def test_nothing_published_is_nothing_to_hide(story: Story) -> None:
    with served(story):
        findings = examined(story, "private")
    assert [(one.level, one.saw) for one in findings] == [
        (Level.OK, "there is no release's manifest yet"),
        (Level.OK, "there is no journal's head yet"),
    ]


def test_entry_pages_are_looked_at_as_they_are_served(live: Story) -> None:
    live.aws.client("s3").put_object(
        Bucket=FRONT,
        Key="live/index.html",
        Body=b"page",
        ContentType="text/html",
        CacheControl="max-age=600",
    )
    with served(live):
        pages = examined(live, "entry page")
    assert [(one.level, one.saw.split()[0]) for one in pages] == [
        (Level.OK, "about.html"),
        (Level.PROBLEM, "index.html"),
        (Level.PROBLEM, "the"),
    ]


def test_pages_that_the_edge_keeps_in_spite_of_no_cache_are_a_warning(live: Story) -> None:
    with served(live, minimum_ttl=60):
        pages = examined(live, "entry page")
    assert {one.level for one in pages} == {Level.WARNING}


def test_an_address_that_does_not_answer_is_one_problem(
    live: Story, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR")
    with served(live):
        pass
    (finding,) = examined(live, "address")
    assert finding.level is Level.PROBLEM
    assert "could not fetch" in finding.saw
    assert examined(live, "private") == []


def test_a_distribution_that_is_not_there_is_a_problem(story: Story) -> None:
    story.overrides = {"distribution_id": "ENOWHERE"}
    (finding,) = examined(story, "distribution")
    assert finding.level is Level.PROBLEM
    assert "environments.production.distribution_id" in finding.mend


@pytest.mark.parametrize(
    ("changes", "saw"),
    [
        ({"Enabled": False}, "disabled"),
        ({"DefaultRootObject": ""}, "no default root object"),
        (
            {
                "CustomErrorResponses": {
                    "Quantity": 1,
                    "Items": [
                        {
                            "ErrorCode": 403,
                            "ResponsePagePath": "/index.html",
                            "ResponseCode": "200",
                            "ErrorCachingMinTTL": 10,
                        }
                    ],
                }
            },
            "answers 403 with 200 and /index.html",
        ),
    ],
)
def test_how_a_distribution_is_set_up_is_read(
    story: Story, changes: dict[str, Any], saw: str
) -> None:
    story.overrides = {"distribution_id": distribution(story, **changes)}
    (finding,) = examined(story, "distribution")
    assert finding.level is Level.PROBLEM
    assert saw in finding.saw


def test_an_origin_path_that_is_not_the_root_is_a_problem(story: Story) -> None:
    story.overrides = {"distribution_id": distribution(story), "root": "next"}
    (finding,) = examined(story, "distribution")
    assert "its origin path is '/live', the environment's root asks for '/next'" in finding.saw
    assert not healthy([finding])
