from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.base.paths import check_version, is_checkout, is_litter
from crossfade.plan.releases import build as release

PREFIX = "releases/web/1.4.2/"
PAGE = {"index.html": 1}


def refusal(sizes: dict[str, int], patterns: tuple[str, ...] = ("index.html",)) -> str:
    with pytest.raises(BadInput) as refused:
        release.check(sizes, patterns=patterns, prefix=PREFIX)
    text = str(refused.value)
    text.encode()  # a terminal can show it
    assert "\n" not in text
    return text


def accept(sizes: dict[str, int], patterns: tuple[str, ...] = ("index.html",)) -> None:
    release.check(sizes, patterns=patterns, prefix=PREFIX)


@pytest.mark.parametrize(
    "path",
    [
        "a b.js",
        "a+b%20&c#d?e=f.js",
        "größe/日本語/🎉.png",
        "[slug]/(group)/@modal/page.js",
        "~a,b;c:d'e!f*g$h|i<j>k\"l`m{n}^.js",
        ".well-known/x",
        "...",
        "a/.hidden/b",
        " a / b ",
    ],
)
def test_names_that_a_url_can_spell_are_published(path: str) -> None:
    accept({**PAGE, path: 0})


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "an empty part"),
        ("a//b", "an empty part"),
        ("a/", "an empty part"),
        ("/etc/passwd", "absolute path"),
        ("../x", "a part `.` or `..`"),
        ("a/../b", "a part `.` or `..`"),
        ("./a", "a part `.` or `..`"),
        ("a\\b", "a backslash"),
        ("a\nb", "control character U+000A"),
        ("a\x00", "control character U+0000"),
        ("a\x9f", "control character U+009F"),
        ("a\uffff", "control character U+FFFF"),
        ("a\udcff", "not valid UTF-8"),
    ],
)
def test_names_that_s3_or_a_browser_cannot_hold_are_refused(path: str, problem: str) -> None:
    text = refusal({**PAGE, path: 0})
    assert repr(path) in text
    assert problem in text


@given(st.text(max_size=30), st.sampled_from(["\x00", "\n", "\x1f", "\x7f", "\x85", "\ud800"]))
def test_no_control_character_or_surrogate_gets_through_wherever_it_stands(
    text: str, bad: str
) -> None:
    refusal({**PAGE, f"a{text}{bad}b": 0})


