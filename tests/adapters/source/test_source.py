from __future__ import annotations

import hashlib
import os
import socket
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.source.source import Contents, opened, sha256
from crossfade.errors import BadInput
from crossfade.plan.releases import build as release

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


def no_fetch(url: str, target: Path) -> None:
    raise AssertionError(f"nothing is to be fetched, but {url} was, to {target}")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A small built site."""
    root = tmp_path / "dist"
    (root / "assets" / "fonts").mkdir(parents=True)
    (root / "index.html").write_text("<h1>")
    (root / "assets" / "app.js").write_text("run()")
    (root / "assets" / "fonts" / "a.woff2").write_bytes(b"\0" * 10)
    (root / "empty-folder").mkdir()
    return root


def contents(source: str | Path) -> Contents:
    with opened(source, fetch=no_fetch) as found:
        return found


def paths(source: str | Path) -> list[str]:
    return [file.path for file in contents(source).files]


def refusal(source: str | Path) -> str:
    with pytest.raises(BadInput) as refused:
        contents(source)
    text = str(refused.value)
    text.encode()
    assert "\n" not in text
    return text


def test_a_folder_gives_its_files_sorted_with_their_sizes(build: Path) -> None:
    for source in (build, str(build), f"{build}/"):
        found = contents(source).files
        assert [(file.path, file.size) for file in found] == [
            ("assets/app.js", 5),
            ("assets/fonts/a.woff2", 10),
            ("index.html", 4),
        ]
        assert found[0].file.read_text() == "run()"


def test_a_relative_folder_is_read_from_here(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(build)
    assert paths(".") == paths(build)
    assert paths("assets") == ["app.js", "fonts/a.woff2"]


def test_names_are_kept_as_they_are_spelled(build: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "größe")
    odd = ["a b.js", "a+b%20&c#d?e.js", f"{decomposed}.js", "日本/語.js", "🎉.png", ".nojekyll"]
    for name in odd:
        (build / name).parent.mkdir(exist_ok=True)
        (build / name).write_text(name)
    found = {file.path: file.file.read_text() for file in contents(build).files}
    assert {name: found[name] for name in odd} == {name: name for name in odd}


def test_a_name_that_is_not_utf_8_is_handed_on_for_the_release_to_refuse(build: Path) -> None:
    (build / os.fsdecode(b"caf\xe9.js")).write_text("")
    sizes = {file.path: file.size for file in contents(build).files}
    with pytest.raises(BadInput, match="not valid UTF-8"):
        release.check(sizes, patterns=["index.html"], prefix="")


def test_a_folder_without_files_gives_none(tmp_path: Path) -> None:
    assert paths(tmp_path) == []


def test_a_folder_may_itself_be_reached_by_a_link(build: Path) -> None:
    link = build.with_name("current")
    link.symlink_to(build)
    (build / "twin.js").symlink_to("assets/app.js")
    assert paths(link) == sorted([*paths(build)])


def test_links_to_files_inside_are_there_under_both_names(build: Path) -> None:
    (build / "relative.js").symlink_to("assets/app.js")
    (build / "assets" / "absolute.js").symlink_to(build / "relative.js")
    found = {file.path: file for file in contents(build).files}
    for name in ("relative.js", "assets/absolute.js"):
        assert found[name].size == 5
        assert found[name].file.read_text() == "run()"


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("gone.js", "leads nowhere"),
        ("x.js", "leads nowhere"),  # to itself
        ("../secret", "leaves the folder, for "),
        ("/etc/passwd", "leaves the folder, for '/etc/passwd'"),
        ("assets", "leads to a folder"),
        (".", "leads to a folder"),
    ],
)
def test_other_links_are_refused(build: Path, target: str, problem: str) -> None:
    (build.parent / "secret").write_text("key")
    (build / "x.js").symlink_to(target)
    text = refusal(build)
    assert text.startswith("'x.js' cannot be published: it is a symbolic link that ")
    assert problem in text


def test_a_link_to_a_neighbour_whose_name_begins_alike_leaves_the_folder(build: Path) -> None:
    (build.parent / "dist-secret").write_text("key")
    (build / "x.js").symlink_to("../dist-secret")
    assert "leaves the folder" in refusal(build)


def test_pipes_and_sockets_are_refused(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(build / "pipe")
    assert refusal(build).startswith("'pipe' cannot be published: it is a device, pipe or socket")
    (build / "pipe").unlink()
    monkeypatch.chdir(build)  # a socket's path may have 100 bytes only
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("listening")
        assert refusal(build).startswith("'listening' cannot be published: it is a device")
    (build / "listening").unlink()
    (build / "null.js").symlink_to("pipe")
    os.mkfifo(build / "pipe")
    assert "a device, pipe or socket" in refusal(build)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user to whom rights apply, also where tests run as root."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


def test_a_file_that_may_not_be_read_is_named(unprivileged: Path) -> None:
    secret = unprivileged / "secret.js"
    secret.write_text("")
    secret.chmod(0)
    assert refusal(unprivileged).startswith("'secret.js' cannot be read")
    with pytest.raises(BadInput, match=r"secret\.js' cannot be read \(Permission denied\)"):
        sha256(secret)


def test_a_folder_that_may_not_be_read_is_named(unprivileged: Path) -> None:
    (unprivileged / "secret").mkdir(0)
    assert "secret' cannot be read (Permission denied)" in refusal(unprivileged)


def test_a_checkout_is_not_taken_for_a_build(build: Path) -> None:
    (build / "sub" / ".git").mkdir(parents=True)
    (build / "sub" / ".git" / "HEAD").write_text("ref")
    text = refusal(build)
    assert "looks like a checkout and not like a build, since it holds 'sub/.git/HEAD'" in text


def test_what_desktops_leave_behind_is_left_out_and_named(build: Path) -> None:
    for name in (".DS_Store", "assets/Thumbs.db", "assets/._app.js"):
        (build / name).write_text("")
    found = contents(build)
    assert found.left_out == (".DS_Store", "assets/._app.js", "assets/Thumbs.db")
    assert [file.path for file in found.files] == [
        "assets/app.js",
        "assets/fonts/a.woff2",
        "index.html",
    ]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "there is no '' to publish"),
        ("no/such/folder", "there is no 'no/such/folder' to publish"),
        ("no-such.zip", "there is no 'no-such.zip' to publish"),
        ("https://a.example/dist.zip", "give a folder, an archive, or an s3:// address"),
        ("s3://bucket/dist", "give one that ends in .zip, .tar.gz, .tgz, .tar"),
        ("s3://bucket/dist.rar", "give one that ends in .zip, .tar.gz, .tgz, .tar"),
        ("/dev/null", "neither a folder nor an archive"),
    ],
)
def test_what_is_no_source_is_refused(source: str, problem: str) -> None:
    assert problem in refusal(source)


def test_a_pipe_named_like_an_archive_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dist.zip")
    assert "is not a file" in refusal(tmp_path / "dist.zip")


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "x").write_bytes(data)
    assert sha256(tmp_path / "x") == hashlib.sha256(data).hexdigest()


def test_a_file_that_went_away_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone' cannot be read \(No such file or directory\)"):
        sha256(tmp_path / "gone")
