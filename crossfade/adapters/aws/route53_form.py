"""Record sets in Route 53's form and back, with every field: DELETE must name them exactly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from crossfade.plan.base.dns_names import normal_name
from crossfade.plan.dns.records import Alias, RecordSet

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import (
        ResourceRecordSetOutputTypeDef,
        ResourceRecordSetTypeDef,
    )

_FIELDS = {
    "Name",
    "Type",
    "TTL",
    "ResourceRecords",
    "AliasTarget",
    "SetIdentifier",
    "Weight",
    "HealthCheckId",
}


def to_aws(record: RecordSet) -> ResourceRecordSetTypeDef:
    """Write a record set as Route 53 takes it."""
    out: dict[str, Any] = {"Name": record.name, "Type": record.type}
    if record.identifier:
        out["SetIdentifier"] = record.identifier
    if record.weight is not None:
        out["Weight"] = record.weight
    if record.ttl is not None:
        out["TTL"] = record.ttl
    if record.values:
        out["ResourceRecords"] = [{"Value": value} for value in record.values]
    if record.alias is not None:
        out["AliasTarget"] = {
            "HostedZoneId": record.alias.zone,
            "DNSName": record.alias.target,
            "EvaluateTargetHealth": record.alias.evaluate_health,
        }
    if record.health_check:
        out["HealthCheckId"] = record.health_check
    out |= {field: json.loads(value) for field, value in record.other}
    return cast("ResourceRecordSetTypeDef", out)  # fields of other policies go back as they came


def from_aws(answer: ResourceRecordSetOutputTypeDef) -> RecordSet:
    """Read a record set as Route 53 answers it, with the fields that crossfade has no use for."""
    alias = answer.get("AliasTarget")
    other = sorted((field, value) for field, value in answer.items() if field not in _FIELDS)
    return RecordSet(
        name=normal_name(answer["Name"]),
        type=answer["Type"],
        ttl=answer.get("TTL"),
        values=tuple(sorted(one["Value"] for one in answer.get("ResourceRecords") or ())),
        alias=alias
        and Alias(alias["HostedZoneId"], alias["DNSName"], alias["EvaluateTargetHealth"]),
        identifier=answer.get("SetIdentifier") or "",
        weight=answer.get("Weight"),
        health_check=answer.get("HealthCheckId") or "",
        other=tuple((field, json.dumps(value, sort_keys=True)) for field, value in other),
    )
