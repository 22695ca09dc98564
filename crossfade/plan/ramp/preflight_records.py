"""What stands in the way of a migration, each finding with its record and its mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Refused
from crossfade.plan.base.dns_names import shown
from crossfade.plan.base.finding import Level, problem, risk
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.pair import Group, Pair, groups_of, live_vector, pair_of_one, pairs_of
from crossfade.plan.dns.records import RecordSet, carrying_traffic
from crossfade.plan.dns.traffic import Traffic, platform_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crossfade.plan.base.finding import Finding

MAX_TTL = 60
"""Seconds; a load balancer's alias has this TTL, and a longer one only delays the way back."""

OWNER_MARK = "heritage=external-dns"
OWNER_PREFIXES = ("", "a-", "aaaa-", "cname-")
"""Where external-dns writes who owns a name: at the name, and with its type in front of it."""


def owner_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names under which external-dns would have marked the given names as its own."""
    marks: list[str] = []
    for name in names:
        marks.extend(f"{prefix}{name}" for prefix in OWNER_PREFIXES)
    return tuple(marks)


def check_records(
    found: Sequence[RecordSet], traffic: Traffic, *, max_ttl: int = MAX_TTL
) -> tuple[Finding, ...]:
    """Find what keeps the live records from being moved.

    Args:
        found: All record sets under the migration's names and under their `owner_names`.
        traffic: The configuration.
        max_ttl: The longest TTL, in seconds, that may be ramped.
    """
    moved = [record for record in carrying_traffic(found) if record.name in traffic.names]
    return (
        *_missing(moved, traffic),
        *_twins(moved, traffic),
        *_owned(found),
        *_https(found, traffic),
        *(finding for group in groups_of(moved) for finding in _group(group, traffic)),
        *_vectors(moved, traffic),
        *_ttls(moved, max_ttl),
        *_health(moved, traffic),
    )


def refusals(findings: Iterable[Finding], *, accepted: frozenset[str]) -> tuple[Finding, ...]:
    """Return the findings that stand in the way: not accepted, or nothing that may be accepted."""
    return tuple(
        finding
        for finding in findings
        if finding.level is Level.PROBLEM
        or (finding.level is Level.RISK and finding.code not in accepted)
    )


def must_be_clear(findings: Sequence[Finding]) -> None:
    """Refuse if anything stands in the way.

    Raises:
        Refused: With all findings, each with its record and its mend.
    """
    if findings:
        raise Refused("; ".join(str(finding) for finding in findings))


def _missing(moved: Sequence[RecordSet], traffic: Traffic) -> Iterator[Finding]:
    there = {record.name for record in moved}
    for name in traffic.names:
        if name not in there:
            yield problem(
                "no-record",
                shown(name),
                f"zone {traffic.zone} has no A, AAAA or CNAME record of that name",
                "correct the name or the zone, or create the record for legacy",
            )


def _twins(moved: Sequence[RecordSet], traffic: Traffic) -> Iterator[Finding]:
    for record in moved:
        if traffic.types and record.type not in traffic.types:
            yield problem(
                "twin-left-out",
                str(record),
                f"it is live, and the plan moves {', '.join(traffic.types)} only",
                f"add {record.type} to the types, or people who use it stay on legacy",
            )


def _owned(found: Sequence[RecordSet]) -> Iterator[Finding]:
    for record in found:
        if record.type == "TXT" and any(OWNER_MARK in value for value in record.values):
            yield problem(
                "external-dns",
                str(record),
                "external-dns owns the name and would undo or delete weighted records",
                "take the name out of external-dns' sources and delete this TXT record first",
            )


def _https(found: Sequence[RecordSet], traffic: Traffic) -> Iterator[Finding]:
    for record in found:
        if record.type in ("HTTPS", "SVCB") and record.name in traffic.names:
            yield problem(
                "service-binding",
                str(record),
                "browsers follow it past the weighted records",
                "remove it for the time of the migration",
            )


def _group(group: Group, traffic: Traffic) -> Iterator[Finding]:
    first = group[0]
    if any(record.other for record in group):
        yield problem(
            "other-policy",
            str(first),
            f"its routing policy is {first.policy}",
            "only simple and weighted records can be ramped: make it simple",
        )
        return
    strangers = [record for record in group if platform_of(record, traffic) is None]
    if strangers:
        told = ", ".join(f"{record} -> {record.target}" for record in strangers)
        yield problem(
            "unknown-identifier" if first.identifier else "unknown-target",
            str(first),
            f"it answers with neither platform: {told}",
            "remove it, or correct the targets in the configuration",
        )
        return
    try:
        if len(group) == 1 and platform_of(first, traffic) is Platform.LEGACY:
            pair_of_one(first, traffic)
        else:
            pairs_of(group, traffic)
    except Refused as error:
        yield problem(
            "not-a-pair", str(first), str(error), "make it a simple record of legacy, or a pair"
        )


def _vectors(moved: Sequence[RecordSet], traffic: Traffic) -> Iterator[Finding]:
    pairs = readable_pairs(moved, traffic)
    groups = groups_of(moved)
    if pairs and len(pairs) != len(groups):
        simple = ", ".join(str(group[0]) for group in groups if len(group) == 1)
        yield problem(
            "mixed-routing",
            str(pairs[0].new),
            f"it is weighted, and {simple or 'another record'} is not",
            "make all of them simple, or all of them pairs with the same weights",
        )
    elif pairs:
        try:
            live_vector(pairs)
        except (Refused, BadInput) as error:
            yield problem("different-vectors", str(pairs[0].new), str(error), "set the weights")


def readable_pairs(moved: Sequence[RecordSet], traffic: Traffic) -> list[Pair]:
    """Return the groups that are weighted pairs already."""
    pairs: list[Pair] = []
    for group in groups_of(moved):
        try:
            pairs.extend(pairs_of(group, traffic))
        except Refused:
            continue
    return pairs


def _ttls(moved: Sequence[RecordSet], max_ttl: int) -> Iterator[Finding]:
    ttls = {record.ttl for record in moved if record.ttl is not None}
    if len(ttls) > 1:
        told = ", ".join(f"{record} {record.ttl} s" for record in moved if record.ttl is not None)
        yield problem(
            "mixed-ttl", shown(moved[0].name), told, "give all of them one TTL, 60 or less"
        )
    for record in moved:
        if record.ttl is not None and record.ttl > max_ttl:
            yield problem(
                "long-ttl",
                str(record),
                f"its TTL is {record.ttl} s",
                f"lower it to {max_ttl}, then wait {record.ttl} s before the first stage: so long "
                "may resolvers keep the old one",
            )


def _health(moved: Sequence[RecordSet], traffic: Traffic) -> Iterator[Finding]:
    for record in moved:
        evaluated = record.alias is not None and record.alias.evaluate_health
        if platform_of(record, traffic) is Platform.LEGACY and (evaluated or record.health_check):
            what = "EvaluateTargetHealth" if evaluated else f"health check {record.health_check}"
            yield risk(
                "target-health",
                str(record),
                f"{what} can take legacy out of DNS: while it is unhealthy, everybody is answered "
                "with new, at any weight and even at weight 0",
                "turn it off for the time of the migration, or accept target-health if new can "
                "bear all of the traffic",
            )
