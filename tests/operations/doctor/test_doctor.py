"""Doctor: what it finds of the configuration and the buckets, and that it leaves no trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from crossfade.errors import BadInput
from crossfade.local.strict.faults import LOST, SLOW_DOWN, Answer
from crossfade.operations.base.world import World
from crossfade.operations.doctor.doctor import diagnose
from crossfade.operations.doctor.settings import examine_settings
from crossfade.plan.base.finding import Level, healthy
from crossfade.plan.journal.operation import Actor
from crossfade.settings import Settings
from tests.operations.doctor.checkup import everything, examined, found, well_kept
from tests.story import FRONT, STATE, Story

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict

SITE = "sites/production/web"


@pytest.fixture
def live(story: Story) -> Story:
    """A well kept account in which one release is live."""
    return well_kept(story)


def test_in_a_well_kept_account_only_what_is_not_configured_is_a_warning(live: Story) -> None:
    findings = examined(live)
    assert healthy(findings)
    assert {one.code for one in findings if one.level is Level.WARNING} == {"settings"}
    assert all(one.mend for one in findings if one.level is not Level.OK)


def test_it_leaves_no_trace(live: Story) -> None:
    before = everything(live)
    examined(live)
    assert everything(live) == before


def test_read_only_asks_for_no_write_at_all(live: Story, strict: Strict) -> None:
    strict.faults.clear()
    examined(live, read_only=True)
    verbs = {call.operation for call in strict.faults.calls}
    assert all(verb.startswith(("Get", "Head", "List")) for verb in verbs)


def test_an_unknown_environment_is_bad_input(live: Story) -> None:
    with pytest.raises(BadInput, match="no environment 'prod'"):
        diagnose(live.world(), environment="prod")


def test_one_environment_is_examined_with_what_all_have_in_common(live: Story) -> None:
    subjects = {one.subject for one in examined(live, environment="staging")}
    assert "sites/staging/web" in subjects
    assert "releases/web" in subjects
    assert SITE not in subjects
    assert f"s3://{FRONT}/live/" not in subjects


# Credentials and clock.


def test_expired_credentials_end_the_examination(live: Story, strict: Strict) -> None:
    strict.faults.before(
        "sts", effect=Answer(403, "ExpiredToken", "The provided token has expired.")
    )
    findings = examined(live)
    assert findings[-1].code == "credentials"
    assert findings[-1].level is Level.PROBLEM
    assert "no longer valid" in findings[-1].saw


def test_missing_credentials_are_named(live: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    finding = found(live, "credentials", world=live.world(aws=boto3.Session()))
    assert "no AWS credentials were found" in finding.saw


def test_where_sts_cannot_be_reached_the_buckets_are_examined_all_the_same(
    live: Story, strict: Strict
) -> None:
    strict.faults.before("sts", times=9, effect=LOST)
    findings = examined(live)
    assert healthy(findings)
    assert found(live, "credentials").level is Level.WARNING
    assert any(one.code == "versioning" for one in findings)


@pytest.mark.parametrize(
    ("minutes", "level"), [(0, Level.OK), (-2, Level.WARNING), (14, Level.PROBLEM)]
)
def test_a_host_clock_that_is_off_is_told(live: Story, minutes: int, level: Level) -> None:
    world = live.world(host_clock=lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    (finding,) = examined(live, "clock", world=world)
    assert finding.level is level


# Buckets.


def test_a_missing_bucket_hides_nothing_of_the_others(live: Story) -> None:
    live.overrides = {"bucket": "acme-nowhere"}
    finding = found(live, "bucket")
    assert finding.subject == "s3://acme-nowhere"
    assert "aws s3api create-bucket --bucket acme-nowhere --region eu-west-1" in finding.mend
    assert any(one.subject == f"s3://{FRONT}" for one in examined(live, "versioning"))


def test_a_bucket_in_another_region_is_told(live: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    findings = examined(live, "bucket", world=live.world(aws=boto3.Session()))
    assert {(one.level, one.mend[:24]) for one in findings} == {
        (Level.WARNING, "set AWS_REGION=eu-west-1")
    }


def test_without_the_releases_bucket_what_needs_it_is_left_out(live: Story) -> None:
    settings = live.settings()
    elsewhere = settings.releases.model_copy(update={"bucket": "acme-nowhere"})
    world = World(
        settings.model_copy(update={"releases": elsewhere}), Actor("ann@desk"), aws=live.aws
    )
    checks = {one.code for one in diagnose(world)}
    assert "operation" in checks
    assert not checks & {"live release", "leftover"}


def test_without_the_state_bucket_nothing_is_written_and_no_journal_is_read(live: Story) -> None:
    settings = live.settings()
    elsewhere = settings.state.model_copy(update={"bucket": "acme-nowhere"})
    world = World(settings.model_copy(update={"state": elsewhere}), Actor("ann@desk"), aws=live.aws)
    checks = {one.code for one in diagnose(world)}
    assert not checks & {"conditional writes", "operation", "live release"}


def test_a_bucket_that_does_not_answer_is_a_problem(live: Story, strict: Strict) -> None:
    strict.faults.before("s3", "HeadBucket", path=f"/{STATE}", times=9, effect=SLOW_DOWN)
    finding = found(live, "bucket")
    assert (finding.level, finding.subject) == (Level.PROBLEM, f"s3://{STATE}")
    assert "run `crossfade doctor` again" in finding.mend


def test_versioning_that_is_off_is_a_problem_where_things_are_served(live: Story) -> None:
    s3 = live.aws.client("s3")
    for bucket in (FRONT, STATE):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    findings = {one.subject: one for one in examined(live, "versioning")}
    assert findings[f"s3://{FRONT}"].level is Level.PROBLEM
    assert findings[f"s3://{STATE}"].level is Level.WARNING
    assert all("put-bucket-versioning" in one.mend for one in findings.values())
    assert all("suspended" in one.saw for one in findings.values())


def test_lifecycle_rules_are_read_in_all_their_forms(live: Story) -> None:
    live.aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket=FRONT,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "all",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 2},
                },
                {
                    "ID": "old",
                    "Status": "Enabled",
                    "Prefix": "releases/",
                    "Expiration": {"Days": 30},
                },
                {
                    "ID": "cold",
                    "Status": "Enabled",
                    "Filter": {
                        "And": {
                            "Prefix": "live/",
                            "Tags": [{"Key": "component", "Value": "web"}],
                        }
                    },
                    "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
                },
                {
                    "ID": "theirs",
                    "Status": "Enabled",
                    "Filter": {"Tag": {"Key": "scratch", "Value": "1"}},
                    "Expiration": {"Days": 1},
                },
                {
                    "ID": "once",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "staging/"},
                    "Expiration": {"Date": datetime(2030, 1, 1, tzinfo=UTC)},
                },
                {
                    "ID": "off",
                    "Status": "Disabled",
                    "Filter": {"Prefix": ""},
                    "Expiration": {"Date": datetime(2030, 1, 1, tzinfo=UTC)},
                },
            ]
        },
    )
    problems = [one for one in examined(live, "lifecycle") if one.level is Level.PROBLEM]
    told = {(one.subject.removeprefix(f"s3://{FRONT}/"), one.saw.split("'")[1]) for one in problems}
    assert told == {
        ("releases/", "all"),
        ("live/", "all"),
        ("staging/", "all"),
        ("releases/", "old"),
        ("live/", "cold"),
        ("staging/", "once"),
    }
    assert any("on 2030-01-01" in one.saw for one in problems)
    assert any("GLACIER after 90 days" in one.saw for one in problems)


def test_open_doors_are_warnings_with_the_command_that_shuts_them(story: Story) -> None:
    for check, command in {
        "public access": "aws s3api put-public-access-block",
        "ownership": "aws s3api put-bucket-ownership-controls",
    }.items():
        findings = examined(story, check)
        assert {one.level for one in findings} == {Level.WARNING}
        assert all(command in one.mend for one in findings)


def test_what_an_endpoint_does_not_implement_is_only_a_warning(live: Story, strict: Strict) -> None:
    unknown = Answer(501, "NotImplemented", "A header you provided implies functionality")
    strict.faults.before("s3", "GetPublicAccessBlock", times=99, effect=unknown)
    strict.faults.before("s3", "GetBucketLifecycleConfiguration", times=99, effect=unknown)
    findings = examined(live)
    assert healthy(findings)
    assert {one.code for one in findings if "NotImplemented" in one.saw} == {
        "public access",
        "lifecycle",
    }


# Configuration.


def test_an_empty_configuration_is_told() -> None:
    settings = Settings(state={"bucket": STATE}, releases={"bucket": FRONT})
    assert [one.saw for one in examine_settings(settings, [])][1:] == [
        "no component is configured",
        "no environment is configured",
    ]


def test_environments_that_share_a_distribution_are_told() -> None:
    environment = {"bucket": FRONT, "distribution_id": "E1", "url": "https://app.example"}
    settings = Settings(
        state={"bucket": STATE},
        releases={"bucket": FRONT},
        components={"web": {}},
        environments={"a": {**environment, "root": "a"}, "b": {**environment, "root": "b"}},
    )
    finding = list(examine_settings(settings, ["a", "b"]))[-1]
    assert finding.level is Level.WARNING
    assert "a and b name the same distribution (E1)" in finding.saw


# On a real S3 server.


@pytest.mark.seaweed
def test_a_real_server_is_examined_without_a_trace(
    seaweed_story: Story, seaweed_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", seaweed_endpoint)
    story = seaweed_story
    story.published("1.0.0").promote("1.0.0")
    before = everything(story)
    findings = examined(story)
    assert healthy(findings)
    checks = {one.code for one in findings if one.level is Level.WARNING}
    assert checks == {"settings", "public access"}
    assert {one.level for one in findings if one.code == "conditional writes"} == {Level.OK}
    assert everything(story) == before
