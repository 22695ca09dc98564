"""What observers see: what each answer tells, what several tell together, and what none does."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from crossfade.adapters.http.web import MOST_BYTES, ask
from crossfade.adapters.tandem.answers import pointed, told_by
from crossfade.adapters.tandem.http import Address
from crossfade.adapters.tandem.pods import Pods
from crossfade.adapters.tandem.targets import Targets
from crossfade.errors import Failed, Refused, Unavailable
from crossfade.plan.tandem.pair import Seen
from tests.adapters.tandem.cluster import IMAGES, apps
from tests.operations.sites.test_crash import SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator

POINTERS = ("/version", "/configuration")
MARKS = {"crossfade/version": "1.4.2", "crossfade/configuration": "d2"}


@contextmanager
def served(*answers: tuple[int, bytes]) -> Iterator[str]:
    """Serve some answers in turn; give the address."""
    left = [*answers]

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def told(version: str, configuration: str = "d2") -> tuple[int, bytes]:
    return 200, json.dumps({"version": version, "configuration": configuration}).encode()


def test_an_address_that_answers_alike_runs_one_version() -> None:
    with served(told("1.4.2")) as url:
        assert Address(ask, url, 3, POINTERS).observe() == Seen("1.4.2", "d2", 3)


def test_answers_that_differ_are_mixed() -> None:
    with served(told("1.4.1"), told("1.4.2")) as url:
        seen = Address(ask, url, 3, POINTERS).observe()
    assert seen == Seen(hosts=3, mixed="1.4.1 (d2) on 1, 1.4.2 (d2) on 2 of 3 answers")


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        ((503, b"{}"), Unavailable, "it answered 503"),
        ((302, b"{}"), Unavailable, "it answered 302"),
        ((200, b"<html>"), Failed, "does not answer with JSON"),
        ((200, b'{"version": "1"}'), Failed, "answers without /configuration"),
        ((200, b'{"version": {}, "configuration": ""}'), Failed, "something that is no version"),
        ((200, b"x" * (MOST_BYTES + 1)), Failed, "answers more than"),
    ],
)
def test_what_is_no_answer_is_an_error(
    answer: tuple[int, bytes], error: type[Exception], text: str
) -> None:
    with served(answer) as url, pytest.raises(error, match=text):
        Address(ask, url, 1, POINTERS).observe()


def test_an_address_where_nobody_listens_gives_no_answer() -> None:
    with served(told("1")) as url:
        pass
    with pytest.raises(Unavailable, match="could not ask"):
        ask(url)


def test_pointers_go_through_objects_lists_and_odd_keys() -> None:
    document = {"a/b": [{"c~d": "1.4.2"}], "n": 7}
    assert pointed(document, "/a~1b/0/c~0d", "x") == "1.4.2"
    for wrong in ("/a~1b/1", "/a~1b/x", "/n/0", "/none"):
        with pytest.raises(Failed, match="answers without"):
            pointed(document, wrong, "x")
    assert told_by(b'{"n": 7}', ("/n", ""), where="x") == ("7", "")
    assert told_by(b" 1.4.2\n", ("", "/c"), where="x") == ("1.4.2", "")


def test_pods_tell_by_their_annotations_what_they_were_made_for() -> None:
    with apps() as (cluster, api):
        pods = Pods(api, "default", "shop", "")
        assert pods.observe() == Seen("", "", 3), "made before crossfade: they tell no version"
        for number in range(3):
            cluster.runs(f"shop-{number}", IMAGES["1.4.2"], MARKS)
        assert pods.observe() == Seen("1.4.2", "d2", 3)
        cluster.runs("shop-3", IMAGES["1.4.1"], {"crossfade/version": "1.4.1"}, ready=False)
        assert pods.observe() == Seen("1.4.2", "d2", 3), "which takes no requests"
        cluster.runs("shop-3", IMAGES["1.4.1"], {"crossfade/version": "1.4.1"})
        assert pods.observe().mixed == "1.4.1 on 1, 1.4.2 (d2) on 3 of 4 answers"


def test_a_pod_that_runs_another_image_than_it_was_asked_to_tells_no_version() -> None:
    with apps() as (cluster, api):
        for number in range(3):
            really = IMAGES["1.4.3"] if number == 1 else ""
            cluster.runs(f"shop-{number}", IMAGES["1.4.2"], MARKS, really=really)
        seen = Pods(api, "default", "shop", "shop").observe()
    assert "the image sha256:333333333333 instead of sha256:222222222222 on 1" in seen.mixed


def test_a_deployment_that_is_not_there_is_said_with_the_mend() -> None:
    with apps() as (_, api), pytest.raises(Refused, match="correct `namespace`, `deployment`"):
        Pods(api, "default", "cart", "").observe()


class Balancer:
    """Answers for the load balancer and for EC2: moto calls every registered target healthy."""

    def __init__(self, **targets: str) -> None:
        self.targets = targets

    def describe_target_health(self, **_: Any) -> Any:
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": name, "Port": 80}, "TargetHealth": {"State": state}}
                for name, state in self.targets.items()
            ]
        }


def test_each_healthy_target_is_asked_for_the_file() -> None:
    asked: list[str] = []

    def answers(url: str) -> bytes:
        asked.append(url)
        return told("1.4.2")[1]

    balancer = Balancer(**{"10.0.0.1": "healthy", "10.0.0.2": "draining", "10.0.0.3": "healthy"})
    where = "http://{host}/version.json"
    targets = Targets(balancer, None, answers, "arn:tg", where, 8080, POINTERS)
    assert targets.observe() == Seen("1.4.2", "d2", 2)
    assert asked == ["http://10.0.0.1:8080/version.json", "http://10.0.0.3:8080/version.json"]
    nobody = Targets(Balancer(), None, answers, "arn:tg", where, 0, POINTERS).observe()
    assert nobody.unread == "nothing is there that could tell"


def test_targets_that_are_instances_are_asked_at_their_addresses() -> None:
    with mock_aws():
        ec2: Any = SESSION.client("ec2")
        elbv2: Any = SESSION.client("elbv2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        (one,) = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet)[
            "Instances"
        ]
        (group,) = elbv2.create_target_group(
            Name="shop", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance"
        )["TargetGroups"]
        arn = group["TargetGroupArn"]
        elbv2.register_targets(
            TargetGroupArn=arn, Targets=[{"Id": one["InstanceId"], "Port": 8080}]
        )
        health = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        asked: list[str] = []

        def answers(url: str) -> bytes:
            asked.append(url)
            return told("1.4.2")[1]

        seen = Targets(
            elbv2, ec2, answers, arn, "http://{host}/version.json", 0, POINTERS
        ).observe()
        if health[0]["TargetHealth"]["State"] == "healthy":
            assert seen == Seen("1.4.2", "d2", 1)
            assert asked == [f"http://{one['PrivateIpAddress']}:8080/version.json"]
        with pytest.raises(Failed, match="could not read the targets"):
            Targets(elbv2, ec2, answers, f"{arn}x", "http://{host}/", 0, POINTERS).observe()
