"""What stands in the way of a plan: metrics, keep-alive, an adopted share, and mute targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Refused
from crossfade.plan.base.duration import shown_duration
from crossfade.plan.base.finding import problem, risk
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.pair import live_vector
from crossfade.plan.dns.records import carrying_traffic
from crossfade.plan.dns.vector import percent
from crossfade.plan.ramp.preflight_records import readable_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import timedelta

    from crossfade.plan.base.finding import Finding
    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.dns.traffic import Traffic
    from crossfade.plan.gates.samples import ProbeSample
    from crossfade.plan.ramp.stages import Plan


def check_plan_against(
    plan: Plan, found: Sequence[RecordSet], traffic: Traffic, *, keep_alive: timedelta
) -> tuple[Finding, ...]:
    """Find where the plan does not fit what is live: metrics, keep-alive, an adopted share."""
    return (
        *_unmeasured(plan, traffic),
        *_keep_alive(plan, keep_alive),
        *_adopted_share(plan, found, traffic),
    )


def check_crons(plan: Plan, known: Iterable[str]) -> tuple[Finding, ...]:
    """Find cron jobs that a stage moves and of which the configuration says nothing."""
    jobs = frozenset(known)
    return tuple(
        problem(
            "unknown-cron",
            f"stage {stage.name}",
            f"it moves cron job {job}, which is not configured",
            f'add [crons."{job}"] with its schedule, or take it out of the stage',
        )
        for stage in plan.stages
        for job in stage.crons
        if job not in jobs
    )


def check_answers(probes: Iterable[ProbeSample]) -> tuple[Finding, ...]:
    """Find targets that do not answer for the host name, HTTP and certificate included."""
    return tuple(
        problem(
            "target-does-not-answer",
            probe.target,
            f"asked for {probe.host} it said: {probe.failure or f'HTTP {probe.status}'}",
            "make it answer for that name with a certificate that names it, before any traffic",
        )
        for probe in probes
        if probe.failure or probe.status is None or probe.status >= 500  # noqa: PLR2004  5xx
    )


def _unmeasured(plan: Plan, traffic: Traffic) -> Iterator[Finding]:
    asked = any(stage.gates for stage in plan.stages)
    for platform in Platform:
        balancer = traffic.side(platform).load_balancer
        if asked and not balancer.startswith("app/"):
            yield risk(
                "no-request-counts",
                balancer or f"{platform} load_balancer",
                "only application load balancers (app/name/id) publish requests and errors",
                f"set {platform}.load_balancer to one, or use alarms and probes only",
            )


def _keep_alive(plan: Plan, keep_alive: timedelta) -> Iterator[Finding]:
    for stage in plan.stages[:-1]:
        if stage.bake < keep_alive:
            yield risk(
                "keep-alive",
                f"stage {stage.name}",
                f"connections may last {shown_duration(keep_alive)}, the stage bakes "
                f"{shown_duration(stage.bake)}: DNS moves new connections only",
                "lower client_keep_alive.seconds of the load balancers, or bake longer",
            )


def _adopted_share(plan: Plan, found: Sequence[RecordSet], traffic: Traffic) -> Iterator[Finding]:
    pairs = readable_pairs(carrying_traffic(found), traffic)
    try:
        live = live_vector(pairs).share
    except (Refused, BadInput):
        return
    first = plan.stages[0]
    if live > first.share:
        yield problem(
            "adopted-share",
            str(pairs[0].new),
            f"the live pair is at {percent(live)}, above the first stage {first.name} "
            f"({percent(first.share)})",
            "begin the plan with a stage that is not below it",
        )
