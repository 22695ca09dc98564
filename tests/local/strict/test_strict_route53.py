"""Each line of what the real Route 53 refuses and moto accepts, on both ways of running moto."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.route53 import urls
from moto.route53.responses import Route53

from crossfade.adapters.aws.route53_form import to_aws
from crossfade.local.strict.route53_rules import Refusal, after_batch, key_of
from crossfade.local.strict.route53_state import REAL_RATE, Rate
from crossfade.local.strict.strict_route53 import strict_route53
from crossfade.plan.dns.records import RecordSet
from tests.adapters.aws.dns import ZONE_NAME, Dns, dns_in_process, dns_on_server
from tests.plan.shop import NAME, alias, cname, pair, weighted

if TYPE_CHECKING:
    from collections.abc import Iterator

SIMPLE = alias()
LEGACY, NEW = pair(100, 0)
PLAIN = RecordSet(NAME, "A", ttl=60, values=("192.0.2.1",))


@pytest.fixture(params=["in process", "server"])
def dns(request: pytest.FixtureRequest) -> Iterator[Dns]:
    start = dns_in_process if request.param == "in process" else dns_on_server
    with start() as zone:
        yield zone


def refused(dns: Dns, *changes: tuple[str, RecordSet], code: str = "InvalidChangeBatch") -> str:
    """The batch is refused, and nothing of it was done; return the service's words."""
    before = dns.shows()
    with pytest.raises(ClientError) as error:
        dns.batch(*changes)
    assert error.value.response["Error"]["Code"] == code
    assert dns.shows() == before
    return error.value.response["Error"]["Message"]


def test_delete_with_another_weight_than_the_present_one_is_refused(dns: Dns) -> None:
    dns.has(LEGACY, NEW)
    told = refused(dns, ("DELETE", replace(LEGACY, weight=99)))
    assert told == (
        "[Tried to delete resource record set [name='shop.acme.example.', type='A', "
        "set identifier='legacy'] but the values provided do not match the current values]"
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, ttl=61),
        replace(PLAIN, values=("192.0.2.2",)),
        replace(PLAIN, health_check="hc-1"),
        replace(SIMPLE, ttl=None),
    ],
)
def test_delete_must_name_every_value(dns: Dns, other: RecordSet) -> None:
    dns.has(PLAIN)
    assert "do not match the current values" in refused(dns, ("DELETE", other))


def test_delete_of_what_is_not_there_is_refused(dns: Dns) -> None:
    assert "but it was not found" in refused(dns, ("DELETE", SIMPLE))


def test_a_weighted_record_beside_a_simple_one_is_refused(dns: Dns) -> None:
    dns.has(SIMPLE)
    assert "as a non-weighted set exists with the same name and type" in refused(
        dns, ("CREATE", LEGACY)
    )


def test_a_simple_record_beside_weighted_ones_is_refused(dns: Dns) -> None:
    dns.has(LEGACY, NEW)
    assert "as other RRSets exist with the same name and type" in refused(dns, ("CREATE", SIMPLE))


def test_simple_to_weighted_by_upsert_is_refused(dns: Dns) -> None:
    dns.has(SIMPLE)
    assert "non-weighted set exists" in refused(dns, ("UPSERT", LEGACY), ("UPSERT", NEW))


def test_a_duplicate_create_is_refused(dns: Dns) -> None:
    dns.has(SIMPLE)
    assert "but it already exists" in refused(dns, ("CREATE", SIMPLE))


def test_a_cname_beside_an_address_is_refused_and_the_other_way_round(dns: Dns) -> None:
    dns.has(SIMPLE)
    assert "conflicts with other records" in refused(dns, ("CREATE", cname()))
    dns.changes([SIMPLE], [cname()])
    assert "conflicting RRSet of type  CNAME" in refused(dns, ("CREATE", SIMPLE))


def test_a_cname_at_the_apex_is_refused(dns: Dns) -> None:
    assert "not permitted at apex" in refused(dns, ("CREATE", cname(name=ZONE_NAME)))


def test_mixed_ttls_in_a_group_are_refused(dns: Dns) -> None:
    legacy = weighted(PLAIN, "legacy", 100)
    new = replace(legacy, identifier="new", weight=0, ttl=30, values=("192.0.2.2",))
    told = refused(dns, ("CREATE", legacy), ("CREATE", new))
    assert "weighted sets must contain the same TTL" in told


