"""P7, P8, P10 and P11 for migrations: random plans, evidence, people, edits, crashes and silence.

The procedures themselves run, on the strict Route 53 and the journal of the embedded stack. After
each act the records in DNS are looked at, and what the act did to them is held against the rules.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crossfade.errors import CrossfadeError
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.back import abort, back, reverse_ramp
from crossfade.operations.ramp.consent import approve, hold, override, thaw
from crossfade.operations.ramp.finish import make_simple
from crossfade.operations.ramp.look import Advanced
from crossfade.operations.ramp.participants.traffic import RETURNS
from crossfade.operations.status.status import history
from crossfade.plan.dns.change import RecordsChange
from crossfade.plan.dns.pair import away_from_legacy
from crossfade.plan.gates.gate import Outcome
from crossfade.plan.journal.documents import state_from_json
from crossfade.plan.journal.head import Head
from crossfade.plan.journal.operation import Direction
from crossfade.plan.ramp.decide import Advance, Back, Hold
from crossfade.plan.ramp.progress import Progress
from tests.operations.ramp.life import FOUND, Edit, Trouble, life
from tests.operations.ramp.shop import ALARM, SUBJECT
from tests.plan.shop import SHOP
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.operations.ramp.life import Life, Records

SHARES = ("0.4", "1", "5", "12.5", "33.3", "50", "99.6", "100")
DENIED = {"deny": ["mon-sun 00:00-24:00"]}

ACTS: dict[str, Callable[[Life], Any]] = {
    "advance": lambda ramp: ramp.advance(),
    "back": lambda ramp: back(ramp.world(), "shop", take_over=True),
    "abort": lambda ramp: abort(ramp.world(), "shop", take_over=True),
    "reverse": lambda ramp: reverse_ramp(ramp.world(), "shop"),
    "go back by steps": lambda ramp: back(ramp.world(), "shop", gradual=True, take_over=True),
    "abort by steps": lambda ramp: abort(ramp.world(), "shop", gradual=True, take_over=True),
    "make simple": lambda ramp: make_simple(ramp.world(), "shop"),
    "resume": lambda ramp: resume(ramp.world(), SUBJECT, take_over=True),
    "reverse the open one": lambda ramp: reverse_open(ramp.world(), SUBJECT, take_over=True),
}
BACKWARDS = frozenset(ACTS) - {"advance", "make simple", "resume"}
WORDS: dict[str, Callable[[Life], Any]] = {
    "hold": lambda ramp: hold(ramp.world(), "shop", reason="lunch"),
    "thaw": lambda ramp: thaw(ramp.world(), "shop"),
    "approve": lambda ramp: approve(ramp.world(), "shop"),
    "override": lambda ramp: override(ramp.world(), "shop", "errors", reason="known"),
}

stages = st.lists(
    st.fixed_dictionaries(
        {
            "share": st.sampled_from(SHARES),
            "bake": st.sampled_from(["0s", "5m"]),
            "gates": st.sampled_from([[], ["errors"], [ALARM], ["errors", ALARM]]),
            "approval": st.sampled_from([False, False, True]),
        }
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda stage: stage["share"],
).map(
    lambda found: [
        {"name": f"s{stage['share']}", **stage}
        for stage in sorted(found, key=lambda stage: float(str(stage["share"])))
    ]
)
limits = st.fixed_dictionaries(
    {
        "fail": st.sampled_from([1, 1, 2]),
        "no_data": st.integers(min_value=0, max_value=2),
    }
)
weights = st.integers(min_value=0, max_value=255)
edits = st.one_of(
    st.builds(Edit, st.just("weights"), weights, weights),
    st.sampled_from(
        [
            Edit("weights"),
            Edit("delete one"),
            Edit("delete one", new=1),
            Edit("delete all"),
            Edit("join"),
            Edit("ttl"),
            Edit("simple"),
        ]
    ),
)
troubles = st.builds(
    Trouble,
    st.sampled_from(["before", "after"]),
    st.integers(min_value=1, max_value=16),
    st.one_of(st.sampled_from(["killed", "lost", "silence"]), edits),
)


class Migration(RuleBasedStateMachine):
    """One migration's life. Each rule leaves records in DNS that the rules allow."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.ramp: Life
        self.there: Records = ()
        self.head = Head(SUBJECT, {})
        self.recorded: list[Records] = []
        self.patient = False
        self.ends_badly = False
        self.sound = False

    @initialize(
        found=st.sampled_from(sorted(FOUND)),
        stages=stages,
        limits=limits,
        back_to=st.sampled_from(["baseline", "previous"]),
        good_days=st.integers(min_value=0, max_value=4),
        ends_badly=st.booleans(),
    )
    def begins(
        self,
        *,
        found: str,
        stages: list[dict[str, Any]],
        limits: dict[str, int],
        back_to: str,
        good_days: int,
        ends_badly: bool,
    ) -> None:
        gates = {
            "errors": {"limits": limits},
            ALARM: {"kind": "alarms", "alarms": [ALARM], "limits": limits},
        }
        changes = {"stages": stages, "gates": gates, "back_to": back_to, "accept": ["keep-alive"]}
        self.ramp = self.open.enter_context(life(found, **changes))
        self.patient = limits["fail"] > 1
        self.ends_badly = ends_badly
        self.looks([])
        self.sound = True
        for _ in range(good_days):
            self.it_goes_well(None)

    @rule(
        minutes=st.sampled_from([0, 1, 7]),
        errors=st.sampled_from([0.0, 0.0, 0.0, 0.5, None]),
        pager=st.sampled_from(["OK", "OK", "OK", "ALARM", "INSUFFICIENT_DATA", None, None]),
    )
    def time_passes(self, minutes: int, errors: float | None, pager: str | None) -> None:
        if errors is None:
            self.ramp.time.sleep(60 * minutes)
        else:
            self.ramp.passes(minutes, errors=errors)
        if pager:
            self.ramp.alarmed(pager)

    @rule(trouble=st.one_of(st.none(), troubles))
    def it_goes_well_up_to_the_advance(self, trouble: Trouble | None) -> None:
        self.it_goes_well(trouble)

    def it_goes_well(self, trouble: Trouble | None) -> None:
        """Nothing is in the way, and somebody advances."""
        self.ramp.changes.pop("stop_migrations", None)
        self.ramp.changes.pop("windows", None)
        self.ramp.alarmed("OK")
        self.ramp.passes(8)
        if self.head.state.get("frozen"):
            self.somebody_says("thaw")
        if any(stage["approval"] for stage in self.stages()):
            self.somebody_says("approve")
        self.acts("advance", trouble)

    @rule(obstacle=st.sampled_from(["nothing", "hold", "stop", "window"]))
    def it_goes_wrong(self, obstacle: str) -> None:
        """The new platform fails, and somebody advances, whatever is in the way of going on."""
        if obstacle == "hold":
            self.somebody_says("hold")
        if obstacle == "stop":
            self.ramp.changes["stop_migrations"] = "the shop sells concert tickets"
        if obstacle == "window":
            self.ramp.changes["windows"] = DENIED
        self.ramp.alarmed("ALARM")
        self.ramp.passes(8, errors=0.5)
        self.acts("advance", None)

    @rule(act=st.sampled_from(["advance"] * 4 + sorted(ACTS)))
    def somebody_acts(self, act: str) -> None:
        self.acts(act, None)

    @rule(act=st.sampled_from(["advance"] * 2 + sorted(ACTS)), trouble=troubles)
    def somebody_acts_in_trouble(self, act: str, trouble: Trouble) -> None:
        self.acts(act, trouble)

    @rule(nth=st.integers(min_value=5, max_value=12), edit=edits)
    def a_worker_dies_and_a_foreigner_edits(self, nth: int, edit: Edit) -> None:
        self.it_goes_well(Trouble("after", nth, "killed"))
        self.a_foreigner_edits(edit)
        self.ramp.time.sleep(300)
        self.acts("advance", None)

    @rule(edit=edits)
    def a_foreigner_edits(self, edit: Edit) -> None:
        changed = self.ramp.somebody(edit)
        self.looks([self.ramp.records()] if changed else [])

    @rule(word=st.sampled_from(["thaw", "thaw", *sorted(WORDS)]))
    def somebody_says(self, word: str) -> None:
        try:
            WORDS[word](self.ramp)
        except CrossfadeError:
            assert word != "thaw" or self.head.open is not None
        before = self.there
        self.looks([])
        assert self.there == before, "words change no record"

    @rule()
    def the_stop_switch_is_turned(self) -> None:
        if not self.ramp.changes.pop("stop_migrations", None):
            self.ramp.changes["stop_migrations"] = "the shop sells concert tickets"

    @rule()
    def a_window_closes_or_opens(self) -> None:
        if not self.ramp.changes.pop("windows", None):
            self.ramp.changes["windows"] = DENIED

    @precondition(lambda self: self.head.open is not None)
    @rule()
    def the_lease_of_a_worker_that_died_lapses(self) -> None:
        self.ramp.time.sleep(300)
        self.acts("advance", None)

    def acts(self, act: str, trouble: Trouble | None) -> None:
        """Do something, in trouble or not, and hold what it did against the rules."""
        ramp, self.sound = self.ramp, False
        before, head = self.there, self.head
        ramp.strict.faults.clear()
        left = ramp.meets(trouble) if trouble else []
        ramp.watched()
        told, error = None, None
        try:
            told = ACTS[act](ramp)
        except CrossfadeError as refusal:
            error = refusal
        except Killed:
            pass
        ramp.strict.faults.clear()
        ramp.watched()
        self.looks(left)
        if isinstance(told, Advanced):
            self.must_be_decided_well(told, state_from_json(head.state, Progress))
        if not self.returning(act, head, told):
            self.must_overwrite_nothing(before, left, head)
        elif trouble is None:
            self.must_go_back(act, before, head, error)
        if trouble is None and error is None:
            self.must_be_recorded(told, head)
        self.must_be_returnable(told if trouble is None else None, before)
        self.sound = True

    def returning(self, act: str, head: Head, told: object) -> bool:
        """Whether an act brings traffic back to legacy, by its kind or by what it decided."""
        if act in BACKWARDS or isinstance(getattr(told, "decision", None), Back):
            return True
        return any(
            one is not None and (one.kind in RETURNS or one.direction is Direction.BACK)
            for one in (head.open, self.head.open)
        )

    def must_be_decided_well(self, told: Advanced, was: Progress) -> None:
        """P7, P8: nothing goes forward against a freeze, a stop, a window, a bake or a gate."""
        decision, evidence = told.decision, told.evidence
        if isinstance(decision, Hold):
            self.must_not_fail(told, was)
        if not isinstance(decision, Advance):
            return
        assert evidence is not None
        assert was.frozen is None
        assert "stop_migrations" not in self.ramp.changes
        assert not evidence.difference
        if not decision.stage:
            return
        assert "windows" not in self.ramp.changes
        passed = {one.gate for one in evidence.results if one.outcome is Outcome.PASS}
        passed |= {one.gate for one in was.overrides if one.stage == was.stage}
        stage = next((one for one in self.stages() if one["name"] == was.stage), None)
        assert stage is None or passed >= set(stage["gates"])
        following = next(one for one in self.stages() if one["name"] == decision.stage)
        assert not following["approval"] or was.approvals
        assert following is self.stages()[0 if stage is None else self.stages().index(stage) + 1]

    def must_not_fail(self, told: Advanced, was: Progress) -> None:
        """P8: a gate's limit that is reached takes the ramp back, whatever holds it."""
        assert told.evidence is not None
        assert told.decision is not None
        skipped = {one.gate for one in was.overrides if one.stage == was.stage}
        failing = {one.gate for one in told.evidence.results if one.outcome is Outcome.FAIL}
        if self.patient or not failing - skipped:
            return
        assert "somebody else already took new to" in told.decision.reason

    def must_be_returnable(self, told: object, before: Records) -> None:
        """P10: each step forward recorded what stood there before it, and nothing else is lost."""
        recorded = self.ramp.recorded(state_from_json(self.head.state, Progress))
        decision = getattr(told, "decision", None)
        if isinstance(decision, Advance) and self.head.open is None:
            assert recorded == [*self.recorded, before]
        assert recorded[: len(self.recorded)] == self.recorded[: len(recorded)]
        self.recorded = recorded

    def must_overwrite_nothing(self, before: Records, left: list[Records], head: Head) -> None:
        """Going forward, a foreigner's edit stays: before the act, or in the middle of it.

        Unless it left what the journal says is there, or the migration has not begun: then it is
        what will be adopted.
        """
        progress = state_from_json(head.state, Progress)
        ours = {progress.records}
        if head.open is not None:
            work = self.ramp.journal.operation(SUBJECT, head.open.operation, RecordsChange).work
            ours = {work.expected, work.target}
        elif progress.vector is None:
            return
        if left and left[-1] not in ours:
            assert set(left[-1]) <= set(self.there), "what was set in the middle was overwritten"
        elif not left and before not in ours:
            assert self.there == before, "what somebody set was overwritten"

    def must_go_back(
        self, act: str, before: Records, head: Head, error: CrossfadeError | None
    ) -> None:
        """P8, P10: undisturbed, it always goes back: to the baseline, or at least not forward."""
        if act == "advance" and head.open is not None:  # a lease that runs is waited out
            return
        assert error is None, f"{act} was blocked: {error}"
        assert self.head.open is None
        if act.startswith("abort"):
            assert self.there in self.ramp.origins
        if head.open is not None:  # it is finished, or taken back to exactly where it began
            return
        away = away_from_legacy(before, SHOP)
        lower = away_from_legacy(self.there, SHOP) <= away
        if act != "reverse":  # that restores exactly what stood before the last change
            assert lower or self.there in self.ramp.origins, f"{act} went forward"
        if act == "back" and not head.state.get("simple_at"):
            at_hand = [one for one in self.recorded if away_from_legacy(one, SHOP) <= away]
            assert self.there == (at_hand or self.recorded[:1] or [before])[-1]
        if self.there != before:
            assert self.head.state["frozen"], "or a schedule goes on a minute later"

    def must_be_recorded(self, told: object, head: Head) -> None:
        """P11: what was decided or done is in the journal, with who, why, and what changed."""
        now = self.head
        assert now.open is None
        if not isinstance(told, Advanced) or told.decision is None or not told.operations:
            return
        record = self.ramp.journal.record(SUBJECT, now.last)
        assert now.serial == head.serial + 1
        assert (record.by.who, record.by.trigger) == ("ann@desk", "person")
        word = {Advance: "advance", Back: "back", Hold: "hold"}[type(told.decision)]
        assert record.request["decision"] == word
        if word == "hold":
            assert record.request["reason"] == told.decision.reason
        else:
            assert record.request["to"]
        assert told.evidence is not None
        noted = [note.figures["gate"] for note in record.notes if "gate" in note.figures]
        assert noted == [result.gate for result in told.evidence.results]

    def looks(self, left: list[Records]) -> None:
        """P7: whatever stood in DNS since the last look is lawful.

        What may stand there follows from what the migration found: that is settled by what stood
        in DNS before, and by what the foreigner left, never by what the code under test wrote.
        """
        ramp = self.ramp
        self.there, self.head = ramp.records(), ramp.head()
        recorded = ramp.recorded(state_from_json(self.head.state, Progress))
        found = ramp.origins | set(left)
        if recorded:
            assert recorded[0] in found, "that was never found there"
        ramp.origins = found
        for records in {*ramp.seen, self.there}:
            assert ramp.lawful(records), f"nobody named {[str(one) for one in records]}"
        ramp.seen.clear()
        if recorded:
            ramp.origins = {recorded[0]}
        elif self.head.open is None:
            assert self.there in found | ramp.foreign, "it is not as it was found"
            ramp.origins = {self.there}

    def stages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ramp.changes["stages"]
        return found

    def teardown(self) -> None:
        """P8, P10: from here, whatever happened, `abort` ends at the baseline; again is nothing."""
        with self.open:
            if self.sound:
                self.ends()

    def ends(self) -> None:
        ramp = self.ramp
        ramp.changes |= {"stop_migrations": "nobody goes forward", "windows": DENIED}
        ramp.alarmed("ALARM")
        if self.ends_badly:
            self.acts("advance", None)
        before, begun = self.there, bool(self.head.state.get("checkpoints") or self.head.open)
        abort(ramp.world(), "shop", take_over=True)
        self.looks([])
        assert self.there in ramp.origins if begun else self.there == before
        progress, head = state_from_json(self.head.state, Progress), self.head
        assert (progress.vector, progress.checkpoints, head.open) == (None, (), None)
        for again in (abort, back):
            assert again(ramp.world(), "shop").operations == ()
        assert (ramp.records(), ramp.head()) == (self.there, head)
        told = history(ramp.world(), SUBJECT)
        assert all(one.ended_at and one.by.who == "ann@desk" for one in told)
        assert len(told) >= head.serial, "every operation that was closed can be read"


LIVES = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_whatever_happens_dns_shows_what_is_named_and_abort_ends_at_the_baseline() -> None:
    run_state_machine_as_test(
        Migration, settings=settings(LIVES, max_examples=12, stateful_step_count=12)
    )


@pytest.mark.slow
def test_whatever_happens_in_hundreds_of_lives() -> None:
    run_state_machine_as_test(
        Migration, settings=settings(LIVES, max_examples=400, stateful_step_count=30)
    )
