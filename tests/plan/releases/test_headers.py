from __future__ import annotations

import mimetypes

import pytest

from crossfade.errors import BadInput
from crossfade.plan.releases.headers import (
    IMMUTABLE,
    NO_CACHE,
    SHORT,
    Classification,
    HeaderRule,
    Served,
    cache_control,
    classify,
    content_type,
    encoding,
)

UTF_8 = "; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("index.html", "text/html" + UTF_8),
        ("app.js", "text/javascript" + UTF_8),
        ("app.mjs", "text/javascript" + UTF_8),
        ("app.css", "text/css" + UTF_8),
        ("robots.txt", "text/plain" + UTF_8),
        ("docs/readme.md", "text/markdown" + UTF_8),
        ("engine.wasm", "application/wasm"),
        ("site.webmanifest", "application/manifest+json"),
        ("app.js.map", "application/json"),
        ("data.json", "application/json"),
        ("sitemap.xml", "application/xml"),
        ("logo.svg", "image/svg+xml"),
        ("photo.avif", "image/avif"),
        ("photo.webp", "image/webp"),
        ("LOGO.PNG", "image/png"),
        ("favicon.ico", "image/x-icon"),
        ("a.woff2", "font/woff2"),
        ("a.woff", "font/woff"),
        ("a.ttf", "font/ttf"),
        ("a.otf", "font/otf"),
        ("clip.ts", "video/mp2t"),
        ("types.d.ts", "text/plain" + UTF_8),
        ("main.8626537e.js.LICENSE.txt", "text/plain" + UTF_8),
        ("app.js.gz", "application/gzip"),
        ("app.js.br", "application/octet-stream"),
        ("CNAME", "text/plain" + UTF_8),
        ("vendor/LICENSE", "text/plain" + UTF_8),
        (".nojekyll", "text/plain" + UTF_8),
        ("apple-app-site-association", "application/json"),
        (".well-known/apple-app-site-association", "application/json"),
        (".well-known/assetlinks.json", "application/json"),
        (".well-known/acme-challenge/token-1", "text/plain" + UTF_8),
        ("docs/openid-configuration", "application/octet-stream"),
        ("blob", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("v1.js/blob", "application/octet-stream"),
        (".js", "application/octet-stream"),
        ("日本 語.html", "text/html" + UTF_8),
    ],
)
def test_a_content_type_follows_from_the_name(path: str, expected: str) -> None:
    assert content_type(path, ()) == expected


def test_a_content_type_is_the_same_whatever_the_machine_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for table in (mimetypes.types_map, mimetypes.common_types):
        monkeypatch.setitem(table, ".js", "application/x-from-the-machine")
    mimetypes.add_type("text/x-from-the-machine", ".unheard-of")
    assert content_type("app.js", ()) == "text/javascript; charset=utf-8"
    assert content_type("a.unheard-of", ()) == "application/octet-stream"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("assets/index-DkR3x9aB.js", IMMUTABLE),
        ("static/js/main.8626537e.js", IMMUTABLE),
        ("_next/static/chunks/main-app.js", IMMUTABLE),
        ("manifest-3f2a9c1b.json", IMMUTABLE),
        ("about.html", NO_CACHE),
        ("docs/page-DkR3x9aB.html", NO_CACHE),
        ("_next/static/x.HTML", NO_CACHE),
        ("sw.js", NO_CACHE),
        ("sw.bundle.js", NO_CACHE),
        ("app/service-worker.js", NO_CACHE),
        ("serviceWorker.js", NO_CACHE),
        ("flutter_service_worker.js", NO_CACHE),
        ("firebase-messaging-sw.js", NO_CACHE),
        ("ngsw-worker.js", NO_CACHE),
        ("ngsw.json", NO_CACHE),
        ("OneSignalSDKWorker.js", NO_CACHE),
        ("mockServiceWorker.js", NO_CACHE),
        ("manifest.json", NO_CACHE),
        ("ico/site.webmanifest", NO_CACHE),
        ("asset-manifest.json", NO_CACHE),
        ("version.json", NO_CACHE),
        ("_app/version.json", NO_CACHE),
        ("_nuxt/builds/latest.json", NO_CACHE),
        ("remoteEntry.js", NO_CACHE),
        ("_next/static/chunks/remoteEntry.js", NO_CACHE),
        ("checkout/remoteEntry.json", NO_CACHE),
        ("mf-manifest.json", NO_CACHE),
        ("importmap.json", NO_CACHE),
        ("env-config.js", NO_CACHE),
        ("runtime-config.js", NO_CACHE),
        ("robots.txt", SHORT),
        ("favicon.ico", SHORT),
        ("jquery.min.js", SHORT),
        ("answer.js", SHORT),
        ("fonts/Poppins-SemiBold.ttf", SHORT),
    ],
)
def test_caching_follows_from_the_name(path: str, expected: str) -> None:
    assert cache_control(path, entry_page=False, rules=()) == expected


