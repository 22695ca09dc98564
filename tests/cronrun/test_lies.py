"""A memcached that lies, drips or stalls: it is away, and nothing else comes of it."""

from __future__ import annotations

import signal
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crossfade.cronrun.lock.connection import LARGEST_COUNT, Connection
from crossfade.cronrun.lock.exchange import Budget, Sockets
from crossfade.errors import Unavailable
from crossfade.plan.cron.claim.requests import Add, Item, NoAnswer, Read, Stats, Swap
from tests.cronrun.servers import DRIP, LIES, Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cronrun.conftest import Story

KEYS = ("a", "b")
MOODS = ("drip", "a bare STAT", "a foreign key", "an endless value")
words = st.sampled_from(
    [b"VALUE", b"STAT", b"END", b"OK", b"ITEM", b"STORED", b"EXISTS", b"NOT_FOUND", b"NOT_STORED",
     b"SERVER_ERROR", b"CLIENT_ERROR", b"ERROR", b"a", b"b", b"uptime", b"time", b"evictions",
     b"umask", b"rusage_user", b"0", b"1", b"5", b"-1", b"-2", b"9" * 30, b"9" * 5000, b"1.5",
     b"hallo", b""]
)  # fmt: skip
lines = st.lists(words | st.binary(max_size=6), max_size=6).map(b" ".join)
answers = st.lists(lines, max_size=5).map(b"\r\n".join) | st.binary(max_size=80)


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    with closing(Speaker(str(tmp_path_factory.mktemp("s") / "s"))) as server:
        yield server


@given(answer=st.tuples(answers, st.sampled_from([b"\r\n", b"\r\nEND\r\n", b""])).map(b"".join))
@example(b"VALUE a 0 1 7\r\nx\r\nEND\r\n")
@example(b"VALUE a 0 -1 7\r\nx\r\nEND\r\n")
@example(b"VALUE c 0 1 7\r\nx\r\nEND\r\n")
@example(b"VALUE a 0 1 x\r\nx\r\nEND\r\n")
@example(b"STAT uptime 5\r\nSTAT time " + b"9" * 5000 + b"\r\nEND\r\n")
@example(b"STAT\r\nEND\r\n")
@example(b"STAT \xff 1\r\nEND\r\n")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_an_answer_or_none(speaker: Speaker, answer: bytes) -> None:
    speaker.says, speaker.drips = answer, False
    with closing(Connection(speaker.address, timeout=20)) as connection:
        for request in (Read(KEYS), Add("a", "v", 1), Swap("a", "v", b"1", 1), Stats()):
            value = connection.ask(request)
            connection.close()  # as the other end does
            if isinstance(value, NoAnswer):
                assert value.reason
                assert len(value.reason) <= 200
            elif isinstance(request, Read):
                assert isinstance(value, dict)
                assert set(value) <= set(KEYS)
                items = [item for item in value.values() if isinstance(item, Item)]
                assert len(items) == len(value)
                assert all(item.cas.isdigit() for item in items)
            elif isinstance(request, Stats):
                assert isinstance(value, dict)
                assert all(0 <= int(str(count)) <= LARGEST_COUNT for count in value.values())
            else:
                assert value in ((True, False) if isinstance(request, Add) else (True, False, None))
        try:
            assert all(isinstance(word, str) for word in connection.settings().values())
        except Unavailable as error:
            assert "does not answer" in str(error)  # noqa: PT017  either is right


def test_the_whole_answer_counts_towards_the_time_and_not_its_parts(speaker: Speaker) -> None:
    speaker.says, speaker.drips = b"x" * 10_000, True
    with closing(Connection(speaker.address, timeout=4 * DRIP)) as connection:
        for request in (Read(KEYS), Add("a", "v", 1), Swap("a", "v", b"1", 1), Stats()):
            answer = connection.ask(request)
            assert answer == NoAnswer("no whole answer within 0.2 s")
            assert speaker.said < 100
        with pytest.raises(Unavailable, match="no whole answer"):
            connection.settings()


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_answer(speaker: Speaker, lie: str) -> None:
    speaker.says, speaker.drips = LIES[lie] * (40 if "endless" in lie else 1), False
    with closing(Connection(speaker.address, timeout=20)) as connection:
        told = [
            connection.ask(request)
            for request in (Add("a", "v", 1), Swap("a", "v", b"1", 1), Read(KEYS), Stats())
        ]
    true = {} if lie == "two answers" else None
    assert all(isinstance(answer, NoAnswer) or answer == true for answer in told)


