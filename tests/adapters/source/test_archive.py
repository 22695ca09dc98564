from __future__ import annotations

import os
import resource
import shutil
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.source.source import Contents, opened
from crossfade.errors import BadInput, Failed
from crossfade.plan.releases.archive import ArchiveLimits
from tests.adapters.source.packing import (
    FILES,
    no_fetch,
    pack_tar,
    pack_tar_gz,
    pack_zip,
    read,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Pack = Callable[[Path, Mapping[str, bytes]], Path]

every_kind = pytest.mark.parametrize("pack", [pack_zip, pack_tar, pack_tar_gz])


@pytest.fixture(autouse=True)
def unpacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where archives are unpacked; nothing may be left there."""
    folder = tmp_path / "unpacking"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


@every_kind
def test_an_archive_gives_its_files(pack: Pack, tmp_path: Path) -> None:
    assert read(pack(tmp_path, FILES)) == FILES


@every_kind
def test_upper_case_suffixes_and_tgz_are_known(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, FILES)
    name = path.name.upper().replace(".TAR.GZ", ".tgz")
    assert read(path.rename(tmp_path / name)) == FILES


@every_kind
def test_files_are_sorted_and_litter_is_left_out(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, {"b": b"", "a": b"", "__MACOSX/._a": b"", ".DS_Store": b""})
    with opened(path, fetch=no_fetch) as found:
        assert [file.path for file in found.files] == ["a", "b"]
        assert found.left_out == (".DS_Store", "__MACOSX/._a")


@every_kind
def test_names_are_kept_as_they_are_spelled(pack: Pack, tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "größe.js")
    long = "/".join(["x" * 200] * 4)
    odd = [decomposed, "a+b%20&c#d?.js", "日本/語 x.js", "🎉", long, "Index.html"]
    files = FILES | dict.fromkeys(odd, b"")
    assert read(pack(tmp_path, files)) == files


@every_kind
def test_a_folder_around_everything_stays(pack: Pack, tmp_path: Path) -> None:
    assert read(pack(tmp_path, {"package/index.html": b""})) == {"package/index.html": b""}


@every_kind
def test_a_checkout_in_an_archive_is_refused(pack: Pack, tmp_path: Path) -> None:
    assert "looks like a checkout" in refusal(pack(tmp_path, {".git/HEAD": b"", "a": b""}))


@every_kind
def test_an_archive_of_nothing_has_no_files(pack: Pack, tmp_path: Path) -> None:
    assert read(pack(tmp_path, {})) == {}


def test_archives_of_common_tools_are_read(tmp_path: Path) -> None:
    build = tmp_path / "dist"
    for name, data in FILES.items():
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_bytes(data)
    for kind in ("zip", "tar", "gztar"):
        assert read(shutil.make_archive(str(tmp_path / "out"), kind, build)) == FILES


def test_files_are_gone_after_the_block_also_when_it_fails(tmp_path: Path) -> None:
    path = pack_zip(tmp_path, FILES)
    seen: list[Contents] = []

    def publish() -> None:
        with opened(path, fetch=no_fetch) as found:
            seen.append(found)
            assert found.files[0].file.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish()
    assert not any(file.file.exists() for file in seen[0].files)


@every_kind
def test_an_archive_in_s3_is_fetched_first(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, FILES)
    suffix = path.name.removeprefix("dist")
    asked: list[str] = []

    def fetch(url: str, target: Path) -> None:
        asked.append(url)
        shutil.copy(path, target)

    url = f"s3://builds/{'long ' * 60}{suffix}"
    with opened(url, fetch=fetch) as found:
        assert {file.path: file.file.read_bytes() for file in found.files} == FILES
    assert asked == [url]


def test_a_damaged_archive_in_s3_is_called_by_its_address() -> None:
    def fetch(_url: str, target: Path) -> None:
        target.write_bytes(b"not a zip")

    with (
        pytest.raises(BadInput, match=r"^s3://builds/dist\.zip cannot be read as an archive"),
        opened("s3://builds/dist.zip", fetch=fetch),
    ):
        pass


@every_kind
@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "a/../../evil", "C:\\evil", "a\\evil", "C:evil"]
)
def test_members_that_leave_the_archive_are_refused(pack: Pack, name: str, tmp_path: Path) -> None:
    text = refusal(pack(tmp_path, {**FILES, name: b"evil"}))
    assert f"because of {name!r}" in text


@every_kind
def test_nothing_is_written_before_every_member_was_checked(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    really_open = Path.open

    def watched(path: Path, mode: str = "r") -> object:
        if mode != "rb":
            written.append(str(path))
        return really_open(path, mode)

    monkeypatch.setattr(Path, "open", watched)
    read(pack(tmp_path, FILES))
    assert len(written) == len(FILES)
    written.clear()
    refusal(pack(tmp_path, {**FILES, "../evil": b""}))
    assert not written


@every_kind
def test_limits_refuse_and_name_the_member(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, {"a": b"1234", "b": b"5678"})
    assert read(path, ArchiveLimits(total=8, members=2)) == {"a": b"1234", "b": b"5678"}
    assert "because of 'b': with it, there is more to unpack" in refusal(
        path, ArchiveLimits(total=7)
    )
    assert "because of 'b': with it, there is one member" in refusal(path, ArchiveLimits(members=1))


@pytest.mark.parametrize("pack", [pack_zip, pack_tar_gz])
def test_a_bomb_is_refused_by_its_ratio(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, {"zeros": bytes(101 * 1024**2)})
    assert path.stat().st_size < 1024**2
    assert "because of 'zeros': with it, there is more to unpack than 200 times" in refusal(path)


@pytest.mark.parametrize("pack", [pack_zip, pack_tar_gz])
def test_an_archive_cut_anywhere_is_refused(pack: Pack, tmp_path: Path) -> None:
    whole = pack(tmp_path, FILES).read_bytes()
    for end in range(0, len(whole), 7):
        (tmp_path / "cut").mkdir(exist_ok=True)
        cut = tmp_path / "cut" / pack(tmp_path, FILES).name
        cut.write_bytes(whole[:end])
        assert "cannot be read as an archive" in refusal(cut)


@every_kind
def test_a_flipped_byte_changes_no_file_unseen(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, FILES)
    whole = path.read_bytes()
    step = max(1, len(whole) // 97)
    for at in range(0, len(whole), step):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            found = read(path)
        except BadInput:
            continue
        if path.suffix != ".tar":  # plain tar has a checksum for headers only
            assert set(found.values()) == set(FILES.values())
        assert len(found) == len(FILES)


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_what_is_not_what_its_suffix_says_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"dist{suffix}"
    path.write_bytes(b"")
    assert "cannot be read as an archive" in refusal(path)
    path.write_bytes(b"<html>" * 1000)
    assert "cannot be read as an archive" in refusal(path)


def test_a_full_disk_ends_with_what_to_do(tmp_path: Path) -> None:
    path = pack_zip(tmp_path, {"large": os.urandom(100_000)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(Failed, match=r"could not be unpacked into .* set TMPDIR"):
            read(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
