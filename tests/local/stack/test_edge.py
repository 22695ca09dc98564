from __future__ import annotations

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.local.stack.caching import Behaviour, canonical, covers, time_to_live
from crossfade.local.stack.edge import Counts, Object, edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.local.stack.edge import Edge
    from tests.local.conftest import Aws

YEAR = "public, max-age=31536000, immutable"


@dataclass
class Site:
    """An origin, an edge before it, and the invalidations that were completed."""

    objects: dict[str, Object] = field(default_factory=dict)
    completed: list[tuple[str, ...]] = field(default_factory=list)
    now: float = 0
    edge: Edge | None = None

    def holds(
        self,
        key: str,
        body: bytes,
        cache_control: str = YEAR,
        *,
        content_type: str = "text/plain",
        encoding: str = "",
    ) -> None:
        etag = f'"{hash(body):x}"'
        self.objects[key] = Object(body, content_type, cache_control, etag, encoding)

    def get(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        assert self.edge is not None
        with closing(
            http.client.HTTPConnection(urlsplit(self.edge.url).netloc, timeout=5)
        ) as connection:
            connection.request(
                method, path, headers={k.replace("_", "-"): v for k, v in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())

    def body(self, path: str) -> bytes:
        return self.get(path)[1]


@contextmanager
def serving(behaviour: Behaviour | None = None) -> Iterator[Site]:
    site = Site()
    with edge(
        fetch=site.objects.get,
        completed=lambda: tuple(site.completed),
        behaviour=behaviour,
        clock=lambda: site.now,
    ) as started:
        site.edge = started
        yield site


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as started:
        yield started


def test_an_object_is_served_with_its_headers(site: Site) -> None:
    site.holds("app.js", b"bytes", content_type="text/javascript", encoding="gzip")
    status, body, headers = site.get("/app.js?v=1")
    assert (status, body) == (200, b"bytes")
    assert headers["Content-Type"] == "text/javascript"
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Cache-Control"] == YEAR
    assert headers["ETag"] == site.objects["app.js"].etag
    assert headers["X-Cache"] == "Miss from edge"
    assert "Age" not in headers
    site.now += 7
    _, _, headers = site.get("/app.js")
    assert (headers["X-Cache"], headers["Age"]) == ("Hit from edge", "7")


def test_a_head_request_is_answered_without_a_body(site: Site) -> None:
    site.holds("app.js", b"bytes")
    status, body, headers = site.get("/app.js", "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", "5")


def test_what_the_client_has_already_is_not_sent_again(site: Site) -> None:
    site.holds("app.js", b"bytes")
    etag = site.objects["app.js"].etag
    assert site.get("/app.js", If_None_Match=etag)[:2] == (304, b"")
    assert site.get("/app.js", If_None_Match='"other"')[:2] == (200, b"bytes")


def test_an_answer_is_kept_for_its_max_age(site: Site) -> None:
    site.holds("app.js", b"old", "max-age=60")
    assert site.body("/app.js") == b"old"
    site.holds("app.js", b"new", "max-age=60")
    site.now = 59
    assert site.body("/app.js") == b"old"
    site.now = 60
    assert site.body("/app.js") == b"new"


def test_no_cache_is_fetched_each_time(site: Site) -> None:
    site.holds("index.html", b"old", "no-cache")
    assert site.body("/index.html") == b"old"
    site.holds("index.html", b"new", "no-cache")
    assert site.body("/index.html") == b"new"
    assert site.edge is not None
    assert site.edge.counts == Counts(hits=0, misses=2, missing=0)


def test_a_distribution_can_keep_pages_that_ask_not_to_be_kept() -> None:
    with serving(Behaviour(minimum_ttl=60)) as site:
        site.holds("index.html", b"old", "no-cache")
        assert site.body("/") == b"old"
        site.holds("index.html", b"new", "no-cache")
        assert site.body("/") == b"old"


def test_the_root_is_an_entry_of_its_own(site: Site) -> None:
    site.holds("index.html", b"old")
    assert (site.body("/"), site.body("/index.html")) == (b"old", b"old")
    site.holds("index.html", b"new")
    site.completed.append(("/index.html",))
    assert (site.body("/"), site.body("/index.html")) == (b"old", b"new")
    site.completed.append(("/",))
    assert site.body("/") == b"new"
    assert site.get("/")[2]["X-Cache"] == "Hit from edge"


def test_another_root_object_can_be_named() -> None:
    with serving(Behaviour(default_root_object="app/main.html")) as site:
        site.holds("app/main.html", b"page")
        assert site.body("/") == b"page"


def test_missing_is_forbidden_and_not_cached(site: Site) -> None:
    status, body, headers = site.get("/none.js")
    assert status == 403
    assert b"AccessDenied" in body
    assert headers["Content-Type"] == "application/xml"
    site.holds("none.js", b"here now")
    assert site.body("/none.js") == b"here now"
    assert site.edge is not None
    assert site.edge.counts == Counts(hits=0, misses=1, missing=1)


def test_a_page_fallback_answers_a_missing_script_with_a_page() -> None:
    with serving(Behaviour(spa_fallback=True)) as site:
        assert site.get("/none.js")[0] == 403
        site.holds("index.html", b"<html>", "no-cache", content_type="text/html")
        status, body, headers = site.get("/assets/none.js")
        assert (status, body, headers["Content-Type"]) == (200, b"<html>", "text/html")


@pytest.mark.parametrize(
    "key", ["a b.js", "größe/日本.js", "a+b.js", "a%20b.js", "a&b#c?d.js", "~a"]
)
def test_paths_are_decoded_and_invalidated_as_encoded(site: Site, key: str) -> None:
    path = "/" + quote(key)
    site.holds(key, b"old")
    assert site.body(path) == b"old"
    site.holds(key, b"new")
    assert site.body(path) == b"old"
    site.completed.append((path,))
    assert site.body(path) == b"new"


def test_a_wildcard_empties_everything_below_it(site: Site) -> None:
    for key in ("a/1", "a/2", "ab", "b"):
        site.holds(key, b"old")
        site.body(f"/{key}")
        site.holds(key, b"new")
    site.completed.append(("/a/*",))
    assert [site.body(f"/{key}") for key in ("a/1", "a/2", "ab", "b")] == [
        b"new",
        b"new",
        b"old",
        b"old",
    ]
    site.completed.append(("/*",))
    assert [site.body(f"/{key}") for key in ("ab", "b")] == [b"new", b"new"]


def test_an_answer_that_was_fetched_before_an_invalidation_completed_is_not_kept() -> None:
    origin_read, proceed = threading.Event(), threading.Event()
    completed: list[tuple[str, ...]] = []
    bodies = iter([b"old", b"new"])

    def fetch(_: str) -> Object:
        body = next(bodies)
        if body == b"old":
            origin_read.set()
            assert proceed.wait(10)
        return Object(body, "text/plain", YEAR, '"e"')

    with edge(fetch=fetch, completed=lambda: completed) as cache, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(cache.answer, "/k")
        assert origin_read.wait(10)
        completed.append(("/*",))
        proceed.set()
        assert slow.result(10).object.body == b"old"
        assert cache.answer("/k").object.body == b"new"


def test_the_edge_serves_stale_answers_until_cloudfront_has_completed(aws: Aws) -> None:
    aws.strict.invalidations.polls = 2
    distribution = aws.cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "site",
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [{"Id": "s", "DomainName": "acme-front.s3.amazonaws.com"}],
            },
            "DefaultCacheBehavior": {"TargetOriginId": "s", "ViewerProtocolPolicy": "allow-all"},
        }
    )["Distribution"]["Id"]

    def fetch(key: str) -> Object:
        found = aws.s3.get_object(Bucket=aws.bucket, Key=key)
        return Object(found["Body"].read(), found["ContentType"], YEAR, found["ETag"])

    def completed() -> list[tuple[str, ...]]:
        return [one.paths for one in aws.strict.invalidations.completed(distribution)]

    with edge(fetch=fetch, completed=completed) as cache:
        aws.put("index.html", b"old")
        assert cache.answer("/").object.body == b"old"
        aws.put("index.html", b"new")
        created = aws.cloudfront.create_invalidation(
            DistributionId=distribution,
            InvalidationBatch={
                "CallerReference": "op",
                "Paths": {"Quantity": 1, "Items": ["/*"]},
            },
        )["Invalidation"]["Id"]
        seen = []
        for _ in range(2):
            seen.append(cache.answer("/").object.body)
            aws.cloudfront.get_invalidation(DistributionId=distribution, Id=created)
        assert seen == [b"old", b"old"]
        assert cache.answer("/").object.body == b"new"


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("", 5),
        ("public", 5),
        ("max-age=60", 60),
        ("public, Max-Age=60", 60),
        ("max-age=60, s-maxage=10", 10),
        ("max-age=0", 2),
        ("no-cache", 2),
        ("no-store, max-age=60", 2),
        ("private", 2),
        ("max-age=soon", 5),
    ],
)
def test_how_long_an_answer_is_kept(cache_control: str, seconds: float) -> None:
    behaviour = Behaviour(default_ttl=5, minimum_ttl=2)
    assert time_to_live(cache_control, behaviour) == seconds


def test_encoding_too_much_does_not_invalidate() -> None:
    assert covers(["/chunk~1.js"], canonical("/chunk~1.js"))
    assert not covers(["/chunk%7E1.js"], canonical("/chunk~1.js"))
    assert covers(["/caf%c3%a9"], canonical("/caf%C3%A9"))


@given(st.text(alphabet="ab/~é %+*", max_size=8))
def test_one_spelling_of_a_path_is_its_own_canonical_form(path: str) -> None:
    assert canonical(canonical(path)) == canonical(path)


def test_foreign_pages_and_foreign_names_are_refused(site: Site) -> None:
    assert site.edge is not None
    site.holds("k", b"bytes")
    assert site.get("/k", Origin="http://evil.example")[0] == 403
    assert site.get("/k", Host="evil.example")[0] == 421
    assert site.get("/k", Origin=site.edge.url)[:2] == (200, b"bytes")
