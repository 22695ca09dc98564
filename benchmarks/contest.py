"""One task given to several tools in turn, each from the same state in a root of its own."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from benchmarks.ours import LIMIT_SECONDS, Ours
from benchmarks.process import measured
from benchmarks.roots import fill, judge
from benchmarks.server import FRONT, since
from crossfade.operations.sites.promote import PromoteRequest, promote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.roots import Judged, Wanted
    from benchmarks.server import Server
    from benchmarks.tools import Tool
    from crossfade.adapters.aws.s3 import Bucket


@dataclass(frozen=True, slots=True)
class Task:
    """From which release to which.

    Attributes:
        title: The task in words.
        came: The release that the root holds, all of it and nothing else.
        goes: The release that it must hold.
        back: Whether `goes` was live before `came`, so that this is a rollback.
        late: Whether `goes` was published after the root was filled: its objects are then the
            newer ones, which is what tools that compare times hope for.
    """

    title: str
    came: str
    goes: str
    back: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """What is known of a release from its build and its manifest."""

    prefix: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a contest takes place.

    Attributes:
        server: The S3 server.
        component: The component whose releases are published there.
        page: Path of its entry page.
        releases: Its releases, by version.
    """

    server: Server
    component: str
    page: str
    releases: Mapping[str, Release]

    @property
    def bucket(self) -> Bucket:
        """The bucket of releases and roots."""
        return self.ours("reader").world().bucket(FRONT)

    def ours(self, environment: str) -> Ours:
        """Return an environment of crossfade."""
        return Ours(self.server.folder, self.component, environment)


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run took.

    Attributes:
        code: The exit code.
        seconds: From begin to end.
        cpu: Seconds of processor time in the tool itself.
        window: Seconds from the first asset changed in place to the last page, where it is told.
    """

    code: int
    seconds: float
    cpu: float
    window: float = 0.0


class Contestant(Protocol):
    """A way to do a task."""

    @property
    def name(self) -> str:
        """How the tables call it."""

    def prepare(self, ground: Ground, task: Task, tag: str) -> tuple[str, Callable[[], Effort]]:
        """Make a fresh root; return its key prefix and what does the task."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another tool, which makes the root like the release's folder."""

    tool: Tool

    @property
    def name(self) -> str:
        """The tool's own name."""
        return self.tool.name

    def prepare(self, ground: Ground, task: Task, tag: str) -> tuple[str, Callable[[], Effort]]:
        """Fill a root by copies; the release stands in its folder already."""
        root = f"theirs/{ground.component}/{tag}/"
        source = ground.releases[task.goes].prefix
        fill(ground.bucket, ground.releases[task.came].prefix, root)
        if task.late:
            source, published = f"late/{ground.component}/{tag}/", source
            fill(ground.bucket, published, source)
        command = self.tool.sync(f"s3://{FRONT}/{source}", f"s3://{FRONT}/{root}")

        def go() -> Effort:
            ran = measured(command, environment=os.environ, limit=LIMIT_SECONDS)
            return Effort(ran.code, ran.seconds, ran.cpu)

        return root, go


@dataclass(frozen=True, slots=True)
class Command:
    """Crossfade's command line, a process from its start to its end."""

    name: str
    words: Callable[[Ours, Task], Sequence[str]]

    def prepare(self, ground: Ground, task: Task, tag: str) -> tuple[str, Callable[[], Effort]]:
        """Promote what the root must hold, in an environment of its own."""
        ours = _prepared(ground, task, tag)

        def go() -> Effort:
            ran = ours.command(*self.words(ours, task))
            return Effort(ran.code, ran.seconds, ran.cpu)

        return ours.root, go


@dataclass(frozen=True, slots=True)
class Procedure:
    """Crossfade's promote, called in this process: no start-up of an interpreter."""

    name: str = "crossfade, the procedure alone"

    def prepare(self, ground: Ground, task: Task, tag: str) -> tuple[str, Callable[[], Effort]]:
        """Promote what the root must hold, in an environment of its own."""
        ours = _prepared(ground, task, tag)

        def go() -> Effort:
            begun, cpu = time.perf_counter(), time.process_time()
            request = PromoteRequest(ours.environment, {ours.component: task.goes})
            outcome = promote(ours.world(), request)
            seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
            window = outcome.operations[0].figures.get("window_seconds", 0.0)
            return Effort(0, seconds, cpu, window)

        return ours.root, go


def _prepared(ground: Ground, task: Task, tag: str) -> Ours:
    ours = ground.ours(tag)
    if task.back:
        ours.promote(task.goes)
    ours.promote(task.came)
    return ours


@dataclass(slots=True)
class Result:
    """What one contestant showed in one task."""

    name: str
    requests: list[dict[str, int]] = field(default_factory=list)
    efforts: list[Effort] = field(default_factory=list)
    judged: Judged | None = None


def contest(
    ground: Ground,
    task: Task,
    contestants: Sequence[Contestant],
    *,
    rounds: int,
    label: str,
) -> list[Result]:
    """Let every contestant do a task some times, in turns, and judge each one's first root."""
    results = [Result(one.name) for one in contestants]
    for turn in range(rounds):
        order = list(zip(contestants, results, strict=True))
        # Each goes first once, so that none always meets a warmer or a busier server.
        start = turn % len(order)
        for place, (one, result) in enumerate(order[start:] + order[:start]):
            root, go = one.prepare(ground, task, f"{label}-{turn}-{place}")
            before = ground.server.requests()
            result.efforts.append(go())
            result.requests.append(since(before, ground.server.requests()))
            if result.judged is None:
                result.judged = judge(ground.bucket, root, ground.releases[task.goes].wanted)
    return results
