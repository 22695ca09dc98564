"""Releases to both platforms: together, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Failed, Refused
from crossfade.operations.doctor.documents import examine_all
from crossfade.operations.status.status import history
from crossfade.plan.base.finding import Level
from crossfade.plan.journal.operation import Actor, Status
from tests.operations.tandem.twins import (
    LEGACY,
    NEW,
    SUBJECT,
    Twins,
    at_one,
    order_of,
    twins,
    version_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def both() -> Iterator[Twins]:
    with twins() as opened:
        opened.builds("1.4.2", LEVEL="info")
        assert opened.releases("1.4.2").code == 0
        opened.builds("1.4.3", LEVEL="debug")
        yield opened


def test_one_version_and_configuration_goes_to_both(both: Twins) -> None:
    told = both.releases("1.4.3")
    assert (told.code, told.reason, told.word) == (0, "both platforms run 1.4.3", "in tandem")
    assert at_one(both, "1.4.3")
    (operation,) = told.operations
    assert operation.status is Status.DONE
    assert operation.request["from"] == "1.4.2"
    assert operation.figures["seconds_between_the_orders"] == 0
    assert operation.figures["seconds_until_alike"] == 20
    assert both.standing.observed is not None
    assert both.standing.observed.seen.legacy.version == "1.4.3"


def test_the_evidence_names_both_platforms_words(both: Twins) -> None:
    (operation,) = both.releases("1.4.3").operations
    notes = [note.what for note in operation.notes]
    assert notes == [
        "legacy is ready with 1.4.3, by crossfade",
        "new is ready with 1.4.3, by crossfade",
        "legacy is told 1.4.3",
        "new is told 1.4.3",
    ]
    assert operation.notes[1].figures["artifact"] == "registry.example/shop@1.4.3"


def test_the_same_again_changes_nothing(both: Twins) -> None:
    again = both.releases("1.4.2")
    assert (again.code, again.operations) == (0, ())
    assert again.reason == f"in tandem: both run {both.standing.pair} already"


def test_a_version_that_nobody_built_waits_and_says_for_what(both: Twins) -> None:
    told = both.releases("1.5.0")
    assert told.code == Refused.exit_code
    assert "1.5.0 waits: legacy and new not ready with 1.5.0" in told.reason
    assert "built/1.5.0.json does not exist: nobody has built 1.5.0 yet" in told.reason
    assert both.waiting == ["1.5.0"]
    assert at_one(both, "1.4.2")


def test_the_slower_platform_holds_the_faster_one(both: Twins) -> None:
    both.legacy.missing.add("1.4.3")
    told = both.releases("1.4.3")
    assert told.code == Refused.exit_code
    assert "legacy: there is no artifact of 1.4.3 on legacy" in told.reason
    assert both.new.history[-1][1] == "1.4.2"
    both.legacy.missing.clear()
    assert both.releases().code == 0, "the schedule releases what waits"
    assert at_one(both, "1.4.3")


def test_who_waits_sees_the_end(both: Twins) -> None:
    both.legacy.missing.add("1.4.3")
    both.on_sleep = both.legacy.missing.clear
    told = both.releases("1.4.3", wait=timedelta(minutes=5))
    assert told.code == 0
    assert at_one(both, "1.4.3")


def test_who_waits_in_vain_is_refused_and_nothing_goes_out_later(both: Twins) -> None:
    both.legacy.missing.add("1.4.3")
    told = both.releases("1.4.3", wait=timedelta(minutes=5))
    assert told.code == Refused.exit_code
    both.legacy.missing.clear()
    both.sleep(60)
    assert both.releases().code == 0
    assert at_one(both, "1.4.2")
    assert both.waiting == []


def test_of_several_that_wait_the_newest_is_taken_and_the_others_are_named(both: Twins) -> None:
    for version in ("1.4.3", "1.4.4", "1.4.5"):
        both.legacy.missing.add(version)
        both.releases(version)
    both.builds("1.4.4")
    both.legacy.missing.clear()
    told = both.releases("1.4.3")
    assert (told.code, told.reason) == (3, "1.4.3 was superseded by 1.4.4")
    assert at_one(both, "1.4.4")
    assert both.waiting == ["1.4.5"], "which is not ready, and was asked for later"
    (operation,) = told.operations
    assert operation.request["superseded"] == ["1.4.3"]


def test_a_rollout_that_fails_on_one_side_returns_both_and_says_why(both: Twins) -> None:
    both.legacy.broken.add("1.4.3")
    told = both.releases("1.4.3")
    assert told.code == Failed.exit_code
    assert told.reason == (
        "1.4.3 was taken back: the rollout on legacy failed: 1 of 3 hosts: the others do not "
        "start; both run 1.4.2"
    )
    assert told.word == "in tandem"
    assert at_one(both, "1.4.2")
    (operation,) = told.operations
    assert operation.status is Status.REVERSED
    assert operation.figures["diverged"] == 0
    assert operation.figures["seconds_until_alike"] > 20


def test_a_version_that_was_taken_back_is_released_again_only_by_a_person(both: Twins) -> None:
    both.legacy.broken.add("1.4.3")
    both.releases("1.4.3")
    both.legacy.broken.clear()
    with pytest.raises(Refused, match=r"1\.4\.3 was taken back at .*--again --reason WHY"):
        both.releases("1.4.3")
    by_schedule = both.world(actor=Actor("cron", trigger="schedule"))
    with pytest.raises(BadInput, match="by a person alone"):
        both.releases("1.4.3", again="it was the network", world=by_schedule)
    assert both.releases("1.4.3", again="it was the network").code == 0
    assert both.standing.bad == ()


@pytest.mark.parametrize("platform", ["legacy", "new"])
def test_a_platform_that_does_not_take_its_order_leaves_both_as_they_were(
    both: Twins, platform: str
) -> None:
    getattr(both, platform).refuses.add("1.4.3")
    if platform == "legacy":  # the first one: nothing was told at all
        with pytest.raises(Refused, match="legacy does not take"):
            both.releases("1.4.3")
        assert both.standing.bad == ()
    else:
        told = both.releases("1.4.3")
        assert told.code == Failed.exit_code
        assert both.standing.bad_of("1.4.3") is not None
    assert at_one(both, "1.4.2")
    assert both.word == "in tandem"


def test_a_platform_that_gives_no_answer_within_the_skew_takes_the_other_back(
    both: Twins,
) -> None:
    def cut(what: str) -> None:
        if what == "after legacy tell 1.4.3":
            both.new.down = True
        if what == "before legacy tell 1.4.2":
            both.new.down = False

    both.legacy.fault = cut
    told = both.releases("1.4.3")
    assert told.code == Failed.exit_code
    assert "new could not be told within 1 min" in told.reason
    both.sleep(30)
    assert at_one(both, "1.4.2")
    assert [version for _, version in both.new.history] == ["1.4.2"]


def test_a_platform_that_answers_again_within_the_skew_is_told(both: Twins) -> None:
    both.new.loses = 1
    told = both.releases("1.4.3")
    assert told.code == 0
    assert at_one(both, "1.4.3")


def test_an_order_that_arrives_late_is_taken_back_as_well(both: Twins) -> None:
    both.legacy.seconds = both.new.seconds = 1  # so that only the waiting sees it arrive
    both.new.delays = 3
    both.sections |= {"skew": "5s", "look_every": "1s"}
    told = both.releases("1.4.3")
    assert told.code == Failed.exit_code
    assert both.new.delays == 0
    both.sleep(60)
    both.sleep(60)
    assert at_one(both, "1.4.2")
    assert both.word == "in tandem"


def test_what_cannot_be_seen_is_not_believed(both: Twins) -> None:
    both.new.blind = True
    told = both.releases("1.4.3")
    assert told.code == Failed.exit_code
    assert told.reason.startswith("diverged: 1.4.3 was taken back: after 5 min: new could not be")
    assert both.word == "diverged"
    both.new.blind = False
    assert both.releases().code == 0
    assert both.word == "in tandem"


def test_a_foreign_change_before_a_release_is_no_obstacle_and_one_in_the_middle_is(
    both: Twins,
) -> None:
    both.new.set(order_of("9.9.9"))
    both.sleep(60)
    assert both.releases("1.4.3").code == 0, "it heals what diverged"
    both.builds("1.4.4")

    def somebody(what: str) -> None:
        if what == "after legacy tell 1.4.4":
            both.new.set(order_of("9.9.9"))

    both.legacy.fault = somebody
    told = both.releases("1.4.4")
    assert told.code == Failed.exit_code
    assert "somebody else told it" in told.reason
    assert told.word == "diverged"
    assert both.legacy.runs == {"1.4.3"}
    assert version_of(both.new.order) == "9.9.9", "it stays as they made it"


def test_a_foreign_change_is_found_by_the_next_look_and_its_end_too(both: Twins) -> None:
    both.new.set(order_of("9.9.9"))
    both.sleep(60)
    told = both.releases()
    assert (told.code, told.word) == (3, "diverged")
    assert "new runs 9.9.9 where 1.4.2 is meant" in told.reason
    assert both.standing.diverged is not None
    assert both.standing.diverged.by == "somebody else"
    assert both.releases().operations == (), "it is no news any more"
    both.new.set(both.legacy.order)
    both.sleep(60)
    assert both.releases().word == "in tandem"
    kinds = [one.kind for one in history(both.world(), SUBJECT)]
    assert kinds == ["look", "look", "tandem"]


def test_a_look_without_news_is_recorded_now_and_then(both: Twins) -> None:
    assert both.releases().operations == ()
    both.sleep(3600)
    (operation,) = both.releases().operations
    assert operation.kind == "look"
    assert both.standing.observed is not None
    assert both.standing.observed.at >= both.time.now - timedelta(seconds=1)


def test_before_the_first_release_nothing_is_meant() -> None:
    with twins() as both:
        told = both.releases()
        assert (told.code, told.word) == (0, "unknown")
        assert told.reason == (
            "nothing was released in tandem yet; legacy runs 1.4.1 (d1); new runs 1.4.1 (d1)"
        )
        both.builds("1.4.2")
        both.legacy.broken.add("1.4.2")
        assert both.releases("1.4.2").code == Failed.exit_code
        assert at_one(both, "1.4.1")


def test_a_dry_run_says_what_would_be_released_and_records_nothing(both: Twins) -> None:
    told = both.releases("1.4.3", dry_run=True)
    assert told.line().startswith("shop: would release 1.4.3 (sha256:")
    assert both.waiting == []
    assert at_one(both, "1.4.2")


def test_while_a_release_is_under_way_others_wait_and_reports_do_not(both: Twins) -> None:
    both.builds("1.4.4")
    seen: list[object] = []

    def meanwhile(what: str) -> None:
        if what == "after legacy tell 1.4.3":
            other = both.releases("1.4.4")
            seen.extend([other.code, other.final, both.word])
            both.reports(NEW, "1.4.5")

    both.legacy.fault = meanwhile
    assert both.releases("1.4.3").code == 0
    assert seen == [3, False, "releasing"]
    assert both.waiting == ["1.4.4"]
    assert both.releases().code == 0
    assert at_one(both, "1.4.4")


def test_words_of_two_pipelines_make_a_set() -> None:
    with twins(ready="reported") as both:
        assert both.releases("1.4.2").code == 3
        both.reports(NEW, "1.4.2", "d9")
        assert both.releases().code == 0
        assert at_one(both, "1.4.1"), "the faster one waits"
        both.reports(LEGACY, "1.4.2", "d8")
        assert "two configurations" in both.releases("1.4.2").reason
        both.reports(LEGACY, "1.4.2", "d9")
        assert both.releases().code == 0
        assert at_one(both, "1.4.2")
        assert both.standing.pair is not None
        assert both.standing.pair.digest == "d9"


def test_a_word_that_is_too_old_counts_no_more() -> None:
    with twins(ready="reported") as both:
        both.reports(LEGACY, "1.4.2")
        both.sleep(2 * 3600)
        both.reports(NEW, "1.4.2")
        told = both.releases("1.4.2")
        assert told.code == 3
        assert at_one(both, "1.4.1")


def test_a_report_says_whether_anybody_asked() -> None:
    with twins(ready="reported") as both:
        with pytest.raises(BadInput, match="cannot be a version"):
            both.reports(NEW, "-x")
        with pytest.raises(BadInput, match="one line each"):
            both.reports(NEW, "1.4.2", "a\nb")
        both.reports(NEW, "1.4.2")
        assert both.waiting == []


def test_a_version_must_be_one(both: Twins) -> None:
    with pytest.raises(BadInput, match="cannot be a version"):
        both.releases("../x")
    both.sections = {}
    with pytest.raises(BadInput, match="no tandem 'shop'"):
        both.releases("1.4.3")


def test_doctor_reads_all_that_a_tandem_leaves_in_the_journal(both: Twins) -> None:
    both.reports(NEW, "1.4.9")
    both.new.set(order_of("9.9.9"))
    both.sleep(60)
    both.releases()
    found = {one.subject: one.level for one in examine_all(both.world())}
    assert found == {SUBJECT: Level.OK, f"{SUBJECT}/inbox": Level.OK}
