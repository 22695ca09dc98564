from __future__ import annotations

import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.adapters.source.packing import FILES, pack_zip, read, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def zip_with_mode(folder: Path, name: str, mode: int, data: bytes = b"") -> Path:
    path = folder / "dist.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.html", b"<h1>")
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, mode << 16
        archive.writestr(info, data)
    return path


def test_links_in_a_zip_are_there_under_both_names(tmp_path: Path) -> None:
    path = zip_with_mode(tmp_path, "a/x", stat.S_IFLNK | 0o777, b"../index.html")
    assert read(path) == {"index.html": b"<h1>", "a/x": b"<h1>"}


@pytest.mark.parametrize("target", [b"/etc/passwd", b"../../x", b"gone", b"x", b"\xff"])
def test_other_links_in_a_zip_are_refused(target: bytes, tmp_path: Path) -> None:
    path = zip_with_mode(tmp_path, "x", stat.S_IFLNK | 0o777, target)
    assert "because of 'x': it is a " in refusal(path)


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_devices_and_pipes_in_a_zip_are_refused(kind: int, tmp_path: Path) -> None:
    assert "it is a device, pipe or socket" in refusal(zip_with_mode(tmp_path, "x", kind))


@pytest.mark.parametrize(("name", "mode"), [("a/", 0), ("a/", 0o644), ("a", stat.S_IFDIR)])
def test_folders_in_a_zip_are_no_files(name: str, mode: int, tmp_path: Path) -> None:
    assert read(zip_with_mode(tmp_path, name, mode)) == {"index.html": b"<h1>"}


def test_a_name_twice_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dist.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a", "2")
    assert "because of 'a': it is there twice" in refusal(path)


def edited(path: Path, change: Callable[[bytearray, int, int], None]) -> Path:
    """Change the first member's headers: called with the bytes, local and central offsets."""
    data = bytearray(path.read_bytes())
    change(data, data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02"))
    path.write_bytes(data)
    return path


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    def encrypt(data: bytearray, local: int, central: int) -> None:
        data[local + 6] |= 1
        data[central + 8] |= 1

    path = edited(pack_zip(tmp_path, FILES), encrypt)
    assert "because of 'index.html': it is encrypted: pack it again without" in refusal(path)


def test_an_unknown_compression_is_refused(tmp_path: Path) -> None:
    def compress(data: bytearray, local: int, central: int) -> None:
        data[local + 8 : local + 10] = data[central + 10 : central + 12] = struct.pack("<H", 97)

    assert "cannot be read" in refusal(edited(pack_zip(tmp_path, FILES), compress))


def test_a_member_shorter_than_it_says_is_refused(tmp_path: Path) -> None:
    def lengthen(data: bytearray, local: int, central: int) -> None:
        data[local + 22 : local + 26] = data[central + 24 : central + 28] = struct.pack("<I", 99)

    text = refusal(edited(pack_zip(tmp_path, FILES), lengthen))
    assert "is damaged: 'index.html' has 4 bytes and not 99" in text


def test_a_member_longer_than_it_says_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    def shorten(data: bytearray, local: int, central: int) -> None:
        data[local + 22 : local + 26] = data[central + 24 : central + 28] = struct.pack("<I", 9)

    path = edited(pack_zip(tmp_path, {"large": bytes(10 * 1024**2)}), shorten)
    assert "Bad CRC-32" in refusal(path)


def test_a_zip_in_which_fewer_members_are_found_than_it_states_is_refused(tmp_path: Path) -> None:
    def swallow(data: bytearray, _local: int, central: int) -> None:
        second = data.index(b"PK\x01\x02", central + 1)
        third = data.index(b"PK\x01\x02", second + 1)
        data[second + 32 : second + 34] = struct.pack("<H", data.index(b"PK\x05\x06") - third)

    text = refusal(edited(pack_zip(tmp_path, FILES), swallow))
    assert "it states 3 members and 2 are found" in text


def test_a_zip_may_have_a_comment(tmp_path: Path) -> None:
    path = pack_zip(tmp_path, FILES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"built by hand" * 100
    assert read(path) == FILES


def test_a_nul_in_a_zip_name_does_not_cut_it(tmp_path: Path) -> None:
    path = pack_zip(tmp_path, {"evil.jsX.png": b""})
    path.write_bytes(path.read_bytes().replace(b"evil.jsX.png", b"evil.js\0.png"))
    assert "control character U+0000" in refusal(path)


def unflagged(folder: Path, name: bytes) -> Path:
    """A zip whose one name is these bytes, without the flag that says UTF-8."""
    stand_in = "x" * len(name)
    path = pack_zip(folder, {stand_in: b"1"})
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), name))
    return path


def test_zip_names_in_utf_8_are_read_also_without_the_flag(tmp_path: Path) -> None:
    assert read(unflagged(tmp_path, "größe-日本.js".encode())) == {"größe-日本.js": b"1"}


def test_zip_names_in_another_encoding_are_refused_and_not_guessed(tmp_path: Path) -> None:
    text = refusal(unflagged(tmp_path, "größe.js".encode("cp437")))
    assert "does not say in which encoding its names are: pack it again with a tool" in text


def test_a_zip_that_says_utf_8_and_is_not_is_refused(tmp_path: Path) -> None:
    path = pack_zip(tmp_path, {"ä.js": b"1"})
    path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xe4\xe4"))
    assert "cannot be read as an archive" in refusal(path)
