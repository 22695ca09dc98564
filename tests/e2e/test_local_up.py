"""`crossfade local up`, and a person with a browser: the first page, its first click, the site.

Everything is one story on one start, which is the longest part of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.adapters.http.prefect_api import PrefectApi
from crossfade.local.sample.front import LIVE, NEXT, VERSIONS
from tests.e2e.chromium import chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

RUN_SECONDS, END_SECONDS = 200, 100
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
LAST = list(VERSIONS)[-1]


@dataclass(frozen=True)
class Start:
    """One start that is up."""

    process: subprocess.Popen[str]
    shown: dict[str, Any]

    @property
    def api(self) -> PrefectApi:
        return PrefectApi(f"{self.shown['prefect']}/api", seconds=60)

    def ended(self, deployment: str) -> dict[str, Any]:
        """Wait for the last run of a deployment to end, and return it."""
        identifier = self.api.deployment(deployment)["id"]
        asked = {
            "flow_runs": {"deployment_id": {"any_": [identifier]}},
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": 1,
        }

        def last() -> dict[str, Any] | None:
            rows = self.api.call("POST", "/flow_runs/filter", asked)
            return rows[0] if rows and rows[0]["state_type"] in ENDED else None

        run = until(last, RUN_SECONDS)
        assert run is not None, f"{deployment} did not end within {RUN_SECONDS} s"
        return run


def until(ask: Callable[[], Any], seconds: float) -> Any:
    """Ask until there is an answer or the time is up."""
    end = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < end:
        time.sleep(0.2)
    return answer


def types(folder: Path, **more: Any) -> subprocess.Popen[str]:
    """Type the one command."""
    words = [sys.executable, "-m", "crossfade", "local", "up", "--folder", str(folder), "--json"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **more)


@contextmanager
def up(folder: Path) -> Iterator[Start]:
    """Start everything; end it as Ctrl-C does."""
    with (folder / "log").open("w") as log, types(folder, stderr=log) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (folder / "log").read_text()
            yield Start(process, json.loads(line))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(END_SECONDS)


def of_folder(folder: Path) -> list[str]:
    """Return the processes of this machine that belong to a folder's stack."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(entry.name) != os.getpid() and str(folder).encode() in environment:
            found.append(words)
    return found


def choose(page: Page, field: str, value: str) -> None:
    """Open the list of a form's field, and choose from it."""
    page.get_by_label(f"Select {field}").first.click()
    page.get_by_role("option", name=value, exact=True).click()


def promotes_by_the_first_click(page: Page, start: Start) -> None:
    page.goto(start.shown["start"])
    page.get_by_role("link", name=f"Run: promote web {NEXT}").click()
    page.get_by_role("button", name="Submit").click()
    run = start.ended("promote/production")
    assert run["state_type"] == "COMPLETED", run["state"]["message"]
    assert run["state"]["message"].startswith(f"promote web {LIVE} -> {NEXT} in production")
    began, ended = run["expected_start_time"], run["end_time"]
    print(f"\nclicked {began}, ended {ended}; its own time {run['total_run_time']:.1f} s")  # noqa: T201
    page.goto(start.shown["site"])
    assert page.inner_text("h1") == NEXT
    assert "Promote another release" in page.inner_text("p")


def promotes_what_no_list_has(page: Page, start: Start) -> None:
    """Type a version into the form that was published after the forms were made."""
    form = f"/v2/deployments/deployment/{start.api.deployment('promote/production')['id']}/run"
    page.goto(f"{start.shown['prefect']}{form}")
    page.get_by_role("tab", name="Type").nth(1).click()
    page.get_by_role("textbox").nth(1).fill("9.9.9")
    page.get_by_role("button", name="Submit").click()
    run = start.ended("promote/production")
    while "9.9.9" not in run["name"]:
        run = start.ended("promote/production")
    assert run["state"]["message"].startswith("BadInput: web 9.9.9 is not published")


def test_from_one_command_to_a_promoted_site_and_to_its_end(tmp_path: Path) -> None:
    with up(tmp_path) as start, chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(RUN_SECONDS * 1000)
        promotes_by_the_first_click(page, start)
        promotes_what_no_list_has(page, start)
        again, _ = types(tmp_path).communicate(timeout=END_SECONDS)
        assert json.loads(again) == start.shown, "a second start finds the first"
        assert of_folder(tmp_path)
    assert start.process.returncode == 0
    assert of_folder(tmp_path) == []
