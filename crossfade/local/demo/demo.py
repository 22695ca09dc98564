"""The story of releases, told on a stack of its own with two real single-page applications.

Each scene runs a flow in a process of its own, recorded by the stack's Prefect server, while
visitors keep loading the site through the edge. What each scene cost and what visitors saw is
measured, not assumed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Failed
from crossfade.local.demo.builds import make_builds
from crossfade.local.demo.visitor import Visits, visiting
from crossfade.plan.releases.content_hash import names_with_content_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crossfade.local.demo.visitor import Visitor
    from crossfade.local.stack.stack import Stack

SITE = "sites/production/web"
FLOW_SECONDS = 120
KILLED_AT_COPY = 100
"""The copy of the promote's 216 at which its process is killed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What one scene cost and what visitors saw meanwhile.

    Attributes:
        title: What happened.
        outcome: How it ended, in the flow's own words.
        copied: Objects copied inside S3.
        uploaded: Objects uploaded, the journal's included.
        moved: Bytes that were uploaded, or copied inside S3.
        requests: Requests to AWS, the visitors' excluded.
        window: Seconds for which old pages stood beside assets changed under their name.
        seconds: Duration of the flow's process, start-up included.
        pages: Pages that visitors loaded meanwhile.
        broken: Pages of these that were broken.
    """

    title: str
    outcome: str
    copied: int
    uploaded: int
    moved: int
    requests: int
    window: float
    seconds: float
    pages: int
    broken: int


@dataclass
class Told:
    """The story as it was told: its scenes, and what visitors saw in all.

    Attributes:
        scenes: In order.
        visits: All visits, old tabs included.
        status: What `crossfade status --json` said in the end.
        seconds: From the first scene to the last.
    """

    scenes: list[Scene] = field(default_factory=list)
    visits: Visits = field(default_factory=Visits)
    status: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def tell_story(stack: Stack, say: Callable[[str], None]) -> Told:
    """Publish two builds, promote, switch, go back, die in the middle, come back, purge.

    Args:
        stack: A fresh stack.
        say: Told each line as it happens.

    Raises:
        BadInput: The flows are not here: it was not started from a checkout.
        Failed: A scene ended otherwise than the story says.
    """
    teller = _Teller(stack, say, _checkout())
    builds = make_builds(stack.folder / "builds", api_url=stack.prefect.api_url)
    rebuilt = _rebuilt(builds.second, stack.folder / "builds" / "rebuilt")
    patched = _patched(rebuilt, stack.folder / "builds" / "patched")
    begun = time.monotonic()
    teller.publish("0.9.0", builds.first)
    teller.publish("1.0.0", builds.first)
    teller.publish("2.0.0", builds.second)
    teller.publish("2.0.0", builds.second, "once more, with the same content")
    teller.promote("1.0.0")
    expect = _expectation(builds.first, builds.second, rebuilt)
    with visiting(stack.edge.url, visitors=1, pause=0.1, expect=expect) as visitor:
        teller.visitor = visitor
        teller.promote("2.0.0")
        teller.scene("roll back", "rollback", {"environment": "production", "component": "web"})
        teller.publish("2.1.0", rebuilt, "every asset renamed")
        teller.killed_promote("2.1.0")
        teller.left_open()
        teller.scene("resume it", "resume", {"subject": SITE, "take_over": True})
        teller.publish("2.1.1", patched, "one page differs")
        teller.promote("2.1.1")
    teller.told.visits = visitor.visits()
    teller.visitor = None
    teller.scene("purge", "purge", {"component": "web", "apply": True})
    teller.told.seconds = time.monotonic() - begun
    teller.told.status = teller.command("status")
    return teller.told


def _checkout() -> Path:
    """Return the folder that holds the flows.

    Raises:
        BadInput: They are not here; the package alone does not carry them.
    """
    found = importlib.util.find_spec("flows")
    if found is None or found.origin is None:
        raise BadInput(
            "the demo runs crossfade's flows, which are not in the installed package: run it from "
            "a checkout with `make demo`"
        )
    return Path(found.origin).parent.parent


def _rebuilt(build: Path, target: Path) -> Path:
    """Make the next version of a build, whose assets all have new names."""
    shutil.copytree(build, target)
    (target / "assets").rename(target / "next")
    for file in target.rglob("*"):
        if file.suffix in {".html", ".js", ".css"}:
            text = file.read_bytes()
            file.write_bytes(text.replace(b"assets/", b"next/"))
    return target


def _patched(build: Path, target: Path) -> Path:
    """Make the next version of a build, in which one page differs."""
    shutil.copytree(build, target)
    with (target / "index.html").open("a", encoding="utf-8") as page:
        page.write("<!-- patched -->\n")
    return target


def _expectation(*builds: Path) -> Callable[[str, bytes], bool]:
    """Know the right bytes of every file that is named by its content."""
    digests: dict[str, bytes] = {}
    for build in builds:
        files = {str(file.relative_to(build)): file for file in build.rglob("*") if file.is_file()}
        for name in names_with_content_hash(tuple(files)):
            digests[f"/{name}"] = hashlib.sha256(files[name].read_bytes()).digest()
    return lambda path, body: path not in digests or digests[path] == hashlib.sha256(body).digest()


@dataclass
class _Teller:
    """Runs scenes and measures them."""

    stack: Stack
    say: Callable[[str], None]
    checkout: Path
    visitor: Visitor | None = None
    told: Told = field(default_factory=Told)

    def publish(self, version: str, folder: Path, remark: str = "") -> None:
        """Publish a folder."""
        parameters = {"source": str(folder), "component": "web", "version": version}
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        title = f"publish {version}, {remark}" if remark else f"publish {version}"
        self.scene(title, "publish", parameters, lambda: {"bytes": size})

    def promote(self, version: str) -> None:
        """Promote a version."""
        self.scene(f"promote {version}", "promote", _promotion(version))

    def scene(
        self,
        title: str,
        flow: str,
        parameters: dict[str, Any],
        figures: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        """Run a flow to its end.

        Raises:
            Failed: It did not end well.
        """
        with self._measured(title, figures or self._recorded) as outcome:
            process = self._start(flow, parameters)
            output, _ = process.communicate(timeout=FLOW_SECONDS)
            if process.returncode != 0:
                raise Failed(f"{title} ended with code {process.returncode}: {_last(output, 20)}")
            outcome.append(_last(output, 1))

    def killed_promote(self, version: str) -> None:
        """Promote a version and kill the process, as a machine that goes away would."""
        with self._measured(f"promote {version}, killed with -9 while it copies", dict) as outcome:
            process = self._start("promote", _promotion(version))
            fault = self.stack.aws.strict.faults.after(
                "s3",
                "CopyObject",
                nth=KILLED_AT_COPY,
                effect=lambda _: os.killpg(process.pid, signal.SIGKILL),
            )
            process.communicate(timeout=FLOW_SECONDS)
            if not fault.fired:
                raise Failed(f"the promote of {version} ended before it was killed")
            outcome.append(f"exit {process.returncode}")

    def left_open(self) -> None:
        """Show what an operator sees after a crash.

        Raises:
            Failed: The status does not name the open operation.
        """
        (subject,) = self.command("status", SITE)["subjects"]
        there = subject["open"]
        if not there:
            raise Failed("the killed promote is not open: the journal lost it")
        self.say(
            f"  status: {there['title']} is open since {there['since']} by {there['by']['who']}"
        )

    def command(self, *arguments: str) -> dict[str, Any]:
        """Run a reader of the command line, without Prefect, and return its document."""
        ran = subprocess.run(  # noqa: S603  our own command
            [sys.executable, "-m", "crossfade", *arguments, "--json"],
            env=self.stack.process_environment(),
            capture_output=True,
            text=True,
            timeout=FLOW_SECONDS,
            check=False,
        )
        try:
            document: dict[str, Any] = json.loads(ran.stdout)
        except ValueError as error:
            raise Failed(f"crossfade {' '.join(arguments)} failed: {ran.stderr}") from error
        return document

    def _start(self, flow: str, parameters: dict[str, Any]) -> subprocess.Popen[str]:
        given = {"by": "demo", **parameters}
        return subprocess.Popen(  # noqa: S603  our own flows
            [sys.executable, "-m", "flows", flow, json.dumps(given)],
            env=self.stack.process_environment(),
            cwd=self.checkout,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _calls(self) -> Sequence[Any]:
        return self.stack.aws.strict.faults.calls

    @contextmanager
    def _measured(
        self, title: str, figures: Callable[[], Mapping[str, float]]
    ) -> Iterator[list[str]]:
        outcome: list[str] = []
        before, begun, first = self._visits(), time.monotonic(), len(self._calls())
        fetched = self._fetched_by_edge()
        yield outcome
        seconds, calls, after = time.monotonic() - begun, self._calls()[first:], self._visits()
        requests = len(calls) - (self._fetched_by_edge() - fetched)
        uploaded = sum(1 for call in calls if call.operation == "PutObject")
        found = figures() if uploaded else {}
        scene = Scene(
            title=title,
            outcome=outcome[-1] if outcome else "",
            copied=sum(1 for call in calls if call.operation == "CopyObject"),
            uploaded=uploaded,
            moved=int(found.get("bytes", 0)),
            requests=requests,
            window=found.get("window_seconds", 0.0),
            seconds=round(seconds, 1),
            pages=after.pages - before.pages,
            broken=after.broken - before.broken,
        )
        self.told.scenes.append(scene)
        self.say(f"{title}: {scene.outcome}")

    def _visits(self) -> Visits:
        return self.visitor.visits() if self.visitor else Visits()

    def _fetched_by_edge(self) -> int:
        counts = self.stack.edge.counts
        return counts.misses + counts.missing

    def _recorded(self) -> Mapping[str, float]:
        """Return the figures of the newest operation."""
        figures: dict[str, float] = self.command("history", SITE, "--limit", "1")["operations"][0][
            "figures"
        ]
        return figures


def _promotion(version: str) -> dict[str, Any]:
    return {"environment": "production", "component": "web", "version": version}


def _last(output: str, lines: int) -> str:
    said = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(said[-lines:])
