"""The two fences around a late write: S3's own judgement of time, and what was last read there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.aws.s3 import Headers
from crossfade.adapters.aws.session import LONGEST_REQUEST_SECONDS
from crossfade.errors import Conflict, CrossfadeError, Failed, Unavailable
from crossfade.operations.journal.lease import (
    LOOK_AGE_SECONDS,
    SETTLING_SECONDS,
    SIGNED_SECONDS,
    new_lease,
    notice_seconds,
)
from crossfade.operations.kinds import reverse_open
from crossfade.plan.journal.head import Lease
from crossfade.plan.journal.operation import Direction, iso
from tests.story import FRONT, Clockwork, Killed, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.local.strict.strict import Strict
    from crossfade.operations.journal.lease import HeldLease

TEXT = Headers("text/plain", "no-cache")


class For:
    """A fence that lets each sending pass for some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.sent = 0

    @contextmanager
    def writing(self) -> Iterator[Callable[[], timedelta]]:
        """Guard one write."""

        def allow() -> timedelta:
            self.sent += 1
            return timedelta(seconds=self.seconds)

        yield allow


@pytest.fixture(params=["strict", "seaweed"])
def anywhere(request: pytest.FixtureRequest) -> Story:
    """The story on the emulator and on a real S3."""
    story: Story = request.getfixturevalue(
        {"strict": "story", "seaweed": "seaweed_story"}[request.param]
    )
    return story


def test_a_fenced_write_is_taken_while_it_lasts_and_carries_its_body(anywhere: Story) -> None:
    bucket = anywhere.world().bucket(FRONT).fenced(For(10))
    written = bucket.put("a.txt", b"one", TEXT, only_if_absent=True)
    copied = bucket.copy("b.txt", source=bucket, source_key="a.txt", source_etag=written.etag)
    assert bucket.get("b.txt").body == b"one"  # type: ignore[union-attr]
    bucket.delete_as_read({"b.txt": copied.etag, "nowhere.txt": copied.etag})
    assert bucket.get("b.txt") is None


@pytest.mark.parametrize("what", ["put", "copy", "delete"])
def test_s3_itself_refuses_a_write_that_comes_after_its_expiry(anywhere: Story, what: str) -> None:
    world = anywhere.world()
    plain = world.bucket(FRONT)
    there = plain.put("a.txt", b"one", TEXT)
    late = plain.fenced(For(1))
    writes = {
        "put": lambda: late.put("a.txt", b"two", TEXT),
        "copy": lambda: late.copy(
            "b.txt", source=plain, source_key="a.txt", source_etag=there.etag
        ),
        "delete": lambda: late.delete_as_read({"a.txt": there.etag}),
    }

    def sleep_on_the_way(request: object, **_: object) -> None:
        del request
        world.s3.meta.events.unregister("before-send.s3", sleep_on_the_way)
        import time  # noqa: PLC0415

        time.sleep(3.2)  # the signature lasts 1 s and S3's clock is another process's

    world.s3.meta.events.register("before-send.s3", sleep_on_the_way)
    with pytest.raises(CrossfadeError):
        writes[what]()
    assert plain.get("a.txt").body == b"one"  # type: ignore[union-attr]
    assert plain.get("b.txt") is None


def test_a_write_names_what_was_read_in_its_place(anywhere: Story) -> None:
    bucket = anywhere.world().bucket(FRONT)
    one = bucket.put("a.txt", b"one", TEXT)
    two = bucket.put("a.txt", b"two", TEXT)
    with pytest.raises(Conflict):
        bucket.copy(
            "a.txt", source=bucket, source_key="a.txt", source_etag=two.etag, only_if_etag=one.etag
        )
    with pytest.raises(Conflict):
        bucket.copy(
            "a.txt", source=bucket, source_key="a.txt", source_etag=two.etag, only_if_absent=True
        )
    with pytest.raises(Conflict, match="changed meanwhile"):
        bucket.delete_as_read({"a.txt": one.etag})
    assert bucket.get("a.txt").body == b"two"  # type: ignore[union-attr]


def test_each_sending_of_a_write_is_allowed_and_signed_anew(story: Story, strict: Strict) -> None:
    fence = For(10)
    strict.faults.lost_answer("s3", "PutObject", times=2)
    story.world().bucket(FRONT).fenced(fence).put("a.txt", b"one", TEXT)
    assert fence.sent == 3


def test_who_takes_over_waits_until_the_last_write_can_have_come(story: Story) -> None:
    now = story.world().clock.now()
    running = Lease("other", iso(now + timedelta(seconds=100)))
    lapsed = Lease("other", iso(now - timedelta(seconds=1)))
    given_back = Lease("other", iso(now - timedelta(seconds=120)))
    assert notice_seconds(running, now) == pytest.approx(
        LOOK_AGE_SECONDS + SIGNED_SECONDS + SETTLING_SECONDS, abs=0.01
    )
    assert 0 < notice_seconds(lapsed, now) <= SETTLING_SECONDS
    assert notice_seconds(given_back, now) == 0


