from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING, Any

import pytest
from moto.core.base_backend import BackendDict

from crossfade.adapters.aws.cloudwatch import read_traffic
from crossfade.local.demo.traffic import Minute, PlatformModel, Simulator, World, publish
from crossfade.local.strict.strict_cloudwatch import strict_cloudwatch
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.change import plan_change
from crossfade.plan.dns.pair import adopted, at_vector, live_vector, pairs_of
from crossfade.plan.dns.records import differences
from crossfade.plan.dns.vector import BASELINE, Vector, share_of
from crossfade.plan.gates.gate import Circumstances
from crossfade.plan.gates.judge import judge_all, reading_period
from crossfade.plan.gates.kinds import ErrorsGate, ShareGate
from crossfade.plan.gates.samples import Samples
from crossfade.plan.ramp.decide import Advance, Back, Decision, Evidence, decide
from crossfade.plan.ramp.preview import preview
from crossfade.plan.ramp.progress import (
    Checkpoint,
    Freeze,
    Progress,
    entered,
    frozen,
    observed,
    returned,
)
from crossfade.plan.ramp.stages import Plan, Stage
from tests.adapters.aws.dns import Dns, dns_in_process, session
from tests.plan.shop import NAME, NOON, SHOP, alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.dns.records import RecordSet

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BALANCERS = {Platform.LEGACY: "app/legacy/1", Platform.NEW: "app/k8s/1"}
SMALL = World(resolvers=200, clients=500, requests=50, connection=20)


def simulated(weights: tuple[int, int], world: World = SMALL, *, seed: int = 1) -> Simulator:
    return Simulator(weights=lambda: weights, start=NOON, seed=seed, world=world)


def share(minutes: tuple[Minute, ...]) -> float:
    sent = {
        platform: sum(m.requests for m in minutes if m.platform is platform)
        for platform in Platform
    }
    return sent[Platform.NEW] / sum(sent.values())


def test_traffic_follows_the_weights() -> None:
    assert share(simulated((90, 10)).run(4 * HOUR)) == pytest.approx(0.1, abs=0.03)
    assert share(simulated((50, 50)).run(4 * HOUR)) == pytest.approx(0.5, abs=0.05)


def test_a_dark_platform_has_no_minutes_at_all() -> None:
    ended = simulated((100, 0)).run(10 * MINUTE)
    assert {minute.platform for minute in ended} == {Platform.LEGACY}
    assert [minute.at for minute in ended] == [NOON + n * MINUTE for n in range(10)]


def test_weights_that_are_all_zero_split_evenly() -> None:
    assert share(simulated((0, 0)).run(4 * HOUR)) == pytest.approx(0.5, abs=0.05)


def test_the_load_is_what_the_world_says() -> None:
    ended = simulated((100, 0)).run(HOUR)
    per_second = sum(minute.requests for minute in ended[1:]) / (59 * 60)
    assert per_second == pytest.approx(SMALL.requests, rel=0.05)


def test_the_same_seed_gives_the_same_traffic() -> None:
    assert simulated((90, 10)).run(HOUR) == simulated((90, 10)).run(HOUR)
    assert simulated((90, 10)).run(HOUR) != simulated((90, 10), seed=2).run(HOUR)


def test_running_in_parts_is_running_at_once() -> None:
    parts = simulated((90, 10))
    assert parts.run(7 * MINUTE) + parts.run(23 * MINUTE) == simulated((90, 10)).run(30 * MINUTE)
    assert parts.now == NOON + 30 * MINUTE


def moved_at(world: World) -> float:
    """Minutes after a full switch until less than a hundredth of the traffic is on legacy."""
    weights = [(100, 0)]
    simulator = Simulator(weights=lambda: weights[0], start=NOON, world=world)
    simulator.run(30 * MINUTE)
    weights[0] = (0, 100)
    for minute in range(1, 200):
        if share(simulator.run(MINUTE)) > 0.99:
            return minute
    return 200


def test_resolvers_keep_their_answers_for_the_ttl_and_clients_their_connections() -> None:
    quick = moved_at(replace(SMALL, ttl=60, connection=10))
    assert 1 <= quick <= 3
    assert moved_at(replace(SMALL, ttl=600, connection=10)) >= 9
    assert moved_at(replace(SMALL, ttl=60, connection=1200)) >= 15
    assert moved_at(replace(SMALL, connection=10, propagation=300)) >= quick + 4


