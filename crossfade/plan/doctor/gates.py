"""What the doctor says of the sources that a migration's gates ask: metrics, alarms, probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.duration import shown_duration
from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count
from crossfade.plan.doctor.ramp import GATES
from crossfade.plan.gates.gate import GateResult, Outcome
from crossfade.plan.gates.samples import Source, counts, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, timedelta

    from crossfade.plan.base.finding import Finding
    from crossfade.plan.dns.traffic import Traffic
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.gates.samples import Samples, Series


def say_traffic(
    subject: str,
    samples: Samples,
    traffic: Traffic,
    *,
    vector: Vector,
    end: datetime,
    window: timedelta,
) -> Iterator[Finding]:
    """Say whether both load balancers publish what the gates ask about.

    Args:
        subject: The migration's name in the journal.
        samples: What was read.
        traffic: The configuration.
        vector: The weights that stand in DNS.
        end: The end of what was read, not included.
        window: How far back it was read.
    """
    if why := samples.unread.get(Source.TRAFFIC):
        yield problem(
            GATES,
            subject,
            why,
            "until the metrics can be read every gate on traffic says `error` and holds",
        )
        return
    weights = {Platform.LEGACY: vector.legacy, Platform.NEW: vector.new}
    series = {Platform.LEGACY: samples.legacy.requests, Platform.NEW: samples.new.requests}
    for platform in Platform:
        yield _published(
            subject,
            traffic.side(platform).load_balancer,
            series[platform],
            platform,
            expected=bool(weights[platform]),
            end=end,
            window=window,
        )


def _published(
    subject: str,
    balancer: str,
    requests: Series,
    platform: Platform,
    *,
    expected: bool,
    end: datetime,
    window: timedelta,
) -> Finding:
    if not counts(requests):
        text = f"{platform} published what is no count of requests ({balancer})"
        return problem(
            GATES, subject, text, "find out who writes this metric: gates say `error` and hold"
        )
    counted = total(requests, end - window, end)
    if counted:
        seen = count(round(counted), "request")
        text = f"{platform} published {seen} in the last {shown_duration(window)} ({balancer})"
        return ok(GATES, subject, text)
    if not expected:
        return ok(GATES, subject, f"{platform} published no requests: its weight is 0 ({balancer})")
    return problem(
        GATES,
        subject,
        f"{platform} published no requests in the last {shown_duration(window)}, although it "
        f"should get traffic ({balancer}): gates on traffic would say `no_data` and hold",
        f"correct {platform}.load_balancer (app/name/id) or AWS_REGION; CloudWatch must know it",
    )


def say_answers(subject: str, results: Iterable[GateResult]) -> Iterator[Finding]:
    """Say what gates on alarms and probes answer now."""
    for result in results:
        text = f"{result.gate}: {result.outcome} ({result.reason})"
        if result.outcome is Outcome.PASS:
            yield ok(GATES, subject, text)
        elif result.outcome is Outcome.ERROR:
            yield problem(
                GATES, subject, text, "put it right: a gate that cannot be asked holds for ever"
            )
        else:
            yield warning(GATES, subject, text, "see to it before the stage that asks this gate")
