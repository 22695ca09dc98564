"""The section of a migration: its records, both platforms, its stages and what its gates ask."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import Field, model_validator

from crossfade.errors import BadInput
from crossfade.plan.dns.traffic import Target, Traffic, checked_traffic
from crossfade.plan.dns.vector import share_of
from crossfade.plan.gates.gate import OnFail, OutcomeLimits
from crossfade.plan.gates.kinds import (
    AlarmGate,
    AnyGate,
    DrainGate,
    ErrorsGate,
    LatencyGate,
    ParityGate,
    ProbeGate,
    ShareGate,
)
from crossfade.plan.ramp.stages import Plan, Return, Stage, checked_plan
from crossfade.plan.ramp.windows import Window, WindowKind, parse_window
from crossfade.settings.section import Duration, Name, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

_KINDS: dict[str, type[AnyGate]] = {
    "errors": ErrorsGate,
    "latency": LatencyGate,
    "measured-share": ShareGate,
    "drained": DrainGate,
    "alarms": AlarmGate,
    "probe": ProbeGate,
    "parity": ParityGate,
}
PARITY = "parity"
"""The gate that every stage asks of a migration that names its tandem."""

_NONE_IF_ZERO = {"times", "max_times", "max_seconds"}


class PlatformSide(Section):
    """One platform of a migration."""

    target: str = Field(min_length=1)
    """DNS name of its load balancer, or its address where the live record is a plain A record."""
    load_balancer: str = ""
    """Its load balancer as CloudWatch knows it, `app/name/id`; "" for none."""
    alias_zone: str = ""
    """Its load balancer's canonical hosted zone id; "" takes that of the live alias."""
    ipv6: str = ""
    """Its IPv6 address; needed only beside a plain AAAA record."""
    requests_per_second: float = Field(default=0, ge=0)
    """What it is known to bear; 0 where that is not known. Warns before a return to legacy."""

    def side(self) -> Target:
        """Return it as the records see it."""
        return Target(self.target, self.load_balancer, self.alias_zone, self.ipv6)


class Windows(Section):
    """When stages may begin; nothing of it keeps anybody from going back."""

    timezone: str = "UTC"
    """The time zone of the hours and dates, such as Europe/Berlin."""
    allow: tuple[str, ...] = ()
    """Such as `mon-thu 09:00-16:00`; none allows all that is not denied."""
    deny: tuple[str, ...] = ()
    """Such as `fri 12:00-24:00` or `2026-12-20..2027-01-06`; wins over what is allowed."""

    def parsed(self) -> tuple[Window, ...]:
        """Return all of them.

        Raises:
            BadInput: One cannot be read, or the time zone is unknown.
        """
        return tuple(
            parse_window(text, kind=kind, timezone=self.timezone)
            for kind, texts in ((WindowKind.ALLOW, self.allow), (WindowKind.DENY, self.deny))
            for text in texts
        )


class StageEntry(Section):
    """One stage of the plan."""

    name: str = Field(min_length=1)
    """How people, the journal and approvals name it."""
    share: Decimal
    """Percent of the traffic meant for the new platform."""
    bake: Duration = timedelta()
    """Least time at the stage, from the moment that its weights are in sync."""
    gates: tuple[str, ...] = ()
    """Gates that must pass before the ramp goes on from here."""
    crons: tuple[str, ...] = ()
    """Cron jobs that move when the stage begins."""
    approval: bool = False
    """Whether a person must approve before the stage begins."""
    windows: Windows = Windows()
    """When it may begin; the migration's own windows must be open as well."""


class GateLimits(Section):
    """How many times in a row an outcome may come before the gate acts; 0 for no limit."""

    fail: int = Field(default=1, ge=0)
    inconclusive: int = Field(default=0, ge=0)
    no_data: int = Field(default=0, ge=0)
    error: int = Field(default=0, ge=0)

    def limits(self) -> OutcomeLimits:
        """Return them as gates have them."""
        return OutcomeLimits(**{name: value or None for name, value in self.model_dump().items()})


