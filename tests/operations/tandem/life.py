"""A tandem's random life: releases, ways back, hotfixes, faults, kills and foreign hands.

What the journal calls *in tandem* is held against what the hosts run, at each request to a platform
and whenever time passes. The journal is read from the emulator's own memory, so that the looking
neither fails nor counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from crossfade.errors import CrossfadeError
from crossfade.local.strict.faults import ANY, LOST, WRITES
from crossfade.operations.kinds import resume, reverse_open
from crossfade.plan.journal.documents import head_from_json
from crossfade.plan.tandem.standing import DIVERGED, IN_TANDEM, Standing, word_of
from tests.operations.tandem.twins import LEGACY, NEW, SUBJECT, order_of, twins
from tests.story import STATE, Killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crossfade.plan.journal.head import Head
    from tests.operations.tandem.twins import FakePlatform

LATE = timedelta(seconds=1)
"""Heads date what was seen to the millisecond, and hosts follow at once."""


@dataclass
class Life:
    """One random life.

    Attributes:
        seed: What it grows from.
        violations: What the journal called in tandem and was not.
        counts: How often what happened.
    """

    seed: int
    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    foreign_at: datetime | None = None
    versions: int = 0
    dies_after: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)  # noqa: S311  its chance must come again

    def live(self, events: int) -> Life:
        """Let some events happen, then let the schedule bring all to an end."""
        with twins(patience="2m", look_every="10s", expires="1h") as both:
            self.both = both
            both.on_sleep = self._look
            for one in both.both:
                one.fault = self._asked
            for _ in range(events):
                self._event()
                self._look()
            self._calm()
            for _ in range(4):
                both.sleep(200)
                self._try(both.releases)
            self._look()
            self._ends()
        return self

    def _event(self) -> None:
        both, chance = self.both, self.chance
        both.sleep(chance.choice([1, 20, 100, 400]))
        self._trouble()
        self._try(
            chance.choices(
                [
                    self._release,
                    both.releases,
                    lambda: both.returns(take_over=chance.random() < 0.5),
                    self._hotfix,
                    self._foreign,
                    lambda: resume(both.world(), SUBJECT, take_over=True, run=both.run_steps),
                    lambda: reverse_open(both.world(), SUBJECT, take_over=True, run=both.run_steps),
                ],
                [8, 4, 2, 1, 2, 1, 1],
            )[0]
        )
        if chance.random() < 0.7:
            self._calm()

    def _release(self) -> None:
        both, chance = self.both, self.chance
        self.versions += 1
        version = f"2.{self.versions}"
        if chance.random() < 0.3:
            chance.choice(both.both).broken.add(version)
        both.builds(version, LEVEL=str(self.versions))
        fix = both.standing.diverged
        contains = (fix.version,) if fix and fix.meant and chance.random() < 0.8 else ()
        wait = timedelta(minutes=3) if chance.random() < 0.3 else None
        told = both.releases(version, contains=contains, wait=wait)
        self.counts[f"release {told.code}"] += 1

    def _hotfix(self) -> None:
        self.versions += 1
        version = f"2.{self.versions}-fix"
        self.both.builds(version)
        went = self.both.fixes(version, only=self.chance.choice([LEGACY, NEW]))
        self.counts[f"hotfix {went.code}"] += 1

    def _foreign(self) -> None:
        one = self.chance.choice(self.both.both)
        one.set(order_of(f"9.{self.chance.randint(1, 9)}"))
        self.foreign_at = self.both.time.now + timedelta(seconds=one.seconds)
        self.counts["foreign"] += 1

    def _trouble(self) -> None:
        """Arm some trouble for what comes next."""
        chance, faults = self.chance, self.both.strict.faults
        one: FakePlatform = chance.choice(self.both.both)
        kind = chance.choice(
            ["none", "none", "kill", "die", "lost", "answer", "late", "down", "blind"]
        )
        self.counts[f"trouble: {kind}"] += 1
        nth = chance.randint(1, 12)
        if kind == "kill":
            faults.after(operation=WRITES, nth=nth, times=1_000_000, effect=Killed())
        elif kind == "die":
            self.dies_after = chance.randint(1, 3)
        elif kind == "lost":
            faults.after(operation=ANY, nth=nth, times=chance.randint(1, 8), effect=LOST)
        elif kind == "answer":
            one.loses = chance.randint(1, 3)
        elif kind == "late":
            one.delays = chance.randint(1, 3)
        elif kind == "down":
            one.down = True
        elif kind == "blind":
            one.blind = True

    def _calm(self) -> None:
        self.both.strict.faults.clear()
        self.dies_after = 0
        for one in self.both.both:
            one.down = one.blind = False
            one.loses = one.delays = 0

    def _try(self, what: Callable[[], Any]) -> None:
        try:
            what()
        except CrossfadeError as error:
            self.counts[type(error).__name__] += 1
        except Killed:
            self.counts["killed"] += 1
            self.both.strict.faults.clear()

    def _asked(self, what: str) -> None:
        if not what.startswith("after"):
            return
        self._look()
        if self.dies_after:
            self.dies_after -= 1
            if not self.dies_after:
                raise Killed

    def head(self) -> Head[Standing] | None:
        """Read the tandem's head from the emulator's memory."""
        bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[STATE]
        found = bucket.keys.get(f"journal/{SUBJECT}/head.json")
        return None if found is None else head_from_json(found.value, Standing)

    def _look(self) -> None:
        """Hold what the journal calls in tandem against what the hosts run."""
        head = self.head()
        if head is None or word_of(head.state, head.open) != IN_TANDEM:
            return
        standing, both = head.state, self.both
        assert standing.pair is not None
        assert standing.observed is not None
        if both.run == ({standing.pair.version}, {standing.pair.version}):
            return
        if self.foreign_at is not None and standing.observed.at <= self.foreign_at + LATE:
            return  # nobody has looked since somebody else was there
        self.violations.append(
            f"seed {self.seed}, {both.time.now}: in tandem at {standing.pair.version}, "
            f"but {both.run} run"
        )

    def _ends(self) -> None:
        """See that nothing is left open, and that the last word is true."""
        head = self.head()
        if head is None:
            return
        word = word_of(head.state, head.open)
        self.counts[f"ends {word}"] += 1
        if head.open is not None:
            self.violations.append(f"seed {self.seed}: left open: {head.open.title}")
        if word == DIVERGED and head.state.pair and not head.state.diverged.meant:  # type: ignore[union-attr]
            versions = {head.state.pair.version}
            if self.both.run == (versions, versions):
                self.violations.append(f"seed {self.seed}: called diverged, and is not")
