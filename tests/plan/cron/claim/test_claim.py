"""The claim, request by request, against a virtual memcached."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.outcome import OutcomeKind
from crossfade.plan.cron.claim.records import (
    RunningLease,
    SideMark,
    State,
    TickRecord,
    encode,
    lease_key,
    preference_key,
    tick_key,
)
from crossfade.plan.cron.claim.requests import Add, Read, Swap
from crossfade.plan.cron.claim.restart_proof import Sample, doubt
from crossfade.plan.cron.claim.terms import Overlap
from tests.cronrun.virtual_line import AT, TERMS, TICK, Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.plan.cron.claim.requests import Value


@pytest.fixture
def line() -> Line:
    return Line()


def test_the_first_contender_wins_and_the_record_says_so(line: Line) -> None:
    outcome = line.claims("a")
    assert (outcome.kind, outcome.mine, outcome.reason) == (OutcomeKind.WON, True, "")
    record = line.record()
    assert record == outcome.record
    assert record is not None
    assert (record.state, record.token, record.platform) == (State.RUNNING, "a", "new")
    assert (record.attempt, record.lease) == (1, TERMS.lease)


def test_every_other_is_told_who_has_it(line: Line) -> None:
    line.claims("a")
    outcome = line.claims("b", platform=Platform.LEGACY)
    assert (outcome.kind, outcome.mine) == (OutcomeKind.HELD, False)
    assert outcome.reason == "new/host-a has it: running"


def test_another_tick_or_job_is_another_claim(line: Line) -> None:
    terms = TERMS._replace(overlap=Overlap.ALLOW)
    assert line.claims("a", terms).kind is OutcomeKind.WON
    assert line.claims("b", terms, tick=TICK - 1).kind is OutcomeKind.WON


STRANGE = [
    "{]",
    "",
    "3",
    "[" * 100_000,
    '{"state":"paused","token":"t","platform":"new","host":"h"}',
    '{"format":2,"state":"running","token":"t","tick":1,"platform":"new","host":"h"}',
    '{"state":"running","token":["t"],"platform":"new","host":"h"}',
    '{"state":"running","token":"t","platform":"new","host":"h","lease":1e999}',
    '{"state":"running","token":"t","platform":"new","host":"h","lease":-1}',
    '{"state":"running","token":"t","platform":"new","host":"h","at":NaN}',
    '{"state":"running","token":"t","platform":"new","host":"h","attempt":true}',
]


@pytest.mark.parametrize("value", STRANGE, ids=range(len(STRANGE)))
def test_a_record_that_cannot_be_read_is_told_and_left_alone(line: Line, value: str) -> None:
    key = tick_key("reports", TICK)
    line.put(key, value)
    for terms in (TERMS, TERMS._replace(rerun_after_crash=True)):
        outcome = line.claims("a", terms)
        assert (outcome.kind, outcome.mine) == (OutcomeKind.UNREADABLE, False)
        assert outcome.reason.startswith(f"{key} in memcached cannot be read: ")
        assert "update crossfade here, or delete that key" in outcome.reason
        assert len(outcome.reason) < 250
    assert line.server.value(key, line.now) == value


def test_a_lease_that_cannot_be_read_is_told_and_the_claim_is_given_up(line: Line) -> None:
    line.put(lease_key("reports"), '{"format": 2, "holder": "h"}')
    outcome = line.claims("a")
    assert outcome.kind is OutcomeKind.UNREADABLE
    assert lease_key("reports") in outcome.reason
    assert line.record() is None, "the other side may know better"


def test_a_lease_that_can_no_longer_be_read_settles_an_own_win_as_failed(line: Line) -> None:
    line.trouble = {7: "answer lost"}
    line.on_pause = lambda _: line.put(lease_key("reports"), "{")
    assert line.claims("a").kind is OutcomeKind.UNREADABLE
    record = line.record()
    assert record is not None
    assert (record.token, record.state) == ("a", State.FAILED)


def test_a_preference_that_cannot_be_read_is_told_before_anything_is_claimed(line: Line) -> None:
    line.put(preference_key("reports"), '{"platform": 1}')
    waiting = TERMS._replace(handicap=5, prefer=Platform.NEW)
    outcome = line.claims("a", waiting)
    assert outcome.kind is OutcomeKind.UNREADABLE
    assert preference_key("reports") in outcome.reason
    assert line.record() is None
    assert line.claims("b").kind is OutcomeKind.WON, "who need not know does not ask"


def test_what_a_standby_can_no_longer_read_ends_its_wait(line: Line) -> None:
    line.claims("a")
    line.on_pause = lambda _: line.put(tick_key("reports", TICK), "{")
    outcome = line.claims("b", TERMS._replace(rerun_after_crash=True))
    assert outcome.kind is OutcomeKind.UNREADABLE


def test_a_standby_looks_at_its_deadline_however_long_the_lease_is_said_to_be(line: Line) -> None:
    held = TickRecord(State.RUNNING, "b", "legacy", "host-b", at=AT, lease=2_000_000)
    line.put(tick_key("reports", TICK), encode(held), 3_000_000)
    outcome = line.claims("a", TERMS._replace(rerun_after_crash=True))
    assert outcome.kind is OutcomeKind.HELD
    assert line.now < TERMS.deadline + 5


def test_a_claim_whose_holder_died_before_its_start_passes_on_when_it_lapses(line: Line) -> None:
    dead = TickRecord(State.CLAIMED, "dead", "new", "host", at=AT)
    line.put(tick_key("reports", TICK), encode(dead), 10)
    begun = line.now
    assert line.claims("a").kind is OutcomeKind.WON
    assert 8 < line.now - begun < 15


def test_a_claim_that_becomes_a_run_is_held(line: Line) -> None:
    key = tick_key("reports", TICK)
    line.put(key, encode(TickRecord(State.CLAIMED, "b", "new", "host", at=AT)), 10)
    running = encode(TickRecord(State.RUNNING, "b", "new", "host", at=AT))
    line.on_pause = lambda _: line.put(key, running)
    assert line.claims("a").kind is OutcomeKind.HELD


FAULTS = ("request lost", "answer lost", "restart")
PAIRS = [{n: fault} for n in range(1, 12) for fault in FAULTS] + [
    {first: one, first + gap: other}
    for first, gap, one, other in product(range(1, 12), range(1, 6), FAULTS, FAULTS)
]


def test_with_any_two_faults_at_most_one_wins() -> None:
    """Whatever is lost, and whenever: two contenders, one after the other, never both win."""
    told: set[OutcomeKind] = set()
    for trouble in PAIRS:
        line = Line()
        line.trouble = trouble
        first = line.claims("a").kind
        line.trouble = {}
        second = line.claims("b").kind
        assert (first, second) != (OutcomeKind.WON, OutcomeKind.WON), trouble
        told |= {first}
    assert told == {OutcomeKind.WON, OutcomeKind.SUSPECT}


def test_a_lost_answer_does_not_cost_the_win() -> None:
    for number in range(1, 9):
        line = Line()
        line.trouble = {number: "answer lost"}
        assert line.claims("a").kind is OutcomeKind.WON, number


def test_a_server_that_never_answers_is_away(line: Line) -> None:
    line.trouble = dict.fromkeys(range(1, 100), "request lost")
    outcome = line.claims("a")
    assert (outcome.kind, outcome.mine) == (OutcomeKind.UNAVAILABLE, False)
    assert "timed out" in outcome.reason
    assert line.requests == TERMS.tries


def test_lost_answers_far_apart_do_not_add_up(line: Line) -> None:
    """A contender that waits long may lose a connection now and then."""
    line.put(lease_key("reports"), encode(RunningLease("b", TICK - 5, "legacy", "host")), 1500)
    line.trouble = dict.fromkeys(range(5, 3000, 200), "answer lost")
    assert line.claims("a", TERMS._replace(overlap=Overlap.WAIT)).kind is OutcomeKind.WON


def test_after_its_deadline_nobody_starts_and_the_claim_is_let_go(line: Line) -> None:
    line.now = AT + 1801
    outcome = line.claims("a")
    assert outcome.kind is OutcomeKind.LATE
    assert line.record() is None


def test_who_waits_for_another_claim_until_its_deadline_is_late(line: Line) -> None:
    key = tick_key("reports", TICK)
    line.put(key, encode(TickRecord(State.CLAIMED, "b", "new", "host", at=AT)), 9000)
    line.on_pause = lambda _: setattr(line, "now", line.now + 600)
    assert line.claims("a").kind is OutcomeKind.LATE


def before_next(line: Line, kind: type, happens: Callable[[], None]) -> None:
    """Let something happen right before the server carries out the next request of a kind."""
    carry_out = line.server.apply

    def apply(request: object, now: float) -> Value:
        if isinstance(request, kind):
            line.server.apply = carry_out  # type: ignore[method-assign]
            happens()
        return carry_out(request, now)

    line.server.apply = apply  # type: ignore[method-assign]


KEY = tick_key("reports", TICK)


def test_a_claim_that_is_lost_at_once_is_made_again(line: Line) -> None:
    def lose_the_claim() -> None:
        line.server.items.clear()

    before_next(line, Add, lambda: before_next(line, Read, lose_the_claim))
    assert line.claims("a").kind is OutcomeKind.WON


def test_a_claim_that_lapsed_while_its_holder_was_frozen_is_no_win(line: Line) -> None:
    running = TickRecord(State.RUNNING, "b", "legacy", "host-b", at=AT)

    def freeze() -> None:
        line.now += 60
        line.put(KEY, encode(running))

    before_next(line, Swap, freeze)
    outcome = line.claims("a")
    assert (outcome.kind, outcome.record) == (OutcomeKind.HELD, running)


def test_a_claim_that_lapsed_with_nobody_there_is_made_again(line: Line) -> None:
    def freeze() -> None:
        line.now += 60

    before_next(line, Swap, freeze)
    assert line.claims("a", TERMS._replace(lease=6)).kind is OutcomeKind.WON


def test_a_skip_of_a_claim_that_lapsed_is_decided_anew(line: Line) -> None:
    line.put(lease_key("reports"), encode(RunningLease("b", TICK - 1, "legacy", "host-b")))
    running = TickRecord(State.RUNNING, "c", "legacy", "host-c", at=AT)
    before_next(line, Swap, lambda: line.put(KEY, encode(running)))
    assert line.claims("a").kind is OutcomeKind.HELD


def test_a_lost_answer_is_settled_without_a_lease_too(line: Line) -> None:
    line.trouble = {5: "answer lost"}
    outcome = line.claims("a", TERMS._replace(overlap=Overlap.ALLOW))
    assert (outcome.kind, outcome.keeping) == (OutcomeKind.WON, None)


# Suspicion


def test_a_server_younger_than_the_tick_is_suspect_and_the_claim_is_let_go(line: Line) -> None:
    line.server.started = AT - 5
    outcome = line.claims("a")
    assert outcome.kind is OutcomeKind.SUSPECT
    assert "memcached started" in outcome.reason
    assert line.record() is None


def test_who_may_run_all_the_same_takes_the_record_and_is_told(line: Line) -> None:
    line.server.started = AT - 5
    terms = TERMS._replace(take_suspect=True)
    outcome = line.claims("a", terms)
    assert (outcome.kind, outcome.mine) == (OutcomeKind.SUSPECT, True)
    assert line.claims("b", terms).kind is OutcomeKind.HELD


def test_a_lost_answer_does_not_turn_suspicion_into_a_win(line: Line) -> None:
    line.server.started = AT - 5
    terms = TERMS._replace(take_suspect=True)
    line.trouble = {7: "answer lost"}
    outcome = line.claims("a", terms)
    assert (outcome.kind, outcome.mine) == (OutcomeKind.SUSPECT, True)


def test_losses_since_the_last_tick_are_suspect_once(line: Line) -> None:
    terms = TERMS._replace(overlap=Overlap.ALLOW)
    line.now = AT - 59
    assert line.claims("a", terms, tick=TICK - 1).kind is OutcomeKind.WON
    line.server.losses += 1
    line.now = AT + 1
    assert line.claims("b", terms).kind is OutcomeKind.SUSPECT
    assert line.claims("c", terms).kind is OutcomeKind.SUSPECT
    line.now = AT + 61
    assert line.claims("d", terms, tick=TICK + 1).kind is OutcomeKind.WON


SAMPLE = Sample(wall=1000.0, time=1000, uptime=5000, losses=3)


def doubted(
    sample: Sample = SAMPLE,
    marks: tuple[SideMark, ...] = (SideMark(1, 900.0, "h", "won", 3, 0.0),),
    *,
    remember: float = 0.0,
    accept_evictions: bool = False,
) -> str:
    return doubt(
        sample,
        marks,
        tick=990.0,
        tolerance=10.0,
        remember=remember,
        accept_evictions=accept_evictions,
    )


@pytest.mark.parametrize(
    ("uptime", "remember", "suspect"),
    [(23, 0, False), (22, 0, True), (73, 60, False), (72, 60, True)],
)
def test_the_server_must_be_older_than_tick_and_lease_with_what_clocks_may_differ(
    uptime: int, remember: float, suspect: bool
) -> None:
    assert bool(doubted(SAMPLE._replace(uptime=uptime), remember=remember)) == suspect


@pytest.mark.parametrize(
    ("marks", "suspect"),
    [
        ([], True),
        ([SideMark(1, 900.0, "h", "won", 3, 0.0)], False),
        ([SideMark(1, 900.0, "h", "won", 2, 0.0)], True),
        ([SideMark(1, 900.0, "h", "won", 2, 0.0), SideMark(1, 950.0, "h", "won", 3, 0.0)], False),
        ([SideMark(1, 985.0, "h", "won", 3, 0.0)], True),
    ],
    ids=["none", "unchanged", "changed", "the newer counts", "too new to count"],
)
def test_losses_are_held_against_a_mark_from_before_the_tick(
    marks: list[SideMark], suspect: bool
) -> None:
    assert bool(doubted(marks=tuple(marks))) == suspect


def test_a_server_that_never_lost_anything_needs_no_mark() -> None:
    assert doubted(SAMPLE._replace(losses=0), marks=()) == ""


def test_losses_can_be_accepted() -> None:
    assert doubted(marks=(), accept_evictions=True) == ""