class GateEntry(Section):
    """One gate: its kind, and what differs from that kind's standard. See docs/traffic.md.

    Only the keys of its own kind are taken; a limit of 0 for `times`, `max_times` or
    `max_seconds` is none.
    """

    kind: Literal[
        "", "errors", "latency", "measured-share", "drained", "alarms", "probe", "parity"
    ] = ""
    """What it asks; "" for the standard gate of the same name."""
    window: Duration | None = None
    limits: GateLimits | None = None
    on_fail: OnFail | None = None
    times: float | None = Field(default=None, ge=0)
    false_returns: float | None = Field(default=None, ge=0.0001, le=0.1)
    max_ratio: float | None = Field(default=None, gt=0, le=1)
    max_times: float | None = Field(default=None, ge=0)
    max_seconds: float | None = Field(default=None, ge=0)
    slack: float | None = Field(default=None, ge=0)
    min_requests: int | None = Field(default=None, ge=1)
    confidence: float | None = Field(default=None, ge=0)
    statistic: str | None = None
    deviations: float | None = Field(default=None, gt=0)
    min_tolerance: float | None = Field(default=None, ge=0, le=1)
    concentration: float | None = Field(default=None, gt=0, le=1)
    max_per_minute: float | None = Field(default=None, ge=0)
    alarms: tuple[str, ...] | None = None
    path: str | None = Field(default=None, pattern="^/")
    statuses: tuple[int, ...] | None = None
    min_certificate_days: float | None = None

    def gate(self, name: str) -> AnyGate:
        """Return the gate under its name.

        Raises:
            BadInput: Its kind is not known, or it has a key that its kind does not ask for.
        """
        kind = _KINDS.get(self.kind or name)
        if kind is None:
            raise BadInput(f"gate {name} needs a kind: one of {', '.join(_KINDS)}")
        given: dict[str, Any] = {
            key: getattr(self, key)
            for key in type(self).model_fields
            if key != "kind" and getattr(self, key) is not None
        }
        for key in sorted(given.keys() - kind.__dataclass_fields__.keys()):
            raise BadInput(f"gate {name} of kind {self.kind or name} does not ask for {key}")
        for key in _NONE_IF_ZERO & given.keys():
            given[key] = given[key] or None
        if self.limits is not None:
            given["limits"] = self.limits.limits()
        if kind is AlarmGate and not given.get("alarms"):
            raise BadInput(f"gate {name} names no alarms: give it at least one")
        return kind(name=name, **given)


class Probing(Section):
    """How crossfade asks a platform for the host names before DNS sends anybody there."""

    scheme: Literal["https", "http", "none"] = "https"
    """`none`: this machine cannot reach the platforms, so nobody asks."""
    port: int = Field(default=0, ge=0, le=65535)
    """Where the load balancers listen; 0 is the scheme's own."""
    path: str = Field(default="/", pattern="^/")
    """What is asked for before the first stage; a `probe` gate has a path of its own."""