def test_no_write_is_signed_when_the_last_look_is_too_old_and_none_succeeds(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    clock = Clockwork()
    looks: list[int] = []

    def slow(_: object) -> None:
        looks.append(1)
        clock.sleep(LOOK_AGE_SECONDS + 1)

    strict.faults.before("s3", "CopyObject", effect=lambda _: clock.sleep(LOOK_AGE_SECONDS + 1))
    strict.faults.before("s3", "GetObject", path="head.json", nth=2, times=100, effect=slow)
    with pytest.raises(Failed, match=r"looking at the journal took too long|left open"):
        story.promote("1.1.0", world=story.world(monotonic=clock.monotonic))
    assert looks


def test_a_write_without_an_answer_is_waited_out_before_the_close(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    clock = Clockwork()
    strict.faults.lost_answer("s3", "CopyObject", times=1)
    story.promote("1.1.0", world=story.world(monotonic=clock.monotonic, sleep=clock.sleep))
    assert clock.seconds == pytest.approx(SIGNED_SECONDS + SETTLING_SECONDS, abs=0.5)
    assert story.live() == "1.1.0"


def send(lease: HeldLease, trouble: BaseException) -> None:
    """Send a write that gets no answer."""
    with lease.writing() as sign:
        sign()
        raise trouble


def test_a_write_that_has_just_expired_may_still_be_in_the_making_and_is_waited_out(
    story: Story,
) -> None:
    clock = Clockwork()
    lease = new_lease(story.world(monotonic=clock.monotonic, sleep=clock.sleep))
    lease.check()  # takes the lease's time from here
    with pytest.raises(Unavailable):
        send(lease, Unavailable("no answer"))
    clock.sleep(SIGNED_SECONDS + 1)
    lease.settle_writes()
    assert clock.seconds == SIGNED_SECONDS + SETTLING_SECONDS
    lease.settle_writes()
    assert clock.seconds == SIGNED_SECONDS + SETTLING_SECONDS, "it is over"


def leave_a_promote_open(story: Story, strict: Strict) -> None:
    """Let a worker die in the middle of a promote of 1.1.0 over 1.0.0."""
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=Killed())
    with pytest.raises(Killed):
        story.promote("1.1.0")
    strict.faults.clear()


@pytest.mark.parametrize("trouble", [Unavailable("no answer"), KeyboardInterrupt()])
@pytest.mark.parametrize(("later", "notice"), [(0, SIGNED_SECONDS), (SIGNED_SECONDS + 1, -1)])
def test_a_lease_that_is_given_back_lapses_when_the_last_write_without_an_answer_does(
    story: Story, strict: Strict, trouble: BaseException, later: int, notice: int
) -> None:
    """Who takes it over waits for that write, also where its worker was interrupted by hand."""
    leave_a_promote_open(story, strict)
    clock = Clockwork()
    world = story.world(monotonic=clock.monotonic, sleep=clock.sleep)
    subject = "sites/production/web"
    there = world.journal.head(subject)[0].open
    assert there is not None
    lease = new_lease(world)
    lease.take_over(world.journal.record(subject, there.operation), Direction.BACK)
    clock.sleep(lease.notice())
    with pytest.raises(type(trouble)):
        send(lease, trouble)
    clock.sleep(later)
    lease.release("it failed")
    given_back = world.journal.head(subject)[0].open
    assert given_back is not None
    assert notice_seconds(given_back.lease, world.clock.now()) == pytest.approx(
        notice + SETTLING_SECONDS, abs=0.1
    )


def test_a_lease_without_time_signs_nothing(story: Story) -> None:
    lease = new_lease(story.world(monotonic=Clockwork().monotonic))
    with lease.writing() as sign, pytest.raises(Unavailable):
        sign()


def test_of_two_settlers_who_waited_for_one_lease_one_takes_over(
    story: Story, strict: Strict
) -> None:
    """The other, whose reading of the record was slow, finds that its head is gone and stops."""
    leave_a_promote_open(story, strict)
    clock = Clockwork()
    beaten: list[object] = []

    def other_wins(_: object) -> None:
        beaten.append(reverse_open(story.world(), "sites/production/web", take_over=True))

    strict.faults.after("s3", "GetObject", path="Z-", nth=1, effect=other_wins)
    from crossfade.operations.kinds import resume  # noqa: PLC0415

    with pytest.raises(CrossfadeError, match="is no longer open"):
        resume(
            story.world(monotonic=clock.monotonic, sleep=clock.sleep),
            "sites/production/web",
            take_over=True,
        )
    assert beaten
    assert story.live() == "1.0.0"
    assert story.broken_pages() == []


def test_a_write_that_no_signature_ends_needs_as_much_time_as_a_request_can_take(
    story: Story,
) -> None:
    """Route 53 and memcached judge no expiry: there the lease alone keeps a late worker out."""
    clock = Clockwork()
    short = replace(
        new_lease(story.world(monotonic=clock.monotonic)), seconds=LONGEST_REQUEST_SECONDS
    )
    short.check()  # takes the lease's time from here
    with short.writing() as sign:
        assert sign() > timedelta(0), "S3 refuses it in time"
    with pytest.raises(Unavailable, match="too little time left"):
        short.ensure()
