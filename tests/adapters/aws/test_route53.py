from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.adapters.aws.route53 import Applied, apply_change, read_records, wait_in_sync
from crossfade.adapters.aws.route53_form import from_aws, to_aws
from crossfade.errors import BadInput, Conflict, Failed, Refused, Unavailable
from crossfade.local.strict.route53_state import Rate
from crossfade.plan.dns.change import must_stand, plan_change
from crossfade.plan.dns.pair import adopted
from crossfade.plan.dns.records import Alias, RecordSet, in_order
from crossfade.plan.ramp.preflight_records import owner_names
from tests.adapters.aws.dns import Dns, dns_in_process, dns_on_server
from tests.plan.shop import NAME, SHOP, alias, cname, pair, weighted

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE, AFTER = pair(100, 0), pair(90, 10)


@pytest.fixture
def dns() -> Iterator[Dns]:
    with dns_in_process() as zone:
        yield zone


@pytest.fixture(params=["in process", "server"])
def either(request: pytest.FixtureRequest) -> Iterator[Dns]:
    start = dns_in_process if request.param == "in process" else dns_on_server
    with start() as zone:
        yield zone


# Reading


def test_a_name_is_read_whole_and_alone(dns: Dns) -> None:
    text = RecordSet(NAME, "TXT", ttl=60, values=('"hello"',))
    dns.has(*BEFORE, text, alias(name="shop-2.acme.example."), alias(name="a.shop.acme.example."))
    assert dns.shows() == (*BEFORE, text)


def test_a_name_that_is_not_there_reads_as_nothing(dns: Dns) -> None:
    assert dns.shows("gone.acme.example") == ()


def test_a_large_zone_is_read_from_the_name_on(dns: Dns) -> None:
    dns.has(*(cname(name=f"a{number:03}.acme.example.") for number in range(700)))
    dns.has(*(cname(name=f"z{number:03}.acme.example.") for number in range(700)))
    dns.has(*BEFORE)
    assert dns.counted(dns.shows) == ["ListResourceRecordSets"]
    assert dns.shows() == BEFORE


def test_names_that_stand_together_share_a_request(dns: Dns) -> None:
    names = [f"shop{number:03}.acme.example." for number in range(100)]
    records = [one for name in names for one in pair(9, 1, name=name)]
    for first in range(0, 200, 100):
        dns.has(*records[first : first + 100])
    calls = dns.counted(lambda: dns.shows(*names))
    assert calls == ["ListResourceRecordSets"]
    assert len(dns.shows(*names)) == 200


def test_names_that_are_not_there_share_the_request_of_those_around_them(dns: Dns) -> None:
    names = [f"shop{number:03}.acme.example." for number in range(100)]
    dns.has(*(cname(name=name) for name in names))
    marks = owner_names(names)
    assert dns.counted(lambda: dns.shows(*marks)) == ["ListResourceRecordSets"]
    assert len(dns.shows(*marks)) == 100


@pytest.mark.parametrize("every", [1, 7, 50])
def test_names_beyond_the_end_of_a_page_are_asked_for_again(dns: Dns, every: int) -> None:
    there = [f"a{number:03}.acme.example." for number in range(700)]
    dns.has(*(cname(name=name) for name in there))
    between = [f"a{number:03}-x.acme.example." for number in range(700)]  # `-` sorts before `.`
    wanted = there[::every]
    dns_calls = dns.counted(lambda: dns.shows(*wanted, *between))
    assert [record.name for record in dns.shows(*wanted, *between)] == wanted
    assert len(dns_calls) <= 3


class Sorted:
    """A Route 53 that sorts escaped characters as what they mean, as its documentation says."""

    names = ("b.y.acme.example.", r"\052.z.acme.example.", "1.z.acme.example.")

    def list_resource_record_sets(self, **asked: Any) -> dict[str, Any]:
        """Answer two record sets a page."""
        begun = self.names.index(asked["StartRecordName"])
        page, rest = self.names[begun : begun + 2], self.names[begun + 2 :]
        return {
            "ResourceRecordSets": [to_aws(cname(name=name)) for name in page],
            "IsTruncated": bool(rest),
            "NextRecordName": rest[0] if rest else "",
            "NextRecordType": "CNAME",
        }


def test_an_escaped_name_at_the_end_of_a_page_hides_nothing_behind_it() -> None:
    route53: Any = Sorted()
    found = read_records(route53, "Z1", ["b.y.acme.example", "1.z.acme.example"])
    assert {record.name for record in found} == {"b.y.acme.example.", "1.z.acme.example."}


