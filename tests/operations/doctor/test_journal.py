"""Doctor: what it finds left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.plan.base.finding import Level
from crossfade.plan.journal.head import Lease, held
from tests.operations.doctor.checkup import examined, found, well_kept
from tests.operations.journal.test_settle import leave_open
from tests.story import FRONT, STATE, Killed, Story
from tests.tampering import forget_digests, replace_content

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict

SITE = "sites/production/web"


@pytest.fixture
def live(story: Story) -> Story:
    """A well kept account in which one release is live."""
    return well_kept(story)


def test_an_operation_that_nobody_works_on_is_a_problem_with_both_ways_out(
    live: Story, strict: Strict
) -> None:
    leave_open(live, strict)
    working = [one for one in examined(live, "operation") if one.subject == SITE]
    assert [one.level for one in working] == [Level.OK]
    assert "its worker is at work" in working[0].saw
    journal = live.world().journal
    head, etag = journal.head(SITE)
    journal.swap(held(head, Lease("nobody", "2026-01-01T00:00:00.000Z")), etag)
    finding = found(live, "operation")
    assert finding.level is Level.PROBLEM
    assert "promote web 1.0.0 -> 1.1.0 in production is open since" in finding.saw
    assert finding.mend == (
        f"`crossfade resume {SITE}` finishes it, `crossfade reverse {SITE}` takes it back"
    )


def test_a_live_release_that_was_deleted_by_hand_is_a_problem(live: Story) -> None:
    s3 = live.aws.client("s3")
    s3.delete_object(Bucket=FRONT, Key="releases/web/1.0.0/logo.svg")
    finding = found(live, "live release")
    assert "1 of 5 files of 1.0.0 gone or replaced" in finding.saw
    assert "logo.svg" in finding.saw
    s3.put_object(Bucket=FRONT, Key="releases/web/1.0.0/logo.svg", Body=b"other")
    assert "1 of 5 files of 1.0.0 gone or replaced" in found(live, "live release").saw
    s3.delete_object(Bucket=FRONT, Key="releases/web/1.0.0.manifest.json")
    finding = found(live, "live release")
    assert "1.0.0 is live and is no release any more" in finding.saw
    assert "crossfade publish SOURCE --component web --version 1.0.0" in finding.mend


def test_a_half_published_release_is_a_warning(live: Story, strict: Strict) -> None:
    strict.faults.before("s3", "PutObject", nth=3, times=99, effect=Killed())
    with pytest.raises(Killed):
        live.publish("1.2.0")
    strict.faults.clear()
    finding = found(live, "leftover")
    assert finding.level is Level.WARNING
    assert finding.subject == f"s3://{FRONT}/releases/web/1.2.0/"
    assert "crossfade publish SOURCE --component web --version 1.2.0" in finding.mend
    assert "crossfade purge --component web --apply" in finding.mend


def test_a_document_that_cannot_be_read_hides_nothing_of_the_others(live: Story) -> None:
    key = "journal/sites/staging/web/head.json"
    live.aws.client("s3").put_object(Bucket=STATE, Key=key, Body=b"{")
    finding = found(live, "operation")
    assert finding.level is Level.PROBLEM
    assert finding.subject == "sites/staging/web"
    assert "cannot be read" in finding.saw
    assert any(one.subject == SITE for one in examined(live, "operation"))


def test_a_live_release_that_was_replaced_by_hand_is_a_problem(live: Story) -> None:
    live.aws.client("s3").delete_object(Bucket=FRONT, Key="releases/web/1.0.0.manifest.json")
    forget_digests(live)
    source = live.build({"index.html": "another"}, "another")
    publish(live.world(), PublishRequest(source, "web", "1.0.0"))
    finding = found(live, "live release")
    assert "published again with other content" in finding.saw
    assert "crossfade promote production web 1.0.0" in finding.mend


def test_a_live_release_whose_manifest_is_not_as_recorded_is_a_problem(live: Story) -> None:
    replace_content(live, "1.0.0", "logo.svg")
    finding = found(live, "live release")
    assert finding.level is Level.PROBLEM
    assert "somebody replaced it" in finding.saw
    assert "list-object-versions" in finding.mend
