"""Running leases, take-overs, and what is left in memcached at a run's end."""

from __future__ import annotations

from random import Random

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.claim import claim
from crossfade.plan.cron.claim.finish import abandon, finish, record_late
from crossfade.plan.cron.claim.outcome import OutcomeKind
from crossfade.plan.cron.claim.preference import read_preference, write_preference
from crossfade.plan.cron.claim.records import (
    IDENTITY_KEY,
    Preference,
    RunningLease,
    SideMark,
    State,
    TickRecord,
    decode,
    encode,
    lease_key,
    mark_key,
    tick_key,
)
from crossfade.plan.cron.claim.requests import Cut, Item, Swap
from crossfade.plan.cron.claim.running_lease import Keeping, beat, holds, take_lease
from crossfade.plan.cron.claim.seen import leave_mark
from crossfade.plan.cron.claim.terms import Overlap
from tests.cronrun.virtual_line import AT, TERMS, TICK, Line, contender
from tests.cronrun.virtual_memcached import VirtualMemcached

LEASE = lease_key("reports")
RERUN = TERMS._replace(rerun_after_crash=True, lease=60)


@pytest.fixture
def line() -> Line:
    return Line()


def holder(line: Line) -> RunningLease | None:
    value = line.server.value(LEASE, line.now)
    return decode(RunningLease, value) if value else None


def lost_for_good(line: Line) -> None:
    line.trouble = dict.fromkeys(range(1, 10_000), "request lost")


def test_the_winner_has_the_lease_for_as_long_as_a_claim_until_its_first_beat(line: Line) -> None:
    outcome = line.claims("a")
    assert outcome.keeping is not None
    assert 8 < outcome.keeping.until - line.now < 10
    kept = line.carry(beat(contender("a"), TERMS, outcome.keeping))
    assert 58 < kept.until - line.now < 60
    assert kept.lost(line.now) == ""


@pytest.mark.parametrize("overlap", [Overlap.SKIP, Overlap.WAIT, Overlap.ALLOW])
def test_a_tick_due_during_a_run_is_skipped_waits_or_runs(line: Line, overlap: Overlap) -> None:
    line.put(LEASE, encode(RunningLease("b", TICK - 1, "legacy", "host-b")), 30)
    begun = line.now
    outcome = line.claims("a", TERMS._replace(overlap=overlap))
    told = OutcomeKind.SKIPPED if overlap is Overlap.SKIP else OutcomeKind.WON
    assert outcome.kind is told
    assert (line.now - begun > 28) == (overlap is Overlap.WAIT)
    record = line.record()
    assert record is not None
    assert record.state == (State.SKIPPED if told is OutcomeKind.SKIPPED else State.RUNNING)
    assert (outcome.keeping is None) == (overlap is not Overlap.WAIT)


def test_a_skip_says_what_still_runs(line: Line) -> None:
    line.put(LEASE, encode(RunningLease("b", TICK - 1, "legacy", "host-b")))
    assert line.claims("a").reason.startswith("legacy/host-b still runs 20")
    line.put(LEASE, encode(RunningLease("b", 0, "legacy", "host-b")))
    assert "a start by hand" in line.claims("c", tick=TICK + 1).reason


def test_a_skip_whose_answer_was_lost_is_settled(line: Line) -> None:
    line.put(LEASE, encode(RunningLease("b", TICK - 1, "legacy", "host-b")))
    line.trouble = {6: "answer lost"}
    assert line.claims("a").kind is OutcomeKind.SKIPPED
    line.trouble = {line.requests + 6: "request lost"}
    assert line.claims("c", tick=TICK - 2, platform=Platform.LEGACY).kind is OutcomeKind.SKIPPED


def test_a_lease_left_behind_for_the_same_tick_is_waited_out(line: Line) -> None:
    line.put(LEASE, encode(RunningLease("dead", TICK, "legacy", "host")), 9)
    begun = line.now
    assert line.claims("a").kind is OutcomeKind.WON
    assert 7 < line.now - begun < 15