def test_a_group_that_is_cut_by_a_page_is_read_whole(dns: Dns) -> None:
    dns.has(*(weighted(alias(name="y.acme.example."), f"id{n:03}", 1) for n in range(100)))
    for number in range(4):
        name = f"x{number}.acme.example."
        dns.has(*(weighted(alias(name=name), f"id{n:03}", 1) for n in range(90)))
    names = ["x0", "x1", "x2", "x3", "y"]
    found = dns.shows(*(f"{name}.acme.example" for name in names))
    assert len(found) == 4 * 90 + 100


def test_a_name_with_more_than_a_page_of_records_is_read_whole(dns: Dns) -> None:
    made = [
        weighted(RecordSet(NAME, kind, ttl=60, values=(value,)), f"id{number:03}", 1)
        for kind, value in (("A", "192.0.2.1"), ("AAAA", "::1"), ("TXT", '"x"'), ("CAA", "0 issue"))
        for number in range(100)
    ]
    dns.has(*made)
    dns.has(alias(name="z.acme.example."))
    assert dns.shows() == in_order(made)
    assert dns.counted(dns.shows) == ["ListResourceRecordSets"] * 2


def test_a_wildcard_an_idn_and_capital_letters_are_found(dns: Dns) -> None:
    dns.has(alias(name="*.acme.example"), alias(name="xn--bcher-kva.acme.example."))
    assert len(dns.shows("*.ACME.example", "Bücher.acme.example.")) == 2
    assert {record.name for record in dns.shows("*.acme.example.")} == {r"\052.acme.example."}


def test_the_apex_is_read_with_what_else_stands_there(dns: Dns) -> None:
    dns.has(alias(name="acme.example."))
    assert [record.type for record in dns.shows("acme.example")] == ["A", "NS", "SOA"]


def test_a_zone_that_does_not_exist_is_bad_input(either: Dns) -> None:
    with pytest.raises(BadInput, match="no hosted zone ZNONE"):
        read_records(either.client, "ZNONE", [NAME])
    change = plan_change((), BEFORE, reason="go")
    with pytest.raises(BadInput, match="no hosted zone ZNONE"):
        apply_change(either.client, "ZNONE", change, sleep=either.clock.sleep)


def test_throttled_reading_is_unavailable() -> None:
    with dns_in_process(rate=Rate(burst=2, per_second=1)) as dns:
        dns.shows()
        dns.shows()
        with pytest.raises(Unavailable, match="Rate exceeded"):
            dns.shows()
        dns.clock.sleep(1)
        dns.shows()


# Changing


def test_a_change_is_one_batch_and_comes_with_an_id(either: Dns) -> None:
    # Terraform's aws_route53_record: swapping two weights is two changes
    either.has(*BEFORE)
    made = either.counted(lambda: either.apply(BEFORE, AFTER))
    assert made == ["ChangeResourceRecordSets"]
    assert either.shows() == AFTER


def test_a_simple_record_becomes_a_pair_and_comes_back_exactly(either: Dns) -> None:
    # external-dns #1411, Terraform #1852, #11485
    simple = (alias(health=True), alias(kind="AAAA", health=True))
    either.has(*simple)
    target = adopted(simple, SHOP)
    made = either.counted(lambda: either.apply(simple, target))
    assert made == ["ChangeResourceRecordSets"]
    assert either.shows() == target
    either.do(plan_change(simple, target, reason="adopt").reversed("back"))
    assert either.shows() == simple


@pytest.mark.parametrize(
    "foreign",
    [
        pair(60, 40),
        (BEFORE[0],),
        (replace(BEFORE[0], weight=100), replace(BEFORE[1], weight=0, health_check="hc")),
        (alias("elsewhere.example."),),
    ],
)
def test_a_change_is_refused_as_a_whole_if_anybody_changed_anything(
    either: Dns, foreign: tuple[RecordSet, ...]
) -> None:
    either.has(*BEFORE)
    either.strict.writes_between(lambda: either.changes(BEFORE, foreign))
    with pytest.raises(Conflict, match="nothing was overwritten"):
        either.apply(BEFORE, AFTER)
    assert either.shows() == foreign


def test_a_foreign_weight_is_shown_beside_the_expected_one(dns: Dns) -> None:
    dns.has(*pair(60, 40))
    with pytest.raises(Conflict, match="weight 0 was expected, 40 is there"):
        dns.apply(BEFORE, AFTER)


def test_a_record_that_joins_the_group_is_seen_when_it_is_read_back(dns: Dns) -> None:
    # external-dns #1698: another cluster's identifier
    dns.has(*BEFORE)
    dns.strict.writes_between(lambda: dns.has(weighted(alias("blue-lb.example."), "blue", 5)))
    dns.apply(BEFORE, AFTER)
    with pytest.raises(Conflict, match="'blue'"):
        must_stand(plan_change(BEFORE, AFTER, reason="go"), dns.shows())