def test_the_noise_of_the_share_is_that_of_the_formula() -> None:
    world = World(resolvers=300, clients=300, requests=2000, connection=3)
    simulator = simulated((90, 10), world)
    simulator.run(5 * MINUTE)
    shares = [share(simulator.run(MINUTE)) for _ in range(120)]
    mean = sum(shares) / len(shares)
    spread = sqrt(sum((one - mean) ** 2 for one in shares) / len(shares))
    # a minute mixes parts of two draws, which takes a third off the variance
    expected = sqrt(0.1 * 0.9 * simulator.concentration * 2 / 3)
    assert spread == pytest.approx(expected, rel=0.3)


def test_errors_and_latency_are_those_that_were_set() -> None:
    simulator = simulated((50, 50))
    simulator.new = PlatformModel(error_rate=0.3, latency=0.5)
    simulator.legacy = PlatformModel(error_rate=0.001)
    ended = simulator.run(2 * HOUR)
    for platform, rate, latency in ((Platform.NEW, 0.3, 0.5), (Platform.LEGACY, 0.001, 0.05)):
        own = [minute for minute in ended if minute.platform is platform]
        requests = sum(minute.requests for minute in own)
        assert sum(minute.errors for minute in own) / requests == pytest.approx(rate, rel=0.3)
        times = sorted(value for minute in own for value, _ in minute.latencies)
        assert times[len(times) // 2] == pytest.approx(latency, rel=0.1)


def test_metrics_are_published_as_load_balancers_do() -> None:
    latencies = ((0.1, 5.0), (0.2, 5.0))
    good = Minute(NOON, Platform.LEGACY, 10, 0, latencies)
    bad = Minute(NOON, Platform.NEW, 10, 4, latencies)
    BackendDict.reset()
    with dns_in_process(), strict_cloudwatch():
        client = session().client("cloudwatch")
        publish(client, [good, bad], BALANCERS)
        found = read_traffic(
            client,
            legacy="app/legacy/1",
            new="app/k8s/1",
            start=NOON,
            end=NOON + MINUTE,
            latency="p50",
        )
    assert found.legacy.requests == found.new.requests == ((NOON, 10.0),)
    assert found.legacy.errors == (), "no series where there were no errors"
    assert found.new.errors == ((NOON, 4.0),)
    assert found.new.latency == ((NOON, 0.1),)


PLAN = Plan(
    (
        Stage("canary", share_of(10), bake=10 * MINUTE, gates=("errors", "measured-share")),
        Stage("half", share_of(50), bake=10 * MINUTE, gates=("errors", "measured-share")),
        Stage("all", share_of(100), gates=("errors",)),
    ),
    gates=(ErrorsGate(name="errors"), ShareGate(name="measured-share", concentration=0.1)),
    metric_delay=timedelta(),
    keep_alive=30 * timedelta(seconds=1),
)


@dataclass
class Ramp:
    """A migration driven minute by minute, as a schedule would, on the strict embedded services."""

    dns: Dns
    cloudwatch: Any
    simulator: Simulator
    position: Progress = field(default_factory=Progress)
    decisions: list[Decision] = field(default_factory=list)
    served: list[Minute] = field(default_factory=list)
    before: dict[str, tuple[RecordSet, ...]] = field(default_factory=dict)

    def minute(self) -> Decision:
        """Let a minute of traffic pass, look, decide, and do that one thing."""
        ended = self.simulator.run(MINUTE)
        self.served.extend(ended)
        publish(self.cloudwatch, ended, BALANCERS)
        self.dns.clock.now += 60
        now = self.simulator.now
        decision = decide(PLAN, self.position, self.evidence(), now)
        self.position = observed(self.position, self.evidence().results)
        self.act(decision)
        self.decisions.append(decision)
        return decision

    def evidence(self) -> Evidence:
        live = self.dns.shows()
        stage = PLAN.stage(self.position.stage)
        difference = differences(self.position.records, live)
        if stage is None or self.position.since is None:
            return Evidence(difference=difference)
        vector = live_vector(pairs_of(live, SHOP))
        at = Circumstances(
            now=self.simulator.now,
            since=self.position.since,
            vector=vector,
            previous=self.position.previous or BASELINE,
            keep_alive=PLAN.keep_alive,
            delay=PLAN.metric_delay,
        )
        gates = PLAN.gates_of(stage)
        start, end = reading_period(gates, at)
        read = read_traffic(
            self.cloudwatch, legacy="app/legacy/1", new="app/k8s/1", start=start, end=end
        )
        results = judge_all(gates, Samples(legacy=read.legacy, new=read.new), at)
        return Evidence(results=results, difference=difference, live=vector)

    def act(self, decision: Decision) -> None:
        now, live = self.simulator.now, self.dns.shows()
        match decision:
            case Advance():
                vector = decision.vector or BASELINE
                target = at_vector(pairs_of(adopted(live, SHOP), SHOP), vector)
                self.dns.apply(live, target, why=decision.reason)
                name = f"op-{len(self.decisions)}"
                self.before[name] = live
                checkpoint = Checkpoint(name, self.position.stage, self.position.vector, "", now)
                self.position = entered(
                    self.position,
                    stage=decision.stage,
                    vector=vector,
                    records=target,
                    checkpoint=checkpoint,
                    at=now,
                )
            case Back():
                target = self.before[decision.to.operation]
                self.dns.do(plan_change(live, target, reason=decision.reason))
                back = returned(self.position, to=decision.to, records=target, at=now)
                self.position = frozen(back, Freeze(decision.reason, "engine", now))

    @property
    def vector(self) -> Vector:
        return live_vector(pairs_of(adopted(self.dns.shows(), SHOP), SHOP))


@pytest.fixture
def ramp() -> Iterator[Ramp]:
    with dns_in_process() as dns, strict_cloudwatch():
        dns.has(alias())
        weights = lambda: read_weights(dns)  # noqa: E731  a name for what the simulator reads
        simulator = Simulator(
            weights=weights, start=NOON, world=replace(SMALL, step=60, requests=100)
        )
        running = Ramp(dns, session().client("cloudwatch"), simulator)
        running.position = replace(running.position, records=dns.shows())
        yield running


def read_weights(dns: Dns) -> tuple[int, int]:
    by_target = {record.target: record.weight for record in dns.shows(NAME)}
    if len(by_target) == 1:
        return 1, 0
    return by_target["legacy-lb.example"] or 0, by_target["k8s-lb.example"] or 0


def test_a_healthy_migration_ramps_to_everything(ramp: Ramp) -> None:
    for _ in range(120):
        if ramp.position.stage == "all":
            break
        ramp.minute()
    assert ramp.vector == Vector(0, 100)
    advances = [one for one in ramp.decisions if isinstance(one, Advance)]
    assert [one.stage for one in advances] == ["", "canary", "half", "all"]


def test_a_platform_that_starts_failing_at_10_percent_is_taken_back_to_0(ramp: Ramp) -> None:
    while ramp.position.stage != "canary":
        ramp.minute()
    for _ in range(6):
        ramp.minute()
    ramp.simulator.new.error_rate = 0.4
    broken = ramp.simulator.now
    while ramp.vector != BASELINE:
        ramp.minute()
    restored = ramp.simulator.now
    stated = preview(PLAN, requests=None, ttl=MINUTE)[0].back
    assert stated.detection is not None
    assert restored - broken <= stated.detection
    assert ramp.position.stage == ""
    assert ramp.position.frozen is not None
    assert "failed on new" in ramp.position.frozen.reason

    later = [ramp.minute() for _ in range(10)]
    assert not any(isinstance(one, Advance) for one in later), "a person thaws it"
    after = [m for m in ramp.served if m.platform is Platform.NEW and m.at >= broken + stated.total]
    assert after == [], "nobody meets the failing platform after the stated worst case"


def test_a_foreign_weight_is_never_overwritten_by_the_way_on(ramp: Ramp) -> None:
    while ramp.position.stage != "canary":
        ramp.minute()
    live = ramp.dns.shows()
    foreign = at_vector(pairs_of(live, SHOP), Vector(70, 30))
    ramp.dns.changes(live, foreign)
    for _ in range(20):
        decision = ramp.minute()
        assert not isinstance(decision, Advance)
    assert ramp.dns.shows() == foreign


def test_errors_of_both_platforms_hold_and_do_not_go_back(ramp: Ramp) -> None:
    while ramp.position.stage != "canary":
        ramp.minute()
    ramp.simulator.new.error_rate = ramp.simulator.legacy.error_rate = 0.4
    decisions = [ramp.minute() for _ in range(15)]
    assert not any(isinstance(one, Advance | Back) for one in decisions)
    assert ramp.vector == Vector(90, 10)
