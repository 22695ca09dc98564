"""One start of the wrapper, from its claim to its end, in virtual time."""

from __future__ import annotations

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.actions import OnLost, Policy, StartCommand, Unavailable
from crossfade.plan.cron.claim.records import RunningLease, State, encode, lease_key, tick_key
from crossfade.plan.cron.claim.session import LOCK_AWAY, session
from crossfade.plan.cron.claim.spool_line import Event
from crossfade.plan.cron.claim.terms import Overlap
from tests.cronrun.virtual_line import AT, TERMS, TICK, Command, Line, contender

LEASE = lease_key("reports")
NEW, LEGACY = Platform.NEW, Platform.LEGACY
BY_HAND = Policy(manual=True)


@pytest.fixture
def line() -> Line:
    return Line()


def run(line: Line, policy: Policy | None = None, who: str = "a", **terms: object) -> int:
    """Let a contender's wrapper run; return its exit code."""
    me = contender(who)
    if policy is not None and policy.manual:
        me = me._replace(tick=0)
    return line.carry(session(me, TERMS._replace(**terms), policy or Policy()))  # type: ignore[arg-type]


def away(line: Line, since: int = 1, until: int = 100_000) -> None:
    line.trouble = dict.fromkeys(range(since, until), "request lost")


def told(line: Line) -> list[tuple[Event, str]]:
    return [(entry.event, entry.outcome) for entry in line.entries]


def test_the_winner_runs_and_everything_is_written_down(line: Line) -> None:
    line.command = Command(seconds=100, code=3)
    assert run(line) == 3
    assert line.command.started == [StartCommand("won", 1)]
    assert told(line) == [(Event.START, "won"), (Event.END, "won")]
    record = line.record()
    assert record is not None
    assert (record.state, record.exit_code) == (State.FAILED, 3)
    assert record.end is not None
    assert record.start is not None
    assert record.end - record.start == pytest.approx(100, abs=1)
    end = line.entries[-1]
    assert (end.exit_code, end.server, end.lost, end.trouble) == (3, "a", "", "")


def test_the_loser_writes_down_who_has_it(line: Line) -> None:
    run(line)
    assert run(line, Policy(skip_exit=4), who="b") == 4
    skip = line.entries[-1]
    assert (skip.event, skip.outcome, skip.holder) == (Event.SKIP, "held", "new/host-a")
    assert len(line.command.started) == 1


def test_a_command_that_cannot_be_started_is_recorded_as_failed(line: Line) -> None:
    line.command = Command(cannot_start=127)
    assert run(line) == 127
    record = line.record()
    assert record is not None
    assert (record.state, record.exit_code) == (State.FAILED, 127)
    assert [entry.event for entry in line.entries] == [Event.END]
    assert line.server.value(LEASE, line.now) is None


def test_a_long_run_keeps_its_lease_by_beats(line: Line) -> None:
    line.command = Command(seconds=600)
    held = []
    line.on_watch = lambda now: held.append(line.server.value(LEASE, now))
    assert run(line) == 0
    assert len(held) > 25
    assert None not in held
    assert line.entries[-1].lost == ""


def test_a_run_that_takes_too_long_is_told_to_end_once(line: Line) -> None:
    line.command = Command(seconds=600)
    assert run(line, Policy(max_runtime=90)) == 143
    (stopped,) = line.command.stopped_at
    assert stopped == pytest.approx(AT + 91, abs=1)
    assert line.entries[-1].stopped == "ran longer than 90 s"
    record = line.record()
    assert record is not None
    assert record.reason == "ran longer than 90 s"