def test_a_lost_answer_is_settled_by_reading_back(either: Dns) -> None:
    either.has(*BEFORE)
    either.strict.loses_answers()
    applied = either.apply(BEFORE, AFTER)
    assert applied.settled
    assert applied.change_id, "writing the target over itself gives an id to wait for"
    assert either.shows() == AFTER


def test_a_lost_request_is_sent_again(either: Dns) -> None:
    either.has(*BEFORE)
    either.strict.loses_requests()
    assert not either.apply(BEFORE, AFTER).settled
    assert either.shows() == AFTER


def test_a_retry_that_finds_its_own_change_is_no_conflict() -> None:
    with dns_in_process(attempts=3) as dns:
        dns.has(*BEFORE)
        dns.strict.loses_answers()
        assert dns.apply(BEFORE, AFTER).settled
        assert dns.shows() == AFTER


def test_a_request_that_arrives_late_is_applied_once(dns: Dns) -> None:
    dns.has(*BEFORE)
    dns.strict.delays_a_request()
    dns.apply(BEFORE, AFTER)
    dns.changes(AFTER, pair(80, 20))
    dns.strict.arrives()
    assert dns.shows() == pair(80, 20), "the late one expected what is no longer there"


def test_a_change_that_is_applied_already_can_be_applied_again(dns: Dns) -> None:
    dns.has(*AFTER)
    applied = dns.apply(BEFORE, AFTER)
    assert applied.settled
    assert applied.change_id


def test_a_lost_answer_and_then_silence_still_ends_as_applied(dns: Dns) -> None:
    dns.has(*BEFORE)
    dns.strict.loses_answers(99)
    applied = dns.apply(BEFORE, AFTER)
    assert (applied.change_id, applied.settled) == ("", True)
    assert dns.shows() == AFTER


def test_a_foreign_change_after_a_lost_request_is_a_conflict(dns: Dns) -> None:
    dns.has(*BEFORE)
    dns.strict.loses_requests()
    dns.strict.writes_between(lambda: dns.changes(BEFORE, pair(60, 40)))
    with pytest.raises(Conflict):
        dns.apply(BEFORE, AFTER)
    assert dns.shows() == pair(60, 40)


def test_a_busy_zone_is_waited_for(dns: Dns) -> None:
    dns.has(*BEFORE)
    dns.strict.busy_for = 2.5
    dns.changes(BEFORE, BEFORE)
    dns.apply(BEFORE, AFTER)
    assert dns.clock.slept == [1.0, 2.0]


def test_a_zone_that_stays_busy_is_unavailable_and_unchanged(dns: Dns) -> None:
    dns.has(*BEFORE)
    dns.strict.busy_for = 1000
    dns.changes(BEFORE, BEFORE)
    with pytest.raises(
        Unavailable, match=r"still processing a prior request.*trying again is safe"
    ):
        dns.apply(BEFORE, AFTER)
    assert dns.shows() == BEFORE


def test_an_outcome_that_cannot_be_read_back_is_said_to_be_unknown() -> None:
    with dns_in_process(rate=Rate(burst=2, per_second=0)) as dns:
        dns.has(*BEFORE)
        dns.shows()
        dns.shows()
        dns.strict.loses_answers()
        with pytest.raises(Unavailable, match="is not known"):
            dns.apply(BEFORE, AFTER)


def test_a_batch_that_breaks_a_rule_is_refused_with_route_53s_own_words(dns: Dns) -> None:
    dns.has(*BEFORE)
    uneven = (replace(BEFORE[0], alias=None, ttl=60, values=("192.0.2.300",)), BEFORE[1])
    with pytest.raises(Refused, match="ARRDATAIllegalIPv4Address"):
        dns.apply(BEFORE, uneven)
    assert dns.shows() == BEFORE


def test_without_rights_nothing_is_tried_again(dns: Dns) -> None:
    def deny(**_: object) -> None:
        answer = {"Error": {"Code": "AccessDenied", "Message": "no"}}
        raise ClientError(answer, "ChangeResourceRecordSets")  # type: ignore[arg-type]

    dns.has(*BEFORE)
    dns.client.meta.events.register("before-call.route-53.ChangeResourceRecordSets", deny)
    with pytest.raises(Failed, match="access denied"):
        dns.apply(BEFORE, AFTER)
    assert dns.clock.slept == []