def test_a_key_has_at_most_1024_bytes_with_its_prefix() -> None:
    room = 1024 - len(PREFIX)
    accept({**PAGE, "ä" * (room // 2) + "a" * (room % 2): 0})
    text = refusal({**PAGE, "ä" * (room // 2 + 1): 0})
    assert "bytes and S3 holds 1024: shorten" in text


def test_a_path_cannot_be_a_file_and_a_folder() -> None:
    text = refusal({**PAGE, "docs": 1, "docs/a/b.html": 1})
    assert "'docs' cannot be published: it is a file, and the folder of 'docs/a/b.html'" in text
    assert "the folder of 'docs/a'" in refusal({**PAGE, "docs": 1, "docs/a": 1})
    accept({**PAGE, "docs": 1, "docs.html": 1, "docs2/a": 1})


@given(st.text("aäöÅé한", min_size=1, max_size=8))
def test_twins_in_unicode_normalisation_are_refused(name: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assume(composed != decomposed)
    accept({**PAGE, decomposed: 0})
    assert "one name in two Unicode normalisations" in refusal(
        {**PAGE, f"x/{composed}": 0, f"x/{decomposed}": 0}
    )


def test_twins_in_case_are_let_through() -> None:
    accept({**PAGE, "Logo.png": 1, "logo.png": 2})


def test_a_file_may_be_as_large_as_one_copy_can_be() -> None:
    accept({**PAGE, "film.mp4": release.LARGEST_FILE})
    text = refusal({**PAGE, "film.mp4": release.LARGEST_FILE + 1})
    assert "'film.mp4'" in text
    assert "it has 5.4 GB, more than the 5.4 GB that S3 copies in one request" in text


def test_nothing_is_no_release() -> None:
    assert "no files to publish" in refusal({})


def test_files_without_an_entry_page_are_no_release() -> None:
    text = refusal({"main.html": 1, "app.js": 1})
    assert text == (
        "none of 2 files matches entry_pages ['index.html']: "
        "name the pages in entry_pages; there are 'main.html'"
    )
    assert "name the folder that holds the built site" in refusal({"app.js": 1})


def test_a_build_one_folder_further_in_is_pointed_out() -> None:
    text = refusal({"package/index.html": 1, "package/app.js": 1})
    assert "all of them are in 'package': publish that folder" in text
    assert "all of them" not in refusal({"package/index.html": 1, "other/app.js": 1})
    assert "all of them" not in refusal({"package/index.html": 1, "zebra.js": 1})
    assert "all of them" not in refusal({"package": 1})


def test_entry_pages_are_found_by_glob_and_sorted() -> None:
    paths = ["z.html", "docs/index.html", "app.js", "index.html"]
    assert release.entry_pages(paths, ["index.html"]) == ("index.html",)
    assert release.entry_pages(paths, ["**/*.html"]) == ("docs/index.html", "index.html", "z.html")
    assert release.entry_pages(paths, ["z.*", "z.html"]) == ("z.html",)
    assert release.entry_pages(paths, []) == ()


def test_a_pattern_of_entry_pages_that_matches_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^entry_pages: '/index.html' matches no file"):
        release.entry_pages(["index.html"], ["/index.html"])


@pytest.mark.parametrize("name", ["web", "check-out_2", "a", "7", "a.b", "a" * 64])
def test_names_of_components(name: str) -> None:
    release.check_component(name)


@pytest.mark.parametrize(
    "name", ["", "Web", "a/b", "-a", "a-", ".", "..", "a b", "größe", "a\n", "a" * 65]
)
def test_names_that_no_component_has(name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a component: use 1 to 64") as refused:
        release.check_component(name)
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize(
    "version", ["1.4.2", "2024-12-31", "v1", "1.0.0-rc.1+build_7", "A", "3f2a9c1", "1" * 128]
)
def test_versions(version: str) -> None:
    check_version(version)


@pytest.mark.parametrize(
    "version", ["", ".", "..", "-1", "+1", "a/b", "a b", "a@b", "é", "1\n", "1" * 129]
)
def test_what_cannot_be_a_version(version: str) -> None:
    with pytest.raises(BadInput, match="cannot be a version: use 1 to 128") as refused:
        check_version(version)
    assert repr(version) in str(refused.value)


def test_a_version_does_not_end_like_a_manifest() -> None:
    with pytest.raises(BadInput, match="choose another ending"):
        check_version("1.manifest.json")


@given(st.one_of(st.from_regex(r"[\w.+\- /@:=]{1,20}"), st.text(max_size=20)))
def test_an_accepted_name_is_one_part_of_a_key_and_a_legal_tag_value(name: str) -> None:
    for check in (release.check_component, check_version):
        try:
            check(name)
        except BadInput:
            continue
        assert name
        assert all(c.isascii() and (c.isalnum() or c in "+-=._:/@ ") for c in name)
        assert not {"/", "\n"} & set(name)
        assert name not in {".", ".."}


@pytest.mark.parametrize(
    "path",
    [".DS_Store", "a/.DS_Store", "Thumbs.db", "a/desktop.ini", "__MACOSX/a/b.js", "a/._b.js"],
)
def test_what_desktops_leave_behind_is_litter(path: str) -> None:
    assert is_litter(path)


@pytest.mark.parametrize("path", ["a.DS_Store", "_x", "a/_b.js", "._a/b", "thumbs.db.js"])
def test_other_odd_names_are_not_litter(path: str) -> None:
    assert not is_litter(path)


def test_a_git_folder_gives_a_checkout_away() -> None:
    assert is_checkout(".git/HEAD")
    assert is_checkout("sub/.git")
    assert not is_checkout(".gitignore")
    assert not is_checkout(".github/x.yml")


def test_releases_of_one_second_sort_as_people_count_versions() -> None:
    versions = {"build-10": 1, "1.10.0": 5, "2.0.0": 2, "1.9.0": 9, "build-9": 7, "1.2.0": 3}
    counted = ["1.2.0", "1.9.0", "1.10.0", "2.0.0", "build-9", "build-10"]
    assert counted == sorted(
        versions, key=lambda one: release.age_order(f"2026-01-31T12:00:00.{versions[one]}00Z", one)
    )


def test_releases_sort_by_age_whatever_their_versions() -> None:
    older = release.age_order("2026-01-31T12:00:00.900Z", "2.0.0")
    assert older < release.age_order("2026-01-31T12:00:01.000Z", "1.0.0")
