"""One change of records: what must stand there, what shall stand there, and how it came out.

DELETE of exactly what was read plus CREATE of the target, in one batch, is a compare-and-swap:
Route 53 refuses the whole batch if one of the deleted record sets is no longer as it was read.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from crossfade.errors import Conflict, Refused
from crossfade.plan.dns.records import (
    RecordSet,
    carrying_traffic,
    differences,
    in_order,
    records_digest,
    same_records,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_RECORDS = 1000
"""Records that one batch may name."""

MAX_CHARACTERS = 32_000
"""Characters of all values of one batch together."""

MAX_GROUP = 100
"""Weighted record sets that one name and type may have."""


@dataclass(frozen=True, slots=True)
class RecordsChange:
    """One batch, as intent: it is also the checkpoint of what stood there before.

    Attributes:
        expected: All traffic record sets under the migration's names, exactly as read.
        target: All that shall stand there afterwards.
        reason: Why, for the reader.
    """

    expected: tuple[RecordSet, ...]
    target: tuple[RecordSet, ...]
    reason: str

    @property
    def empty(self) -> bool:
        """Whether everything already stands as it shall."""
        return same_records(self.expected, self.target)

    def reversed(self, reason: str) -> RecordsChange:
        """Return the change that takes this one back, exactly."""
        return RecordsChange(expected=self.target, target=self.expected, reason=reason)


class Settled(StrEnum):
    """How a change came out, read back from DNS."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    FOREIGN = "foreign"


def plan_change(
    expected: Iterable[RecordSet], target: Iterable[RecordSet], *, reason: str
) -> RecordsChange:
    """Plan the one batch that takes the records from what was read to what is wanted.

    Raises:
        Refused: The batch would be larger than Route 53 takes, or would leave a group of several
            weights that are all 0.
    """
    change = RecordsChange(in_order(expected), in_order(target), reason)
    _must_have_weight(change.target)
    _must_fit(change)
    return change


def settle(change: RecordsChange, found: Iterable[RecordSet]) -> Settled:
    """Tell from what is there now how a change came out whose answer was lost or refused.

    Anything but exactly the target or exactly the expected is somebody else's: also a record set
    that was added to the group, which no DELETE of ours would notice.
    """
    there = carrying_traffic(found)
    if same_records(there, change.target):
        return Settled.APPLIED
    if same_records(there, change.expected):
        return Settled.NOT_APPLIED
    return Settled.FOREIGN


def must_stand(change: RecordsChange, found: Sequence[RecordSet]) -> None:
    """Check what was read back against what was written.

    Raises:
        Conflict: Anything else than exactly the target stands there.
    """
    there = carrying_traffic(found)
    if settle(change, there) is not Settled.APPLIED:
        told = "; ".join(differences(change.target, there))
        raise Conflict(
            f"DNS does not show what was set ({change.reason}): {told}. Somebody changed it "
            "meanwhile: find out who, then look again and advance, or go back"
        )


def conflict_text(change: RecordsChange, found: Sequence[RecordSet]) -> str:
    """Say what stands there now that this change neither expected nor made."""
    there = carrying_traffic(found)
    told = differences(change.expected, there)
    return (
        f"DNS was changed by someone else, nothing was overwritten ({change.reason}): "
        + "; ".join(told)
        + ". Find out who changes these records, then look again and advance, or go back"
    )


def approval_digest(change: RecordsChange, plan_digest: str) -> str:
    """Return the digest that an approval is tied to: the live records, the change, and the plan.

    Any other live vector, any other next change and any edit of the plan give another digest.
    """
    parts = (records_digest(change.expected), records_digest(change.target), plan_digest)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def size(change: RecordsChange) -> tuple[int, int]:
    """Return how many records and how many characters of values its batch has."""
    records = [*change.expected, *change.target]
    count = sum(max(1, len(record.values)) for record in records)
    characters = sum(len(value) for record in records for value in record.values)
    return count, characters


def _must_fit(change: RecordsChange) -> None:
    count, characters = size(change)
    if count > MAX_RECORDS or characters > MAX_CHARACTERS:
        raise Refused(
            f"{change.reason}: the batch has {count} records and {characters} characters of "
            f"values; Route 53 takes {MAX_RECORDS} and {MAX_CHARACTERS} in one, and two batches "
            "could not be refused as a whole: split the migration into several"
        )


def _must_have_weight(target: Sequence[RecordSet]) -> None:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for record in target:
        if record.weight is not None:
            groups[(record.name, record.type)].append(record.weight)
    for (name, kind), weights in groups.items():
        if len(weights) > 1 and sum(weights) == 0:  # one alone is answered whatever its weight
            raise Refused(
                f"{name} {kind}: all {len(weights)} weights would be 0, which Route 53 reads as an "
                "even split: give one of them a weight"
            )
        if len(weights) > MAX_GROUP:
            raise Refused(
                f"{name} {kind}: {len(weights)} weighted records are more than the {MAX_GROUP} "
                "that Route 53 takes in a group"
            )


_ADAPTER = TypeAdapter(RecordsChange)


def change_to_json(change: RecordsChange) -> bytes:
    """Serialise a change."""
    return _ADAPTER.dump_json(change)


def change_from_json(document: bytes) -> RecordsChange:
    """Read a change back."""
    return _ADAPTER.validate_json(document)
