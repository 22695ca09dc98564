"""`crossfade doctor`: what it prints, and how it ends."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.story import FRONT, STATE
from tests.tampering import forget_digests, replace_content

if TYPE_CHECKING:
    import pytest

    from tests.cli.desk import Desk
    from tests.story import Story


def test_warnings_alone_end_well_and_each_says_how_to_mend_it(live: Desk) -> None:
    lines = live.does("doctor").out.splitlines()
    assert lines[-1].endswith(" warnings, 0 problems")
    for line, following in pairwise(lines):
        if line.startswith("warning"):
            assert following.strip().startswith("mend: ")


def test_a_problem_ends_with_1_and_is_told_last(story: Story, live: Desk) -> None:
    story.aws.client("s3").put_bucket_versioning(
        Bucket=FRONT, VersioningConfiguration={"Status": "Suspended"}
    )
    typed = live.types("doctor", "production")
    assert typed.code == 1
    problem, mend, summary = typed.out.splitlines()[-3:]
    assert problem.startswith("problem  versioning ")
    assert f"put-bucket-versioning --bucket {FRONT}" in mend
    assert summary.endswith(" 1 problem")
    assert typed.err == ""


def test_for_scripts_it_is_one_object(live: Desk) -> None:
    document = live.does("doctor", "--json", "--read-only").document
    assert (document["healthy"], document["problems"]) == (True, 0)
    findings = document["findings"]
    assert document["warnings"] == sum(one["level"] == "warning" for one in findings)
    assert all(set(one) == {"level", "check", "subject", "saw", "mend"} for one in findings)


def test_a_configuration_that_cannot_be_read_is_2(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE__STATE__BUKET", "x")
    typed = desk.types("doctor")
    assert typed.code == 2
    assert "state.buket" in typed.err
    assert desk.types("doctor", "prod").code == 2


def test_it_prints_the_policies_that_it_speaks_of(desk: Desk) -> None:
    policy = json.loads(desk.does("doctor", "--rights", "publish").out)
    resources = {one for statement in policy["Statement"] for one in statement["Resource"]}
    assert f"arn:aws:s3:::{FRONT}/releases/*" in resources
    assert f"arn:aws:s3:::{STATE}/journal/releases/*" in resources
    typed = desk.types("doctor", "--policy", "production")
    assert typed.code == 2
    assert "distribution_id is not set" in typed.err
    assert desk.types("doctor", "--policy", "production", "--rights", "read").code == 2


def test_the_journal_is_examined_alone_and_releases_adopted_where_asked(
    story: Story, live: Desk
) -> None:
    forget_digests(story)
    document = live.does("doctor", "--journal", "--json").document
    assert (document["healthy"], document["warnings"]) == (True, 2)
    assert {one["check"] for one in document["findings"]} == {"credentials", "journal", "digest"}
    out = live.does("doctor", "--journal", "--adopt").out
    assert "web 1.0.0: recorded now: " in out
    assert "web 1.1.0: recorded now: " in out
    assert "0 warnings, 0 problems" in live.does("doctor", "--journal").out


def test_a_damaged_document_ends_with_1_and_hides_no_other(story: Story, live: Desk) -> None:
    key = "journal/sites/production/web/head.json"
    story.aws.client("s3").put_object(Bucket=STATE, Key=key, Body=b'{"subject')
    typed = live.types("doctor", "--journal")
    assert typed.code == 1
    assert f"s3://{STATE}/{key}" in typed.out
    assert "releases/web" not in typed.err
    assert "web 1.1.0: as recorded on" in typed.out


def test_a_tampered_manifest_stops_a_promote_with_1_and_says_what_to_run(
    story: Story, live: Desk
) -> None:
    replace_content(story, "1.1.0", "logo.svg")
    typed = live.types("promote", "production", "web", "1.1.0")
    assert typed.code == 1
    assert "aws s3api list-object-versions" in typed.err
    assert story.live() == "1.0.0"


def test_adoption_and_the_journal_are_asked_for_together_and_alone(desk: Desk) -> None:
    for words in (
        ["--adopt"],
        ["--journal", "--adopt", "--read-only"],
        ["--journal", "production"],
        ["--journal", "--migration", "shop"],
        ["--journal", "--rights", "read"],
    ):
        typed = desk.types("doctor", *words)
        assert typed.code == 2, words
