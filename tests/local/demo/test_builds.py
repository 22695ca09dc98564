from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput
from crossfade.local.demo.builds import PLACEHOLDER, make_builds

if TYPE_CHECKING:
    from pathlib import Path

    from crossfade.local.demo.builds import Builds


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    return make_builds(tmp_path_factory.mktemp("builds"))


def test_both_builds_are_whole(builds: Builds) -> None:
    first = [path for path in builds.first.rglob("*") if path.is_file()]
    second = [path for path in builds.second.rglob("*") if path.is_file()]
    assert len(first) > 80
    assert len(second) > 200


def test_no_placeholder_is_left(builds: Builds) -> None:
    for build in (builds.first, builds.second):
        for path in build.rglob("*"):
            assert not path.is_file() or PLACEHOLDER not in path.read_bytes(), path


def test_every_asset_of_both_pages_is_there(builds: Builds) -> None:
    for build in (builds.first, builds.second):
        page = (build / "index.html").read_text()
        named = re.findall(r'(?:src|href)="/(assets/[^"]+)"', page)
        assert len(named) > 2
        for name in named:
            assert (build / name).is_file(), name


def test_the_package_is_not_imported(tmp_path: Path) -> None:
    before = set(sys.modules)
    make_builds(tmp_path)
    assert not {name for name in set(sys.modules) - before if name.startswith("prefect")}


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nosuchpackage, which is not installed"):
        make_builds(tmp_path, package="nosuchpackage")


def test_a_package_without_builds_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="moto has no front-end build"):
        make_builds(tmp_path, package="moto")