@pytest.mark.parametrize("weight", [256, 1000])
def test_a_weight_over_255_is_refused(dns: Dns, weight: int) -> None:
    told = refused(dns, ("CREATE", replace(LEGACY, weight=weight)), code="InvalidInput")
    assert f"Value '{weight}'" in told


def test_a_weighted_record_has_one_value(dns: Dns) -> None:
    two = weighted(replace(PLAIN, values=("192.0.2.1", "192.0.2.2")), "legacy", 1)
    assert "only one ResourceRecord" in refused(dns, ("CREATE", two))


def test_an_upsert_beside_a_bad_delete_is_not_applied(dns: Dns) -> None:
    dns.has(PLAIN)
    better = replace(PLAIN, values=("192.0.2.2",))
    refused(dns, ("UPSERT", better), ("DELETE", cname(name="gone.acme.example.")))


def test_create_weighted_before_the_simple_one_is_deleted_is_refused(dns: Dns) -> None:
    dns.has(SIMPLE)
    told = refused(dns, ("CREATE", LEGACY), ("CREATE", NEW), ("DELETE", SIMPLE))
    assert told.count("non-weighted set exists") == 2


def test_delete_first_turns_a_simple_record_into_a_pair(dns: Dns) -> None:
    dns.has(SIMPLE)
    dns.batch(("DELETE", SIMPLE), ("CREATE", LEGACY), ("CREATE", NEW))
    assert dns.shows() == (LEGACY, NEW)


def test_writing_the_same_values_again_is_accepted(dns: Dns) -> None:
    dns.has(LEGACY, NEW)
    dns.changes([LEGACY, NEW], [LEGACY, NEW])
    assert dns.shows() == (LEGACY, NEW)


def test_the_same_action_twice_on_one_record_is_refused(dns: Dns) -> None:
    told = refused(dns, ("CREATE", SIMPLE), ("CREATE", SIMPLE))
    assert "invalid set of changes for a resource record set 'A shop.acme.example.'" in told


def test_a_name_outside_of_the_zone_is_refused(dns: Dns) -> None:
    outside = alias(name="shop.other.example.")
    assert "is not permitted in zone acme.example." in refused(dns, ("CREATE", outside))
    near = alias(name="notacme.example.")
    assert "is not permitted in zone" in refused(dns, ("CREATE", near))


def test_a_record_is_an_alias_or_has_values_and_ttl(dns: Dns) -> None:
    neither = RecordSet(NAME, "A", ttl=60)
    both = replace(SIMPLE, ttl=60, values=("192.0.2.1",))
    assert "found none" in refused(dns, ("CREATE", neither), code="InvalidInput")
    assert "found more than one" in refused(dns, ("CREATE", both), code="InvalidInput")


def test_a_policy_needs_an_identifier_and_an_identifier_one_policy(dns: Dns) -> None:
    nameless = replace(LEGACY, identifier="")
    idle = replace(SIMPLE, identifier="legacy")
    torn = replace(LEGACY, other=(("Failover", '"PRIMARY"'),))
    assert "Missing field 'SetIdentifier'" in refused(
        dns, ("CREATE", nameless), code="InvalidInput"
    )
    assert "found none" in refused(dns, ("CREATE", idle), code="InvalidInput")
    assert "found more than one" in refused(dns, ("CREATE", torn), code="InvalidInput")


def test_two_policies_in_one_group_are_refused(dns: Dns) -> None:
    dns.has(LEGACY)
    latency = replace(SIMPLE, identifier="eu", other=(("Region", '"eu-west-1"'),))
    assert "as a non-region set exists" in refused(dns, ("CREATE", latency))


def test_more_than_1000_records_or_32000_characters_are_refused(dns: Dns) -> None:
    many = [("CREATE", alias(name=f"s{n}.acme.example.")) for n in range(1001)]
    assert "Number of records limit of 1000 exceeded" in refused(dns, *many)
    upserts = [("UPSERT", alias(name=f"s{n}.acme.example.")) for n in range(501)]
    assert "Number of records limit of 1000 exceeded" in refused(dns, *upserts)
    long = RecordSet(NAME, "TXT", ttl=60, values=("x" * 32_001,))
    assert "32000" in refused(dns, ("CREATE", long))


