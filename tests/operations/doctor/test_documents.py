"""`doctor --journal`: one damaged document is one finding, and hides no other."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.local.strict.faults import ACCESS_DENIED
from crossfade.operations.doctor.doctor import diagnose_journal
from crossfade.operations.purge.pins import pin
from crossfade.plan.base.finding import Finding, Level
from crossfade.settings import Settings
from tests.story import FRONT, STATE, Story
from tests.tampering import (
    digest_key,
    forget_digests,
    replace_bytes,
    replace_content,
    without_checksums,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.local.strict.strict import Strict

SITE = "journal/sites/production/web/"


@pytest.fixture
def live(story: Story) -> Story:
    """Two releases, of which one is live, and a pin."""
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    pin(story.world(), "web", "1.0.0", "the last one before the move")
    return story


def wrong(story: Story, *, adopt: bool = False, **changes: Any) -> list[Finding]:
    """Return the findings that are not ok."""
    findings = diagnose_journal(story.world(**changes), adopt=adopt)
    return [one for one in findings if one.level is not Level.OK]


def keys(story: Story, prefix: str = SITE) -> list[str]:
    listed = story.aws.client("s3").list_objects_v2(Bucket=STATE, Prefix=prefix)
    return [row["Key"] for row in listed["Contents"]]


def put(story: Story, key: str, body: bytes) -> None:
    story.aws.client("s3").put_object(Bucket=STATE, Key=key, Body=body)


def edit(story: Story, key: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Edit a document by hand."""
    s3 = story.aws.client("s3")
    document = json.loads(s3.get_object(Bucket=STATE, Key=key)["Body"].read())
    change(document)
    put(story, key, json.dumps(document).encode())


def operation_key(story: Story) -> str:
    (key,) = [
        one for one in keys(story) if not one.endswith(("head.json", ".root.json", ".digest"))
    ]
    return key


def test_a_journal_that_is_whole_has_nothing_to_mend(live: Story) -> None:
    findings = diagnose_journal(live.world(connections=4))
    assert {one.level for one in findings} == {Level.OK}
    told = {one.subject: one.saw for one in findings}
    assert told["sites/production/web"] == (
        "readable, and in agreement: 1 operation, 1 record of its root"
    )
    assert told["releases/web"] == "readable, and in agreement: 1 operation"
    assert told["web 1.0.0"].startswith("as recorded on ")


@pytest.mark.parametrize("which", ["head.json", "operation", ".root.json", ".digest"])
@pytest.mark.parametrize("damage", [b"", b'{"subject": "sites/pro', b"\xff\xfe", b"[1]"])
def test_each_damaged_document_is_one_finding_with_its_key_and_the_mend(
    live: Story, which: str, damage: bytes
) -> None:
    if which == "operation":
        key = operation_key(live)
    elif which == ".digest":
        key = digest_key("1.1.0")
    else:
        (key,) = [one for one in keys(live) if one.endswith(which)]
    put(live, key, damage)
    (finding,) = wrong(live)
    assert (finding.level, finding.subject) == (Level.PROBLEM, f"s3://{STATE}/{key}")
    assert f"list-object-versions --bucket {STATE} --prefix {key}" in finding.mend


def test_many_damaged_documents_are_many_findings(live: Story) -> None:
    damaged = [f"{SITE}head.json", operation_key(live), digest_key("1.0.0"), digest_key("1.1.0")]
    for key in damaged:
        put(live, key, b"{")
    assert {one.subject for one in wrong(live)} == {f"s3://{STATE}/{key}" for key in damaged}


@pytest.mark.parametrize(
    ("change", "saw"),
    [
        (lambda head: head.update(schema=99), "a newer crossfade wrote"),
        (lambda head: head.update(colour="red"), "colour"),
        (lambda head: head["state"].update(changes="x"), "state.changes"),
        (lambda head: head.update(subject="sites/staging/web"), "the head of sites/staging/web"),
        (lambda head: head.update(last="20260101T000000.000Z-000000"), "its last operation"),
        (lambda head: head["state"].update(changes=7), "another state than"),
    ],
)
def test_a_head_that_was_edited_is_found(
    live: Story, change: Callable[[dict[str, Any]], Any], saw: str
) -> None:
    edit(live, f"{SITE}head.json", change)
    head = f"s3://{STATE}/{SITE}head.json"
    (finding,) = [one for one in wrong(live) if one.subject == head]
    assert finding.level is Level.PROBLEM
    assert saw in finding.saw


@pytest.mark.parametrize(
    ("change", "saw"),
    [
        (lambda one: one.update(begun_at="yesterday"), "'yesterday' where a time belongs"),
        (lambda one: one.update(members=["sites/staging/web"]), "and not its own subject"),
        (lambda one: one.update(id="20260101T000000.000Z-000000"), "it is the record of 2026"),
        (
            lambda one: one["work"]["actions"][0].update(do="sing"),
            "cannot be read (work.actions.0.do",
        ),
    ],
)
def test_an_operation_that_was_edited_is_found(
    live: Story, change: Callable[[dict[str, Any]], Any], saw: str
) -> None:
    key = operation_key(live)
    edit(live, key, change)
    findings = wrong(live)
    assert any(saw in one.saw and one.subject == f"s3://{STATE}/{key}" for one in findings)


