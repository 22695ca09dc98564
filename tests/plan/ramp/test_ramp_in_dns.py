"""Random plans, evidence and foreign changes, on a zone that keeps the real Route 53's rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.adapters.aws.route53_form import from_aws, to_aws
from crossfade.errors import BadInput, Refused
from crossfade.local.strict.route53_rules import Refusal, after_batch
from crossfade.plan.dns.change import RecordsChange, Settled, plan_change, settle
from crossfade.plan.dns.pair import adopted, at_vector, live_vector, pairs_of
from crossfade.plan.dns.records import (
    RecordSet,
    differences,
    in_order,
    records_digest,
    same_records,
)
from crossfade.plan.dns.vector import BASELINE, Vector, share_of
from crossfade.plan.gates.gate import Outcome, OutcomeLimits
from crossfade.plan.gates.kinds import ErrorsGate
from crossfade.plan.ramp.decide import Advance, Back, Evidence, Hold, decide
from crossfade.plan.ramp.progress import Checkpoint, Progress, entered, observed, returned
from crossfade.plan.ramp.return_plan import previous_checkpoint
from crossfade.plan.ramp.stages import Plan, Return, Stage, named_vectors
from tests.plan.shop import NOON, SHOP, alias, pair, said, weighted

BLUE = weighted(alias("blue-lb.example."), "blue", 7)


@dataclass
class Zone:
    """A zone under Route 53's rules, which remembers who wrote which vector."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def shows(self) -> tuple[RecordSet, ...]:
        return in_order(from_aws(record) for record in self.records)

    def batch(self, change: RecordsChange) -> None:
        """Apply a change.

        Raises:
            Refusal: Route 53 refuses it.
        """
        deletes = [
            {"Action": "DELETE", "ResourceRecordSet": to_aws(one)} for one in change.expected
        ]
        creates = [{"Action": "CREATE", "ResourceRecordSet": to_aws(one)} for one in change.target]
        self.records = after_batch(self.records, [*deletes, *creates], "acme.example.")


@dataclass
class Migration:
    """Drives the pure parts the way a procedure does: read, plan, apply, read back, record."""

    plan: Plan
    zone: Zone
    progress: Progress = field(default_factory=Progress)
    before: dict[str, tuple[RecordSet, ...]] = field(default_factory=dict)
    foreign: set[Vector] = field(default_factory=set)
    now: int = 0
    serial: int = 0

    @property
    def instant(self) -> Any:
        return NOON + self.now * timedelta(minutes=1)

    def do(self, change: RecordsChange) -> bool:
        """Apply a change and read back; False if somebody else's records stood in the way."""
        try:
            self.zone.batch(change)
        except Refusal:
            assert settle(change, self.zone.shows()) is not Settled.NOT_APPLIED
        return settle(change, self.zone.shows()) is Settled.APPLIED

    def checkpoint(self, change: RecordsChange) -> Checkpoint:
        self.serial += 1
        name = f"op-{self.serial}"
        self.before[name] = change.expected
        return Checkpoint(
            name,
            self.progress.stage,
            self.progress.vector,
            records_digest(change.expected),
            self.instant,
        )

    def adopt(self) -> None:
        found = self.zone.shows()
        change = plan_change(found, adopted(found, SHOP), reason="adopt")
        self.enter("", live_vector(pairs_of(change.target, SHOP)), change)

    def live(self) -> Vector | None:
        try:
            return live_vector(pairs_of(self.zone.shows(), SHOP))
        except (Refused, BadInput):
            return None

    def advance(self, outcome: Outcome) -> None:
        self.now += 1
        found = self.zone.shows()
        evidence = Evidence(
            results=(said("errors", outcome, at=self.instant),),
            difference=differences(self.progress.records, found),
            live=self.live(),
        )
        decision = decide(self.plan, self.progress, evidence, self.instant)
        self.progress = observed(self.progress, evidence.results)
        match decision:
            case Advance(vector=None):
                self.adopt()
            case Advance():
                assert not evidence.difference
                assert decision.vector is not None
                target = at_vector(pairs_of(found, SHOP), decision.vector)
                self.enter(
                    decision.stage,
                    decision.vector,
                    plan_change(found, target, reason=decision.reason),
                )
            case Back():
                self.go_back(decision.to)
            case Hold():
                pass

    def enter(self, stage: str, vector: Vector, change: RecordsChange) -> None:
        checkpoint = self.checkpoint(change)
        if self.do(change):
            self.progress = entered(
                self.progress,
                stage=stage,
                vector=vector,
                records=change.target,
                checkpoint=checkpoint,
                at=self.instant,
            )

    def go_back(self, to: Checkpoint) -> None:
        change = plan_change(self.zone.shows(), self.before[to.operation], reason="back")
        assert self.do(change), "the way back is always open"
        self.progress = returned(self.progress, to=to, records=change.target, at=self.instant)

    def back(self) -> None:
        checkpoint = previous_checkpoint(self.progress)
        if checkpoint is not None:
            self.go_back(checkpoint)

    def abort(self) -> None:
        if self.progress.baseline is not None:
            self.go_back(self.progress.baseline)

    def someone_sets(self, vector: Vector) -> None:
        try:
            records = at_vector(pairs_of(self.zone.shows(), SHOP), vector)
        except Refused:
            return
        self.zone.batch(plan_change(self.zone.shows(), records, reason="foreign"))
        self.foreign.add(vector)

    def someone_joins(self) -> None:
        if len(self.zone.shows()) == 2:
            self.zone.batch(RecordsChange((), (BLUE,), "foreign"))

    def someone_deletes(self) -> None:
        """Somebody takes everything away."""
        self.zone.records = []

    def check(self) -> None:
        found = self.zone.shows()
        weights = [record.weight for record in found if record.weight is not None]
        assert not weights or sum(weights) > 0
        vector = self.live()
        if vector is not None:
            assert vector in named_vectors(self.plan, baseline=BASELINE) | self.foreign