class Migration(Section):
    """One service that moves from the `legacy` platform to the `new` one."""

    zone: str = Field(min_length=1)
    """Id of the hosted zone."""
    records: tuple[str, ...]
    """The names that move together; every A, AAAA and CNAME record found there moves."""
    types: tuple[Literal["A", "AAAA", "CNAME"], ...] = ()
    """Record types that are meant to move; none given means all. A live one left out is refused."""
    legacy: PlatformSide
    """The platform that is left."""
    new: PlatformSide
    """The platform that is entered."""
    stages: tuple[StageEntry, ...] = Field(min_length=1)
    """In order; shares never fall."""
    gates: dict[Name, GateEntry] = Field(default_factory=dict)
    """Gates by name, before the standard ones of the same names."""
    windows: Windows = Windows()
    """When any stage may begin."""
    tandem: str = ""
    """The tandem by which both platforms run one version. With it no share rises, from the first
    stage on, unless both run the same as read from them: the gate `parity`."""
    accept: tuple[str, ...] = ()
    """Risks, by the word of the finding, that are known and borne."""
    probe: Probing = Probing()
    """How the platforms are asked directly."""
    max_ttl: int = Field(default=60, ge=1)
    """The longest TTL, in seconds, that may be ramped."""
    back_to: Return = Return.BASELINE
    """Where a failing gate takes the ramp: `baseline`, or the `previous` stage."""
    check_every: Duration = Field(default=timedelta(minutes=1), gt=timedelta())
    """How often the ramp is looked at."""
    approval_lasts: Duration = timedelta(hours=24)
    """How long an approval counts."""
    metric_delay: Duration = timedelta(minutes=2)
    """How old a minute is before its metrics are complete."""
    keep_alive: Duration = timedelta(hours=1)
    """`client_keep_alive` of the load balancers: how long an old connection may stay."""
    in_sync: Duration = timedelta(seconds=60)
    """How long Route 53 usually takes; it is part of the stated time to come back."""
    patience: Duration = timedelta(minutes=10)
    """How long to wait for Route 53 before the operation is left open."""
    return_pause: Duration = timedelta()
    """Least time at each step of a gradual return; 0 takes the records' TTL."""
    return_patience: Duration = timedelta(minutes=10)
    """How much longer such a step may last while legacy could not bear the next one."""
    reversible_for: Duration = timedelta(days=7)
    """How long after its end the ramp may still be taken back."""

    @model_validator(mode="after")
    def _must_make_sense(self) -> Migration:
        _said(self.traffic)
        plan = _said(self.plan)
        _one_of(plan.stages, plan, LatencyGate, "statistic")
        _one_of(plan.stages, plan, ProbeGate, "path")
        return self

    def traffic(self) -> Traffic:
        """Return its records and both targets.

        Raises:
            BadInput: A name is none, one is given twice, or both targets are the same.
        """
        return checked_traffic(
            Traffic(self.zone, self.records, self.legacy.side(), self.new.side(), self.types)
        )

    def plan(self) -> Plan:
        """Return how its traffic moves.

        Raises:
            BadInput: It makes no sense; the text names the stage or the gate.
        """
        return checked_plan(
            Plan(
                stages=tuple(_stage(entry, in_tandem=bool(self.tandem)) for entry in self.stages),
                gates=tuple(entry.gate(name) for name, entry in self.gates.items()),
                windows=self.windows.parsed(),
                back_to=self.back_to,
                check_every=self.check_every,
                approval_lasts=self.approval_lasts,
                metric_delay=self.metric_delay,
                keep_alive=self.keep_alive,
                in_sync=self.in_sync,
                reversible_for=self.reversible_for,
            )
        )


def _stage(entry: StageEntry, *, in_tandem: bool) -> Stage:
    asked = (PARITY,) if in_tandem and PARITY not in entry.gates else ()
    return Stage(
        name=entry.name,
        share=share_of(entry.share),
        bake=entry.bake,
        gates=(*entry.gates, *asked),
        crons=entry.crons,
        approval=entry.approval,
        windows=entry.windows.parsed(),
    )


def _said(make: Callable[[], T]) -> T:
    try:
        return make()
    except BadInput as error:
        raise ValueError(str(error)) from error


def _one_of(stages: Iterable[Stage], plan: Plan, kind: type[AnyGate], field: str) -> None:
    """Refuse gates of one stage that would need different readings: one reading serves them all."""
    for stage in stages:
        found = {getattr(one, field) for one in plan.gates_of(stage) if isinstance(one, kind)}
        if len(found) > 1:
            raise ValueError(
                f"stage {stage.name} asks for more than one {field} ({', '.join(sorted(found))}): "
                "one reading serves all gates of a stage, so give them the same"
            )
