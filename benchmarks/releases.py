"""Promote and rollback beside `aws s3 sync --delete` and `s5cmd sync --delete`, in one run.

    python -m benchmarks.releases [--short] [--only PART]

All tools work on one SeaweedFS, on the same objects, each from the same state in a root of its
own. Requests are those that the server counted. Afterwards every object is read and compared with
the build.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.builds import MONACO, PAGE, SWAGGER, Package, build, digests, synthetic
from benchmarks.contest import (
    Command,
    Contestant,
    Effort,
    Ground,
    Procedure,
    Release,
    Result,
    Rival,
    Task,
    contest,
)
from benchmarks.ours import Ours
from benchmarks.roots import Wanted
from benchmarks.server import running
from benchmarks.table import machine, median, say, table
from benchmarks.tools import tools
from benchmarks.visitor import visiting
from crossfade.errors import CrossfadeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.server import Server

CHANGED = 10
"""Files that differ between the two editions of a synthetic build."""

SIZES = (1000, 5000, 20_000)
RIVALS_UP_TO = 5000
"""Larger synthetic roots are made for crossfade alone: filling them takes minutes."""

PARTS = ("packages", "synthetic")

PROMOTE = Command("crossfade promote", lambda ours, task: _words("promote", ours, task.goes))
REDEPLOY = Command(
    "crossfade rollback, redeploy", lambda ours, _: _words("rollback", ours, mode="redeploy")
)
RESTORE = Command(
    "crossfade rollback, restore", lambda ours, _: _words("rollback", ours, mode="restore")
)


def _words(verb: str, ours: Ours, version: str = "", *, mode: str = "") -> list[str]:
    words = [verb, ours.environment, ours.component]
    return words + ([version] if version else []) + (["--mode", mode] if mode else [])


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        packages: The packages whose releases are promoted.
        rounds: How often each tool does each task.
        late: Whether the task is also given with a release that was published last.
        sizes: Files of the synthetic builds.
    """

    packages: tuple[Package, ...]
    rounds: int
    late: bool
    sizes: tuple[int, ...]


