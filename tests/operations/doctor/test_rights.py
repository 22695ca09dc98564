"""Doctor: which rights it finds missing, and the policies that it prints for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from crossfade.errors import BadInput
from crossfade.local.strict.faults import ACCESS_DENIED
from crossfade.operations.doctor.policies import grounds_of, policy_for, rights_for
from crossfade.plan.base.finding import Level
from crossfade.plan.doctor.rights import Procedure, rights_policy
from crossfade.settings import Settings
from tests.operations.doctor.checkup import everything, examined, found, well_kept
from tests.operations.sites.test_crash import distribution
from tests.story import FRONT, STATE, Story

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict


@pytest.fixture
def live(story: Story) -> Story:
    """A well kept account in which one release is live."""
    return well_kept(story)


@pytest.mark.parametrize(
    ("operation", "verb"), [("ListObjectVersions", "list versions"), ("HeadObject", "look at")]
)
def test_what_may_not_be_read_is_a_problem_that_names_the_rights(
    live: Story, strict: Strict, operation: str, verb: str
) -> None:
    strict.faults.before("s3", operation, path=f"/{FRONT}", times=99, effect=ACCESS_DENIED)
    findings = [one for one in examined(live, "rights") if one.level is not Level.OK]
    assert findings
    assert all(one.level is Level.PROBLEM and verb in one.saw for one in findings)
    assert all("crossfade doctor --rights doctor" in one.mend for one in findings)


def test_an_identity_that_may_not_write_a_root_is_told_what_it_cannot_do(
    live: Story, strict: Strict
) -> None:
    strict.faults.before("s3", "PutObject", path=f"/{FRONT}/live/", effect=ACCESS_DENIED)
    finding = found(live, "rights")
    assert finding.level is Level.WARNING
    assert finding.subject == f"s3://{FRONT}/live/"
    assert "may not write there, so they cannot promote" in finding.saw
    assert "crossfade doctor --rights promote" in finding.mend


def test_a_journal_that_may_not_be_written_is_a_problem_and_nothing_else_is_asked(
    live: Story, strict: Strict
) -> None:
    strict.faults.clear()
    strict.faults.before("s3", "PutObject", times=99, effect=ACCESS_DENIED)
    assert found(live, "conditional writes").level is Level.PROBLEM
    puts = [call.path for call in strict.faults.calls if call.operation == "PutObject"]
    assert len(puts) == 1
    assert puts[0].startswith(f"/{STATE}/journal/doctor/")


def without_conditions(params: dict[str, Any], **_: object) -> None:
    """Stand for an endpoint that does not know conditional writes."""
    for name in ("If-Match", "If-None-Match"):
        params["headers"].pop(name, None)


def test_an_endpoint_without_conditional_writes_is_a_problem_and_keeps_nothing(
    live: Story,
) -> None:
    before = everything(live)
    aws = boto3.Session()
    aws.events.register("before-call.s3.PutObject", without_conditions)
    finding = found(live, "conditional writes", world=live.world(aws=aws))
    assert finding.level is Level.PROBLEM
    assert "two workers could change one site at once" in finding.saw
    assert everything(live) == before


def test_a_write_that_was_made_in_spite_of_its_condition_is_taken_back(live: Story) -> None:
    before = everything(live)
    aws = boto3.Session()
    aws.events.register("before-call.s3.DeleteObject", without_conditions)
    findings = [
        one
        for one in examined(live, "rights", world=live.world(aws=aws))
        if one.level is Level.PROBLEM
    ]
    assert len(findings) == 3
    assert all("in spite of a condition" in one.saw for one in findings)
    assert everything(live) == before


def test_a_probe_that_cannot_be_taken_away_is_named(live: Story, strict: Strict) -> None:
    strict.faults.before("s3", "DeleteObjects", effect=ACCESS_DENIED)
    finding = found(live, "conditional writes")
    assert finding.level is Level.WARNING
    assert finding.subject.startswith(f"s3://{STATE}/journal/doctor/")


def test_the_bucket_policy_names_the_distribution_and_hides_the_stores(live: Story) -> None:
    identifier = distribution(live)
    live.overrides = {"distribution_id": identifier}
    statements = policy_for(live.world(), "production")["Statement"]
    assert statements[0]["Resource"] == f"arn:aws:s3:::{FRONT}/live/*"
    assert statements[0]["Condition"]["StringEquals"]["AWS:SourceArn"].endswith(identifier)
    assert statements[1]["Effect"] == "Deny"
    assert statements[1]["Resource"] == [f"arn:aws:s3:::{FRONT}/releases/*"]


def test_a_bucket_policy_needs_a_distribution(live: Story) -> None:
    with pytest.raises(BadInput, match="distribution_id is not set"):
        policy_for(live.world(), "staging")
    live.overrides = {"distribution_id": "ENOWHERE"}
    with pytest.raises(BadInput, match="no distribution ENOWHERE"):
        policy_for(live.world(), "production")


def test_rights_can_be_narrowed_to_an_environment_where_the_procedure_can(live: Story) -> None:
    policy = rights_for(live.world(), Procedure.PROMOTE, "staging")
    resources = [one for statement in policy["Statement"] for one in statement["Resource"]]
    assert f"arn:aws:s3:::{FRONT}/staging/*" in resources
    assert f"arn:aws:s3:::{STATE}/journal/sites/staging/*" in resources
    assert not any("live/" in one or "production" in one for one in resources)
    with pytest.raises(BadInput, match="purge concerns all environments"):
        rights_for(live.world(), Procedure.PURGE, "staging")


def test_who_advances_a_migration_may_read_what_is_said_of_tandems() -> None:
    side = {"kind": "parameter", "parameter": "/shop", "ready": "reported"}
    side |= {"observe": {"url": "https://shop.acme.example/version"}}
    tandems = {"shop": {"legacy": side, "new": side}}
    settings = Settings.model_validate({"state": {"bucket": "acme-state"}, "tandems": tandems})
    places = grounds_of(settings, [], account="1").places
    policy = rights_policy(Procedure.ADVANCE, places)
    (said,) = (one for one in policy["Statement"] if one["Sid"] == "JournalOfTandems")
    assert said["Resource"] == ["arn:aws:s3:::acme-state/journal/tandems/shop/*"]
    assert said["Action"] == ["s3:GetObject"]
