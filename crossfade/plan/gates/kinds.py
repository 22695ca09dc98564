"""The kinds of gates: what each asks, and the limits that it asks with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from crossfade.plan.gates.gate import Gate, OnFail
from crossfade.plan.gates.samples import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorsGate(Gate):
    """Does the new platform fail more requests than legacy does, or more than a limit?

    Attributes:
        times: It is worse if surely more than this many times legacy's ratio of the same minutes;
            None asks only the limits.
        false_returns: Part of the ramps of a good platform on which the gate may ever fail.
        max_ratio: Part of the requests that may fail with 5xx, 0 to 1.
        max_times: How many times legacy's ratio of the same minutes; None asks only `max_ratio`.
        slack: Added to the relative limit, so that a legacy without errors does not make it 0.
        min_requests: Fewer requests than this tell nothing.
        confidence: Standard deviations of the figure `ratio_new_at_least`; it decides nothing.
    """

    times: float | None = field(default=1.0, repr=False)
    false_returns: float = field(default=0.008, repr=False)
    max_ratio: float = 0.01
    max_times: float | None = 2.0
    slack: float = 0.001
    min_requests: int = 100
    confidence: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyGate(Gate):
    """Is the new platform too slow: are too many requests slower than a limit?

    With p90 a tenth may be slower, or as many as on legacy and that tenth.

    Attributes:
        times: A platform is good if its part of slow requests is no more than this many times
            legacy's; None grants what `statistic` leaves over besides.
        false_returns: Part of the ramps of a good platform on which the gate may ever fail.
        statistic: The percentile of the response time that is meant; it is read for each minute.
        max_seconds: The limit; None asks only in relation to legacy.
        max_times: The limit is this many times legacy's median minute before the stage began;
            None asks only `max_seconds`.
        slack: Seconds added to that limit.
        min_requests: Fewer requests than this tell nothing.
    """

    times: float | None = field(default=None, repr=False)
    false_returns: float = field(default=0.002, repr=False)
    statistic: str = "p90"
    max_seconds: float | None = None
    max_times: float | None = 1.5
    slack: float = 0.02
    min_requests: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareGate(Gate):
    """Did the traffic follow the weights? Configured weights are not traffic.

    Attributes:
        deviations: Width of the tolerance, in standard deviations of DNS' own noise.
        min_tolerance: The tolerance is never narrower than this part, 0 to 1.
        min_requests: Fewer requests than this tell nothing.
        concentration: How uneven the resolvers are taken to be until it was measured: the sum of
            their squared shares of the traffic. 1000 resolvers after Zipf's law have 0.029.
    """

    window: timedelta = timedelta(minutes=10)
    on_fail: OnFail = OnFail.HOLD
    deviations: float = 3.0
    min_tolerance: float = 0.01
    min_requests: int = 500
    concentration: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainGate(Gate):
    """Is legacy drained: did it get next to nothing, keep-alive connections included?

    Attributes:
        max_per_minute: Requests that legacy may still get in each minute of the window.
    """

    window: timedelta = timedelta(minutes=30)
    on_fail: OnFail = OnFail.HOLD
    max_per_minute: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmGate(Gate):
    """Are CloudWatch alarms quiet? INSUFFICIENT_DATA is not quiet.

    Attributes:
        alarms: Their names.
    """

    alarms: tuple[str, ...]
    source: Source = field(default=Source.ALARMS, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeGate(Gate):
    """Does the new platform answer requests that crossfade makes itself?

    Attributes:
        path: The path that is asked for.
        statuses: HTTP statuses that are good.
        max_seconds: How long an answer may take.
        min_certificate_days: How long the certificate must still be valid.
    """

    path: str = "/"
    statuses: tuple[int, ...] = (200,)
    max_seconds: float = 5.0
    min_certificate_days: float = 7.0
    source: Source = field(default=Source.PROBES, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityGate(Gate):
    """Do both platforms run the same version and configuration, as read from them now?"""

    on_fail: OnFail = OnFail.HOLD
    source: Source = field(default=Source.PARITY, init=False)


AnyGate = ErrorsGate | LatencyGate | ShareGate | DrainGate | AlarmGate | ProbeGate | ParityGate

STANDARD_GATES: tuple[AnyGate, ...] = (
    ErrorsGate(name="errors"),
    LatencyGate(name="latency"),
    ShareGate(name="measured-share"),
    DrainGate(name="drained"),
    ProbeGate(name="probe"),
    ParityGate(name="parity"),
)
"""The gates that a plan can name without describing them."""