@pytest.mark.parametrize("on_lost", list(OnLost))
def test_a_lost_lease_is_said_once_and_ends_the_run_if_wanted(line: Line, on_lost: OnLost) -> None:
    line.command = Command(seconds=300)

    def another_takes_it(now: float) -> None:
        if now > AT + 100:
            line.put(LEASE, encode(RunningLease("b", TICK + 1, "legacy", "host-b")))

    line.on_watch = another_takes_it
    code = run(line, Policy(on_lost=on_lost))
    assert [entry.lost for entry in line.entries if entry.event is Event.LOST] == [
        "legacy/host-b took the lease"
    ]
    assert code == (143 if on_lost is OnLost.STOP else 0)
    assert len(line.command.stopped_at) == (on_lost is OnLost.STOP)
    assert line.entries[-1].lost == "legacy/host-b took the lease"


def test_a_run_that_was_frozen_past_its_lease_says_so_before_it_does_anything(line: Line) -> None:
    line.command = Command(seconds=300)

    def freeze(now: float) -> None:
        if AT + 60 < now < AT + 70:
            line.now += 200

    line.on_watch = freeze
    run(line, Policy(on_lost=OnLost.STOP))
    (lost,) = [entry for entry in line.entries if entry.event is Event.LOST]
    assert "the run was frozen" in lost.lost
    assert len(line.command.stopped_at) == 1


def test_a_server_that_is_away_for_less_than_the_lease_is_borne(line: Line) -> None:
    line.command = Command(seconds=300)
    away(line, since=20, until=26)
    run(line, Policy(on_lost=OnLost.STOP))
    assert line.command.stopped_at == []
    assert line.entries[-1].lost == ""


def test_a_server_that_stays_away_costs_the_lease_at_its_end(line: Line) -> None:
    line.command = Command(seconds=300)
    away(line, since=20)
    run(line, Policy(on_lost=OnLost.STOP, max_runtime=400))
    (stopped,) = line.command.stopped_at
    assert stopped < AT + 130
    assert "could not be extended in time (timed out)" in line.entries[-1].lost
    assert "memcached gave no answer" in line.entries[-1].trouble


def test_a_run_told_to_end_is_not_told_again_when_it_loses_its_lease(line: Line) -> None:
    line.command = Command(seconds=300)
    away(line, since=20)

    def cannot_stop(_: float) -> None:
        line.command.ends = max(line.command.ends, AT + 250)

    line.on_watch = cannot_stop
    run(line, Policy(on_lost=OnLost.STOP, max_runtime=30))
    assert len(line.command.stopped_at) == 1
    assert line.entries[-1].stopped == "ran longer than 30 s"
    assert line.entries[-1].lost


@pytest.mark.parametrize(
    ("policy", "runs"),
    [
        (Policy(), False),
        (Policy(unavailable=Unavailable.RUN), True),
        (Policy(unavailable=Unavailable.HOME, home=NEW), True),
        (Policy(unavailable=Unavailable.HOME, home=LEGACY), False),
    ],
)
@pytest.mark.parametrize("trouble", ["unavailable", "suspect", "unreadable"])
def test_without_the_lock_each_does_as_its_policy_says(
    line: Line, trouble: str, policy: Policy, *, runs: bool
) -> None:
    if trouble == "suspect":
        line.server.started = AT
    elif trouble == "unreadable":
        line.put(tick_key("reports", TICK), "{")
    else:
        away(line)
    assert run(line, policy) == (0 if runs else LOCK_AWAY)
    assert line.command.started == ([StartCommand(trouble, 1)] if runs else [])
    assert line.entries[0].outcome == trouble
    assert line.entries[0].alarming
    assert line.entries[0].urgent == (trouble == "unreadable" and not runs)


def test_a_start_that_comes_too_late_is_an_alarm(line: Line) -> None:
    line.now = AT + 1801
    assert run(line) == LOCK_AWAY
    assert line.entries[-1].alarming


def test_a_run_without_a_claim_is_recorded_when_the_server_is_back(line: Line) -> None:
    line.command = Command(seconds=100)
    away(line, until=8)
    assert run(line, Policy(unavailable=Unavailable.RUN, max_runtime=50)) == 143
    record = line.record()
    assert record is not None
    assert (record.token, record.state, record.exit_code) == ("a", State.FAILED, 143)
    assert told(line) == [(Event.START, "unavailable"), (Event.END, "unavailable")]