def test_more_than_100_weighted_records_in_a_group_are_refused(dns: Dns) -> None:
    many = [("CREATE", weighted(alias(), f"id{n}", 1)) for n in range(101)]
    assert "100 weighted sets" in refused(dns, *many)


def test_a_change_is_pending_before_it_is_in_sync(dns: Dns) -> None:
    dns.strict.in_sync_after = 30
    change = dns.batch(("CREATE", SIMPLE))
    assert status(dns, change) == "PENDING"
    assert dns.shows() == (SIMPLE,), "the listing shows the new state at once"
    dns.clock.sleep(30)
    assert status(dns, change) == "INSYNC"


def test_the_changes_of_zones_are_in_sync(dns: Dns) -> None:
    made = dns.client.create_hosted_zone(Name="other.example", CallerReference="other")
    assert status(dns, made["ChangeInfo"]["Id"]) == "INSYNC"


def status(dns: Dns, change: str) -> str:
    return str(dns.client.get_change(Id=change)["ChangeInfo"]["Status"])


def test_an_unknown_change_is_refused(dns: Dns) -> None:
    with pytest.raises(ClientError) as error:
        status(dns, "CUNKNOWN")
    assert error.value.response["Error"]["Code"] == "NoSuchChange"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_zone_takes_one_change_at_a_time(dns: Dns) -> None:
    dns.strict.busy_for = 5
    dns.has(SIMPLE)
    told = refused(dns, ("DELETE", SIMPLE), code="PriorRequestNotComplete")
    assert told == "The request was rejected because Route 53 was still processing a prior request."
    dns.clock.sleep(5)
    dns.loses(SIMPLE)


def test_another_zone_is_not_busy(dns: Dns) -> None:
    dns.strict.busy_for = 5
    other = dns.client.create_hosted_zone(Name=ZONE_NAME, CallerReference="2")["HostedZone"]["Id"]
    dns.has(SIMPLE)
    replace(dns, zone=other).has(SIMPLE)