LONG = Plan((MONACO, SWAGGER), 3, late=True, sizes=SIZES)
SHORT = Plan((SWAGGER,), 1, late=False, sizes=(300,))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.releases", description=__doc__)
    parser.add_argument("--short", action="store_true", help="one small package, once; for CI")
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    asked = parser.parse_args(arguments)
    plan = SHORT if asked.short else LONG
    parts = (asked.only,) if asked.only else PARTS
    try:
        rivals = [Rival(tool) for tool in tools()]
        print(f"{machine()}\n")
        with running() as server:
            if "packages" in parts:
                for package in plan.packages:
                    _package(server, package, plan, rivals)
            if "synthetic" in parts:
                _synthetic(server, plan, rivals)
    except CrossfadeError as error:
        print(f"benchmark stopped: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _package(server: Server, package: Package, plan: Plan, rivals: Sequence[Contestant]) -> None:
    before, after = package.versions
    builds = {version: build(package, version) for version in package.versions}
    ground = _ground(server, package.name, builds)
    print(f"## {package.name}: {_differences(ground, before, after)}\n")
    forward = Task(f"{before} -> {after}, both published before", before, after)
    promoted = contest(
        ground, forward, [PROMOTE, Procedure(), *rivals], rounds=plan.rounds, label="a"
    )
    _print(forward, promoted)
    if plan.late:
        late = Task(f"{before} -> {after}, {after} published last", before, after, late=True)
        _print(late, contest(ground, late, [PROMOTE, *rivals], rounds=plan.rounds, label="l"))
    back = Task(f"{after} -> {before}, back again", after, before, back=True)
    _print(back, contest(ground, back, [REDEPLOY, RESTORE, *rivals], rounds=plan.rounds, label="b"))
    _visited(ground, forward, [PROMOTE, *rivals])
    windows = [effort.window for result in promoted for effort in result.efforts if effort.window]
    if windows:
        print(f"crossfade's in-place window without a visitor: {median(windows):.2f} s\n")


def _ground(server: Server, component: str, builds: Mapping[str, Path]) -> Ground:
    """Publish builds, and note what a root must hold of each."""
    ours, releases = Ours(server.folder, component, "publisher"), {}
    for version, folder in builds.items():
        say(f"publish {component} {version}")
        ours.publish(folder, version)
        wanted = Wanted(digests(folder), ours.headers(version))
        releases[version] = Release(f"releases/{component}/{version}/", wanted)
    return Ground(server, component, PAGE, releases)


def _differences(ground: Ground, before: str, after: str) -> str:
    old, new = (ground.releases[version].wanted.sha256 for version in (before, after))
    changed = sum(1 for path in old.keys() & new.keys() if old[path] != new[path])
    return (
        f"{len(new)} objects, {changed} with other bytes, {len(new.keys() - old.keys())} new, "
        f"{len(old.keys() - new.keys())} gone"
    )


def _print(task: Task, results: Sequence[Result]) -> None:
    ours = median([effort.seconds for effort in results[0].efforts])
    rows = []
    for result in results:
        seconds = median([effort.seconds for effort in result.efforts])
        judged = result.judged
        assert judged is not None  # noqa: S101  the first round judges
        rows.append(
            (
                _named(result.name, result.efforts),
                int(median([sum(one.values()) for one in result.requests])),
                f"{seconds:.2f}",
                f"{seconds / ours:.2f}",
                f"{median([effort.cpu for effort in result.efforts]):.2f}",
                judged.wrong,
                judged.headers,
                judged.missing,
                judged.leftover,
            )
        )
    headings = ("tool", "requests", "seconds", "ratio", "cpu s", "wrong bytes", "wrong headers")
    print(f"{task.title}\n\n{table((*headings, 'missing', 'leftover'), rows)}\n", flush=True)


def _named(name: str, efforts: Sequence[Effort]) -> str:
    codes = sorted({effort.code for effort in efforts if effort.code})
    return f"{name} (exit {', '.join(map(str, codes))})" if codes else name


def _visited(ground: Ground, task: Task, contestants: Sequence[Contestant]) -> None:
    """Let a visitor load the page while each tool works, and print what it saw."""
    releases = [release.wanted.sha256 for release in ground.releases.values()]
    rows = []
    for place, one in enumerate(contestants):
        root, go = one.prepare(ground, task, f"v-{place}")
        with visiting(ground.bucket, root, ground.page, releases) as visits:
            effort = go()
        rows.append(
            (
                one.name,
                visits.loads,
                visits.broken,
                f"{visits.seconds:.2f}",
                f"{effort.seconds:.2f}",
                "yes" if visits.broken_last else "no",
            )
        )
    headings = ("with a visitor", "page loads", "mixed", "mixed for s", "of s", "mixed afterwards")
    print(f"{table(headings, rows)}\n", flush=True)


def _synthetic(server: Server, plan: Plan, rivals: Sequence[Contestant]) -> None:
    print(f"## {CHANGED} of n files differ\n")
    rows = []
    for size in plan.sizes:
        builds = {
            f"{edition}.0.0": synthetic(server.folder, files=size, edition=edition, changed=CHANGED)
            for edition in (1, 2)
        }
        ground = _ground(server, f"synthetic-{size}", builds)
        contestants = [PROMOTE, *(rivals if size <= RIVALS_UP_TO else ())]
        task = Task("", "1.0.0", "2.0.0")
        for result in contest(ground, task, contestants, rounds=1, label=f"s{size}"):
            effort, requests, judged = result.efforts[0], result.requests[0], result.judged
            rows.append(
                (
                    f"{result.name}, n = {size}",
                    sum(requests.values()),
                    requests.get("COPY", 0),
                    requests.get("LIST", 0),
                    f"{effort.seconds:.2f}",
                    judged.wrong if judged else "",
                )
            )
            say(", ".join(map(str, rows[-1])))
    headings = ("tool", "requests", "copies", "listings", "seconds", "wrong bytes")
    print(table(headings, rows), flush=True)


if __name__ == "__main__":
    sys.exit(main())
