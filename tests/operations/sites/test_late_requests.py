"""Requests that are late, lost or repeated on their way, and settlers who interleave, on purpose.

Each worker has its own line to one strict AWS (`tests.relay`). Time is virtual and the same for S3
and all workers: it passes when somebody waits.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from crossfade.adapters.aws.s3 import Headers
from crossfade.errors import CrossfadeError
from crossfade.local.stack.aws import aws_server
from crossfade.operations.journal.lease import LOOK_AGE_SECONDS, LOOK_SECONDS, LeaseLost
from crossfade.operations.journal.settle import EndedMeanwhile
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.plan.sites.rollback import Mode
from tests.relay import Relay, Struck, relay
from tests.story import BUILDS, FRONT, Clockwork, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from crossfade.operations.base.world import World

SITE = "sites/production/web"
LEASE_SECONDS = 120
NEW, CHANGED, PAGE = "live/assets/app-b2c3d4e5.js", "live/logo.svg", "live/index.html"
PATHS = (NEW, CHANGED, PAGE)
"""What a promote of 1.1.0 brings: of each kind that is written under a condition of its own."""

DELETE = "acme-front?delete"


class At(boto3.Session):
    """A session whose requests go to one address."""

    def __init__(self, endpoint: str) -> None:
        """Remember the address."""
        super().__init__()
        self.endpoint = endpoint

    def client(self, service_name: str, **given: Any) -> Any:  # type: ignore[override]
        """Return a client of that address."""
        given["endpoint_url"] = self.endpoint
        return super().client(service_name, **given)  # type: ignore[call-overload]


@dataclass
class Place:
    """An account in which 1.0.0 is live and others are published, and lines to it."""

    story: Story
    endpoint: str
    clock: Clockwork
    lines: ExitStack
    hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8))

    def line(self) -> Relay:
        """Lay a line for one worker."""
        return self.lines.enter_context(relay(self.endpoint))

    def world(self, line: Relay | None = None, **changes: Any) -> World:
        """Return a worker's world; its line is direct unless it is given one."""
        aws = At(line.endpoint) if line else self.story.aws
        by = {"monotonic": self.clock.monotonic, "sleep": self.clock.sleep, **changes}
        return self.story.world(aws=aws, **by)

    def starts(self, act: Callable[..., Any], *given: Any, **named: Any) -> Future[Any]:
        """Let somebody begin something, beside all others."""
        return self.hands.submit(act, *given, **named)

    def promote(self, version: str, line: Relay | None = None, **changes: Any) -> Any:
        """Promote a version."""
        return self.story.promote(version, world=self.world(line, **changes))

    def reverse(self, line: Relay | None = None, *, take_over: bool = True, **changes: Any) -> Any:
        """Take back what is open."""
        return reverse_open(self.world(line, **changes), SITE, take_over=take_over)

    def resume(self, line: Relay | None = None, *, take_over: bool = True, **changes: Any) -> Any:
        """Finish what is open."""
        return resume(self.world(line, **changes), SITE, take_over=take_over)

    def stopped_before(self, path: str) -> tuple[Struck, Future[Any]]:
        """Let a promote of 1.1.0 stand while a copy of its is on the way."""
        line = self.line()
        late = line.holds("PUT", path)
        promote = self.starts(self.promote, "1.1.0", line)
        return late.comes(), promote

    def left_open(self) -> None:
        """Let a worker stand for good in the middle of a promote of 1.1.0, its lease lapsed."""
        self.stopped_before(PAGE)
        self.clock.sleep(LEASE_SECONDS + 1)

    def serves(self, version: str) -> bool:
        """Whether a release is there with all its bytes, and all that its pages refer to."""
        root = self.story.serves()
        return not self.story.broken_pages() and BUILDS[version].items() <= root.items()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A quiet place, in which nothing is under way."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    clock, began = Clockwork(), time.time()
    with aws_server(clock=lambda: began + clock.seconds) as server, ExitStack() as lines:
        story = Story(At(server.endpoint), tmp_path, server.strict).founded()
        story.published("1.0.0", "1.1.0", "1.2.0").promote("1.0.0")
        there = Place(story, server.endpoint, clock, lines)
        yield there
        lines.close()
        there.hands.shutdown()