def test_a_win_that_is_settled_after_the_lease_went_to_another_is_not_run(line: Line) -> None:
    """The own swap was carried out, its answer lost, and meanwhile another tick's run began."""
    line.trouble = {7: "answer lost"}

    def another_takes_the_lease(_: float) -> None:
        line.put(LEASE, encode(RunningLease("b", TICK + 1, "legacy", "host-b")))

    line.on_pause = another_takes_the_lease
    assert line.claims("a").kind is OutcomeKind.SKIPPED


def test_a_lease_taken_before_its_claim_was_lost_is_given_back(line: Line) -> None:
    line.trouble = {7: "request lost"}

    def another_wins(_: float) -> None:
        running = TickRecord(State.RUNNING, "b", "legacy", "host-b", at=AT)
        line.put(tick_key("reports", TICK), encode(running))

    line.on_pause = another_wins
    assert line.claims("a").kind is OutcomeKind.HELD
    assert holder(line) is None


def test_a_beat_takes_back_what_the_server_lost(line: Line) -> None:
    outcome = line.claims("a")
    assert outcome.keeping is not None
    line.server.restart(line.now)
    kept = line.carry(beat(contender("a"), TERMS, outcome.keeping))
    assert kept.lost(line.now) == ""
    found = holder(line)
    assert found is not None
    assert found.token == "a"


def test_a_beat_without_an_answer_keeps_the_lease_until_its_time_is_up(line: Line) -> None:
    outcome = line.claims("a")
    assert outcome.keeping is not None
    lost_for_good(line)
    kept = line.carry(beat(contender("a"), TERMS, outcome.keeping))
    assert kept.until == outcome.keeping.until
    assert kept.lost(kept.until) == ""
    assert kept.lost(kept.until + 1) == "the lease could not be extended in time (timed out)"


def test_a_beat_that_finds_another_has_lost(line: Line) -> None:
    outcome = line.claims("a")
    assert outcome.keeping is not None
    line.put(LEASE, encode(RunningLease("b", TICK + 1, "legacy", "host-b")))
    kept = line.carry(beat(contender("a"), TERMS, outcome.keeping))
    assert kept.lost(line.now) == "legacy/host-b took the lease"
    found = holder(line)
    assert found is not None
    assert found.token == "b"


def test_a_frozen_holder_has_lost_by_its_own_clock() -> None:
    assert "frozen" in Keeping(until=10.0).lost(11.0)


def test_a_lease_that_changes_under_the_hand_is_no_answer(line: Line) -> None:
    """Five times lost to somebody who is gone again: it is not ours, and we do not spin."""

    def swallow(request: object, now: float) -> bool | dict[str, Item]:
        del now
        return {} if type(request).__name__ == "Read" else False

    line.server.apply = swallow  # type: ignore[method-assign]
    with pytest.raises(Cut, match="was another one at each of 5 looks"):
        line.carry(take_lease(contender("a"), TERMS))


def test_what_is_no_lease_is_nobodys_own() -> None:
    assert not holds("", Item("{", b"1"))
    assert not holds("a", Item("{", b"1"))


def test_a_beat_that_finds_what_cannot_be_read_keeps_the_lease_until_its_time_is_up(
    line: Line,
) -> None:
    outcome = line.claims("a")
    assert outcome.keeping is not None
    line.put(LEASE, "{")
    kept = line.carry(beat(contender("a"), TERMS, outcome.keeping))
    assert kept.lost(kept.until) == ""
    assert "cannot be read" in kept.lost(kept.until + 1)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("travel", [(0.0, 0.0), (0.0, 0.7), (0.7, 0.0)])
def test_a_holder_is_sure_only_for_as_long_as_the_server_surely_keeps_the_lease(
    line: Line, seed: int, travel: tuple[float, float]
) -> None:
    """The server counts from when the request arrives, and may drop an item a second early."""
    line.server = VirtualMemcached(Random(seed), AT - 86_400)  # noqa: S311  repeatable
    line.travel = travel
    kept = line.carry(take_lease(contender("a"), TERMS))
    for _ in range(3):
        assert isinstance(kept, Keeping)
        assert line.server.value(LEASE, kept.until) is not None
        kept = line.carry(beat(contender("a"), TERMS, kept))


