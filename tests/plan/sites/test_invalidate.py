"""What CloudFront must forget: few paths, all of them right."""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.sites.invalidate import MOST_PATHS, MOST_WILDCARDS, invalidation_paths
from crossfade.plan.sites.site import Invalidation

CHANGED = Invalidation.CHANGED


def test_nothing_changed_nothing_forgotten() -> None:
    assert invalidation_paths("", [], Invalidation.ALL) == ()


def test_all_is_one_wildcard_of_the_components_folder() -> None:
    assert invalidation_paths("", ["a.js"], Invalidation.ALL) == ("/*",)
    assert invalidation_paths("checkout/", ["a.js"], Invalidation.ALL) == ("/checkout/*",)


def test_an_index_page_is_forgotten_under_both_of_its_addresses() -> None:
    assert invalidation_paths("", ["index.html", "de/index.html"], CHANGED) == (
        "/",
        "/de/",
        "/de/index.html",
        "/index.html",
    )


def test_only_what_must_be_encoded_is_encoded() -> None:
    assert invalidation_paths("", ["a b#1*+ü.js"], CHANGED) == ("/a%20b%231%2A+%C3%BC.js",)


def test_many_paths_are_folded_into_a_wildcard_for_each_folder() -> None:
    paths = [f"assets/{number}.js" for number in range(MOST_PATHS + 1)] + ["robots.txt"]
    assert invalidation_paths("", paths, CHANGED) == ("/assets/*", "/robots.txt")


def test_many_folders_are_folded_into_one_wildcard() -> None:
    paths = [
        f"f{folder}/{number}.js" for folder in range(MOST_WILDCARDS + 1) for number in range(9)
    ]
    paths += [f"g/{number}" for number in range(MOST_PATHS)]
    assert invalidation_paths("", paths, CHANGED) == ("/*",)


def test_what_cloudfront_refuses_in_a_path_is_covered_by_a_wildcard() -> None:
    assert invalidation_paths("", ["a/b~c.js", "d.js"], CHANGED) == ("/a/b*", "/d.js")
    many = [f"{number}~.js" for number in range(MOST_WILDCARDS + 1)]
    assert invalidation_paths("", many, CHANGED) == ("/*",)


SEGMENT = st.text("ab *é~", min_size=1, max_size=3)
PATHS = st.lists(st.lists(SEGMENT, min_size=1, max_size=3).map("/".join), max_size=300)


@given(PATHS, st.sampled_from(["", "checkout/"]))
def test_every_changed_path_is_covered_and_limits_are_kept(paths: list[str], folder: str) -> None:
    told = invalidation_paths(folder, paths, CHANGED)
    for path in paths:
        encoded = quote(f"/{folder}{path}", safe="/-_.!$'()@:,;=+")
        assert any(
            told_path == encoded or (told_path.endswith("*") and fnmatchcase(encoded, told_path))
            for told_path in told
        )
    assert not any("~" in path for path in told)
    assert len(told) <= 2 * MOST_PATHS
    assert sum(path.endswith("*") for path in told) <= MOST_WILDCARDS
