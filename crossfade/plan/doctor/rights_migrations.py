"""The right to change a migration's records, and no others.

Route 53 lets a policy name records, types and actions: Amazon Route 53 Developer Guide, "Using IAM
policy conditions for fine-grained access control". Names are written there as Route 53 normalizes
them, without the last dot. A batch is allowed only if all that is in it is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
TYPES = "route53:ChangeResourceRecordSetsRecordTypes"
ACTIONS = "route53:ChangeResourceRecordSetsActions"
_SENT = ["CREATE", "DELETE"]
"""What a batch of crossfade holds; it never sends UPSERT, which overwrites what it has not read."""


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one migration.

    Attributes:
        zone: ARN of the hosted zone.
        names: The names, as `crossfade.plan.base.dns_names.normal_name` writes them.
        types: The types that it moves.
    """

    zone: str
    names: tuple[str, ...]
    types: tuple[str, ...]


def condition_on(records: Records) -> Json:
    """Return the condition under which a batch may be sent."""
    return {
        "ForAllValues:StringEquals": {
            NAMES: sorted(name.removesuffix(".") for name in records.names),
            TYPES: sorted(records.types),
            ACTIONS: _SENT,
        }
    }


def statements_on(sid: str, actions: Sequence[str], records: Sequence[Records]) -> list[Json]:
    """Return one statement for each migration, since each has names of its own.

    Args:
        sid: The statements' name; further ones are numbered.
        actions: What is allowed.
        records: The records of each migration.
    """
    return [
        {
            "Sid": sid if number == 1 else f"{sid}{number}",
            "Effect": "Allow",
            "Action": sorted(actions),
            "Resource": [one.zone],
            "Condition": condition_on(one),
        }
        for number, one in enumerate(records, start=1)
    ]
