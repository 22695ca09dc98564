"""The picture of a ramp on the artifact's page, in both of Prefect's own user interfaces."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.picture.draw import draw_ramp
from crossfade.local.stack.prefect_server import prefect_server
from tasks.pictures import picture_address
from tasks.ramp_pages import timeline_page
from tests.adapters.picture.test_draw import long_ramp
from tests.e2e.chromium import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DRAWN = "[...document.images].some(one => one.alt.startsWith('timeline') && one.naturalWidth > 800)"


@pytest.fixture
def page() -> Iterator[Page]:
    """A tab."""
    with chromium() as browser:
        yield browser.new_page()


def stored(api: str, text: str) -> str:
    """Store a page as an artifact and return its id."""
    body = json.dumps({"key": "timeline-shop", "type": "markdown", "data": text}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{api}/artifacts/", body, headers)  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  loopback
        return str(json.load(answer)["id"])


def test_the_picture_is_shown_in_both_user_interfaces(page: Page, tmp_path: Path) -> None:
    ramp = long_ramp()
    text = timeline_page(ramp, picture_address(draw_ramp(ramp)))
    with prefect_server(tmp_path) as server:
        identifier = stored(server.api_url, text)
        page.goto(f"{server.ui_url}/artifacts/artifact/{identifier}")
        page.wait_for_function(DRAWN, timeout=30_000)
        page.get_by_text("Switch to V2 UI").click()
        page.wait_for_url("**/v2/**")
        page.goto(f"{server.ui_url}/v2/artifacts/artifact/{identifier}")
        page.wait_for_function(DRAWN, timeout=30_000)