def test_what_came_unasked_is_no_answer_to_the_next_question(tmp_path: Path) -> None:
    with (
        closing(Speaker(str(tmp_path / "s"))) as server,
        closing(Connection(server.address, timeout=20)) as connection,
    ):
        server.says = b"END\r\n" + b"STORED\r\n" * 2_000  # more than is read at once
        assert connection.ask(Read(KEYS)) == {}
        lost = connection.ask(Add("a", "v", 1))
        assert lost == NoAnswer("it sent more than it was asked")


def test_a_name_that_is_not_resolved_in_time_is_no_answer_and_asked_once() -> None:
    budget = Budget()
    sockets = Sockets(budget)
    budget.begin(0.000_001)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            sockets.getaddrinfo("localhost", 1, 0, 1, 6)
    budget.begin(20)
    assert sockets.getaddrinfo("localhost", 1, 0, 1, 6)
    assert sockets.getaddrinfo("127.0.0.1", 1, 0, 1, 6)[0][4] == ("127.0.0.1", 1)


# The wrapper before such a server


@pytest.mark.parametrize("mood", MOODS)
def test_a_command_is_not_run_before_a_server_that_lies_unless_it_may(
    story: Story, mood: str
) -> None:
    story.proxy.mood = mood
    done = story.new.run(*story.command)
    assert (done.returncode, done.stdout, done.stderr, story.runs()) == (75, "", "", 0)
    done = story.new.run(*story.command, flags=("--unavailable", "run"))
    assert (done.returncode, done.stdout, done.stderr, story.runs()) == (0, "", "", 1)
    assert set(story.new.outcomes()) == {"unavailable"}


@pytest.mark.parametrize("mood", MOODS)
def test_a_healthy_command_goes_on_when_the_server_begins_to_lie(story: Story, mood: str) -> None:
    process = story.new.start("sh", "-c", "sleep 2; exit 5", flags=("--on-lost", "stop"))
    story.reaches("running")
    story.proxy.mood = mood
    assert process.wait(60) == 5
    assert process.communicate() == ("", "")
    assert "memcached gave no answer" in str(story.new.entries()[-1]["trouble"])


def test_the_longest_time_counts_while_the_server_drips(story: Story) -> None:
    process = story.new.start("sleep", "600", flags=("--max-runtime", "2", "--lease", "6"))
    story.reaches("running")
    story.proxy.mood = "drip"
    assert process.wait(60) == 128 + signal.SIGTERM
    assert "ran longer than 2 s" in str(story.new.entries()[-1]["stopped"])


def test_the_lease_is_lost_in_time_while_the_server_drips(story: Story) -> None:
    flags = ("--lease", "6", "--on-lost", "stop")
    process = story.new.start("sleep", "600", flags=flags)
    story.reaches("running")
    time.sleep(0.5)  # for its first beat
    story.proxy.mood = "drip"
    assert process.wait(60) == 128 + signal.SIGTERM
    assert "could not be extended in time (no whole answer" in str(story.new.entries()[-1]["lost"])


# Records that cannot be read


@pytest.mark.parametrize("key", ["tick", "lease", "preferred"])
@pytest.mark.parametrize("value", [b"{", b"\xff\xfe", b'{"format":2,"state":"won"}'])
def test_a_record_that_cannot_be_read_is_loud(story: Story, key: str, value: bytes) -> None:
    name = f"crossfade:{key}:reports" + (f":{story.new.tick}" if key == "tick" else "")
    flags = ("--handicap", "0.1") if key == "preferred" else ()
    with closing(story.server.client()) as client:
        client.set(name, value)
    done = story.new.run(*story.command, flags=flags)
    assert (done.returncode, done.stdout, story.runs()) == (75, "", 0)
    assert done.stderr.startswith("crossfade cron run: skip reports 20")
    assert f"{name} in memcached cannot be read" in done.stderr
    assert done.stderr.count("\n") == 1
    done = story.new.run(*story.command, flags=(*flags, "--unavailable", "run"))
    assert (done.returncode, done.stdout, done.stderr, story.runs()) == (0, "", "", 1)
    with closing(story.server.client()) as client:
        assert client.get(name) == value