stages = st.lists(
    st.sampled_from(["0.4", "1", "5", "12.5", "33.3", "50", "99.6", "100"]),
    min_size=1,
    max_size=4,
    unique=True,
).map(lambda shares: tuple(sorted(share_of(share) for share in shares)))
plans = st.builds(
    lambda shares, back_to, fails: Plan(
        tuple(Stage(f"s{n}", share, gates=("errors",)) for n, share in enumerate(shares)),
        gates=(ErrorsGate(name="errors", limits=OutcomeLimits(fail=fails)),),
        back_to=back_to,
    ),
    stages,
    st.sampled_from(Return),
    st.integers(min_value=1, max_value=3),
)
vectors = st.builds(
    Vector, st.integers(min_value=1, max_value=255), st.integers(min_value=0, max_value=255)
)
events = st.lists(
    st.one_of(
        st.sampled_from([Outcome.PASS] * 3 + list(Outcome)).map(
            lambda outcome: lambda migration: migration.advance(outcome)
        ),
        st.sampled_from(
            [Migration.back, Migration.abort, Migration.someone_joins, Migration.someone_deletes]
        ),
        vectors.map(lambda vector: lambda migration: migration.someone_sets(vector)),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(plans, events)
def test_only_named_or_foreign_vectors_stand_in_dns_and_abort_always_ends_at_the_baseline(
    plan: Plan, series: list[Any]
) -> None:
    migration = Migration(plan, Zone([to_aws(alias())]))
    baseline = migration.zone.shows()
    migration.adopt()
    assert migration.zone.shows() == pair(100, 0)
    for event in series:
        event(migration)
        migration.check()
    if migration.progress.baseline is not None:
        migration.abort()
        assert migration.zone.shows() == baseline
    migration.abort()
    migration.back()
    assert migration.progress.baseline is None


@settings(deadline=None)
@given(plans, st.lists(vectors, min_size=1, max_size=3))
def test_a_checkpoint_is_restored_exactly_as_it_was_recorded(
    plan: Plan, foreign: list[Vector]
) -> None:
    migration = Migration(plan, Zone([to_aws(one) for one in pair(200, 55, health=True)]))
    migration.progress = Progress(vector=Vector(200, 55), records=migration.zone.shows())
    recorded = [migration.zone.shows()]
    for _ in plan.stages:
        before = migration.progress.stage
        migration.advance(Outcome.PASS)
        if migration.progress.stage != before:
            recorded.append(migration.zone.shows())
    for vector in foreign:
        migration.someone_sets(vector)
    while migration.progress.checkpoints:
        migration.back()
        recorded.pop()
        assert same_records(migration.zone.shows(), recorded[-1])
    assert len(recorded) == 1


@settings(deadline=None)
@given(vectors, vectors, vectors)
def test_a_batch_is_refused_whenever_anyone_changed_anything(
    here: Vector, there: Vector, foreign: Vector
) -> None:
    zone = Zone([to_aws(one) for one in pair(foreign.legacy, foreign.new)])
    migration = Migration(Plan(()), zone)
    change = plan_change(pair(here.legacy, here.new), pair(there.legacy, there.new), reason="go")
    before = zone.shows()
    applied = migration.do(change)
    if foreign == here:
        assert applied
        assert zone.shows() == change.target
    else:
        assert applied == (foreign == there)
        assert zone.shows() == before


def test_an_added_record_is_noticed_though_no_delete_names_it() -> None:
    zone = Zone([to_aws(one) for one in (*pair(90, 10), BLUE)])
    change = plan_change(pair(90, 10), pair(50, 50), reason="go")
    zone.batch(change)
    assert settle(change, zone.shows()) is Settled.FOREIGN
    assert settle(change.reversed("undo"), replace_blue(zone)) is Settled.NOT_APPLIED


def replace_blue(zone: Zone) -> tuple[RecordSet, ...]:
    """What would stand there without the record that joined."""
    return tuple(replace(one) for one in zone.shows() if one.identifier != "blue")
