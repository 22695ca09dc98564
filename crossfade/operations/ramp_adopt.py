"""What must hold before a migration's records are touched for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.operations.ramp_read import Live, Ramp, probes
from crossfade.plan.platform import Platform
from crossfade.plan.preflight import check_records, must_be_clear, refusals
from crossfade.plan.preflight_plan import check_answers, check_plan_against

if TYPE_CHECKING:
    from crossfade.plan.preflight import Finding


def findings(ramp: Ramp, live: Live) -> tuple[Finding, ...]:
    """Find what stands in the way of a migration, and was not accepted in its configuration.

    Args:
        ramp: The migration.
        live: What stands in DNS, external-dns' marks included.
    """
    migration, traffic = ramp.migration, ramp.traffic
    found = (
        *check_records(live.found, traffic, max_ttl=migration.max_ttl),
        *check_plan_against(ramp.plan, live.found, traffic, keep_alive=ramp.plan.keep_alive),
        *check_answers(probes(ramp, Platform.NEW, migration.probe.path)),
    )
    return refusals(found, accepted=frozenset(migration.accept))


def must_be_ready(ramp: Ramp, live: Live) -> None:
    """Refuse to adopt records that cannot be ramped safely.

    Raises:
        Refused: With everything that stands in the way, each with its record and its mend.
    """
    must_be_clear(findings(ramp, live))
