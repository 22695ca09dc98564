"""The folder of `local up`: one start at a time, a world that goes whole, an edited file stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput
from crossfade.local.up.folder import (
    FRESH,
    Left,
    digest,
    fresh_world,
    leave,
    left,
    occupied,
    write_configuration,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_start_does_not_get_the_folder_and_reads_where_the_first_one_is(
    tmp_path: Path,
) -> None:
    with occupied(tmp_path) as first:
        leave(tmp_path, Left(ports={"prefect": 4200}, shown={"start": "http://there"}))
        with occupied(tmp_path) as second:
            assert (first, second) == (True, False)
            assert left(tmp_path).shown == {"start": "http://there"}
    with occupied(tmp_path) as third:
        assert third


def test_a_world_goes_whole_and_what_is_beside_it_stays(tmp_path: Path) -> None:
    world = fresh_world(tmp_path)
    (world / "prefect").mkdir()
    (world / "prefect" / "prefect.db").touch()
    (tmp_path / "mine").touch()
    again = fresh_world(tmp_path)
    assert again == world
    assert not (world / "prefect").exists()
    assert (tmp_path / "mine").exists()


def test_a_folder_of_that_name_that_is_somebody_s_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "thesis.txt").touch()
    with pytest.raises(BadInput, match="was not made by `crossfade local up`"):
        fresh_world(tmp_path)
    assert (tmp_path / "world" / "thesis.txt").exists()


def test_a_configuration_that_nobody_edited_is_written_anew(tmp_path: Path) -> None:
    first, _ = write_configuration(tmp_path, "port = 1", Left())
    _, edited = write_configuration(tmp_path, "port = 2", Left(written=digest("port = 1")))
    assert not edited
    assert first.read_text() == "port = 2"


@pytest.mark.parametrize("before", [Left(), Left(written=digest("port = 1"))])
def test_an_edited_configuration_stays_and_the_fresh_one_is_beside_it(
    tmp_path: Path, before: Left
) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_text("port = 1 # mine")
    there, edited = write_configuration(tmp_path, "port = 2", before)
    assert (there, edited) == (file, True)
    assert file.read_text() == "port = 1 # mine"
    assert (tmp_path / FRESH).read_text() == "port = 2"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"colour": "red"}'])
def test_what_a_start_left_and_cannot_be_read_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "up.json").write_text(text)
    assert left(tmp_path) == Left()
