"""Route 53's rules for a change batch, as a function over record sets in its own form.

moto accepts nearly anything. These are the rules of the real service, with its codes and its words
where they are public (documentation of ChangeResourceRecordSets, and the errors that people quote
in issues of external-dns, Terraform and the SDKs). Changes take effect one after the other on a
copy, and the copy counts only if none of them was refused.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException

from crossfade.errors import BadInput
from crossfade.plan.base.dns_names import normal_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Record = dict[str, Any]
Change = dict[str, Any]

MAX_RECORDS = 1000
MAX_CHARACTERS = 32_000
MAX_GROUP = 100
MAX_WEIGHT = 255
POLICIES = ("Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer")


class Refusal(ServiceException):
    """An error of Route 53's, by code and message."""


class InvalidChangeBatch(Refusal):
    """The batch breaks a rule; nothing of it was done."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("InvalidChangeBatch", f"[{', '.join(messages)}]")


class InvalidInput(Refusal):
    """The request is malformed."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidInput", message)


def after_batch(records: Sequence[Record], changes: Sequence[Change], zone: str) -> list[Record]:
    """Return the zone's record sets after a batch.

    Args:
        records: The zone's record sets.
        changes: The batch's changes, in order.
        zone: The zone's name, with its last dot.

    Raises:
        InvalidInput: A change is malformed.
        InvalidChangeBatch: A rule is broken; all messages are in it.
    """
    wanted = [normal_change(change) for change in changes]
    for change in wanted:
        _must_be_well_formed(change)
    _must_fit(wanted)
    messages = list(_contradictions(wanted))
    there = list(records)
    for change in wanted:
        refused = _refused(change, there, zone)
        if refused:
            messages.append(refused)
        else:
            there = _after(change, there)
    if messages:
        raise InvalidChangeBatch(messages)
    return there


def normal_change(change: Change) -> Change:
    """Return a change with its names as Route 53 stores them, and its values in order."""
    record = {field: value for field, value in change["ResourceRecordSet"].items() if value != []}
    try:
        record["Name"] = normal_name(record["Name"])
    except BadInput as error:
        raise InvalidChangeBatch([f"Invalid domain name: {error}"]) from error
    if "ResourceRecords" in record:
        values = [
            one["Value"] if isinstance(one, dict) else one for one in record["ResourceRecords"]
        ]
        record["ResourceRecords"] = sorted(values)
    if "AliasTarget" in record:
        alias = record["AliasTarget"]
        record["AliasTarget"] = alias | {"DNSName": normal_name(alias["DNSName"])}
    return {"Action": change["Action"], "ResourceRecordSet": record}


def key_of(record: Record) -> tuple[str, str, str]:
    """What record sets are told apart by."""
    return record["Name"], record["Type"], record.get("SetIdentifier") or ""


def _must_be_well_formed(change: Change) -> None:
    record = change["ResourceRecordSet"]
    where = (
        f"Change with [Action={change['Action']}, Name={record['Name']}, Type={record['Type']}, "
        f"SetIdentifier={record.get('SetIdentifier', 'null')}]"
    )
    if change["Action"] not in ("CREATE", "UPSERT", "DELETE"):
        raise InvalidInput(
            f"Invalid XML ; cvc-enumeration-valid: Value '{change['Action']}' is not facet-valid "
            "with respect to enumeration '[CREATE, DELETE, UPSERT]'."
        )
    plain = "TTL" in record and "ResourceRecords" in record
    if ("AliasTarget" in record) == plain:
        found = "more than one" if plain else "none"
        raise InvalidInput(
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
            f"ResourceRecords], or TrafficPolicyInstanceId], but found {found} in {where}"
        )
    _must_have_one_policy(record, where)


def _must_have_one_policy(record: Record, where: str) -> None:
    policies = [field for field in POLICIES if record.get(field) is not None]
    if "SetIdentifier" in record and len(policies) != 1:
        found = "more than one" if policies else "none"
        raise InvalidInput(
            f"Invalid request: Expected exactly one of [{', '.join(POLICIES)}], but found {found} "
            f"in {where}"
        )
    if policies and "SetIdentifier" not in record:
        raise InvalidInput(f"Invalid request: Missing field 'SetIdentifier' in {where}")
    weight = record.get("Weight")
    if weight is not None and not 0 <= int(weight) <= MAX_WEIGHT:
        raise InvalidInput(
            f"Invalid XML ; cvc-maxInclusive-valid: Value '{weight}' is not facet-valid with "
            f"respect to maxInclusive '{MAX_WEIGHT}' for type 'RRSetWeight'."
        )


def _must_fit(changes: Sequence[Change]) -> None:
    records = characters = 0
    for change in changes:
        values = change["ResourceRecordSet"].get("ResourceRecords", [])
        times = 2 if change["Action"] == "UPSERT" else 1
        records += times * max(1, len(values))
        characters += times * sum(len(value) for value in values)
    if records > MAX_RECORDS:
        raise InvalidChangeBatch([f"Number of records limit of {MAX_RECORDS} exceeded."])
    if characters > MAX_CHARACTERS:
        raise InvalidChangeBatch([f"Number of characters limit of {MAX_CHARACTERS} exceeded."])