# Standing by


def test_a_standby_takes_over_when_the_lease_was_gone_for_a_whole_length(line: Line) -> None:
    line.claims("a", RERUN)
    begun = line.now
    outcome = line.claims("b", RERUN, platform=Platform.LEGACY)
    assert outcome.kind is OutcomeKind.WON
    assert outcome.record is not None
    assert (outcome.record.attempt, outcome.record.token) == (2, "b")
    assert 60 < line.now - begun < 120


def test_a_standby_leaves_a_run_alone_that_keeps_its_lease_and_learns_its_end(line: Line) -> None:
    first = line.claims("a", RERUN)
    assert first.record is not None
    own = encode(RunningLease("a", TICK, "new", "host-a"))
    done = first.record._replace(state=State.DONE)

    def run_goes_on(_: float) -> None:
        line.put(LEASE, own)
        if line.now > AT + 300:
            line.put(tick_key("reports", TICK), encode(done))

    line.on_pause = run_goes_on
    outcome = line.claims("b", RERUN)
    assert (outcome.kind, line.now > AT + 300) == (OutcomeKind.HELD, True)


def test_a_standby_waits_on_when_the_holder_takes_its_lease_again(line: Line) -> None:
    line.claims("a", RERUN)
    own = encode(RunningLease("a", TICK, "new", "host-a"))

    def comes_back_late(_: float) -> None:
        if line.now < AT + 200 and int(line.now) % 3 == 0:
            line.put(LEASE, own, 30)

    line.on_pause = comes_back_late
    assert line.claims("b", RERUN).kind is OutcomeKind.WON


def test_a_standby_gives_up_at_its_deadline(line: Line) -> None:
    line.claims("a", RERUN)
    outcome = line.claims("b", RERUN._replace(deadline=AT + 30))
    assert outcome.kind is OutcomeKind.HELD


def test_a_standby_starts_over_when_the_record_is_gone(line: Line) -> None:
    line.claims("a", RERUN)

    def forget(_: float) -> None:
        line.server.items.pop(tick_key("reports", TICK), None)

    line.on_pause = forget
    assert line.claims("b", RERUN).kind in {OutcomeKind.WON, OutcomeKind.SUSPECT}


def test_a_standby_takes_nothing_over_from_a_server_that_lost_records(line: Line) -> None:
    line.claims("a", RERUN)
    line.server.losses = 5
    outcome = line.claims("b", RERUN)
    assert (outcome.kind, "not taken over" in outcome.reason) == (OutcomeKind.HELD, True)


def test_a_standby_looks_again_when_another_took_over_first(line: Line) -> None:
    line.claims("a", RERUN)
    line.put(LEASE, encode(RunningLease("c", TICK + 1, "legacy", "host-c")), 600)
    begun = line.now
    assert line.claims("b", RERUN).kind is OutcomeKind.WON
    assert line.now - begun > 500


def test_a_standby_that_is_overtaken_at_the_last_moment_gives_the_lease_back(line: Line) -> None:
    line.claims("a", RERUN)
    carry_out = line.server.apply
    overtaken = encode(TickRecord(State.RUNNING, "c", "legacy", "host-c", attempt=2, at=AT))

    def another_swaps_first(request: object, now: float) -> object:
        if isinstance(request, Swap) and request.key == tick_key("reports", TICK):
            line.server.apply = carry_out  # type: ignore[method-assign]
            line.put(request.key, overtaken)
        return carry_out(request, now)

    line.server.apply = another_swaps_first  # type: ignore[method-assign,assignment]
    outcome = line.claims("b", RERUN)
    assert outcome.kind is OutcomeKind.HELD
    assert holder(line) is None


def test_two_standbys_do_not_both_take_over(line: Line) -> None:
    line.claims("a", RERUN)
    second = claim(contender("b"), RERUN)
    third = claim(contender("c"), RERUN)
    assert line.carry(second).kind is OutcomeKind.WON
    outcome = line.carry(third)
    assert outcome.record is not None
    assert outcome.record.token in {"b", "c"}


