from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.releases.archive import ArchiveLimits, EntryKind, Member, layout, within

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024**2


def file(name: str, size: int = 1) -> Member:
    return Member(name, EntryKind.FILE, size)


def folder(name: str) -> Member:
    return Member(name, EntryKind.FOLDER)


def symlink(name: str, target: str) -> Member:
    return Member(name, EntryKind.SYMLINK, target=target)


def hardlink(name: str, target: str) -> Member:
    return Member(name, EntryKind.HARDLINK, target=target)


def refusal(*members: Member) -> str:
    with pytest.raises(BadInput) as refused:
        layout(members, name="dist.tar")
    return str(refused.value)


def test_each_path_is_told_which_member_has_its_bytes() -> None:
    members = [folder("./"), folder("./a/"), file("./a/b.js"), file("index.html")]
    assert layout(members, name="x") == {"a/b.js": 2, "index.html": 3}


def test_an_empty_archive_has_no_paths() -> None:
    assert layout([], name="x") == {}
    assert layout([folder("."), folder("a")], name="x") == {}


def test_links_to_files_inside_are_followed() -> None:
    members = [
        symlink("a/first", "../b/second"),
        symlink("b/second", "third"),
        file("./b/third"),
        hardlink("c/fourth", "./b/third"),
        hardlink("fifth", "a/first"),
    ]
    assert layout(members, name="x") == dict.fromkeys(
        ["a/first", "b/second", "b/third", "c/fourth", "fifth"], 2
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("/etc/passwd", "an absolute path"),
        ("../x", "a part `.` or `..`"),
        ("a/../../x", "a part `.` or `..`"),
        ("./../x", "a part `.` or `..`"),
        ("C:/x", "a drive letter"),
        ("c:x", "a drive letter"),
        ("a\\b", "a backslash"),
        ("a\x00b", "control character"),
        ("", "an empty part"),
    ],
)
@pytest.mark.parametrize("kind", [EntryKind.FILE, EntryKind.SYMLINK, EntryKind.FOLDER])
def test_names_that_leave_the_archive_are_refused(name: str, problem: str, kind: EntryKind) -> None:
    text = refusal(file("index.html"), Member(name, kind, target="index.html"))
    assert text.startswith(f"dist.tar cannot be published because of {name!r}: ")
    assert problem in text


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        (symlink("a/x", "/etc/passwd"), "to '/etc/passwd', outside the archive"),
        (symlink("a/x", "../../index.html"), "outside the archive"),
        (symlink("x", ".."), "outside the archive"),
        (hardlink("a/x", "../index.html"), "hard link to '../index.html', outside the archive"),
        (symlink("x", "gone"), "symbolic link to 'gone', which is not a file there"),
        (symlink("x", "a"), "to the folder 'a': pack the folder's files"),
        (symlink("x", "."), "to the folder '.'"),
        (symlink("x", "x"), "leads back to itself"),
        (symlink("x", ""), "to the folder ''"),
    ],
)
def test_links_that_lead_nowhere_or_out_are_refused(link: Member, problem: str) -> None:
    text = refusal(file("index.html"), file("a/b"), link)
    assert f"because of {link.name!r}" in text
    assert problem in text


def test_links_in_a_circle_are_refused() -> None:
    text = refusal(symlink("a", "b"), symlink("b", "c"), symlink("c", "b"))
    assert "because of 'a': it is a link that leads back to itself" in text


def test_what_is_no_file_is_refused() -> None:
    text = refusal(Member("x", EntryKind.OTHER))
    assert text.endswith("because of 'x': it is a device, pipe or socket: leave it out")


def test_a_name_that_is_there_twice_is_refused() -> None:
    assert "'./a': it is there twice" in refusal(file("a"), file("./a"))
    assert "it is there twice" in refusal(file("a"), symlink("a", "b"))


NAMES = st.sampled_from(["a", "b", "c/a", "c/b", "c/d/a", "../a", "/a", "./b"])
TARGETS = st.sampled_from(["a", "b", "../a", "../../a", "d/a", ".", "/a", "c/a", "../c/b"])
MEMBERS = st.lists(
    st.one_of(
        st.builds(file, NAMES),
        st.builds(folder, NAMES),
        st.builds(symlink, NAMES, TARGETS),
        st.builds(hardlink, NAMES, TARGETS),
    ),
    max_size=6,
)


@given(MEMBERS)
def test_whatever_is_accepted_stays_inside_and_ends_at_a_file(members: list[Member]) -> None:
    try:
        places = layout(members, name="x")
    except BadInput:
        return
    for path, index in places.items():
        assert path == posixpath.normpath(path)
        assert not path.startswith(("/", ".."))
        assert members[index].kind is EntryKind.FILE
    assert {path.removeprefix("./") for path in places} == {
        member.name.removeprefix("./") for member in members if member.kind is not EntryKind.FOLDER
    }


def exceeding(members: list[Member], limits: ArchiveLimits, packed: int = MIB) -> tuple[str, int]:
    """Read members until they are refused; say why, and how many were read for it."""
    read = 0

    def reading() -> Iterator[Member]:
        nonlocal read
        for member in members:
            read += 1
            yield member

    with pytest.raises(BadInput) as refused:
        list(within(reading(), limits, packed=packed, name="dist.zip"))
    return str(refused.value), read


def test_members_within_the_limits_are_passed_on() -> None:
    members = [file("a", 6), folder("b"), file("c", 4)]
    assert list(within(members, ArchiveLimits(total=10, members=3), packed=1, name="x")) == members


def test_reading_stops_at_the_member_that_exceeds_the_total() -> None:
    text, read = exceeding([file("a", 6), file("b", 5), file("c")], ArchiveLimits(total=10))
    assert "because of 'b': with it, there is more to unpack than 10 B" in text
    assert read == 2


def test_reading_stops_at_one_member_too_many_folders_included() -> None:
    text, read = exceeding([file("a"), folder("b"), folder("c")], ArchiveLimits(members=1))
    assert "because of 'b': with it, there is one member more than 1" in text
    assert read == 2


def test_the_ratio_counts_from_100_mib_on() -> None:
    limits = ArchiveLimits(ratio=10)
    fine = [file("a", 100 * MIB)]
    assert list(within(fine, limits, packed=1, name="x")) == fine
    text, _ = exceeding([file("a", 100 * MIB), file("b", 1)], limits, packed=10 * MIB)
    assert "because of 'b': with it, there is more to unpack than 10 times its" in text
