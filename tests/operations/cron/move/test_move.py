"""Moving one job: it is moved, watched, done, or taken back; and the way back is always open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Failed, Refused
from crossfade.operations.cron.move.move import Asked, reverse_cron
from crossfade.operations.cron.ticks.gather import gather
from crossfade.operations.kinds import reverse_open
from crossfade.operations.status.status import history
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.claim.spool_line import Entry, Event, entry_line
from crossfade.plan.cron.move.decide import Done, Held, Start, TakeBack, Watching, Wish
from tests.operations.cron.moving import JOB, LEGACY, NEW, SUBJECT, platforms
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.operations.cron.moving import Platforms

TO_LEGACY = Asked(Wish(Platform.LEGACY))
AGAIN = Asked(Wish(again=True))


def is_moved(both: Platforms) -> None:
    """Move the job to the end."""
    both.moves()
    both.ticks(3, NEW)
    assert isinstance(both.moves().decision, Done)


def test_a_job_whose_next_ticks_run_well_on_new_is_moved() -> None:
    with platforms() as both:
        told = both.moves()
        assert isinstance(told.decision, Start)
        assert both.entry() == {"suspend": False}
        preference = both.preferred()
        assert preference is not None
        assert (preference.platform, preference.by) == ("new", told.operations[0].id)
        both.ticks(2, NEW)
        told = both.moves()
        assert isinstance(told.decision, Watching)
        assert "2 of 3 ticks seen" in told.line()
        both.tick(NEW)
        told = both.moves()
        assert isinstance(told.decision, Done)
        assert [note.figures["verdict"] for note in told.operations[0].notes] == ["good"]
        standing = both.standing()
        assert standing.platform is NEW
        assert standing.moved_at is not None


def test_asking_again_when_it_is_done_changes_nothing() -> None:
    with platforms() as both:
        is_moved(both)
        told = both.moves()
        assert isinstance(told.decision, Done)
        assert told.operations == ()


def test_a_call_without_news_records_nothing() -> None:
    with platforms() as both:
        both.moves()
        assert both.moves().operations == ()


def test_a_job_that_fails_on_new_comes_back_on_its_own_and_stays() -> None:
    with platforms() as both:
        both.moves()
        both.tick(NEW)
        both.tick(NEW, code=3)
        told = both.moves()
        assert isinstance(told.decision, TakeBack)
        assert "exit code 3" in told.line()
        assert told.exit_code == 1
        assert both.entry() == {"suspend": True}
        assert both.preferred() is None
        held = both.moves()
        assert isinstance(held.decision, Held)
        assert "exit code 3" in held.line()
        assert held.exit_code == 3
        assert isinstance(both.moves(asked=AGAIN).decision, Start)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (lambda both: both.tick(LEGACY), "legacy-1 ran it"),
        (lambda both: both.tick(None), "missed"),
        (lambda both: both.tick(NEW, seconds=200), "took 200 s"),
        (lambda both: (both.tick(NEW, code=None), both.sleep(90)), "still runs"),
    ],
    ids=["by legacy", "by nobody", "for too long", "without an end"],
)
def test_one_tick_that_is_not_as_it_must_be_takes_the_job_back(
    happens: Callable[[Platforms], object], why: str
) -> None:
    with platforms(patience=0) as both:
        both.moves()
        both.ticks(2, NEW)
        happens(both)
        both.cluster.active.clear()
        both.server.items.pop(f"crossfade:lease:{JOB}", None)
        told = both.moves()
        assert isinstance(told.decision, TakeBack)
        assert why in told.line()
        assert both.entry() == {"suspend": True}


def test_a_tick_that_ran_twice_by_the_gathered_record_takes_the_job_back(tmp_path: Path) -> None:
    with platforms() as both:
        both.moves()
        minute = both.tick(NEW)
        start = minute * 60 + 1.5
        second = Entry("x", Event.END, JOB, minute, "legacy", "legacy-1", start + 9, "unavailable",
                       start=start, end=start + 9, exit_code=0)  # fmt: skip
        (tmp_path / f"{JOB}.jsonl").write_text(entry_line(second))
        gather(both.world(), [JOB], spool=str(tmp_path))
        told = both.moves()
        assert isinstance(told.decision, TakeBack)
        assert "run twice: by legacy/legacy-1 too" in told.line()


def test_how_long_is_usual_is_learned_from_legacy_or_configured() -> None:
    with platforms() as both:
        both.ticks(2, LEGACY, seconds=100)
        both.moves()
        both.tick(NEW, seconds=190)
        assert isinstance(both.moves().decision, Watching)
        both.tick(NEW, seconds=210)
        assert isinstance(both.moves().decision, TakeBack)
    with platforms(usual="20s") as both:
        both.moves()
        both.tick(NEW, seconds=25)
        assert isinstance(both.moves().decision, TakeBack)


def test_a_job_that_is_done_is_reversed_exactly_to_what_was_recorded() -> None:
    with platforms() as both:
        recorded = Preference("legacy", 1234.5, "by hand")
        both.somebody_prefers(recorded)
        is_moved(both)
        told = reverse_cron(both.world(), JOB)
        assert told.exit_code == 0
        assert both.entry() == {"suspend": True}
        assert both.preferred() == recorded
        assert both.standing().platform is LEGACY
        assert isinstance(reverse_cron(both.world(), JOB).decision, Done), "nothing is left"
        assert isinstance(both.moves().decision, Held), "a schedule does not move it again"


def test_a_job_that_was_standing_by_on_new_stays_scheduled_there_when_it_comes_back() -> None:
    with platforms() as both:
        both.cluster.has(JOB, "*/5 * * * *", suspend=False)
        is_moved(both)
        both.moves(asked=TO_LEGACY)
        assert both.entry() == {"suspend": False}
        assert both.preferred() is None
        assert both.cluster.patches == []


def test_only_the_checkpoint_of_the_last_move_can_be_reversed_to() -> None:
    with platforms() as both:
        is_moved(both)
        with pytest.raises(BadInput, match="no checkpoint yesterday"):
            reverse_cron(both.world(), JOB, to="yesterday")
        reverse_cron(both.world(), JOB, to=both.standing().checkpoint)
        assert both.entry() == {"suspend": True}


def test_going_to_new_lists_before_it_prefers_and_going_back_prefers_before_it_suspends() -> None:
    with platforms() as both:
        seen: list[str] = []
        both.fault = lambda what: seen.append(what) if _writes(what) else None
        both.moves()
        assert seen == ["after kubernetes patch reports-daily", "after memcached Add"]
        seen.clear()
        both.moves(asked=TO_LEGACY)
        assert seen == [
            "after memcached Swap",
            "after kubernetes patch reports-daily",
            "after memcached Swap",
        ]


def _writes(what: str) -> bool:
    return what.startswith("after") and what.split()[2] in {"patch", "Add", "Swap"}


def test_going_back_waits_for_a_run_in_flight_with_legacy_preferred_meanwhile() -> None:
    with platforms() as both:
        is_moved(both)
        minute = both.tick(NEW, code=None)
        seen: list[tuple[str, object]] = []

        def looks() -> None:
            preference = both.preferred()
            assert preference is not None
            seen.append((preference.platform, both.entry()["suspend"]))
            if len(seen) == 3:
                both.ends(minute, seconds=20)

        both.on_sleep = looks
        both.moves(asked=TO_LEGACY)
        assert seen == [("legacy", False)] * 3
        assert both.entry() == {"suspend": True}
        assert both.preferred() is None


def test_a_run_that_outlasts_the_patience_leaves_the_return_open_and_the_next_call_ends_it() -> (
    None
):
    with platforms(patience="1m") as both:
        is_moved(both)
        both.cluster.active.append("reports-daily-29000000")
        with pytest.raises(Failed, match=r"still runs on new \(reports-daily-29000000\)"):
            both.moves(asked=TO_LEGACY)
        preference = both.preferred()
        assert preference is not None
        assert preference.platform == "legacy"
        both.cluster.active.clear()
        both.moves()
        assert both.entry() == {"suspend": True}
        assert both.preferred() is None
        assert both.standing().platform is LEGACY


def test_with_memcached_away_the_list_is_put_back_and_the_preference_when_it_answers() -> None:
    with platforms() as both:
        is_moved(both)
        both.away = True
        with pytest.raises(Failed, match=r"does not answer.*is left open"):
            both.moves(asked=TO_LEGACY)
        assert both.entry() == {"suspend": True}
        both.away = False
        both.moves(asked=TO_LEGACY)
        assert both.preferred() is None
        assert both.standing().platform is LEGACY
        (returned, *_) = history(both.world(), SUBJECT)
        assert any("goes on without the preference" in note.what for note in returned.notes)


def test_with_kubernetes_away_legacy_is_preferred_at_once_and_the_list_when_it_answers() -> None:
    with platforms() as both:
        is_moved(both)
        both.cluster.down = True
        with pytest.raises(Failed, match="503"):
            both.moves(asked=TO_LEGACY)
        preference = both.preferred()
        assert preference is not None
        assert preference.platform == "legacy"
        both.cluster.down = False
        both.moves(asked=TO_LEGACY)
        assert (both.entry(), both.preferred()) == ({"suspend": True}, None)


def test_with_memcached_away_a_watched_job_is_neither_taken_back_nor_done() -> None:
    with platforms() as both:
        both.moves()
        both.ticks(3, NEW)
        both.away = True
        told = both.moves()
        assert isinstance(told.decision, Watching)
        assert "does not answer" in told.line()
        assert told.exit_code == 0
        both.away = False
        assert isinstance(both.moves().decision, Done)


def test_a_preference_that_memcached_lost_is_written_again() -> None:
    with platforms() as both:
        both.moves()
        ours = both.preferred()
        both.server.items.clear()
        told = both.moves()
        assert both.preferred() == ours
        assert "had lost" in told.line()


def test_a_newer_preference_of_somebody_else_is_not_fought() -> None:
    with platforms() as both:
        both.moves()
        theirs = Preference("legacy", both.epoch(), "ben")
        both.somebody_prefers(theirs)
        told = both.moves()
        assert both.preferred() == theirs
        assert "prefers legacy by ben" in told.line()


def test_a_preference_that_somebody_changes_in_the_middle_of_a_move_takes_the_move_back() -> None:
    with platforms() as both:
        theirs = Preference("legacy", 1.0, "ben")

        def meddles(what: str) -> None:
            if what.startswith("after kubernetes patch"):
                both.fault = lambda _: None
                both.somebody_prefers(theirs)

        both.fault = meddles
        told = both.moves()
        assert told.exit_code == 1
        assert "changed by somebody else in memcached" in told.line()
        assert both.entry() == {"suspend": True}
        assert both.preferred() == theirs, "it stays as they made it"
        assert both.standing().platform is LEGACY


def test_a_reversal_that_died_is_finished_by_the_next_call() -> None:
    with platforms() as both:

        def dies(what: str) -> None:
            if what.startswith("before memcached"):
                raise Killed

        def begun(what: str) -> None:
            if what.startswith("after kubernetes patch"):
                raise Killed

        both.fault = begun
        with pytest.raises(Killed):
            both.moves()
        both.fault = dies
        with pytest.raises(Killed):
            reverse_open(both.world(), SUBJECT, take_over=True)
        both.fault = lambda _: None
        both.sleep(130)
        told = both.moves()
        assert told.exit_code == 1
        assert "was begun by another worker and taken back" in told.line()
        assert (both.entry(), both.preferred()) == ({"suspend": True}, None)


def test_a_run_that_ends_while_it_is_looked_at_is_no_crash() -> None:
    with platforms(usual="10m") as both:
        both.moves()
        minute = both.tick(NEW, code=None)
        both.sleep(200)
        reads = [0]

        def ends(what: str) -> None:
            reads[0] += what == "after memcached Read"
            if reads[0] == 2:  # its record was read, its lease not yet
                reads[0] += 1
                both.ends(minute, seconds=190)

        both.fault = ends
        told = both.moves()
        assert reads[0] > 2
        assert isinstance(told.decision, Watching)
        assert "1 of 3 ticks seen" in told.line()


def test_a_cronjob_whose_status_changes_in_between_is_moved_all_the_same() -> None:
    with platforms() as both:
        left = [2]

        def changes(what: str) -> None:
            if what.startswith("before kubernetes patch") and left[0]:
                left[0] -= 1
                both.cluster.moves("reports-daily")

        both.fault = changes
        assert isinstance(both.moves().decision, Start)
        assert both.entry() == {"suspend": False}


def _other_schedule(both: Platforms) -> None:
    both.cluster.has(JOB, "0 6 * * *")


def _allow(both: Platforms) -> None:
    both.cluster.cronjobs["reports-daily"].spec.concurrency_policy = "Allow"


def _silent(both: Platforms) -> None:
    both.sleep(3600)


def _gone(both: Platforms) -> None:
    both.cluster.cronjobs.clear()


def _never(both: Platforms) -> None:
    del both.server.items[f"crossfade:mark:{JOB}:legacy"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (_other_schedule, "is due at '0 6"),
        (_allow, "concurrencyPolicy is Allow"),
        (_silent, "legacy was last seen"),
        (_never, "legacy was never seen"),
        (_gone, "there is none"),
    ],
)
def test_a_job_that_is_not_the_same_and_alive_on_both_sides_is_not_moved(
    wrong: Callable[[Platforms], None], why: str
) -> None:
    with platforms() as both:
        wrong(both)
        told = both.moves()
        assert isinstance(told.decision, Held)
        assert why in told.line()
        assert told.exit_code == 3
        assert both.cluster.patches == []
        assert history(both.world(), SUBJECT) == []


def test_ticks_that_new_ran_before_prove_the_move_at_once() -> None:
    asked = Asked(proof_from=timedelta(hours=1))
    with platforms() as both:
        both.cluster.has(JOB, "*/5 * * * *", suspend=False)
        both.ticks(2, NEW)
        told = both.moves(asked=asked)
        assert isinstance(told.decision, Held)
        assert "new ran 2 ticks in that time, 3 are needed" in told.line()
        both.tick(NEW)
        both.moves(asked=asked)
        assert both.standing().moved_at is not None
        assert isinstance(both.moves().decision, Done)


def test_a_failed_tick_of_new_in_the_past_disproves_the_move() -> None:
    with platforms() as both:
        both.ticks(3, NEW)
        both.tick(NEW, code=1)
        both.ticks(3, NEW)
        told = both.moves(asked=Asked(proof_from=timedelta(hours=1)))
        assert isinstance(told.decision, Held)
        assert "exit code 1" in told.line()


def test_a_dry_run_decides_and_changes_nothing() -> None:
    with platforms() as both:
        told = both.moves(asked=Asked(dry_run=True))
        assert isinstance(told.decision, Start)
        assert "would be put on the new platform" in told.line()
        assert both.entry() == {"suspend": True}
        assert history(both.world(), SUBJECT) == []


def test_while_another_worker_holds_the_job_the_mover_is_refused() -> None:
    with platforms(patience="1m") as both:
        is_moved(both)

        def asks() -> None:
            both.on_sleep = lambda: None
            with pytest.raises(Refused, match=r"is open since .* by ann"):
                both.moves()

        both.cluster.active.append("reports-daily-29000000")
        both.on_sleep = asks
        with pytest.raises(Failed):
            both.moves(asked=TO_LEGACY)