# What comes late, or twice


def test_a_copy_that_comes_after_a_reversal_is_refused_by_its_expiry(place: Place) -> None:
    """What it expects in its place stands there again: the time alone keeps it out."""
    before = place.story.serves()
    for path in PATHS:
        late, promote = place.stopped_before(path)
        place.reverse()
        assert late.go() == 403
        assert isinstance(promote.exception(), CrossfadeError)
        assert place.story.serves() == before


def test_without_its_expiry_it_would_land(place: Place) -> None:
    """So that the test above proves the expiry: here S3's clock stands still."""
    before = place.story.serves()
    late, promote = place.stopped_before(PAGE)
    place.reverse(sleep=lambda _: None)
    assert late.go() == 200
    assert promote.exception() is not None
    assert place.story.serves() != before


@pytest.mark.parametrize("path", [NEW, CHANGED])
def test_a_copy_that_comes_when_something_else_stands_there_is_refused_by_what_it_expects(
    place: Place, path: str
) -> None:
    """No time passes, so that S3 still takes its signature: the condition alone keeps it out."""
    late, promote = place.stopped_before(path)
    place.resume(sleep=lambda _: None)
    place.story.world().bucket(FRONT).put(path, b"newer", Headers("text/plain", "no-cache"))
    assert late.go() == 412
    assert isinstance(promote.exception(), CrossfadeError)
    assert place.story.serves()[path.removeprefix("live/")] == "newer"


def test_a_copy_whose_answer_was_lost_cannot_come_again_once_its_promote_has_closed(
    place: Place,
) -> None:
    for path in PATHS:
        line = place.line()
        lost = line.loses("PUT", path)
        place.promote("1.1.0", line)
        assert place.serves("1.1.0")
        place.story.rollback(mode=Mode.RESTORE, world=place.world())
        before = place.story.serves()
        assert lost.again() == 403
        assert place.story.serves() == before
        assert place.serves("1.0.0")


def test_a_copy_that_never_arrived_is_sent_again(place: Place) -> None:
    line = place.line()
    for path in PATHS:
        line.drops("PUT", path)
    place.promote("1.1.0", line)
    assert place.serves("1.1.0")


def test_each_sending_is_refused_however_often_the_way_repeats_it(place: Place) -> None:
    """A worker's first sending and its own repetition are both on their way."""
    before, line = place.story.serves(), place.line()
    first = line.drops("PUT", CHANGED)
    second = line.holds("PUT", CHANGED, nth=2)
    promote = place.starts(place.promote, "1.1.0", line)
    second.comes()
    place.reverse()
    assert [second.go(), first.again(), second.again()] == [403] * 3
    assert isinstance(promote.exception(), CrossfadeError)
    assert place.story.serves() == before


def removing(place: Place, line: Relay) -> tuple[Any, Future[Any]]:
    """Let a reversal stand before it removes what a promote has brought, and another end it."""
    place.left_open()
    late = line.holds("POST", DELETE)
    reversal = place.starts(place.reverse, line)
    late.comes()
    return late, reversal


def test_a_removal_that_comes_when_the_same_file_is_live_again_is_refused_by_its_expiry(
    place: Place,
) -> None:
    late, reversal = removing(place, place.line())
    place.reverse()
    place.promote("1.1.0")
    assert late.go() == 403
    assert isinstance(reversal.exception(), CrossfadeError)
    assert place.serves("1.1.0")


def test_a_removal_that_comes_when_another_file_stands_there_is_refused_by_what_it_expects(
    place: Place,
) -> None:
    late, reversal = removing(place, place.line())
    path = NEW
    place.story.world().bucket(FRONT).put(path, b"newer", Headers("text/plain", "no-cache"))
    late.go()
    assert isinstance(reversal.exception(), CrossfadeError)
    assert place.story.serves()[path.removeprefix("live/")] == "newer"


# Settlers who interleave


