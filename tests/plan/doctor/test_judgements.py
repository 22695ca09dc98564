"""The doctor's judgements, from what was read to what is said."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from crossfade.plan.base.finding import Finding, Level
from crossfade.plan.doctor.answers import SiteAnswer, examine_missing, examine_page, examine_private
from crossfade.plan.doctor.cloudfront import ErrorAnswer, Front, Origin, examine_front
from crossfade.plan.doctor.lifecycle import Rule, examine_lifecycle
from crossfade.plan.doctor.places import Place, PlaceKind, examine_places

ADDRESS = "https://app.example"


def levels(findings: list[Finding]) -> list[Level]:
    """Return the levels of findings."""
    return [one.level for one in findings]


# Places that must not lie inside one another.


def journal(prefix: str = "journal/", bucket: str = "state") -> Place:
    return Place(PlaceKind.JOURNAL, bucket, prefix)


def releases(prefix: str = "releases/", bucket: str = "front") -> Place:
    return Place(PlaceKind.RELEASES, bucket, prefix)


def root(prefix: str, environment: str = "production", bucket: str = "front") -> Place:
    return Place(PlaceKind.ROOT, bucket, prefix, environment)


def site(prefix: str, component: str, environment: str = "production") -> Place:
    return Place(PlaceKind.SITE, "front", prefix, environment, component)


def examined(*places: Place, **paths: str) -> list[Finding]:
    return list(examine_places(places, paths))


def test_places_that_are_apart_are_fine() -> None:
    found = examined(
        journal(),
        releases(),
        root("live/"),
        root("live-too/", "staging"),
        root("", "elsewhere", bucket="other"),
        site("live/", "web"),
        site("live/checkout/", "checkout"),
        site("live-too/", "web", "staging"),
        web="",
        checkout="checkout/",
    )
    assert levels(found) == [Level.OK]


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ((root("releases/web/"), releases()), "root of production .* inside the releases"),
        ((root("j/"), journal("j/", "front")), "root of production .* inside the journal"),
        ((root("a/"), root("a/", "staging")), "production and staging have the same root"),
        ((releases(""), journal(bucket="front")), "are not apart"),
        ((releases("a/"), journal("a/b/", "front")), "are not apart"),
        ((root(""), releases(), site("releases/", "x")), "folder of x .* inside the releases"),
        (
            (root(""), journal(bucket="front"), site("journal/x/", "x")),
            "folder of x .* inside the journal",
        ),
        (
            (root(""), root("staging/", "staging"), site("staging/", "x")),
            "folder of x in production .* inside the root of staging",
        ),
        (
            (root("a/"), root("b/", "staging"), site("b/x/", "x")),
            "folder of x in production .* inside the root of staging",
        ),
    ],
)
def test_places_in_the_way_of_one_another_are_a_problem_in_whatever_order(
    places: tuple[Place, ...], text: str
) -> None:
    for order in permutations(places):
        problems = [one.saw for one in examined(*order) if one.level is Level.PROBLEM]
        # Of two equal roots, which is named first depends on their order.
        either = text.replace(
            "production and staging", "(production and staging|staging and pro.*)"
        )
        assert [bool(re.search(either, saw)) for saw in problems] == [True]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (releases(), r"the releases .* inside the root of production"),
        (journal(bucket="front"), r"the journal .* inside the root of production"),
        (root("staging/", "staging"), r"answers with the files of staging too"),
    ],
)
def test_what_a_bucket_policy_can_hide_is_a_warning_that_names_the_policy(
    inner: Place, text: str
) -> None:
    for places in permutations([root(""), inner]):
        (found,) = examined(*places)
        assert found.level is Level.WARNING
        assert re.search(text, found.saw)
        assert "crossfade doctor --policy production" in found.mend


def test_two_components_in_one_folder_are_a_problem() -> None:
    (found,) = examined(web="", admin="")
    assert found.level is Level.PROBLEM
    assert "admin and web have the same folder (the root itself)" in found.saw
    assert found.mend == "set components.web.path to a folder of its own"


# Lifecycle rules.

LIVE = root("live/")


def ruled(rule: Rule, place: Place = LIVE) -> list[Finding]:
    return list(examine_lifecycle([rule], place, checkpoints=10))


@pytest.mark.parametrize("place", [LIVE, releases(), journal(bucket="front")])
@pytest.mark.parametrize("rule", [Rule("old", expires="after 30 days"), Rule("cold", archives="x")])
def test_a_rule_that_takes_present_objects_away_is_a_problem(place: Place, rule: Rule) -> None:
    (found,) = ruled(rule, place)
    assert found.level is Level.PROBLEM
    assert "lost" in found.saw or "loses" in found.saw


def test_a_rule_for_a_part_of_a_place_is_a_warning_since_nothing_of_ours_may_be_there() -> None:
    (found,) = ruled(Rule("logs", prefix="live/logs/", expires="after 3 days"))
    assert found.level is Level.WARNING


@pytest.mark.parametrize(
    "rule",
    [
        Rule("elsewhere", prefix="tmp/", expires="after 1 days"),
        Rule("neighbour", prefix="live2/", expires="after 1 days"),
        Rule("marked", tags=frozenset({"temporary"}), expires="after 1 days"),
        Rule("uploads"),
        Rule("many", noncurrent_days=30, noncurrent_kept=20),
    ],
)
def test_a_rule_that_takes_nothing_needed_is_fine(rule: Rule) -> None:
    assert levels(ruled(rule)) == [Level.OK]


def test_a_rule_for_tags_that_crossfade_sets_counts() -> None:
    rule = Rule("old", tags=frozenset({"version"}), expires="after 9 days")
    assert levels(ruled(rule)) == [Level.PROBLEM]


@pytest.mark.parametrize(("days", "level"), [(1, Level.PROBLEM), (7, Level.WARNING)])
@pytest.mark.parametrize("place", [LIVE, releases()])
def test_earlier_versions_must_outlive_an_operation_that_is_left_open(
    days: int, level: Level, place: Place
) -> None:
    (found,) = ruled(Rule("old", noncurrent_days=days, noncurrent_kept=19), place)
    assert found.level is level
    assert "keep at least 20 newer versions" in found.mend


def test_earlier_versions_out_of_reach_are_a_warning() -> None:
    assert levels(ruled(Rule("cold", noncurrent_archives="DEEP_ARCHIVE"))) == [Level.WARNING]


def test_earlier_versions_of_the_journal_are_needed_by_nobody() -> None:
    assert levels(ruled(Rule("old", noncurrent_days=1), journal(bucket="front"))) == [Level.OK]


# Distributions.

FRONT = Front(
    identifier="E1",
    arn="arn:aws:cloudfront::111122223333:distribution/E1",
    enabled=True,
    deployed=True,
    default_page="index.html",
    origins=(
        Origin("api", "api.example", ""),
        Origin("site", "front.s3.eu-west-1.amazonaws.com", "/live"),
    ),
    targets=frozenset({"site"}),
    rewrites=False,
    minimum_seconds=None,
    errors=(ErrorAnswer(500, "/sorry.html", "200", 60), ErrorAnswer(404, "", "", 0)),
)


def fronted(
    *, bucket: str = "front", live: str = "live/", pages: bool = True, **changes: Any
) -> list[Finding]:
    return list(examine_front(replace(FRONT, **changes), bucket=bucket, root=live, pages=pages))


def test_a_distribution_in_front_of_the_root_is_fine() -> None:
    assert levels(fronted()) == [Level.OK]


@pytest.mark.parametrize(
    "domain",
    [
        "front.s3.amazonaws.com",
        "front.s3-eu-west-1.amazonaws.com",
        "front.s3.cn-north-1.amazonaws.com.cn",
        "front.s3.dualstack.eu-west-1.amazonaws.com",
    ],
)
def test_a_bucket_has_several_domain_names(domain: str) -> None:
    assert levels(fronted(origins=(Origin("site", domain, "/live"),))) == [Level.OK]


def test_an_empty_root_wants_an_empty_origin_path() -> None:
    origins = (Origin("site", "front.s3.amazonaws.com", ""),)
    assert levels(fronted(live="", origins=origins)) == [Level.OK]


@pytest.mark.parametrize(
    ("changes", "saw", "mend"),
    [
        ({"enabled": False}, "disabled", "enable it"),
        ({"bucket": "other"}, "none of its origins is s3://other", "correct distribution_id"),
        ({"bucket": "fron"}, "none of its origins is s3://fron ", "correct distribution_id"),
        ({"live": "next/"}, "origin path is '/live', .* asks for '/next'", "'/next'"),
        ({"live": ""}, "origin path is '/live', .* asks for ''", "leave the origin path empty"),
        (
            {"origins": (Origin("site", "front.s3-website-eu-west-1.amazonaws.com", "/live"),)},
            "website endpoint",
            "origin access control",
        ),
        ({"default_page": ""}, "no default root object", "index.html"),
        (
            {"errors": (ErrorAnswer(403, "/index.html", "200", 10),)},
            "answers 403 with 200 and /index.html: a missing script comes as a page",
            "viewer request function",
        ),
    ],
)
def test_what_breaks_a_site_is_a_problem(changes: dict[str, Any], saw: str, mend: str) -> None:
    (found,) = fronted(**changes)
    assert found.level is Level.PROBLEM
    assert re.search(saw, found.saw)
    assert mend in found.mend


@pytest.mark.parametrize(
    ("changes", "saw"),
    [
        ({"deployed": False}, "has not reached all edges"),
        ({"targets": frozenset({"api"})}, "default behaviour asks api, not site"),
        ({"default_page": "", "rewrites": True}, "unless its function sees to it"),
        ({"minimum_seconds": 60}, "keeps every page for 1 min"),
        ({"errors": (ErrorAnswer(404, "/lost.html", "404", 300),)}, "keeps a 404 for 5 min"),
        (
            {"origins": (Origin("site", "front.s3.amazonaws.com", "/live", "oai/cloudfront/E2"),)},
            "legacy origin access identity",
        ),
    ],
)
def test_what_somebody_should_know_is_a_warning(changes: dict[str, Any], saw: str) -> None:
    (found,) = fronted(**changes)
    assert found.level is Level.WARNING
    assert saw in found.saw
    assert found.mend


def test_a_default_root_object_is_not_needed_where_no_component_stands_in_the_root() -> None:
    assert levels(fronted(default_page="", pages=False)) == [Level.OK]


# What an address answers.


def answer(status: int = 200, **headers: str) -> SiteAnswer:
    return SiteAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()})


def missing(first: SiteAnswer, second: SiteAnswer | None = None) -> Finding:
    (found,) = examine_missing(ADDRESS, first, second or first)
    return found


def test_a_page_in_the_place_of_a_missing_script_is_a_problem() -> None:
    found = missing(answer(200, content_type="text/html; charset=utf-8"))
    assert found.level is Level.PROBLEM
    assert "200 and text/html" in found.saw


@pytest.mark.parametrize("status", [403, 404])
def test_an_error_for_a_missing_asset_is_fine_unless_it_is_kept(status: int) -> None:
    assert missing(answer(status)).level is Level.OK
    assert missing(answer(status, age="0", x_cache="Error from edge")).level is Level.OK
    assert missing(answer(status), answer(status, age="1")).level is Level.WARNING
    assert missing(answer(status), answer(status, x_cache="Hit from edge")).level is Level.WARNING
    assert missing(answer(status, cache_control="max-age=0")).level is Level.OK
    kept = missing(answer(status, cache_control="public, max-age=31536000, immutable"))
    assert kept.level is Level.PROBLEM


def test_anything_else_for_a_missing_asset_is_told() -> None:
    assert missing(answer(500)).level is Level.PROBLEM
    moved = missing(answer(301, location="https://www.app.example/"))
    assert moved.level is Level.WARNING
    assert "https://www.app.example/" in moved.saw


@pytest.mark.parametrize(
    ("came", "level"),
    [
        (answer(403, content_type="application/xml"), Level.OK),
        (answer(200, content_type="text/html"), Level.OK),
        (answer(200, content_type="application/json"), Level.PROBLEM),
    ],
)
def test_a_document_of_crossfade_must_not_be_served(came: SiteAnswer, level: Level) -> None:
    assert examine_private(ADDRESS, "production", "a head", came).level is level


@pytest.mark.parametrize(
    ("rules", "level"),
    [
        ("no-cache", Level.OK),
        ("max-age=0, must-revalidate", Level.OK),
        ("private, no-store", Level.OK),
        ("", Level.WARNING),
        ("max-age=600", Level.PROBLEM),
    ],
)
def test_a_page_must_be_asked_for_again_at_every_visit(rules: str, level: Level) -> None:
    came = answer(cache_control=rules)
    assert examine_page(ADDRESS, "index.html", came, came).level is level


def test_a_page_that_the_edge_keeps_in_spite_of_its_header_is_a_warning() -> None:
    first, second = answer(cache_control="no-cache"), answer(cache_control="no-cache", age="3")
    found = examine_page(ADDRESS, "", first, second)
    assert found.level is Level.WARNING
    assert "the address itself" in found.saw


def test_a_page_that_is_not_there_is_a_problem() -> None:
    assert examine_page(ADDRESS, "index.html", answer(403), answer(403)).level is Level.PROBLEM
    assert examine_page(ADDRESS, "", answer(302), answer(302)).level is Level.WARNING
