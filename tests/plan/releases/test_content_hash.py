from __future__ import annotations

import base64
import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.releases.content_hash import has_content_hash, names_with_content_hash

if TYPE_CHECKING:
    from collections.abc import Callable

HASHED = [
    # webpack, Create React App, Vue CLI, Storybook, Docusaurus
    "main.1a2b3c4d5e6f7a8b9c0d.css",
    "static/js/main.8626537e.js",
    "static/js/main.8626537e.js.LICENSE.txt",
    "static/js/787.2fd8b2f3.chunk.js.map",
    "static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg",
    "js/chunk-vendors.3f2a9c1b.js",
    "main.3f2a9c1b.iframe.bundle.js",
    "assets/js/935f2afb.a1b2c3d4.js",
    "6ce24c58023cc2f8fd88.png",
    # Vite and Rollup
    "assets/index-DkR3x9aB.js",
    "assets/index-D8hZcVO-.css",
    "assets/work-pool_._workPoolName.edit--e_U5HTD.js",
    "assets/Artifact-aJk-y5-T.css",
    "uiMode.CyMfwkXJ.css",
    "assets/katex-CXMH3UgJ.js",
    "assets/app.DkR3x9aB.js",
    "assets/guide_index.md.DkR3x9aB.lean.js",
    "assets/index.3f2a9c1b.js",
    "assets/polyfills-legacy-BqJlXaSe.js",
    # esbuild, Remix, Angular
    "chunk-ABCDEFGH.js",
    "chunk-QJXZKWPT.js",
    "main-5WFR3VGL.js",
    "build/_assets/tailwind-74A4TZTK.css",
    "runtime.3f2a9c1b2d3e4f5a6b7c.js",
    # frameworks that promise it for a folder
    "_next/static/chunks/main-app.js",
    "_next/static/OXBACRicj4IdJ8X8RevPr/_buildManifest.js",
    "docs/_next/static/css/eae16d43dbc0760d81bf.css",
    "_app/immutable/chunks/CFm9SEez.js",
    "_nuxt/BRYdtias2.js",
    "_astro/houston.B-ac3L54_1Ie1xp.webp",
    # Gatsby, Rails, Django, mdBook, Workbox, Expo, pre-compressed
    "component---src-pages-index-js-1a2b3c4d5e6f7a8b9c0d.js",
    "static/d41d8cd98f00b204e9800998ecf8427e/4ea69/photo.jpg",
    "application-2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae.js",
    "base.27e20196a850.js",
    "toc-01ec0cab.js",
    "clipboard-1626706a.min.js",
    "workbox-3f2a9c1b.js",
    "app-3f2a9c1b.js.br",
    "app_3f2a9c1b.js",
    "blob-3f2a9c1b",
]

NOT_HASHED = [
    "app.js",
    "jquery-migrate.js",
    "jquery-3.6.0.min.js",
    "bootstrap.min.js",
    "font-awesome.css",
    "service-worker.js",
    "index-bootstrap.js",
    "monaco-contribution.js",
    "apple-touch-icon-precomposed.png",
    "favicon-196x196.png",
    "android-chrome-1024x1024.png",
    "2024-12-31.html",
    "release-20241231.js",
    "release-20241231a.js",
    "backup-20241231T1200.json",
    "build-12345678.js",
    "1700000000000.json",
    "photo-2024.jpg",
    "cafe2024.png",
    "menu-cafe2024.png",
    "word-deadbeef.js",
    "decorative_iso-pixel-grid_dark.svg",
    "marketing-banner-bg-light.svg",
    "fonts/Geist-VariableFont_wght.ttf",
    "fonts/Poppins-SemiBold.woff2",
    "fonts/OpenSans-DemiBold.ttf",
    "js/vendor.ReactDOM.js",
    "Chapter-Section2.js",
    "with-Web3Auth.js",
    "my-MacBookX.png",
    "api-v2alpha1.json",
    "trait.OsStrExt.js",
    "trait-KmsKeyId.js",
    "README-TEMPLATE.md",
    "x-TURKISH8.txt",
    "kit-utf-16le.js",
    "hda-HiFi.json",
    "intel-hda-HiFi.json",
    "digest-MD5-SHA1.js",
    "locale-zh-Hans.js",
    "SemiBold.ttf",
    "DkR3x9aB.js",  # a name alone, outside the folders that promise it
    "3f2a9c1b.json",
    "posts/507f1f77bcf86cd799439011.json",  # a MongoDB id
    "users/550e8400-e29b-41d4-a716-446655440abc.png",  # a UUID
    "v1.3f2a9c1b/readme",
    "x-3f2a9c1b.d/file.txt",
    "_nuxt/builds/latest.json",
    "no-suffix",
    ".nojekyll",
    "",
]

WORDS = [
    "app",
    "admin",
    "index",
    "main",
    "vendor",
    "runtime",
    "polyfills",
    "service",
    "worker",
    "jquery",
    "bootstrap",
    "migrate",
    "react",
    "router",
    "chart",
    "editor",
    "language",
    "contribution",
    "precomposed",
    "template",
    "settings",
    "dashboard",
    "feedback",
    "facade",
    "decade",
    "accede",
    "defaced",
    "background",
    "checkout",
    "standard",
    "pipeline",
    "platform",
    "analysis",
    "database",
]