def test_a_lost_head_is_a_warning_since_it_is_found_again(live: Story) -> None:
    live.aws.client("s3").delete_object(Bucket=STATE, Key=f"{SITE}head.json")
    (finding,) = wrong(live)
    assert finding.level is Level.WARNING
    assert "found again from 1 operation" in finding.saw


def test_what_is_nobodys_is_named_and_gathered_ticks_are_left_alone(live: Story) -> None:
    put(live, "journal/notes.txt", b"mine")
    put(live, f"{SITE}notes.txt", b"mine")
    put(live, "journal/doctor/ab.json", b"{}")
    put(live, "journal/ticks/reports.daily/2026-01-01.json", b"{}")
    told = {one.subject.removeprefix(f"s3://{STATE}/journal/"): one.saw for one in wrong(live)}
    assert set(told) == {"notes.txt", "sites/production/web/notes.txt", "doctor/ab.json"}
    assert "left its probe" in told["doctor/ab.json"]


def test_a_document_that_may_not_be_read_is_a_finding_that_names_the_rights(
    live: Story, strict: Strict
) -> None:
    strict.faults.before("s3", "GetObject", path=f"{SITE}head.json", effect=ACCESS_DENIED)
    (finding,) = wrong(live)
    assert "access denied" in finding.saw
    assert "--rights doctor" in finding.mend


def test_releases_without_a_record_are_warned_of_and_adopted_where_asked(live: Story) -> None:
    forget_digests(live)
    assert {(one.subject, one.level) for one in wrong(live)} == {
        ("web 1.0.0", Level.WARNING),
        ("web 1.1.0", Level.WARNING),
    }
    assert all("--journal --adopt` records it" in one.mend for one in wrong(live))
    told = [one for one in diagnose_journal(live.world(), adopt=True) if "recorded now" in one.saw]
    assert [one.subject for one in told] == ["web 1.0.0", "web 1.1.0"]
    assert wrong(live) == []
    recorded = live.world().journal.digest("releases/web", "1.1.0")
    assert recorded is not None
    assert (recorded.how, bool(recorded.etags)) == ("adopt", True)


def test_a_release_that_is_not_whole_is_not_adopted(live: Story) -> None:
    forget_digests(live)
    replace_bytes(live, "1.1.0", "logo.svg")
    (finding,) = wrong(live, adopt=True)
    assert "1 file is gone or have other bytes" in finding.saw
    assert "logo.svg" in finding.saw
    assert live.world().journal.digest("releases/web", "1.1.0") is None


def test_a_manifest_that_is_not_as_recorded_is_a_problem_also_for_adoption(live: Story) -> None:
    replace_content(live, "1.1.0", "logo.svg")
    for adopt in (False, True):
        (finding,) = wrong(live, adopt=adopt)
        assert finding.level is Level.PROBLEM
        assert finding.subject == f"s3://{FRONT}/releases/web/1.1.0.manifest.json"
        assert "somebody replaced it" in finding.saw
        assert "list-object-versions" in finding.mend


def test_adoption_looks_once_and_for_all_at_files_that_nobody_saw(
    live: Story, strict: Strict
) -> None:
    poor = without_checksums(live.world().aws)
    live.publish("1.2.0", world=live.world(aws=poor))
    (finding,) = wrong(live)
    assert (finding.subject, finding.level) == ("web 1.2.0", Level.NOTE)
    assert wrong(live, adopt=True) == []
    strict.faults.clear()
    live.promote("1.2.0", world=live.world(aws=poor))
    read = [one.path for one in strict.faults.calls if one.operation == "GetObject"]
    assert not any("/releases/web/1.2.0/" in path for path in read)
    replace_bytes(live, "1.2.0", "logo.svg")
    (finding,) = wrong(live, adopt=True)
    assert "a promote that needs them is refused" in finding.saw


def test_what_was_deleted_stays_recorded(live: Story) -> None:
    live.aws.client("s3").delete_object(Bucket=FRONT, Key="releases/web/1.1.0.manifest.json")
    assert wrong(live) == []
    told = {one.subject: one.saw for one in diagnose_journal(live.world())}
    assert told["web 1.1.0"] == "recorded; there is no such release now"


def test_a_journal_of_migrations_alone_has_no_releases_to_hold_against_it(live: Story) -> None:
    world = live.world()
    alone = replace(world, settings=Settings(state={"bucket": STATE}))
    assert {one.code for one in diagnose_journal(alone)} == {"credentials", "journal"}
    (finding,) = [one for one in diagnose_journal(alone, adopt=True) if one.level is not Level.OK]
    assert "[releases]" in finding.saw
