"""Fixtures that tell a story: an AWS account with buckets, a build, a site, an operator."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from moto import mock_aws
from xdist.scheduler import LoadScopeScheduling

from crossfade.local.strict.strict import make_strict
from tests.once import found_out_once
from tests.seaweed import KEYS, seaweed
from tests.story import ENVIRONMENT, Story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.local.strict.strict import Strict


# How long an example takes says how busy the machine is, not whether the code is right. A change is
# judged by the same examples each time; `make test-all` searches for new ones.
hypothesis_settings.register_profile(
    "search", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "same", hypothesis_settings.get_profile("search"), derandomize=True
)
hypothesis_settings.load_profile("same")

TOGETHER = {
    "tests/flows/": "servers of Prefect",
    "tests/local/stack/test_prefect_server.py": "servers of Prefect",
    "tests/local/demo/test_cron_demo.py": "cron demo",
    "tests/local/demo/test_ramp_demo.py": "ramp demo",
    "tests/operations/purge/": "purges",
    "tests/test_wheel.py": "wheel",
}
"""Where the tests of a folder or file share what takes seconds to make, such as a server, and what
they share; two servers that start at once keep each other waiting for minutes."""


class SharedOnce(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out tests one by one, but all that share something dear to one process."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (what for place, what in TOGETHER.items() if nodeid.startswith(place))
        return next(shared, nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SharedOnce | None:
    """Choose how xdist hands out tests, unless the command line does."""
    return SharedOnce(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session", autouse=True)
def _found_out_once() -> Iterator[None]:
    """Half of what the tests cost would go to what never changes."""
    with found_out_once():
        yield


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's AWS profile and configuration out of every test."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CROSSFADE_")):
            monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def seaweed_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real S3 server, one for the session."""
    with seaweed(tmp_path_factory.mktemp("seaweed")) as endpoint:
        yield endpoint


@pytest.fixture
def seaweed_story(
    seaweed_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Story]:
    """The story on a real S3 server: empty buckets for each test."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL_S3": seaweed_endpoint}.items():
        monkeypatch.setenv(name, value)
    story = Story(boto3.Session(), tmp_path)
    story.founded()
    yield story
    story.razed()


@pytest.fixture
def strict(_no_settings_of_this_machine: None) -> Iterator[Strict]:
    """AWS in process, as strict as the real one where a release tool would trip."""
    with mock_aws(), make_strict(invalidation_seconds=0) as handles:
        yield handles


@pytest.fixture
def story(strict: Strict, tmp_path: Path) -> Story:
    """Two environments, two components, nothing published yet."""
    return Story(boto3.Session(), tmp_path, strict).founded()