def test_without_credentials_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    config = Config(retries={"total_max_attempts": 1})
    client = boto3.Session().client("route53", region_name="us-east-1", config=config)
    change = plan_change((), BEFORE, reason="go")
    with pytest.raises(BadInput, match="AWS_PROFILE"):
        apply_change(client, "Z1", change, sleep=lambda _: None)


def test_where_not_even_the_same_values_may_be_written_again_the_change_has_no_id(
    dns: Dns,
) -> None:
    def refuse_what_changes_nothing(params: dict[str, object], **_: object) -> None:
        body = str(params["body"])
        if body.count(">90<") == 2:
            answer = {"Error": {"Code": "InvalidChangeBatch", "Message": "nothing to do"}}
            raise ClientError(answer, "ChangeResourceRecordSets")  # type: ignore[arg-type]

    dns.has(*BEFORE)
    hook = "before-call.route-53.ChangeResourceRecordSets"
    dns.client.meta.events.register(hook, refuse_what_changes_nothing)
    dns.strict.loses_answers()
    assert dns.apply(BEFORE, AFTER) == Applied("", settled=True)
    assert dns.shows() == AFTER


def test_a_change_says_what_made_it_for_whoever_reads_the_trail(dns: Dns) -> None:
    bodies: list[str] = []
    dns.client.meta.events.register(
        "before-call.route-53.ChangeResourceRecordSets",
        lambda params, **_: bodies.append(str(params["body"])),
    )
    change = plan_change((), BEFORE, reason="go")
    apply_change(dns.client, dns.zone, change, sleep=dns.clock.sleep, comment="op-7 " + "x" * 300)
    assert "<Comment>op-7 xxx" in bodies[0]


# Waiting


def test_waiting_ends_when_the_change_is_in_sync(either: Dns) -> None:
    either.strict.in_sync_after = 30
    either.has(*BEFORE)
    applied = either.apply(BEFORE, AFTER)
    waited = wait_in_sync(
        either.client, applied.change_id, clock=either.clock, sleep=either.clock.sleep, patience=90
    )
    assert 30 <= waited < 36
    assert max(either.clock.slept) <= 5


def test_patience_ends_with_the_records_standing(dns: Dns) -> None:
    dns.strict.in_sync_after = 10**6
    dns.has(*BEFORE)
    applied = dns.apply(BEFORE, AFTER)
    with pytest.raises(Unavailable, match=r"not in sync after 90 s \(PENDING\)"):
        wait_in_sync(
            dns.client, applied.change_id, clock=dns.clock, sleep=dns.clock.sleep, patience=90
        )


def test_a_change_that_route_53_does_not_know_fails(either: Dns) -> None:
    with pytest.raises(Failed, match="does not know"):
        wait_in_sync(
            either.client, "CNONE", clock=either.clock, sleep=either.clock.sleep, patience=9
        )


def test_without_an_id_a_safe_time_is_waited(dns: Dns) -> None:
    waited = wait_in_sync(dns.client, "", clock=dns.clock, sleep=dns.clock.sleep, patience=9)
    assert waited == 120
    assert dns.calls == []


def test_throttled_polling_goes_on_waiting() -> None:
    with dns_in_process(rate=Rate(burst=1, per_second=0.5)) as dns:
        dns.strict.in_sync_after = 5
        change_id = dns.batch(*(("CREATE", record) for record in BEFORE))
        waited = wait_in_sync(
            dns.client, change_id, clock=dns.clock, sleep=dns.clock.sleep, patience=60
        )
        assert waited >= 5


# Form

texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=10)
records = st.builds(
    RecordSet,
    name=st.just(NAME),
    type=st.sampled_from(["A", "AAAA", "CNAME", "TXT"]),
    ttl=st.none() | st.integers(min_value=0, max_value=86_400),
    values=st.lists(texts, max_size=3).map(lambda values: tuple(sorted(values))),
    alias=st.none() | st.builds(Alias, texts, texts, st.booleans()),
    identifier=st.just("") | texts,
    weight=st.none() | st.integers(min_value=0, max_value=255),
    health_check=st.just("") | texts,
    other=st.sampled_from([(), (("Region", '"eu-west-1"'),), (("GeoLocation", '{"a": "b"}'),)]),
)


@settings(deadline=None)
@given(records)
def test_every_field_of_a_record_survives_route_53s_form(record: RecordSet) -> None:
    assert from_aws(to_aws(record)) == record


def test_weight_zero_is_sent() -> None:
    # cli53 #54, aws-cdk #29595, ansible community.aws #1378: 0 taken for unset
    assert to_aws(pair(100, 0)[1])["Weight"] == 0
    assert "Weight" not in to_aws(alias())