def test_a_run_without_a_lease_is_never_taken_over(line: Line) -> None:
    line.claims("a", TERMS._replace(overlap=Overlap.ALLOW))
    assert line.claims("b", RERUN).kind is OutcomeKind.HELD


# Preference and handicap


def test_the_platform_that_is_not_preferred_waits_until_its_handicap_is_over(line: Line) -> None:
    line.carry(write_preference("reports", None, Preference("new", 1.0, "op-1")))
    terms = TERMS._replace(handicap=20.0, prefer=Platform.LEGACY)
    assert line.claims("a", terms, platform=Platform.LEGACY).kind is OutcomeKind.WON
    assert line.now >= AT + 20


@pytest.mark.parametrize("known", [True, False])
def test_the_preferred_platform_does_not_wait(line: Line, *, known: bool) -> None:
    if known:
        line.carry(write_preference("reports", None, Preference("new")))
    prefer = Platform.LEGACY if known else Platform.NEW
    line.claims("a", TERMS._replace(handicap=20.0, prefer=prefer))
    assert line.now < AT + 2


def test_without_any_preference_nobody_waits(line: Line) -> None:
    line.claims("a", TERMS._replace(handicap=20.0))
    assert line.now < AT + 2


def test_a_start_after_the_handicap_waits_no_more(line: Line) -> None:
    line.now = AT + 30
    line.claims("a", TERMS._replace(handicap=20.0, prefer=Platform.LEGACY))
    assert line.now < AT + 31


def test_who_is_preferred_falls_back_to_the_flag_when_the_server_is_away(line: Line) -> None:
    line.trouble = {1: "request lost"}
    terms = TERMS._replace(handicap=20.0, prefer=Platform.LEGACY)
    assert line.claims("a", terms).kind is OutcomeKind.WON
    assert line.now >= AT + 20


def test_a_preference_is_changed_only_from_what_it_was(line: Line) -> None:
    first, second = Preference("legacy", 1.0, "op-1"), Preference("new", 2.0, "op-2")
    assert line.carry(write_preference("reports", None, first))
    assert line.carry(read_preference("reports")) == first
    assert not line.carry(write_preference("reports", None, second))
    assert line.carry(write_preference("reports", first, second))
    assert line.carry(write_preference("reports", first, second))
    assert line.carry(read_preference("reports")) == second
    assert line.carry(read_preference("other")) is None


# The end


def final(state: State = State.DONE) -> TickRecord:
    return TickRecord(state, "a", "new", "host-a", at=AT + 9, start=AT, end=AT + 9, exit_code=0)


def test_the_end_is_kept_and_the_lease_given_back(line: Line) -> None:
    line.claims("a")
    assert line.carry(finish(contender("a"), TERMS, final())) == ""
    assert line.record() == final()
    assert holder(line) is None


def test_the_end_is_written_anew_when_the_server_lost_the_record(line: Line) -> None:
    line.claims("a")
    line.server.restart(line.now)
    assert line.carry(finish(contender("a"), TERMS, final())) == ""
    assert line.record() == final()


def test_the_end_is_not_written_over_anothers_record(line: Line) -> None:
    line.claims("b")
    trouble = line.carry(finish(contender("a"), TERMS, final()))
    assert trouble == "new/host-b has the tick too: running"
    found = holder(line)
    assert found is not None
    assert found.token == "b"


def test_lost_answers_at_the_end_are_settled(line: Line) -> None:
    for number in range(1, 5):
        again = Line()
        again.claims("a")
        again.trouble = {again.requests + number: "answer lost"}
        assert again.carry(finish(contender("a"), TERMS, final())) == "", number
        assert again.record() == final()
    line.claims("a")
    lost_for_good(line)
    assert "timed out" in line.carry(finish(contender("a"), TERMS, final()))


def test_an_end_without_a_lease_gives_none_back(line: Line) -> None:
    terms = TERMS._replace(overlap=Overlap.ALLOW)
    line.claims("a", terms)
    line.put(LEASE, encode(RunningLease("a", TICK, "new", "host-a")))
    line.carry(finish(contender("a"), terms, final()))
    assert holder(line) is not None


