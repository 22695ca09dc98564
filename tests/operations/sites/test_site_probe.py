"""The site as a browser gets it: a promote is verified through its address."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from crossfade.errors import Failed
from crossfade.local.stack.caching import Behaviour
from crossfade.local.stack.edge import Edge, Object, edge
from crossfade.operations.status.status import history
from tests.operations.sites.test_crash import distribution
from tests.story import BUILDS, FRONT, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.local.strict.strict import Strict

SITE = "sites/production/web"


def reader(story: Story) -> Callable[[str], Object | None]:
    """Return what reads the live root for an edge."""
    client = story.aws.client("s3")

    def fetch(key: str) -> Object | None:
        try:
            found = client.get_object(Bucket=FRONT, Key=f"live/{key}")
        except ClientError:
            return None
        return Object(
            found["Body"].read(), found["ContentType"], found["CacheControl"], found["ETag"]
        )

    return fetch


@contextmanager
def in_front(
    story: Story, strict: Strict, *, verify: str = "report", behaviour: Behaviour | None = None
) -> Iterator[Edge]:
    """Put an edge in front of the site, and tell the configuration."""
    identifier = distribution(story)
    with edge(
        fetch=reader(story),
        completed=lambda: [one.paths for one in strict.invalidations.completed(identifier)],
        behaviour=behaviour,
    ) as front:
        story.overrides = {"url": front.url, "verify": verify, "distribution_id": identifier}
        yield front


def test_a_promote_looks_at_pages_and_assets_through_the_address(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0")
    with in_front(story, strict) as front:
        story.promote("1.0.0")
        story.promote("1.1.0")
        assert front.counts.misses >= len(BUILDS["1.1.0"])
    assert story.live() == "1.1.0"


def test_pages_that_the_edge_kept_are_forgotten_by_the_invalidation(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0")
    with in_front(story, strict, behaviour=Behaviour(minimum_ttl=3600)):
        story.promote("1.0.0")
        story.promote("1.1.0")
    assert story.live() == "1.1.0"


def test_an_edge_that_still_answers_with_old_copies_is_reported_as_such(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0")
    with in_front(story, strict, behaviour=Behaviour(minimum_ttl=3600)):
        story.promote("1.0.0")
        story.overrides["distribution_id"] = ""
        with pytest.raises(Failed, match=r"index\.html is an earlier copy from the edge's cache"):
            story.promote("1.1.0")


def test_a_site_that_is_wrong_is_reported_and_left_open(story: Story, strict: Strict) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    with in_front(story, strict) as front:
        front.fetch = lambda _: None
        with pytest.raises(Failed, match=r"index\.html answers 403.*left open"):
            story.promote("1.1.0")
    head, _ = story.world().journal.head(SITE)
    assert head.open is not None
    assert "answers 403" in head.open.trouble


def test_with_verify_rollback_a_wrong_site_goes_back_by_itself(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    before = story.serves()
    with in_front(story, strict, verify="rollback") as front:
        whole = front.fetch
        front.fetch = lambda key: None if key.endswith("b2c3d4e5.js") else whole(key)
        with pytest.raises(Failed, match="was reversed, the site is as it was before"):
            story.promote("1.1.0")
    assert story.live() == "1.0.0"
    assert {path: story.serves()[path] for path in before} == before
    assert history(story.world(), SITE)[0].status == "reversed"


def test_other_bytes_and_other_types_are_told_apart(story: Story, strict: Strict) -> None:
    story.published("1.0.0")
    with in_front(story, strict) as front:
        whole = front.fetch

        def other(key: str) -> Object | None:
            found = whole(key)
            if found is None or not key.endswith(".svg"):
                return found
            return Object(found.body, "text/html", found.cache_control, found.etag)

        front.fetch = other
        with pytest.raises(Failed, match=r"logo\.svg has type text/html, the release says image"):
            story.promote("1.0.0")