def test_a_run_without_a_claim_says_who_has_the_tick_too(line: Line) -> None:
    run(line, who="b")
    line.entries.clear()
    line.command = Command(seconds=100)
    away(line, since=line.requests + 1, until=line.requests + 6)
    assert run(line, Policy(unavailable=Unavailable.RUN)) == 0
    assert [entry.lost for entry in line.entries if entry.event is Event.LOST] == [
        "new/host-b has the tick too"
    ]
    record = line.record()
    assert record is not None
    assert record.token == "b"


def test_a_run_beside_a_record_that_cannot_be_read_goes_on_and_leaves_it_alone(line: Line) -> None:
    line.put(tick_key("reports", TICK), "{")
    line.command = Command(seconds=100)
    assert run(line, Policy(unavailable=Unavailable.RUN, on_lost=OnLost.STOP)) == 0
    assert told(line) == [(Event.START, "unreadable"), (Event.END, "unreadable")]
    assert "cannot be read" in line.entries[-1].trouble
    assert line.server.value(tick_key("reports", TICK), line.now) == "{"


def test_a_run_whose_record_can_no_longer_be_read_is_not_ended(line: Line) -> None:
    line.on_watch = lambda _: line.put(tick_key("reports", TICK), "{")
    line.command = Command(seconds=30)
    assert run(line, Policy(on_lost=OnLost.STOP)) == 0
    assert line.command.stopped_at == []
    assert "cannot be read" in line.entries[-1].trouble


# By hand


def test_a_start_by_hand_takes_the_lease_and_claims_nothing(line: Line) -> None:
    line.command = Command(seconds=100)
    held = []
    line.on_watch = lambda now: held.append(line.server.value(LEASE, now))
    assert run(line, BY_HAND) == 0
    assert None not in held
    assert line.server.value(LEASE, line.now) is None
    assert line.record() is None
    assert line.server.value(tick_key("reports", 0), line.now) is None
    assert told(line) == [(Event.START, "manual"), (Event.END, "manual")]


def test_a_start_by_hand_does_not_overlap_a_run(line: Line) -> None:
    line.put(LEASE, encode(RunningLease("b", TICK, "legacy", "host-b")))
    assert run(line, BY_HAND) == 0
    assert line.command.started == []
    assert "legacy/host-b still runs it" in line.entries[-1].reason


def test_a_start_by_hand_of_a_job_that_may_overlap_asks_nobody(line: Line) -> None:
    away(line)
    assert run(line, BY_HAND, overlap=Overlap.ALLOW) == 0
    assert line.requests == 0
    assert len(line.command.started) == 1


def test_a_start_by_hand_without_the_lock_follows_the_policy(line: Line) -> None:
    away(line)
    assert run(line, BY_HAND) == LOCK_AWAY


def test_a_start_by_hand_without_the_lock_writes_no_record_of_a_tick(line: Line) -> None:
    line.command = Command(seconds=100)
    away(line, until=5)
    assert run(line, Policy(manual=True, unavailable=Unavailable.RUN)) == 0
    assert line.server.value(tick_key("reports", 0), line.now) is None


def test_a_start_by_hand_beside_a_lease_that_cannot_be_read_is_not_run(line: Line) -> None:
    line.put(LEASE, "{")
    assert run(line, BY_HAND) == LOCK_AWAY
    assert (line.entries[-1].outcome, line.entries[-1].urgent) == ("unreadable", True)


def test_a_start_by_hand_says_when_it_could_not_give_the_lease_back(line: Line) -> None:
    line.on_watch = lambda _: away(line, since=line.requests + 1)
    line.command = Command(seconds=3)
    run(line, BY_HAND)
    assert "memcached gave no answer" in line.entries[-1].trouble
