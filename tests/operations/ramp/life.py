"""A migration's random life: its plan, its people, a foreigner who edits its records, and trouble.

`Life` is the shop of `shop.py` in which anybody may do anything at any time. It remembers what may
stand in DNS by rule, without asking the code under test: the vectors of the plan on the records
that were adopted, the records as they were found, and what the foreigner wrote.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import boto3
from botocore.config import Config
from moto import mock_aws

from crossfade.errors import BadInput, Refused
from crossfade.local.strict.faults import LOST
from crossfade.local.strict.strict import make_strict
from crossfade.operations.ramp.read import vector_in
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.change import RecordsChange
from crossfade.plan.dns.pair import adopted, at_vector, pairs_of, simple
from crossfade.plan.dns.records import in_order
from crossfade.plan.dns.traffic import platform_of
from crossfade.plan.dns.vector import Vector, share_of, vector_of
from crossfade.plan.journal.documents import state_from_json
from crossfade.plan.ramp.progress import Progress
from tests.operations.ramp.shop import SUBJECT, Shop, Time
from tests.plan.shop import NAME, SHOP, alias, cname, pair, weighted
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.adapters.aws.journal import Journal
    from crossfade.operations.base.world import World
    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.journal.head import Head

Records = tuple["RecordSet", ...]

BLUE = "blue"

FOUND: dict[str, Records] = {
    "a simple alias": (alias(),),
    "an alias and its twin": (alias(), alias(kind="AAAA")),
    "a CNAME": (cname(),),
    "a pair": pair(200, 0),
    "a pair with a trace on new": pair(255, 1),
    "one weighted record": (weighted(alias(), "legacy", 7),),
    "one weighted record of weight 0": (weighted(alias(), "legacy", 0),),
}
"""What a migration may find in DNS."""


class Hasty(boto3.Session):
    """A session whose clients are made once for each life, and never repeat a request.

    The pauses of botocore's own repeating are real time. What crossfade does about an answer that
    was lost begins where botocore gives up.
    """

    made: dict[str, Any]

    def client(self, service_name: str, **given: Any) -> Any:  # type: ignore[override]
        """Return the one client of a service."""
        if service_name not in self.made:
            given["config"] = given.get("config", Config()).merge(
                Config(retries={"mode": "standard", "total_max_attempts": 1})
            )
            self.made[service_name] = super().client(service_name, **given)  # type: ignore[call-overload]
        return self.made[service_name]


SESSION = Hasty()


class Edit(NamedTuple):
    """What a foreigner does to the records.

    Attributes:
        what: The kind of edit.
        legacy: Legacy's weight, where it sets weights.
        new: The new platform's.
    """

    what: Literal["weights", "delete one", "delete all", "join", "ttl", "simple"]
    legacy: int = 0
    new: int = 0


class Trouble(NamedTuple):
    """What happens at the nth call of an act.

    Attributes:
        moment: Before the call acts, or after.
        nth: Which call, from 1.
        what: The worker dies, the answer is lost, nobody answers any more, or somebody edits.
    """

    moment: Literal["before", "after"]
    nth: int
    what: Literal["killed", "lost", "silence"] | Edit


def without_guests(records: Records) -> Records:
    """Return the records without the one that somebody added."""
    return tuple(record for record in records if record.identifier != BLUE)


@dataclass
class Life(Shop):
    """A shop whose migration may meet anything.

    Attributes:
        origins: What stood in DNS when the migration last did not hold it; one, but where somebody
            edited at the very moment of adopting.
        foreign: All that a foreigner ever left in DNS.
        seen: What stood in DNS after each batch since it was last looked at.
        checkpoints: What operations were seen to have recorded before their first effect.
        onlooker: Somebody who only looks.
    """

    origins: set[Records] = field(default_factory=set)
    foreign: set[Records] = field(default_factory=set)
    seen: list[Records] = field(default_factory=list)
    checkpoints: dict[str, Records] = field(default_factory=dict)
    onlooker: World | None = None

    @property
    def journal(self) -> Journal:
        """The journal, as the onlooker reads it."""
        self.onlooker = self.onlooker or self.world()
        return self.onlooker.journal

    def head(self) -> Head:
        """Return the migration's head."""
        return self.journal.head(SUBJECT)[0]

    def progress(self) -> Progress:
        """Return where the journal says that the migration stands."""
        return state_from_json(self.head().state, Progress)

    def weights(self) -> Vector | None:
        """Return the weights in DNS, or None where they are no pairs of one vector."""
        return vector_in(self.records(), SHOP)

    def somebody(self, edit: Edit) -> bool:
        """A foreigner edits the records; return whether that changed anything."""
        there = self.records()
        wished = edited(there, edit)
        if wished is None or wished == there:
            return False
        self.foreign.add(wished)
        self.batch(
            *(("DELETE", record) for record in there), *(("CREATE", record) for record in wished)
        )
        return True

    def lawful(self, records: Records) -> bool:
        """Whether records are the baseline, a vector that the plan names, or somebody's own."""
        if records in self.origins | self.foreign:
            return True
        ours = without_guests(records)
        guests = len(ours) != len(records)
        return ours in self.named() or (guests and ours in self.origins | self.foreign)

    def named(self) -> set[Records]:
        """Return every state of DNS that the plan names, the adopted one included."""
        stages = self.changes["stages"]
        states = set[Records]()
        for origin in self.origins:
            try:
                target = adopted(origin, SHOP)
                pairs = pairs_of(target, SHOP)
            except (Refused, BadInput):
                continue
            vectors = {vector_of(share_of(stage["share"])) for stage in stages}
            states |= {target, *(at_vector(pairs, vector) for vector in vectors)}
            states.add(simple(pairs, Platform.NEW))
        return states

    def recorded(self, progress: Progress) -> list[Records]:
        """Return what the journal recorded before each step forward, the baseline first."""
        for one in progress.checkpoints:
            if one.operation not in self.checkpoints:
                read = self.journal.operation(SUBJECT, one.operation, RecordsChange)
                self.checkpoints[one.operation] = read.work.expected
        return [self.checkpoints[one.operation] for one in progress.checkpoints]

    def meets(self, trouble: Trouble) -> list[Records]:
        """Arm a trouble; the list returned holds what a foreigner leaves in its course."""
        left: list[Records] = []
        faults = self.strict.faults
        arm = faults.before if trouble.moment == "before" else faults.after
        what = trouble.what
        if isinstance(what, Edit):
            arm(nth=trouble.nth, effect=lambda _: left.extend(self._left_by(what)))
        elif what == "killed":
            arm(nth=trouble.nth, times=1_000_000, effect=Killed())
        else:
            arm(nth=trouble.nth, times=1 if what == "lost" else 1_000_000, effect=LOST)
        return left

    def _left_by(self, edit: Edit) -> tuple[Records, ...]:
        return (self.records(),) if self.somebody(edit) else ()

    def watched(self) -> None:
        """Remember what stands in DNS after each batch, whoever sends it."""
        self.strict.faults.after(
            "route53",
            "ChangeResourceRecordSets",
            times=1_000_000,
            effect=lambda _: self.seen.append(self.records()),
        )


