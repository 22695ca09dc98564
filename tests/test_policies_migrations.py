"""The policies of migrations allow what their procedures do, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Conflict, Refused
from crossfade.operations.doctor.doctor import diagnose
from crossfade.operations.doctor.policies import grounds_of
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.advance import advance
from crossfade.operations.ramp.ask_gates import check_gates, foretell
from crossfade.operations.ramp.back import abort, back, reverse_ramp
from crossfade.operations.ramp.consent import approve, hold, override, thaw
from crossfade.operations.report.make import make
from crossfade.operations.status.status import history, status
from crossfade.plan.doctor.rights import Procedure, Where, rights_policy
from crossfade.plan.doctor.rights_migrations import ACTIONS, NAMES, TYPES
from tests.balancers import stands
from tests.operations.ramp.shop import STAGES, STATE, SUBJECT, Shop, shop
from tests.story import Killed
from tests.test_policies import RECORDED, Need, denied, grants, idle, recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.base.world import World

RAMP_PLACES = {
    Where.JOURNAL_OF_MIGRATIONS,
    Where.ZONES,
    Where.RECORDS,
    Where.CHANGES,
    Where.METRICS,
    Where.BALANCERS,
}


@dataclass(frozen=True)
class Cast:
    """The worker whose requests are recorded, and the shop in which others work too."""

    ramp: Shop

    @property
    def worker(self) -> World:
        """A fresh world of the recorded worker."""
        return self.ramp.world(aws=RECORDED)


def quiet_alarm(ramp: Shop, name: str) -> None:
    """Create an alarm that is OK."""
    cloudwatch = ramp.aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        MetricName="Anything",
        Namespace="Shop",
        Period=60,
        EvaluationPeriods=1,
        Statistic="Sum",
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="quiet")


def lost(ramp: Shop, work: Callable[[], object]) -> None:
    """Let somebody else record something right before a head is swapped."""

    def strike(_: object) -> None:
        hold(ramp.world(), "shop", reason="meanwhile")

    ramp.strict.faults.before("s3", "PutObject", path="head.json", effect=strike)
    with pytest.raises(Refused):
        work()
    ramp.strict.faults.clear()
    thaw(ramp.world(), "shop")


def killed(ramp: Shop, operation: str, work: Callable[[], object]) -> None:
    """Kill a worker right after a call."""

    def strike(_: object) -> None:
        raise Killed

    ramp.strict.faults.after("route53", operation, effect=strike)
    with pytest.raises(Killed):
        work()
    ramp.strict.faults.clear()


def advances(cast: Cast) -> None:
    ramp = cast.ramp
    advance(cast.worker, "shop")
    lost(ramp, lambda: advance(cast.worker, "shop"))
    advance(cast.worker, "shop")
    ramp.passes(8, errors=0.5)
    advance(cast.worker, "shop")
    assert ramp.weights() is None, "it went back"


def returns(cast: Cast) -> None:
    ramp = cast.ramp
    back(cast.worker, "shop")  # nothing to go back from
    ramp.reaches("canary")
    back(cast.worker, "shop")
    thaw(ramp.world(), "shop")
    ramp.passes(8)
    killed(ramp, "ChangeResourceRecordSets", ramp.advance)
    resume(cast.worker, SUBJECT, take_over=True)
    reverse_ramp(cast.worker, "shop")
    thaw(ramp.world(), "shop")
    killed(ramp, "ChangeResourceRecordSets", ramp.advance)
    reverse_open(cast.worker, SUBJECT, take_over=True)
    lost(ramp, lambda: abort(cast.worker, "shop"))
    abort(cast.worker, "shop")


def consents(cast: Cast) -> None:
    hold(cast.worker, "shop", reason="lunch")
    thaw(cast.worker, "shop")
    cast.ramp.reaches("canary")
    approve(cast.worker, "shop")
    override(cast.worker, "shop", "errors", reason="known")

    def strike(_: object) -> None:
        hold(cast.ramp.world(), "shop", reason="meanwhile")

    cast.ramp.strict.faults.before("s3", "PutObject", path="head.json", effect=strike)
    with pytest.raises(Conflict):
        approve(cast.worker, "shop")


def foretells(cast: Cast) -> None:
    foretell(cast.worker, "shop")
    cast.ramp.reaches("canary")
    check_gates(cast.worker, "shop")
    advance(cast.worker, "shop", dry_run=True)


def examines(cast: Cast) -> None:
    diagnose(cast.worker, migration="shop")
    cast.ramp.reaches("canary")
    diagnose(cast.worker, migration="shop")


def reads(cast: Cast) -> None:
    status(cast.worker, SUBJECT)
    cast.ramp.reaches("canary")
    status(cast.worker, SUBJECT)
    history(cast.worker, SUBJECT)


def reports(cast: Cast) -> None:
    cast.ramp.reaches("canary")
    make(cast.worker)


SCENES: dict[Procedure, Callable[[Cast], None]] = {
    Procedure.ADVANCE: advances,
    Procedure.BACK: returns,
    Procedure.CONSENT: consents,
    Procedure.FORETELL: foretells,
    Procedure.DOCTOR: examines,
    Procedure.READ: reads,
    Procedure.REPORT: reports,
}
WHOLE = frozenset({Procedure.ADVANCE, Procedure.BACK, Procedure.CONSENT, Procedure.FORETELL})


@pytest.mark.parametrize("procedure", list(SCENES))
def test_a_policy_allows_exactly_what_its_procedure_does(procedure: Procedure) -> None:
    with shop() as ramp:
        stands("app/legacy/1", "legacy-lb.example")
        stands("app/k8s/1", "k8s-lb.example")
        quiet_alarm(ramp, "pager")
        ramp.changes = {
            "legacy": {**ramp.migration()["legacy"], "requests_per_second": 500},
            "stages": [{**stage, "gates": ["errors", "pager"]} for stage in STAGES],
            "gates": {"pager": {"kind": "alarms", "alarms": ["pager"]}},
        }
        ramp.aws.client("s3").put_bucket_versioning(
            Bucket=STATE, VersioningConfiguration={"Status": "Enabled"}
        )
        with recorded(RECORDED) as needs:
            SCENES[procedure](Cast(ramp))
        grounds = grounds_of(ramp.settings(), [], ["shop"], account="123456789012")
    given = grants(rights_policy(procedure, grounds.places, grounds.records))
    assert denied(needs, given) == []
    left = idle(needs, given)
    assert [grant for grant in left if procedure in WHOLE or grant.statement in RAMP_PLACES] == []


def changing(zone: str, name: str, kind: str, action: str) -> Need:
    asked = frozenset({(NAMES, name), (TYPES, kind), (ACTIONS, action)})
    arn = f"arn:aws:route53:::hostedzone/{zone}"
    return Need("route53:ChangeResourceRecordSets", arn, asked)


def test_the_records_of_one_migration_are_all_that_its_policy_lets_be_changed() -> None:
    with shop() as ramp:
        ramp.changes = {"records": ["*.Acme.example"], "types": ["A"]}
        zone = ramp.zone
        grounds = grounds_of(ramp.settings(), [], ["shop"], account="123456789012")
    given = grants(rights_policy(Procedure.BACK, grounds.places, grounds.records))
    name = r"\052.acme.example"
    assert (
        denied({changing(zone, name, "A", "DELETE"), changing(zone, name, "A", "CREATE")}, given)
        == []
    )
    for beyond in (
        changing(zone, "www.acme.example", "A", "CREATE"),
        changing(zone, name, "AAAA", "CREATE"),
        changing(zone, name, "A", "UPSERT"),
        changing("ZOTHER", name, "A", "CREATE"),
    ):
        assert denied({beyond}, given) == [beyond]
