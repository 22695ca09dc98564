from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.base.globs import check_glob, matches

NAMES = st.lists(st.text("ab.[", min_size=1, max_size=3), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("index.html", "index.html", True),
        ("index.html", "docs/index.html", False),
        ("*.html", "about.html", True),
        ("*.html", "docs/about.html", False),
        ("*.html", "about.htm", False),
        ("**/*.html", "about.html", True),
        ("**/*.html", "docs/en/about.html", True),
        ("docs/**/index.html", "docs/index.html", True),
        ("docs/**/index.html", "docs/a/b/index.html", True),
        ("docs/**/index.html", "other/docs/index.html", False),
        ("assets/**", "assets/a/b.js", True),
        ("assets/**", "assets-old/b.js", False),
        ("**", "a/b/c", True),
        ("**/a/**/b", "x/a/y/a/z/b", True),
        ("**/a/**/b", "x/b/a", False),
        ("app-?.js", "app-1.js", True),
        ("app-?.js", "app-12.js", False),
        ("app-[0-9].js", "app-7.js", True),
        ("app-[!0-9].js", "app-7.js", False),
        ("[[]slug]/*.js", "[slug]/page.js", True),
        (".well-known/*", ".well-known/security.txt", True),
        ("*", ".nojekyll", True),
        ("INDEX.html", "index.html", False),
        ("a+b (1).js", "a+b (1).js", True),
        ("größe/*", "größe/日本.js", True),
    ],
)
def test_a_pattern_covers_the_whole_path_part_by_part(
    *, pattern: str, path: str, matched: bool
) -> None:
    assert matches(path, pattern) is matched


@given(NAMES)
def test_two_stars_stand_for_any_number_of_folders(names: list[str]) -> None:
    path = "/".join(names)
    assert matches(path, "**")
    assert matches(path, "**/*")
    assert matches(f"first/{path}", "first/**")
    assert not matches(f"other/{path}", "first/**")


@given(NAMES)
def test_one_star_never_crosses_a_slash(names: list[str]) -> None:
    assert matches("/".join(names), "*") is (len(names) == 1)


@given(NAMES, st.data())
def test_putting_a_star_for_any_name_or_two_for_any_run_of_names_keeps_the_match(
    names: list[str], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(names)))
    end = data.draw(st.integers(start, len(names)))
    plain = [name.replace("[", "[[]") for name in names]
    assert matches("/".join(names), "/".join(plain))
    assert matches("/".join(names), "/".join([*plain[:start], "**", *plain[end:]]))


def test_many_stars_do_not_take_long() -> None:
    assert not matches("/".join("a" * 400), "/".join(["**", "a"] * 100 + ["b"]))


@pytest.mark.parametrize(
    ("pattern", "mend"),
    [
        ("", "index.html or assets/**"),
        ("/index.html", "'index.html'"),
        ("assets/", "'assets/**'"),
        ("a//b", "without empty parts"),
        ("../b", "without empty parts, `.` or `..`"),
        ("**.html", "**/*.html"),
        ("a/b**/c", "**/*.html"),
    ],
)
def test_a_pattern_that_would_match_nothing_is_refused_with_what_to_write(
    pattern: str, mend: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        check_glob(pattern, setting="entry_pages")
    assert mend in str(refusal.value)
    assert str(refusal.value).startswith("entry_pages: ")