def test_a_swap_that_loses_to_another_writer_is_tried_again(line: Line) -> None:
    line.claims("a")
    swapped = line.server.apply

    def somebody_else_first(request: object, now: float) -> object:
        if type(request).__name__ == "Swap":
            line.server.apply = swapped  # type: ignore[method-assign]
            return False
        return swapped(request, now)

    line.server.apply = somebody_else_first  # type: ignore[method-assign,assignment]
    assert line.carry(finish(contender("a"), TERMS, final())) == ""
    assert line.record() == final()


def test_a_run_without_a_claim_is_recorded_late_or_learns_who_else_has_the_tick(line: Line) -> None:
    running = final(State.RUNNING)
    assert line.carry(record_late(contender("a"), TERMS, running)) == running
    other = line.carry(record_late(contender("b"), TERMS, running._replace(token="b")))
    assert other == running
    lost_for_good(line)
    assert line.carry(record_late(contender("c"), TERMS, running)) is None


@pytest.mark.parametrize("state", [State.CLAIMED, State.RUNNING])
def test_what_was_claimed_for_a_command_that_is_not_started_is_given_up(
    line: Line, state: State
) -> None:
    line.claims("a")
    line.put(tick_key("reports", TICK), encode(final(state)))
    line.carry(abandon(contender("a"), TERMS, "signal 15"))
    record = line.record()
    assert record == (
        None if state is State.CLAIMED else final(State.FAILED)._replace(reason="signal 15")
    )
    assert holder(line) is None


def test_nothing_of_anothers_is_given_up(line: Line) -> None:
    line.claims("b")
    before = line.record(), holder(line)
    line.carry(abandon(contender("a"), TERMS._replace(overlap=Overlap.ALLOW), "signal 15"))
    line.carry(abandon(contender("a"), TERMS, "signal 15"))
    assert (line.record(), holder(line)) == before
    line.put(tick_key("reports", TICK), encode(final()))
    line.carry(abandon(contender("a"), TERMS, "signal 15"))
    assert line.record() == final()
    lost_for_good(line)
    line.carry(abandon(contender("a"), TERMS, "signal 15"))


# Marks


def marks(line: Line, platform: str = "new") -> SideMark | None:
    value = line.server.value(mark_key("reports", platform), line.now)
    return decode(SideMark, value) if value else None


def test_a_mark_says_who_came_when_and_what_it_was_told(line: Line) -> None:
    line.server.losses = 4
    server = line.carry(leave_mark(contender("a"), "held", None))
    mark = marks(line)
    assert mark is not None
    assert (mark.tick, mark.host, mark.outcome, mark.losses) == (TICK, "host-a", "held", 4)
    assert abs(mark.offset) <= 1
    assert server == "a"
    assert line.carry(leave_mark(contender("b"), "won", None)) == "a"


def test_a_mark_gives_way_to_none_of_an_older_tick(line: Line) -> None:
    line.carry(leave_mark(contender("a"), "won", None))
    line.carry(leave_mark(contender("b", tick=TICK - 1), "late", None))
    mark = marks(line)
    assert mark is not None
    assert (mark.tick, mark.outcome) == (TICK, "won")
    line.carry(leave_mark(contender("c", tick=TICK + 1), "held", None))
    mark = marks(line)
    assert mark is not None
    assert (mark.tick, mark.outcome) == (TICK + 1, "held")
    line.put(mark_key("reports", "new"), "{")
    line.carry(leave_mark(contender("d"), "held", None))
    assert marks(line) is not None


def test_marks_do_without_an_answer(line: Line) -> None:
    lost_for_good(line)
    assert line.carry(leave_mark(contender("a"), "won", None)) == ""


def test_an_identity_that_is_gone_or_unreadable_is_no_id(line: Line) -> None:
    line.put(IDENTITY_KEY, "{")
    assert line.carry(leave_mark(contender("a"), "won", None)) == ""


def test_a_cut_says_what_was_seen(line: Line) -> None:
    lost_for_good(line)
    with pytest.raises(Cut, match="timed out"):
        line.carry(read_preference("reports"))