def test_changes_that_overlap_are_refused_or_done_but_never_mixed() -> None:
    with dns_on_server() as dns:
        outcomes: list[str] = []

        def write(weight: int) -> None:
            try:
                dns.has(*(replace(one, weight=weight) for one in (LEGACY, NEW)))
            except ClientError as error:
                outcomes.append(error.response["Error"]["Code"])
            else:
                outcomes.append("done")

        writers = [threading.Thread(target=write, args=(n,)) for n in range(1, 9)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(timeout=30)
        assert outcomes.count("done") == 1
        assert set(outcomes) <= {"done", "InvalidChangeBatch", "PriorRequestNotComplete"}
        assert len({record.weight for record in dns.shows()}) == 1


def test_a_change_that_overlaps_another_is_refused() -> None:
    with dns_in_process() as dns:
        inside, go_on = threading.Event(), threading.Event()

        def slow_clock() -> float:
            inside.set()
            assert go_on.wait(timeout=30)
            return 0.0

        dns.strict.clock = slow_clock
        slow = threading.Thread(target=dns.has, args=(SIMPLE,))
        slow.start()
        assert inside.wait(timeout=30)
        with pytest.raises(ClientError, match="PriorRequestNotComplete"):
            dns.has(alias(name="other.acme.example."))
        go_on.set()
        slow.join(timeout=30)
        assert dns.shows() == (SIMPLE,)


def test_an_action_or_a_name_that_does_not_exist_is_refused(dns: Dns) -> None:
    assert "cvc-enumeration-valid" in refused(dns, ("REPLACE", SIMPLE), code="InvalidInput")
    assert "Invalid domain name" in refused(dns, ("CREATE", alias(name="a..acme.example.")))


def test_each_action_has_a_rate_of_its_own() -> None:
    with dns_in_process(rate=Rate(burst=2, per_second=1)) as dns:
        dns.has(SIMPLE)
        dns.loses(SIMPLE)
        with pytest.raises(ClientError) as error:
            dns.has(SIMPLE)
        assert error.value.response["Error"]["Code"] == "Throttling"
        assert error.value.response["Error"]["Message"] == "Rate exceeded"
        assert dns.shows() == ()
        dns.clock.sleep(1)
        dns.has(SIMPLE)
    assert (REAL_RATE.burst, REAL_RATE.per_second) == (50, 10)


def test_test_dns_answer_draws_by_weight(dns: Dns) -> None:
    dns.strict.chance.seed(1)
    dns.has(*pair(90, 10))
    drawn = [answer(dns) for _ in range(40)]
    assert {"legacy-lb.example.", "k8s-lb.example."} == set(drawn)
    dns.changes(pair(90, 10), pair(100, 0))
    assert {answer(dns) for _ in range(20)} == {"legacy-lb.example."}


def test_all_zeros_are_an_even_split_and_a_plain_record_is_its_value(dns: Dns) -> None:
    dns.strict.chance.seed(1)
    dns.has(*pair(0, 0))
    assert len({answer(dns) for _ in range(40)}) == 2
    dns.changes(pair(0, 0), [PLAIN])
    assert answer(dns) == "192.0.2.1"


def answer(dns: Dns) -> str:
    told = dns.client.test_dns_answer(HostedZoneId=dns.zone, RecordName=NAME, RecordType="A")
    return "".join(told["RecordData"])


def test_an_answer_for_no_record_is_empty(dns: Dns) -> None:
    assert answer(dns) == ""


def test_the_listing_is_in_route_53s_order_and_pages_through_groups(dns: Dns) -> None:
    dns.has(
        alias(name="b.acme.example."),
        alias(name="a.b.acme.example."),
        *pair(1, 1, name="b-c.acme.example."),
    )
    seen: list[tuple[str, str]] = []
    start: dict[str, str] = {"StartRecordName": "a.acme.example."}
    while True:
        page = dns.client.list_resource_record_sets(HostedZoneId=dns.zone, MaxItems="1", **start)
        (record,) = page["ResourceRecordSets"]
        seen.append((record["Name"], record.get("SetIdentifier", "")))
        if not page["IsTruncated"]:
            break
        start = {
            f"StartRecord{part}": page[f"NextRecord{part}"]
            for part in ("Name", "Type", "Identifier")
            if page.get(f"NextRecord{part}")
        }
    assert seen == [
        ("b-c.acme.example.", "legacy"),
        ("b-c.acme.example.", "new"),
        ("b.acme.example.", ""),
        ("a.b.acme.example.", ""),
    ]


def test_a_type_without_a_name_is_refused(dns: Dns) -> None:
    with pytest.raises(ClientError, match="InvalidInput"):
        dns.client.list_resource_record_sets(HostedZoneId=dns.zone, StartRecordType="A")


def test_what_strictness_replaced_is_put_back() -> None:
    before = dict(vars(Route53)), dict(urls.url_paths)
    with strict_route53(), strict_route53():
        assert vars(Route53)["get_change"] is not before[0]["get_change"]
        assert "test_dns_answer" in vars(Route53)
    assert (dict(vars(Route53)), dict(urls.url_paths)) == before


identifiers = st.sampled_from(["a", "b"])
weights = st.integers(min_value=0, max_value=3)
some_records = st.one_of(
    st.builds(weighted, st.just(alias()), identifiers, weights),
    st.sampled_from([alias(), cname(), PLAIN]),
)
batches = st.lists(
    st.tuples(st.sampled_from(["CREATE", "DELETE", "UPSERT"]), some_records), min_size=1, max_size=4
)


@settings(deadline=None)
@given(st.lists(batches, max_size=6))
def test_no_series_of_batches_ever_leaves_a_zone_that_breaks_a_rule(
    series: list[list[tuple[str, RecordSet]]],
) -> None:
    zone: list[dict[str, object]] = []
    for batch in series:
        wanted = [
            {"Action": action, "ResourceRecordSet": to_aws(record)} for action, record in batch
        ]
        before = list(zone)
        try:
            zone = after_batch(zone, wanted, ZONE_NAME)
        except Refusal:
            assert zone == before
        types = {record["Type"] for record in zone}
        policies = {"Weight" in record for record in zone}
        assert len({key_of(record) for record in zone}) == len(zone)
        assert len(policies) <= 1 or len(types) > 1
        assert "CNAME" not in types or types == {"CNAME"}