def edited(there: Records, edit: Edit) -> Records | None:
    """Return what an edit makes of the records; None where it cannot be done."""
    made: dict[str, Callable[[], Records | None]] = {
        "weights": lambda: tuple(_weighed(record, edit) for record in there),
        "delete one": lambda: there[1:] if edit.new % 2 else there[:-1],
        "delete all": tuple,
        "ttl": lambda: tuple(replace(record, ttl=record.ttl and 30) for record in there),
        "simple": lambda: (alias(),),
        "join": lambda: _joined(there),
    }
    return made[edit.what]()


def _weighed(record: RecordSet, edit: Edit) -> RecordSet:
    if record.weight is None:
        return record
    legacy = platform_of(record, SHOP) is Platform.LEGACY
    return replace(record, weight=edit.legacy if legacy else edit.new)


def _joined(there: Records) -> Records | None:
    weighted_only = all(one.weight is not None and one.identifier != BLUE for one in there)
    if {record.type for record in there} != {"A"} or not weighted_only:
        return None
    guest = weighted(alias("blue-lb.example.", name=NAME), BLUE, 50)
    return in_order({*there, guest})


@contextmanager
def life(found: str, **changes: Any) -> Iterator[Life]:
    """Open a shop of its own, on virtual time, with what stands in DNS there."""
    time = Time()
    SESSION.made = {}
    with mock_aws(), make_strict(in_sync_seconds=1, clock=time.epoch) as strict:
        opened = Life(SESSION, strict, time, changes=changes)
        opened.founded(*FOUND[found])
        opened.origins.add(opened.records())
        opened.alarmed("OK")
        opened.watched()
        yield opened
