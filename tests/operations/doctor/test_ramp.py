"""Doctor: what it finds of migrations, and that it changes none."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.errors import BadInput
from crossfade.local.strict.faults import ACCESS_DENIED, Answer
from crossfade.operations.doctor.doctor import diagnose
from crossfade.operations.doctor.settings import examine_settings
from crossfade.operations.ramp.back import abort
from crossfade.operations.ramp.change import record
from crossfade.operations.ramp.read import read_ramp
from crossfade.plan.base.finding import Level
from crossfade.plan.dns.vector import Vector
from crossfade.plan.ramp.progress import declared_final
from tests.balancers import stands
from tests.operations.ramp.shop import STAGES, STATE, SUBJECT, shop
from tests.plan.shop import alias, cname
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.base.finding import Finding
    from tests.operations.ramp.shop import Shop

PROBLEM, WARNING, OK = Level.PROBLEM, Level.WARNING, Level.OK


@pytest.fixture
def ramp() -> Iterator[Shop]:
    """A shop that is ready for its migration: load balancers, metrics, half an hour of traffic."""
    with shop() as opened:
        stands("app/legacy/1", "legacy-lb.example")
        stands("app/k8s/1", "k8s-lb.example")
        opened.passes(30)
        yield opened


def examined(ramp: Shop, check: str = "", **options: Any) -> list[Finding]:
    """Return the findings about the migration, of one check or of all."""
    options.setdefault("migration", "shop")
    found = diagnose(ramp.world(), **options)
    return [one for one in found if one.subject == SUBJECT and check in {"", one.code}]


def bad(ramp: Shop, check: str = "", **options: Any) -> list[Finding]:
    """Return those that are not ok."""
    return [one for one in examined(ramp, check, **options) if one.level is not OK]


def only(ramp: Shop, check: str, **options: Any) -> Finding:
    """Return the one finding of a check that is not ok."""
    (finding,) = bad(ramp, check, **options)
    return finding


def in_the_world(ramp: Shop) -> Any:
    """Return everything that an examination could have changed."""
    s3 = ramp.aws.client("s3")
    journal = s3.list_objects_v2(Bucket=STATE).get("Contents", [])
    return ramp.records(), [(one["Key"], one["ETag"]) for one in journal]


def test_in_a_shop_that_is_ready_all_is_well_and_it_says_what_would_be_done(ramp: Shop) -> None:
    findings = examined(ramp)
    assert [one for one in findings if one.level is not OK] == []
    told = {one.code: one.saw for one in findings}
    assert "would become a weighted pair at legacy 100 / new 0" in told["records"]
    assert "keep-alive 1 min" in told["load balancer"]
    assert told["preflight"] == "nothing stands in the way"
    assert told["rights"] == "these credentials may change its records"


def test_it_changes_neither_records_nor_the_journal(ramp: Shop) -> None:
    ramp.reaches("canary")
    before = in_the_world(ramp)
    examined(ramp)
    assert in_the_world(ramp) == before


def test_read_only_sends_no_change_at_all(ramp: Shop) -> None:
    ramp.strict.faults.clear()
    findings = examined(ramp, read_only=True)
    verbs = {call.operation for call in ramp.strict.faults.calls}
    assert all(verb.startswith(("Get", "Head", "List", "Describe")) for verb in verbs)
    assert "rights" not in {one.code for one in findings}


def test_all_migrations_are_examined_and_none_for_an_environment_alone(ramp: Shop) -> None:
    assert examined(ramp, migration="")
    with pytest.raises(BadInput, match="no migration 'shopp'"):
        diagnose(ramp.world(), migration="shopp")
    with pytest.raises(BadInput, match="no environment 'production'"):
        diagnose(ramp.world(), environment="production")
    with pytest.raises(BadInput, match="two questions"):
        diagnose(ramp.world(), environment="production", migration="shop")


def test_one_migration_is_examined_with_the_journal_and_without_the_releases(ramp: Shop) -> None:
    subjects = {one.subject for one in diagnose(ramp.world(), migration="shop")}
    assert f"s3://{STATE}/journal/" in subjects
    assert f"s3://{STATE}/releases/" not in subjects


# Records.


def test_a_zone_that_is_not_there_is_one_problem(ramp: Shop) -> None:
    ramp.changes |= {"zone": "ZNOWHERE"}
    (problem,) = bad(ramp)
    assert (problem.code, problem.level) == ("records", PROBLEM)
    assert "no hosted zone ZNOWHERE" in problem.saw


def test_records_that_cannot_be_read_hide_nothing_else(ramp: Shop) -> None:
    ramp.strict.faults.before("route53", "ListResourceRecordSets", times=99, effect=ACCESS_DENIED)
    problem = only(ramp, "records")
    assert "access denied" in problem.saw
    assert {"gates", "windows", "way back"} <= {one.code for one in examined(ramp)}


def test_what_stands_in_the_way_is_told_with_its_word_and_its_mend(ramp: Shop) -> None:
    ramp.batch(("CREATE", alias("elsewhere.example", name="api.acme.example.")))
    ramp.changes |= {"records": ["shop.acme.example", "api.acme.example"]}
    problem = only(ramp, "preflight")
    assert problem.level is PROBLEM
    assert "answers with neither platform" in problem.saw
    assert problem.saw.endswith("[unknown-target]")
    assert problem.mend


def test_a_long_ttl_says_how_long_to_wait() -> None:
    with shop(cname(ttl=300)) as ramp:
        ramp.passes(30)
        (problem,) = [one for one in bad(ramp, "preflight") if "long-ttl" in one.saw]
        assert "then wait 300 s before the first stage" in problem.mend


def test_a_new_target_that_does_not_answer_is_a_problem(ramp: Shop) -> None:
    ramp.new_answers = 503
    assert "HTTP 503 [target-does-not-answer]" in only(ramp, "preflight").saw


def test_an_accepted_risk_is_shown_as_such(ramp: Shop) -> None:
    ramp.changes |= {"stages": [{**STAGES[0], "bake": "10s"}, *STAGES[1:]]}
    assert only(ramp, "preflight").level is PROBLEM
    ramp.changes |= {"accept": ["keep-alive"]}
    (accepted,) = examined(ramp, "preflight")
    assert accepted.level is OK
    assert accepted.saw.startswith("accepted: stage canary")


def test_records_that_stand_as_they_were_set_and_those_that_do_not(ramp: Shop) -> None:
    ramp.reaches("canary")
    (standing,) = examined(ramp, "records")
    assert standing.saw == "as they were set: legacy 90 / new 10, canary"
    ramp.somebody_sets(Vector(70, 30))
    assert "weight 90 was expected, 70 is there" in only(ramp, "records").saw


def test_after_a_return_to_the_baseline_it_is_ready_to_begin_again(ramp: Shop) -> None:
    ramp.reaches("canary")
    abort(ramp.world(), "shop")
    (finding,) = examined(ramp, "records")
    assert "would become a weighted pair" in finding.saw


def test_an_operation_that_was_left_open_says_how_to_settle_it(ramp: Shop) -> None:
    def strike(_: object) -> None:
        raise Killed

    ramp.strict.faults.after("route53", "ChangeResourceRecordSets", effect=strike)
    with pytest.raises(Killed):
        ramp.advance()
    ramp.time.sleep(600)
    problem = only(ramp, "operation")
    assert f"crossfade resume {SUBJECT}" in problem.mend
    assert examined(ramp, "records")[0].saw == "not compared while an operation is open"


def test_a_ramp_at_its_last_stage_is_asked_nothing_about_stages_before(ramp: Shop) -> None:
    ramp.reaches("all").passes(5)
    findings = examined(ramp)
    assert [one for one in findings if one.level is not OK] == []
    assert {"preflight", "windows", "gates"}.isdisjoint(one.code for one in findings)


def test_past_the_point_of_no_return_there_is_nothing_left_to_examine(ramp: Shop) -> None:
    ramp.reaches("canary")
    there = read_ramp(ramp.world(), "shop")
    final = declared_final(there.progress, ramp.time.now)
    record(there, kind="finish", title="final", request={}, progress=final)
    operation, said = examined(ramp)
    assert operation.saw == "none is open"
    assert said.saw.startswith("past the point of no return since 2026-03-02")


# Load balancers, gates, windows, the way back.


def test_a_load_balancer_that_cannot_be_read_is_a_warning(ramp: Shop) -> None:
    ramp.strict.faults.before("elbv2", "DescribeLoadBalancers", times=99, effect=ACCESS_DENIED)
    findings = bad(ramp)
    assert [(one.code, one.level) for one in findings] == [("preflight", WARNING)] * 2
    assert all("taken to be the configured 1 min" in one.saw for one in findings)


def test_the_stated_time_to_come_back_counts_the_keep_alive_that_was_read(ramp: Shop) -> None:
    stands("app/legacy/1", "legacy-lb.example", keep_alive=3600)
    stands("app/k8s/1", "k8s-lb.example", keep_alive=1800)
    (stated, *_) = examined(ramp, "way back")
    assert "keep-alive 30 min" in stated.saw


def test_gates_whose_metrics_are_missing_or_not_readable_are_problems(ramp: Shop) -> None:
    ramp.time.now += timedelta(hours=1)
    assert "legacy published no requests in the last 30 min" in only(ramp, "gates").saw
    ramp.strict.faults.before("monitoring", "GetMetricData", times=99, effect=ACCESS_DENIED)
    ramp.strict.faults.before("cloudwatch", "GetMetricData", times=99, effect=ACCESS_DENIED)
    assert "access denied" in only(ramp, "gates").saw


def test_an_alarm_that_does_not_exist_is_a_problem(ramp: Shop) -> None:
    ramp.changes |= {
        "stages": [{**STAGES[0], "gates": ["errors", "pager"]}, *STAGES[1:]],
        "gates": {"pager": {"kind": "alarms", "alarms": ["shop-errors"]}},
    }
    assert "no such alarm: shop-errors" in only(ramp, "gates").saw


def test_a_ramp_without_any_gate_is_a_warning(ramp: Shop) -> None:
    ramp.changes |= {"stages": [{"name": "all", "share": 100}]}
    assert "no stage names a gate" in only(ramp, "gates").saw
    assert only(ramp, "way back").level is WARNING


def test_a_gate_that_gets_too_few_requests_is_a_warning(ramp: Shop) -> None:
    ramp.changes |= {"stages": [{**STAGES[0], "share": "0.4"}, *STAGES[1:]]}
    assert bad(ramp, "gates") == []
    ramp.changes |= {"gates": {"errors": {"min_requests": 1000}}}
    assert "would stay inconclusive at stage canary" in only(ramp, "gates").saw


def test_a_stop_of_all_migrations_is_a_warning(ramp: Shop) -> None:
    ramp.changes |= {"stop_migrations": "the big sale"}
    assert "the big sale; going back is open" in only(ramp, "windows").saw


# Rights.


@pytest.mark.parametrize(
    ("operation", "said"),
    [("ChangeResourceRecordSets", "change shop.acme.example"), ("GetChange", "read how a change")],
)
def test_an_identity_that_may_not_change_records_is_told_so(
    ramp: Shop, operation: str, said: str
) -> None:
    ramp.strict.faults.before("route53", operation, effect=ACCESS_DENIED)
    finding = only(ramp, "rights")
    assert finding.level is WARNING
    assert said in finding.saw
    assert "crossfade doctor --rights advance" in finding.mend


def test_rights_that_cannot_be_asked_for_are_not_guessed(ramp: Shop) -> None:
    odd = Answer(400, "InvalidInput", "The request is odd")
    ramp.strict.faults.before("route53", "ChangeResourceRecordSets", effect=odd)
    finding = only(ramp, "rights")
    assert finding.level is PROBLEM
    assert "InvalidInput" in finding.saw


# The lock.


@pytest.mark.parametrize("servers", [(), ("one:11211", "two:11211")])
def test_cron_jobs_need_exactly_one_memcached(ramp: Shop, servers: tuple[str, ...]) -> None:
    ramp.changes |= {"stages": [{**STAGES[0], "crons": ["reports.daily"]}, *STAGES[1:]]}
    settings = ramp.settings()
    lock = settings.lock.model_copy(update={"servers": servers})
    told = examine_settings(settings.model_copy(update={"lock": lock}), [])
    problems = [one.saw for one in told if one.level is PROBLEM]
    assert any(f"lock.servers names {len(servers)} servers" in text for text in problems)
    assert any("reports.daily, which is not configured" in text for text in problems)


def test_without_cron_jobs_no_memcached_is_asked_for(ramp: Shop) -> None:
    assert "lock" not in {one.subject for one in examine_settings(ramp.settings(), [])}
