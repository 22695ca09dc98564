from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from crossfade.local.stack.prefect_server import prefect_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.local.stack.prefect_server import PrefectServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    with prefect_server(tmp_path_factory.mktemp("prefect") / "home") as started:
        yield started
    with pytest.raises(OSError, match="refused"):  # nothing of it is left
        answer(f"{started.api_url}/health")


def answer(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310  loopback
        body: bytes = response.read()
        return body


def test_the_api_answers(server: PrefectServer) -> None:
    assert json.loads(answer(f"{server.api_url}/health")) is True


def test_the_page_calls_the_api_of_this_server(server: PrefectServer) -> None:
    assert b"<title>Prefect Server</title>" in answer(server.ui_url)
    assert json.loads(answer(f"{server.ui_url}/ui-settings"))["api_url"] == server.api_url


def test_its_state_is_in_the_given_folder(server: PrefectServer) -> None:
    assert (server.home / "prefect.db").is_file()


def test_a_program_with_its_variables_talks_to_it(server: PrefectServer) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "prefect", "config", "view", "--hide-sources"],
        env={**os.environ, **server.environment()},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert f"PREFECT_API_URL='{server.api_url}'" in finished.stdout
    assert f"PREFECT_HOME='{server.home}'" in finished.stdout