def test_an_entry_page_is_asked_for_each_time_whatever_its_name() -> None:
    assert cache_control("app-3f2a9c1b.js", entry_page=True, rules=()) == NO_CACHE


def test_what_the_neighbours_told_goes_before_the_name_alone() -> None:
    unsure = "assets/events-ScvujZIy.js"
    assert cache_control(unsure, entry_page=False, rules=(), hashed=True) == IMMUTABLE
    sure = "assets/index-DkR3x9aB.js"
    assert cache_control(sure, entry_page=False, rules=(), hashed=False) == SHORT


def test_no_file_is_encoded_without_a_rule() -> None:
    assert encoding("app.js.gz", ()) == ""
    assert encoding("app.js.gz", (HeaderRule("*.gz", "gzip"),)) == "gzip"


def test_the_first_rule_that_matches_wins() -> None:
    rules = (HeaderRule("a/*.js", "text/first"), HeaderRule("**/*.js", "text/second"))
    assert content_type("a/b.js", rules) == "text/first"
    assert content_type("b.js", rules) == "text/second"
    assert content_type("b.css", rules) == "text/css; charset=utf-8"


def test_a_rule_goes_before_every_built_in_answer() -> None:
    rules = (HeaderRule("**", "public, max-age=60"),)
    for path in ("index.html", "sw.js", "assets/index-DkR3x9aB.js", "blob"):
        assert cache_control(path, entry_page=False, rules=rules) == "public, max-age=60"


@pytest.mark.parametrize(
    ("path", "entry_page"),
    [("index.html", True), ("docs/a.html", False), ("a.htm.br", False), ("remoteEntry.js", True)],
)
def test_no_rule_may_make_a_page_immutable(*, path: str, entry_page: bool) -> None:
    rules = (HeaderRule("**", "public, max-age=31536000, Immutable"),)
    with pytest.raises(BadInput, match=r"narrow its glob, for example to assets/\*\*"):
        cache_control(path, entry_page=entry_page, rules=rules)


@pytest.mark.parametrize("value", ["", " gzip", "gzip ", "a\nb: c", "größe", "a\x7f"])
def test_a_value_that_is_no_header_is_refused(value: str) -> None:
    with pytest.raises(BadInput, match="printable ASCII"):
        HeaderRule("**", value)


def test_a_rule_with_a_wrong_glob_is_refused() -> None:
    with pytest.raises(BadInput, match=r"'assets/\*\*'"):
        HeaderRule("assets/", NO_CACHE)


def test_rules_keep_the_order_of_the_configuration() -> None:
    by = Classification.of(
        content_type={"b": "text/b", "a": "text/a"}, cache_control={"c": "no-store"}, encoding={}
    )
    assert by == Classification(
        content_type=(HeaderRule("b", "text/b"), HeaderRule("a", "text/a")),
        cache_control=(HeaderRule("c", "no-store"),),
    )


def test_a_build_is_classified_as_a_whole() -> None:
    sure = ["assets/a-DkR3x9aB.js", "assets/b-B7rd5ri4.js", "assets/c-D_NgvQbV.js"]
    by = Classification.of(content_type={}, cache_control={}, encoding={"**/*.br": "br"})
    served = classify(
        [*sure, "assets/events-ScvujZIy.js", "main.js", "index.html", "app.js.br"],
        entry_pages=["main.js"],
        by=by,
    )
    script = "text/javascript; charset=utf-8"
    assert served == {
        **{path: Served(script, IMMUTABLE, "") for path in sure},
        "assets/events-ScvujZIy.js": Served(script, IMMUTABLE, ""),
        "main.js": Served(script, NO_CACHE, ""),
        "index.html": Served("text/html; charset=utf-8", NO_CACHE, ""),
        "app.js.br": Served(script, SHORT, "br"),
    }
