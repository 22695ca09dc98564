"""The flow `publish`: a build becomes a release."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.operations.status.status import releases
from flows.publish import publish
from tests.story import BUILDS, FRONT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.conftest import Operator


@pytest.fixture
def build(operator: Operator) -> dict[str, Any]:
    """The parameters that publish a build."""
    source = operator.story.build(BUILDS["1.0.0"], "build")
    return {"source": source, "component": "web", "version": "1.0.0"}


def test_it_publishes_the_build(operator: Operator, build: dict[str, Any]) -> None:
    ran = operator.starts(publish, **build, commit="0a1b2c3", by="ci")
    (release,) = releases(operator.story.world(), "web")
    assert (release.version, release.commit, release.files) == ("1.0.0", "0a1b2c3", 5)
    assert ran.name == "publish-web-1.0.0"
    assert ran.message == "publish web 1.0.0: 5 of 5 files uploaded, 110 B of 110 B"


def test_its_page_says_how_to_make_it_live(operator: Operator, build: dict[str, Any]) -> None:
    page = operator.starts(publish, **build).artifacts()["release-web"]
    assert page.startswith("# web 1.0.0 is published\n")
    assert '{"component": "web", "version": "1.0.0"}' in page
    assert "Without Prefect: `crossfade promote ENV web 1.0.0`" in page


def test_publishing_the_same_again_is_a_success(operator: Operator, build: dict[str, Any]) -> None:
    operator.starts(publish, **build)
    again = operator.starts(publish, **build)
    assert again.state.is_completed()
    assert again.message.endswith("published already, with the same content; nothing to do")


def test_the_source_may_be_an_archive_in_s3(
    operator: Operator, build: dict[str, Any], tmp_path: Path
) -> None:
    archive = shutil.make_archive(str(tmp_path / "build"), "gztar", build["source"])
    world = operator.story.world()
    world.s3.upload_file(archive, FRONT, "ci/build.tar.gz")
    ran = operator.starts(publish, **{**build, "source": f"s3://{FRONT}/ci/build.tar.gz"})
    assert ran.message == "publish web 1.0.0: 5 of 5 files uploaded, 110 B of 110 B"


def test_a_taken_version_is_refused(operator: Operator, build: dict[str, Any]) -> None:
    operator.starts(publish, **build)
    other = operator.story.build(BUILDS["1.1.0"], "other")
    ran = operator.starts(publish, **{**build, "source": other})
    assert ran.message.startswith("Refused: web 1.0.0 is taken")
