"""Writes worlds as the present version leaves them: `python -m tests.kept.make [NAME]...`.

A world that is kept already stays as it is: that a former version wrote it is what it is for.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossfade.cli import main
from crossfade.operations.kinds import reverse_open
from tests.kept.keeping import keep_objects, keep_zone, write
from tests.kept.situations import SITUATIONS
from tests.kept.tellers import kill
from tests.kept.worlds import KEPT, KeptWorld
from tests.story import ENVIRONMENT, STATE, Killed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kept.situations import Situation
    from tests.kept.tellers import Death
    from tests.kept.worlds import Json


def make(name: str, folder: Path) -> None:
    """Make one world: what stands there when its story ends, and what was seen on the way."""
    situation = SITUATIONS[name]
    with tempfile.TemporaryDirectory() as builds:
        states = _told(situation, Path(builds))
        with situation.tell(situation.configuration, Path(builds)) as people:
            situation.before(people)
            _left_by(people, situation)
            if situation.death:
                people.moment("left")
                states["left"] = people.states["left"]
            _keep(people, folder)
    for moment, seen in states.items():
        write(folder / "states" / f"{moment}.json", seen)
    _answers(KeptWorld(folder), situation.asks)


def _told(situation: Situation, builds: Path) -> dict[str, Json]:
    """Tell the whole story without a death; return what was seen."""
    with situation.tell(situation.configuration, builds) as people:
        situation.before(people)
        people.moment("start")
        situation.operation(people)
        people.moment("end")
        return dict(people.states)


def _left_by(people: Any, situation: Situation) -> None:
    """Do what is done before the world is left."""
    if situation.death is None:
        situation.operation(people)
        return
    _dies(people, situation.death, lambda: situation.operation(people))
    if situation.reverses is not None:
        site = "sites/production/web"
        back = partial(reverse_open, people.world(), site, take_over=True)
        _dies(people, situation.reverses, back)


def _dies(people: Any, death: Death, operation: Callable[[], object]) -> None:
    people.strict.faults.clear()
    kill(people.strict, death)
    try:
        operation()
    except Killed:
        people.strict.faults.clear()
        return
    raise AssertionError(f"the operation has no {death}")


def _keep(people: Any, folder: Path) -> None:
    clock = people.clock if hasattr(people, "clock") else people.time
    buckets = {
        bucket: {"versioned": keep_objects(folder, bucket, state=bucket == STATE)}
        for bucket in people.buckets
    }
    document = {
        "left_at": clock.now.isoformat(),
        "buckets": buckets,
        "state": STATE,
        "zone": keep_zone(people.zone) if people.zone else None,
        "memcached": people.items,
        "jobs": list(people.jobs),
    }
    write(folder / "world.json", document)
    (folder / "crossfade.toml").write_text(people.configuration)


def _answers(world: KeptWorld, asks: tuple[str, ...]) -> None:
    """Keep what commands answer in the world."""
    with world.loaded() as loaded, tempfile.TemporaryDirectory() as desk:
        Path(desk, "crossfade.toml").write_text(world.configuration)
        os.environ.update(loaded.environment)
        with chdir(desk):
            answers = {words: _asked(words) for words in ("status", *asks)}
            write(world.folder / "answers.json", answers)


def _asked(words: str) -> Json:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(sys.stderr):
        code = main([*shlex.split(words), "--json"])
    document = json.loads(out.getvalue())
    if "digest" in document:  # it stands for all that a plan does; its words and counts may change
        document = {"digest": document["digest"]}
    return {"code": code, "document": document}


def run(names: list[str]) -> int:
    """Make the worlds that are not kept yet."""
    for variable in list(os.environ):
        if variable.startswith(("AWS_", "CROSSFADE_")):
            del os.environ[variable]
    os.environ.update(ENVIRONMENT)
    for name in names or SITUATIONS:
        if (KEPT / name).exists():
            print(f"{name} is kept already")  # noqa: T201  a program
            continue
        try:
            make(name, KEPT / name)
        except BaseException:
            shutil.rmtree(KEPT / name, ignore_errors=True)
            raise
        print(f"{name} is kept now")  # noqa: T201  a program
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