def _contradictions(changes: Sequence[Change]) -> Iterator[str]:
    """The same action twice on one record set."""
    seen = Counter((change["Action"], key_of(change["ResourceRecordSet"])) for change in changes)
    for (_, (name, kind, _)), times in seen.items():
        if times > 1:
            yield (
                "The request contains an invalid set of changes for a resource record set "
                f"'{kind} {name}'"
            )


def _refused(change: Change, there: Sequence[Record], zone: str) -> str:
    """Say which rule a change breaks on what is there at its turn; "" if none."""
    record = change["ResourceRecordSet"]
    name = record["Name"]
    if name != zone and not name.endswith(f".{zone}"):
        return f"RRSet with DNS name {name} is not permitted in zone {zone}"
    same = next((one for one in there if key_of(one) == key_of(record)), None)
    if change["Action"] == "DELETE":
        return _refused_delete(record, same)
    if change["Action"] == "CREATE" and same is not None:
        return f"Tried to create resource record set {_told(record)} but it already exists"
    others = [one for one in there if one is not same and one["Name"] == name]
    return (
        _bad_values(record)
        or _cname_conflict(record, others, zone)
        or _group_conflict(record, [one for one in others if one["Type"] == record["Type"]])
    )


def _refused_delete(record: Record, same: Record | None) -> str:
    if same is None:
        return f"Tried to delete resource record set {_told(record)} but it was not found"
    if _comparable(same) != _comparable(record):
        return (
            f"Tried to delete resource record set {_told(record)} but the values provided do not "
            "match the current values"
        )
    return ""


def _bad_values(record: Record) -> str:
    values = record.get("ResourceRecords", [])
    if record.get("Weight") is not None and len(values) > 1:
        return (
            f"RRSet with DNS name {record['Name']}, type {record['Type']}, SetIdentifier "
            f"{record['SetIdentifier']} may have only one ResourceRecord"
        )
    if record["Type"] == "A":
        for value in values:
            try:
                IPv4Address(value)
            except AddressValueError:
                return (
                    "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is "
                    f"not a valid IPv4 address) encountered with '{value}''"
                )
    return ""


def _cname_conflict(record: Record, others: Sequence[Record], zone: str) -> str:
    name, kind = record["Name"], record["Type"]
    if kind == "CNAME" and name == zone:
        return f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone}"
    if kind == "CNAME" and any(one["Type"] != "CNAME" for one in others):
        return (
            f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other "
            f"records with the same DNS name in zone {zone}"
        )
    if kind != "CNAME" and any(one["Type"] == "CNAME" for one in others):
        return (
            f"RRSet of type {kind} with DNS name {name} is not permitted because a conflicting "
            f"RRSet of type  CNAME with the same DNS name already exists in zone {zone}"
        )
    return ""


def _group_conflict(record: Record, group: Sequence[Record]) -> str:
    if not group:
        return ""
    identifier = record.get("SetIdentifier")
    where = f"RRSet with DNS name {record['Name']}, type {record['Type']}"
    if identifier is None:
        return f"{where} cannot be created as other RRSets exist with the same name and type."
    where = f"{where}, SetIdentifier {identifier}"
    policy = next(field for field in POLICIES if record.get(field) is not None)
    word = "weighted" if policy == "Weight" else policy.lower()
    if any(one.get(policy) is None for one in group):
        return f"{where} cannot be created as a non-{word} set exists with the same name and type."
    ttls = {one["TTL"] for one in (*group, record) if one.get("TTL") is not None}
    if policy == "Weight" and len(ttls) > 1:
        return f"{where} cannot be created as weighted sets must contain the same TTL."
    if policy == "Weight" and len(group) >= MAX_GROUP:
        return f"{where} cannot be created as the group has {MAX_GROUP} weighted sets already."
    return ""


def _after(change: Change, there: Sequence[Record]) -> list[Record]:
    record = change["ResourceRecordSet"]
    left = [one for one in there if key_of(one) != key_of(record)]
    return left if change["Action"] == "DELETE" else [*left, record]


def _comparable(record: Record) -> Record:
    """All that a DELETE must name exactly."""
    set_fields = {field: value for field, value in record.items() if value is not None}
    if "TTL" in set_fields:
        set_fields["TTL"] = int(set_fields["TTL"])
    if "ResourceRecords" in set_fields:
        set_fields["ResourceRecords"] = sorted(set_fields["ResourceRecords"])
    return set_fields


def _told(record: Record) -> str:
    identifier = record.get("SetIdentifier")
    told = f"name='{record['Name']}', type='{record['Type']}'"
    return f"[{told}, set identifier='{identifier}']" if identifier else f"[{told}]"
