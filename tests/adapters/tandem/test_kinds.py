"""What is particular to each kind of platform."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from crossfade.adapters.aws.s3 import Headers
from crossfade.adapters.tandem.artifact import configuration_digest, read_artifact
from crossfade.adapters.tandem.deployment import Deployment
from crossfade.adapters.tandem.group import Group
from crossfade.adapters.tandem.parameter import Parameter
from crossfade.errors import Conflict, Failed, Refused, Unavailable
from crossfade.local.strict.strict import make_strict
from crossfade.plan.tandem.order import Release
from tests.adapters.tandem.cluster import IMAGES, apps
from tests.adapters.tandem.targets import GROUP, TWO, found_template
from tests.operations.sites.test_crash import SESSION
from tests.operations.tandem.twins import twins
from tests.story import STATE

NEXT = Release(TWO, "d2", IMAGES[TWO], "abc")


def test_a_parameter_holds_a_document_or_the_bare_version() -> None:
    with mock_aws():
        client: Any = SESSION.client("ssm")
        client.put_parameter(Name="/v", Value="1.4.1", Type="String")
        assert json.loads(Parameter(client, "/v", "document").prepare(NEXT)) == {
            "version": TWO,
            "configuration": "d2",
            "artifact": IMAGES[TWO],
            "commit": "abc",
        }
        assert Parameter(client, "/v", "plain").prepare(NEXT) == TWO
        with pytest.raises(Refused, match="there is no parameter /none"):
            Parameter(client, "/none", "plain").told()


def group_of(version: str) -> tuple[Group, Any, str]:
    ec2: Any = SESSION.client("ec2")
    autoscaling: Any = SESSION.client("autoscaling")
    template = found_template(ec2)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        LaunchTemplate={"LaunchTemplateId": template, "Version": version},
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["eu-west-1a"],
    )
    warm_up = timedelta(minutes=1)
    return Group(autoscaling, ec2, GROUP, min_healthy=90, warm_up=warm_up), autoscaling, template


def test_a_group_that_follows_the_latest_version_is_refused() -> None:
    with mock_aws(), make_strict():
        group, _, template = group_of("$Latest")
        with pytest.raises(Refused, match=r"follows \$Latest of its launch template"):
            group.prepare(Release(TWO))
        assert group.told() == f"{template}:$Latest"


def test_a_group_can_be_given_a_version_by_its_number() -> None:
    with mock_aws(), make_strict():
        group, _, template = group_of("1")
        assert group.prepare(Release("x", artifact="2")) == f"{template}:2"
        assert group.prepare(Release("x", artifact=f"{template}:2")) == f"{template}:2"
        with pytest.raises(Refused, match="has no version 7"):
            group.prepare(Release("x", artifact="7"))


def test_a_group_that_is_not_there_is_said() -> None:
    with mock_aws(), make_strict():
        ec2: Any = SESSION.client("ec2")
        autoscaling: Any = SESSION.client("autoscaling")
        none = Group(autoscaling, ec2, "none", min_healthy=90, warm_up=timedelta())
        with pytest.raises((Refused, Failed), match="none"):
            none.told()


def test_a_refresh_of_somebody_else_is_not_disturbed() -> None:
    with mock_aws(), make_strict(refresh_seconds=3600):
        group, autoscaling, template = group_of("1")
        autoscaling.start_instance_refresh(
            AutoScalingGroupName=GROUP,
            DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateId": template, "Version": "3"}},
        )
        with pytest.raises(Conflict, match="is being refreshed to"):
            group.tell(f"{template}:2", seen=f"{template}:3")


def test_a_deployment_takes_images_by_digest_alone() -> None:
    with apps() as (_, api):
        target = Deployment(api, "default", "shop", "")
        with pytest.raises(Refused, match="names no image by its digest"):
            target.prepare(Release(TWO, artifact="registry.example/shop:1.4.2"))


def test_a_deployment_is_told_though_its_status_changes_meanwhile() -> None:
    with apps() as (cluster, api):
        target = Deployment(api, "default", "shop", "")
        cluster.busy = 2
        order = target.prepare(NEXT)
        target.tell(order, seen=target.told())
        assert target.told() == order
        cluster.busy = 100
        with pytest.raises(Conflict, match="changes all the time"):
            target.tell(target.prepare(Release("1.4.1", "", IMAGES["1.4.1"])), seen=order)


def test_foreign_annotations_of_a_deployment_stay() -> None:
    with apps() as (cluster, api):
        target = Deployment(api, "default", "shop", "shop")
        cluster.change({"spec": {"template": {"metadata": {"annotations": {"team": "cart"}}}}})
        before = target.told()
        order = target.prepare(NEXT)
        target.tell(order, seen=before)
        target.tell(before, seen=order)
        marks = cluster.deployment["spec"]["template"]["metadata"]["annotations"]
        assert {key: text for key, text in marks.items() if text is not None} == {"team": "cart"}


def test_a_deployment_with_several_containers_must_name_one() -> None:
    with apps() as (_, api), pytest.raises(Refused, match="name the one whose image"):
        Deployment(api, "default", "shop", "other").told()


@pytest.mark.parametrize(
    ("status", "error"), [(503, Unavailable), (403, Failed), (404, Refused), (429, Unavailable)]
)
def test_the_clusters_answers_are_translated(status: int, error: type[Exception]) -> None:
    with apps() as (cluster, api):
        target = Deployment(api, "default", "shop", "")
        cluster.answers = [status]
        with pytest.raises(error, match="could not read Deployment default/shop"):
            target.told()


def test_a_configuration_has_one_digest_however_it_is_written() -> None:
    assert configuration_digest({"b": 1, "a": "ü"}) == configuration_digest({"a": "ü", "b": 1})
    assert configuration_digest({}) != configuration_digest({"a": None})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"version": "1.0"}', "is about version '1.0' and not about 1.4.2"),
        (b'{"version": "1.4.2", "commit": 7}', "commit is not a text"),
        (b'{"version": "1.4.2", "artifacts": {"new": 7}}', "artifacts is no object"),
    ],
)
def test_an_artifact_document_says_what_is_wrong_with_it(body: bytes, text: str) -> None:
    with twins() as both:
        bucket = both.world().bucket
        bucket(STATE).put("built/1.4.2.json", body, Headers("application/json", "no-store"))
        with pytest.raises(Refused, match=text):
            read_artifact(bucket, f"s3://{STATE}/built/{{version}}.json", "1.4.2")
        with pytest.raises(Refused, match="nobody has built 9 yet"):
            read_artifact(bucket, f"s3://{STATE}/built/{{version}}.json", "9")