def test_a_settler_who_read_slowly_finds_that_another_has_ended_it(place: Place) -> None:
    place.left_open()
    line = place.line()
    slow = line.holds("GET", "Z-")
    resumes = place.starts(place.resume, line, take_over=False)
    slow.comes()
    place.reverse(take_over=False)
    slow.go()
    assert isinstance(resumes.exception(), EndedMeanwhile)
    assert place.serves("1.0.0")
    assert not [path for method, path in line.passed if method == "PUT" and "/live/" in path]


@pytest.mark.parametrize("take_over", [True, False])
def test_a_settler_who_read_slowly_waits_for_the_one_who_is_at_it(
    place: Place, *, take_over: bool
) -> None:
    """The direction is turned round only by a take-over, and the root is wholly of the last one."""
    place.left_open()
    slower, faster = place.line(), place.line()
    slow = slower.holds("GET", "Z-")
    late = faster.holds("PUT", PAGE)
    began = place.clock.seconds
    resumes = place.starts(place.reverse, slower, take_over=take_over)
    slow.comes()
    resumed = place.starts(place.resume, faster, take_over=take_over)
    late.comes()
    slow.go()
    resumes.result()
    assert place.clock.seconds - began > (0 if take_over else LEASE_SECONDS)
    assert late.go() == 403
    assert isinstance(resumed.exception(), CrossfadeError)
    assert place.serves("1.0.0")


def test_after_a_take_over_a_late_file_shows_before_the_operation_closes(place: Place) -> None:
    """Whatever let it land: here S3's clock stands still, so that it is not refused."""
    place.left_open()
    stands, settles = place.line(), place.line()
    late = stands.holds("PUT", PAGE)
    resumed = place.starts(place.resume, stands, sleep=lambda _: None)
    late.comes()
    reading_back = settles.holds("GET", "?versions", nth=2)
    reversal = place.starts(place.reverse, settles, sleep=lambda _: None)
    reading_back.comes()
    assert late.go() == 200
    reading_back.go()
    with pytest.raises(CrossfadeError, match="not as left a moment ago"):
        reversal.result()
    assert resumed.exception() is not None
    place.reverse()
    assert place.serves("1.0.0")


# Looks and clocks


def many_files(place: Place) -> str:
    """Publish a release of many files; return its version."""
    files = {"index.html": "many", **{f"assets/f-{one:08x}.js": f"{one}" for one in range(40)}}
    source = place.story.build(files, "web-many")
    publish(place.world(), PublishRequest(source, "web", "2.0.0"))
    return "2.0.0"


def test_one_slow_look_stops_all_writes_and_not_only_its_own(place: Place) -> None:
    """Every thread of a worker stands once the last look that ended is too old."""
    before, line = place.story.serves(), place.line()
    one, other = (line.holds("PUT", "live/assets/", nth=nth) for nth in (4, 5))
    promote = place.starts(place.promote, many_files(place), line, connections=2)
    one.comes()
    other.comes()
    look = line.holds("GET", "head.json")
    place.clock.sleep(LOOK_SECONDS + 0.5)
    one.go()
    look.comes()
    place.clock.sleep(LOOK_AGE_SECONDS)
    assert other.go() == 200
    place.reverse()
    written = [path for method, path in line.passed if method == "PUT" and "/live/" in path]
    assert len(written) == 5
    look.go()
    with pytest.raises(LeaseLost, match="stopped without another write"):
        promote.result()
    assert place.story.serves() == before


def test_an_answer_whose_date_is_an_hour_ahead_lets_nobody_take_a_lease_that_runs(
    place: Place,
) -> None:
    line = place.line()
    copying = line.holds("PUT", CHANGED)
    promote = place.starts(place.promote, "1.1.0", line)
    copying.comes()
    ahead = place.line()
    altered = ahead.alters("GET", "head.json", nth=2, date="Tue, 01 Jan 2999 00:00:00 GMT")
    waited = threading.Event()

    def wait(seconds: float) -> None:
        if not waited.is_set():
            waited.set()
            copying.go()
            promote.exception()
        place.clock.sleep(seconds)

    with pytest.raises(EndedMeanwhile):
        place.reverse(ahead, take_over=False, sleep=wait)
    assert altered.seen >= 2
    assert waited.is_set()
    assert promote.exception() is None
    assert place.serves("1.1.0")