@pytest.mark.parametrize("path", HASHED)
def test_names_that_bundlers_write_are_known(path: str) -> None:
    assert has_content_hash(path)


@pytest.mark.parametrize("path", NOT_HASHED)
def test_names_that_people_write_are_not_taken_for_hashes(path: str) -> None:
    assert not has_content_hash(path)


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    st.sampled_from("-._"),
    st.sampled_from([str.lower, str.capitalize, str.upper]),
    st.sampled_from(["", "2", "-2", "-2.1.0", ".min", "-2024-12-31", "@2x", "-640x480"]),
    st.sampled_from([".js", ".css", ".png", ".json", ".js.map"]),
)
def test_words_with_numbers_versions_and_sizes_are_never_hashes(
    words: list[str], join: str, case: Callable[[str], str], number: str, suffix: str
) -> None:
    assert not has_content_hash(join.join(map(case, words)) + number + suffix)


@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=3))
def test_camel_case_is_never_a_hash(words: list[str]) -> None:
    assert not has_content_hash(f"x-{''.join(map(str.capitalize, words))}.js")


@given(st.from_regex(r"[0-9a-f]{20}", fullmatch=True))
def test_twenty_hex_digits_are_a_hash_unless_they_are_a_number_a_word_or_begin_with_a_year(
    digits: str,
) -> None:
    plain = digits.isdigit() or digits.isalpha() or digits[:2] in {"19", "20"}
    word_and_number = digits.rstrip("0123456789").isalpha()
    if not plain and not word_and_number:
        assert has_content_hash(f"main.{digits}.js")


def digests() -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(4000)]


def of_vite(digest: bytes) -> str:
    # Rollup writes 128 bits in base64url from the top, so that most hashes begin with B, C or D.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    number, text = int.from_bytes(digest[:16]), ""
    while number:
        number, rest = divmod(number, 64)
        text = alphabet[rest] + text
    return f"assets/view-{text[:8]}.js"


def of_esbuild(digest: bytes) -> str:
    return f"view-{base64.b32encode(digest).decode()[:8]}.js"


def of_webpack(digest: bytes) -> str:
    return f"static/js/view.{digest.hex()[:8]}.chunk.js"


@pytest.mark.parametrize(
    ("name", "alone", "together"),
    [(of_vite, 0.88, 0.975), (of_esbuild, 0.87, 0.999), (of_webpack, 0.96, 0.96)],
)
def test_few_real_hashes_are_missed_and_fewer_where_their_neighbours_are_known(
    name: Callable[[bytes], str], alone: float, together: float
) -> None:
    paths = {name(digest) for digest in digests()}
    assert sum(map(has_content_hash, paths)) >= alone * len(paths)
    assert len(names_with_content_hash(paths)) >= together * len(paths)


SURE = ["assets/a-DkR3x9aB.js", "assets/b-B7rd5ri4.js", "assets/c-D_NgvQbV.js"]
UNSURE = "assets/events-ScvujZIy.js"


def test_three_sure_neighbours_settle_an_unsure_name() -> None:
    assert not has_content_hash(UNSURE)
    assert names_with_content_hash([*SURE, UNSURE]) == {*SURE, UNSURE}


def test_two_sure_neighbours_do_not() -> None:
    assert names_with_content_hash([*SURE[:2], UNSURE]) == set(SURE[:2])


def test_neighbours_in_another_folder_do_not() -> None:
    elsewhere = UNSURE.replace("assets", "public")
    assert names_with_content_hash([*SURE, elsewhere]) == set(SURE)


def test_neighbours_do_not_where_most_such_names_are_unsure() -> None:
    unsure = [UNSURE.replace("events", word) for word in "abcd"]
    assert names_with_content_hash([*SURE, *unsure]) == set(SURE)


@pytest.mark.parametrize(
    "name", ["Poppins-SemiBold.ttf", "jquery-migrate.js", "logo-2024.png", "vendor.ReactDOM.js"]
)
def test_a_name_that_can_be_read_is_no_hash_whatever_its_neighbours_are(name: str) -> None:
    assert names_with_content_hash([*SURE, f"assets/{name}"]) == set(SURE)


@given(st.sets(st.sampled_from([*HASHED, *NOT_HASHED])))
def test_neighbours_take_nothing_away(paths: set[str]) -> None:
    assert names_with_content_hash(paths) >= {path for path in paths if has_content_hash(path)}


@pytest.mark.parametrize("build", ["ui", "ui-v2"])
def test_two_real_builds_are_told_apart_file_by_file(build: str) -> None:
    spec = find_spec("prefect")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    root = Path(spec.submodule_search_locations[0]) / "server" / build
    paths = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
    assets = {path for path in paths if path.startswith("assets/")}
    found = names_with_content_hash(paths)
    assert found <= assets
    assert len(found) >= 0.97 * len(assets)
