from __future__ import annotations

import gzip
import mimetypes
import threading
import time
from typing import TYPE_CHECKING

import pytest

from crossfade.local.demo.builds import make_builds
from crossfade.local.demo.page import of_page
from crossfade.local.demo.visitor import PROBLEMS, Visitor, Visits, visiting
from crossfade.local.stack.caching import Behaviour
from crossfade.local.stack.edge import Object, edge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HTML, JS, CSS = "text/html", "text/javascript", "text/css"


class Site:
    """Objects by key, which a test changes while visitors come."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}

    def put(self, key: str, body: str, kind: str, *, encoding: str = "") -> None:
        content = gzip.compress(body.encode()) if encoding else body.encode()
        self.objects[key] = Object(content, kind, "no-cache", '"e"', encoding)

    def remove(self, key: str) -> None:
        del self.objects[key]

    def release(self, number: int) -> None:
        """Publish an edition: assets first, the page last, nothing removed."""
        self.put(f"assets/lazy-{number}.js", f'import("./deep-{number}.js")', JS)
        self.put(f"assets/deep-{number}.js", "export {}", JS)
        self.put(f"assets/part-{number}.js", "export {}", JS)
        self.put(f"assets/app-{number}.css", "body{}", CSS)
        self.put(
            f"assets/app-{number}.js",
            f'import"./part-{number}.js";const f=()=>import("./lazy-{number}.js")',
            JS,
        )
        page = (
            f'<script type="module" src="/assets/app-{number}.js"></script>'
            f'<link rel="stylesheet" href="/assets/app-{number}.css">'
        )
        self.put("index.html", page, HTML)


@pytest.fixture
def site() -> Site:
    published = Site()
    published.release(1)
    return published


def visits(
    site: Site,
    meanwhile: Callable[[Visitor], None],
    *,
    behaviour: Behaviour | None = None,
    expect: Callable[[str, bytes], bool] | None = None,
) -> Visits:
    """Let visitors come, do something meanwhile, and return what they saw in all."""
    with edge(fetch=site.objects.get, behaviour=behaviour) as cache:
        with visiting(cache.url, visitors=2, pause=0.001, expect=expect) as visitor:
            wait_for(visitor, pages=3)
            meanwhile(visitor)
            wait_for(visitor, pages=visitor.visits().pages + 4)
        return visitor.visits()


def wait_for(visitor: Visitor, *, pages: int) -> None:
    deadline = time.monotonic() + 10
    while visitor.visits().pages < pages:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def nothing(_: Visitor) -> None:
    """Let the visitors come."""


def test_whole_pages_are_counted_with_their_assets(site: Site) -> None:
    seen = visits(site, nothing)
    assert seen.pages >= 7
    assert (seen.broken, seen.problems) == (0, ())
    assert seen.assets == 3 * seen.pages + 2  # app, part and style; then two lazy ones once
    assert (seen.old_tabs, seen.old_tabs_broken) == (1, 0)


def test_a_promote_in_the_right_order_breaks_nothing_and_keeps_old_tabs(site: Site) -> None:
    seen = visits(site, lambda _: site.release(2))
    assert (seen.broken, seen.old_tabs, seen.old_tabs_broken) == (0, 2, 0)


def test_a_page_before_its_assets_is_broken(site: Site) -> None:
    def promote_in_wrong_order(visitor: Visitor) -> None:
        site.put("index.html", '<script src="/assets/app-2.js"></script>', HTML)
        wait_for(visitor, pages=visitor.visits().pages + 4)
        site.release(2)

    seen = visits(site, promote_in_wrong_order)
    assert 0 < seen.broken < seen.pages
    assert seen.problems == ("/: /assets/app-2.js was answered with 403",)


def test_a_missing_import_of_a_module_breaks_its_page(site: Site) -> None:
    seen = visits(site, lambda _: site.remove("assets/part-1.js"))
    assert seen.broken > 0
    assert "/: /assets/part-1.js was answered with 403" in seen.problems


def test_an_old_tab_whose_lazy_asset_was_removed_is_broken(site: Site) -> None:
    def retire_too_early(_: Visitor) -> None:
        site.release(2)
        del site.objects["assets/lazy-1.js"]

    seen = visits(site, retire_too_early)
    assert (seen.broken, seen.old_tabs, seen.old_tabs_broken) == (0, 2, 1)
    assert seen.problems == ("old tab of /: /assets/lazy-1.js was answered with 403",)


def test_what_a_lazy_module_loads_lazily_belongs_to_the_old_tab(site: Site) -> None:
    seen = visits(site, lambda _: site.remove("assets/deep-1.js"))
    assert (seen.broken, seen.old_tabs_broken) == (0, 1)


def test_tabs_can_be_used_at_any_moment(site: Site) -> None:
    seen = visits(site, lambda visitor: visitor.return_to_tabs())
    assert (seen.old_tabs, seen.old_tabs_broken) == (2, 0)


def test_a_page_in_place_of_a_script_is_broken(site: Site) -> None:
    seen = visits(
        site,
        lambda _: site.remove("assets/app-1.js"),
        behaviour=Behaviour(spa_fallback=True),
    )
    assert seen.broken > 0
    assert "/: /assets/app-1.js is of type text/html, not a script" in seen.problems


def test_a_style_sheet_of_a_wrong_type_is_broken(site: Site) -> None:
    seen = visits(site, lambda _: site.put("assets/app-1.css", "", "binary/octet-stream"))
    assert "/: /assets/app-1.css is of type binary/octet-stream, not a style sheet" in seen.problems


def test_wrong_bytes_under_a_right_name_are_broken(site: Site) -> None:
    right = {f"/{key}": found.body for key, found in site.objects.items()}

    def expect(path: str, body: bytes) -> bool:
        return right.get(path, body) == body

    seen = visits(site, lambda _: site.put("assets/app-1.css", "other", CSS), expect=expect)
    assert 0 < seen.broken < seen.pages
    assert seen.problems == ("/: /assets/app-1.css has wrong bytes",)


def test_a_missing_page_is_broken(site: Site) -> None:
    seen = visits(site, lambda _: site.remove("index.html"))
    assert seen.broken > 0
    assert seen.problems == ("/: was answered with 403",)


def test_compressed_modules_are_read(site: Site) -> None:
    site.put("assets/app-1.js", 'import"./none.js"', JS, encoding="gzip")
    seen = visits(site, nothing)
    assert seen.broken == seen.pages
    assert seen.problems == ("/: /assets/none.js was answered with 403",)


def test_an_edge_that_is_gone_breaks_every_page(site: Site) -> None:
    with edge(fetch=site.objects.get) as cache:
        url = cache.url
    with visiting(url, visitors=1, pause=0.001) as visitor:
        wait_for(visitor, pages=3)
    assert visitor.visits().broken == visitor.visits().pages
    assert visitor.visits().problems == ("/: got no answer (ConnectionRefusedError)",)


def test_only_the_first_problems_are_kept_in_words() -> None:
    many = Visits(problems=tuple(str(number) for number in range(PROBLEMS + 5)))
    assert (Visits() + many + many).problems == many.problems[:PROBLEMS]


def test_real_builds_load_whole_and_one_missing_file_is_noticed(tmp_path: Path) -> None:
    mimetypes.add_type(JS, ".js")
    builds = make_builds(tmp_path)
    for build in (builds.first, builds.second):
        site = Site()
        for path in build.rglob("*"):
            if path.is_file():
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                key = path.relative_to(build).as_posix()
                site.objects[key] = Object(path.read_bytes(), kind, "max-age=60", '"e"')
        whole = visits(site, nothing)
        assert (whole.broken, whole.old_tabs_broken, whole.problems) == (0, 0, ())
        page = site.objects["index.html"].body.decode()
        site.remove(of_page(page, "/").eager[-2].path[1:])
        broken = visits(site, nothing)
        assert broken.broken == broken.pages
    assert threading.active_count() < 10
