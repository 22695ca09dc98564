from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.source.tar import Tar
from tests.adapters.source.packing import FILES, add, pack_tar, read, refusal

if TYPE_CHECKING:
    from pathlib import Path


def tar(folder: Path, *members: tuple[str, bytes, str]) -> Path:
    """Write a tar of members (name, type, link target); files hold their own name."""
    path = folder / "dist.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind, link in members:
            add(
                archive,
                name,
                name.encode() if kind == tarfile.REGTYPE else b"",
                kind=kind,
                link=link,
            )
    return path


def test_a_tar_of_a_folder_s_content_has_no_dot_in_its_paths(tmp_path: Path) -> None:
    path = tar(
        tmp_path,
        ("./", tarfile.DIRTYPE, ""),
        ("./assets", tarfile.DIRTYPE, ""),
        ("./assets/a.js", tarfile.REGTYPE, ""),
    )
    assert read(path) == {"assets/a.js": b"./assets/a.js"}


def test_links_in_a_tar_are_there_under_both_names(tmp_path: Path) -> None:
    path = tar(
        tmp_path,
        ("b/soft", tarfile.SYMTYPE, "../a/file"),
        ("a/file", tarfile.REGTYPE, ""),
        ("hard", tarfile.LNKTYPE, "a/file"),
    )
    assert read(path) == dict.fromkeys(["a/file", "b/soft", "hard"], b"a/file")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../etc/passwd", "gone"])
def test_other_links_in_a_tar_are_refused(kind: bytes, target: str, tmp_path: Path) -> None:
    path = tar(tmp_path, ("index.html", tarfile.REGTYPE, ""), ("a/x", kind, target))
    assert f"because of 'a/x': it is a {'symbolic' if kind == b'2' else 'hard'}" in refusal(path)


def test_writing_through_a_link_is_impossible(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    path = tar(
        tmp_path,
        ("a", tarfile.SYMTYPE, str(outside)),
        ("a/evil", tarfile.REGTYPE, ""),
    )
    refusal(path)
    assert not list(outside.iterdir())


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, b"Z"])
def test_devices_and_pipes_in_a_tar_are_refused(kind: bytes, tmp_path: Path) -> None:
    path = tar(tmp_path, ("index.html", tarfile.REGTYPE, ""), ("x", kind, ""))
    assert "because of 'x': it is a device, pipe or socket" in refusal(path)


def test_a_name_twice_in_a_tar_is_refused(tmp_path: Path) -> None:
    path = tar(tmp_path, ("a", tarfile.REGTYPE, ""), ("./a", tarfile.REGTYPE, ""))
    assert "it is there twice" in refusal(path)


def test_two_tars_in_one_file_are_refused_and_not_read_by_half(tmp_path: Path) -> None:
    path = pack_tar(tmp_path, FILES)
    path.write_bytes(path.read_bytes() * 2)
    assert "there is more behind its end" in refusal(path)


def test_endless_zeros_behind_a_tar_are_not_read_to_their_end(tmp_path: Path) -> None:
    path = pack_tar(tmp_path, FILES)
    with path.open("r+b") as file:
        file.truncate(1024**4)
    assert "there is more behind its end" in refusal(path)


def test_a_name_that_claims_gigabytes_is_not_read_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 200 * 1024**2
    path = tmp_path / "dist.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(info.tobuf(tarfile.GNU_FORMAT))
        stream.write(bytes(info.size))
    tracemalloc.start()
    try:
        assert "a header claims 209715200 bytes" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_sparse_file_counts_with_what_it_unpacks_to(tmp_path: Path) -> None:
    hole = tmp_path / "hole"
    with hole.open("wb") as file:
        file.truncate(150 * 1024**2)
    info = tarfile.TarInfo("hole")
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:398] = b"%011o\0" % 0  # one piece of no bytes at 0, and the real size
    header[398:410] = b"%011o\0" % 0
    header[483:495] = b"%011o\0" % (150 * 1024**2)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = tmp_path / "dist.tar"
    path.write_bytes(bytes(header) + bytes(1024))
    assert "because of 'hole': with it, there is more to unpack than 200 times" in refusal(path)


def test_a_tar_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = pack_tar(tmp_path, {os.fsdecode(b"caf\xe9.js"): b""})
    assert "not valid UTF-8" in refusal(path)


def test_headers_are_read_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "dist.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(5000):
            add(archive, f"{number}.js")
            archive.members = []  # type: ignore[attr-defined]  # see source_tar
    tracemalloc.start()
    try:
        assert sum(1 for _ in Tar(path, compressed=False).members()) == 5000
        assert tracemalloc.get_traced_memory()[1] < 1024**2
    finally:
        tracemalloc.stop()


def test_a_tar_cut_anywhere_before_its_end_is_refused(tmp_path: Path) -> None:
    path = pack_tar(tmp_path, FILES)
    whole = path.read_bytes()
    end = len(whole.rstrip(b"\0"))  # the last member is empty: behind it there are only zeros
    end += -end % 512
    for size in [*range(0, end, 211), end, end + 511]:
        path.write_bytes(whole[:size])
        assert "cannot be read as an archive" in refusal(path)
    path.write_bytes(whole[: end + 512])
    assert read(path) == FILES


def sparse(folder: Path, *, major: str = "0", minor: str = "1", **headers: str) -> Path:
    """Write a tar with a file of GNU's sparse form: 3 bytes, behind a hole of 5."""
    path = folder / "dist.tar"
    info = tarfile.TarInfo("GNUSparseFile.0/hole.bin")
    body = b"end" if major == "0" else b"1\n5\n3\n".ljust(512, b"\0") + b"end"
    info.size = len(body)
    info.pax_headers = {
        "GNU.sparse.major": major,
        "GNU.sparse.minor": minor,
        "GNU.sparse.name": "hole.bin",
        "GNU.sparse.realsize": "8",
        **({"GNU.sparse.size": "8", "GNU.sparse.map": "5,3"} if major == "0" else {}),
        **headers,
    }
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(body))
    return path


def test_a_sparse_file_has_zeros_in_its_holes(tmp_path: Path) -> None:
    for form in ({}, {"major": "1", "minor": "0"}):
        (body,) = read(sparse(tmp_path, **form)).values()
        assert body == b"\0\0\0\0\0end"


@pytest.mark.parametrize(
    "damage",
    [
        {"GNU.sparse.map": "5,three"},
        {"GNU.sparse.map": ""},
    ],
)
def test_a_sparse_file_whose_holes_are_no_numbers_is_damage(
    damage: dict[str, str], tmp_path: Path
) -> None:
    assert "a header holds what is no number" in refusal(sparse(tmp_path, **damage))


@pytest.mark.parametrize("places", [b"x\n5\n3\n", b"2\n5\n", b"1\n5\n\n", b""])
def test_a_sparse_file_whose_list_of_holes_is_damaged_is_refused(
    places: bytes, tmp_path: Path
) -> None:
    path = sparse(tmp_path, major="1", minor="0")
    path.write_bytes(path.read_bytes().replace(b"1\n5\n3\n", places.ljust(6, b"\0")))
    assert "cannot be read as an archive" in refusal(path)
