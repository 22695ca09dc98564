"""The page for everybody, opened from a file: alone, in both schemes, on a telephone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.page.render import rendered
from crossfade.adapters.picture.draw import draw_ramp
from crossfade.plan.report.compose import page_of
from tests.adapters.picture.test_draw import long_ramp
from tests.e2e.chromium import chromium
from tests.plan.report.known import at, half, held, job, migration, open_, promoted, site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("CROSSFADE_SHOTS", "")
"""A folder that keeps what was seen."""

CONTRAST = """() => {
  const light = text => {
    const [r, g, b] = text.match(/[0-9.]+/g).map(one => one / 255)
      .map(one => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = it => {
    while (it && getComputedStyle(it).backgroundColor === 'rgba(0, 0, 0, 0)') it = it.parentElement;
    return getComputedStyle(it || document.body).backgroundColor;
  };
  return [...document.querySelectorAll('body *:not(svg *)')]
    .filter(it => [...it.childNodes].some(one => one.nodeType === 3 && one.data.trim()))
    .map(it => {
      const [a, b] = [light(getComputedStyle(it).color), light(ground(it))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), it.className || it.tagName, it.textContent.slice(0, 40)];
    })
    .filter(([ratio]) => ratio < 4.5);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's or the system's Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with something of everything, and with long names."""
    made = promoted(1, "1.1.0", "1.0.0")
    long = "2026.11.28-feature-a-rather-long-branch-name.1234567890abcdef"
    left = site(long, subject="sites/a-place-with-a-long-name/checkout", open=open_())
    known = (
        site("1.1.0", made_by=made, operations=(made,), url="https://app.example"),
        left,
        site(
            subject="sites/staging/web",
            trouble=f"s3://acme-state/journal/{long}/head.json is damaged",
        ),
        migration(half(), operations=(held(5, "bakes", ("errors", "pass")), held(3, long * 3))),
        job(),
    )
    page = page_of(known, subject="", now=at(10))
    file = tmp_path_factory.mktemp("page") / "crossfade.html"
    file.write_text(rendered(page, {"shop": draw_ramp(long_ramp())}), encoding="utf-8")
    return file


def opened(browser: Browser, file: Path, *, scheme: str, width: int) -> tuple[Page, list[str]]:
    """Open the page; return it, and every address that was asked for."""
    page = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
        viewport={"width": width, "height": 800},
    ).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: asked.append(said.text))
    page.goto(file.as_uri(), wait_until="load")
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"report-{scheme}-{width}.png", full_page=True)
    return page, asked


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_asks_for_nothing_and_fits_its_window(
    browser: Browser, file: Path, scheme: str, width: int
) -> None:
    page, asked = opened(browser, file, scheme=scheme, width=width)
    assert [one for one in asked if not one.startswith("data:")] == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("figure svg").bounding_box()["height"] > 300  # type: ignore[index]  # shown
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(browser: Browser, file: Path, scheme: str) -> None:
    page, _ = opened(browser, file, scheme=scheme, width=800)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(246, 246, 244)") is (scheme == "light")
    assert page.evaluate(CONTRAST) == []
    page.context.close()


def test_one_click_selects_a_whole_command(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file, scheme="light", width=800)
    page.get_by_text("crossfade rollback production web").click()
    assert page.evaluate("getSelection().toString()") == "crossfade rollback production web"
    page.context.close()
