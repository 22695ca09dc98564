"""What a former version wrote is read, resumed and reversed by this one.

Only the command line, S3 and Route 53 are looked at, so that whatever moves inside crossfade, these
tests stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.cli import main
from tests.kept.worlds import KEPT, KeptWorld, Loaded

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
SITE, TRAIN = "sites/production/web", "sites/production/checkout"
SHOP, JOB = "migrations/shop", "crons/reports.daily"

OPEN = {
    "promote-open": (SITE,),
    "reversal-open": (SITE,),
    "restore-open": (SITE,),
    "train-open": (SITE, TRAIN),
    "purge-open": ("releases/web", SITE),
    "advance-open-before-its-batch": (SHOP,),
    "advance-open-after-its-batch": (SHOP,),
    "gradual-return-open": (SHOP,),
    "move-open": (JOB,),
    "return-open": (JOB,),
}
"""The worlds in which an operation is open, with its subjects."""

STAYS = {"reversal-open": ("live/assets/app-b2c3d4e5.js",)}
"""What a reversal leaves in the root, since a page that refers to it was live for a while."""

WORLDS = sorted(folder.name for folder in KEPT.iterdir())


@dataclass(frozen=True)
class Operator:
    """Somebody who comes to a world that was left and types commands there."""

    loaded: Loaded
    captured: pytest.CaptureFixture[str]

    @property
    def world(self) -> KeptWorld:
        """Return the world as it was left."""
        return self.loaded.world

    def types(self, words: str) -> tuple[int, Json]:
        """Type a command; return its exit code and what it answers."""
        self.captured.readouterr()
        code = main([*words.split(), "--json"])
        document = json.loads(self.captured.readouterr().out)
        assert isinstance(document, dict)
        return code, document

    def does(self, words: str) -> Json:
        """Type a command that must succeed; return what it answers."""
        code, document = self.types(words)
        assert code == 0, document
        return document

    def status(self, subject: str) -> Json:
        """Return how a subject stands."""
        _, document = self.types(f"status {subject}")
        (found,) = document["subjects"]
        return dict(found)

    def sees(self, state: str, stays: tuple[str, ...] = ()) -> None:
        """Find everything as it was at some moment of a world's story, and what stays beside it."""
        name, _, moment = state.rpartition(":")
        seen = self.loaded.seen()
        for key in stays:
            del seen["acme-front"][key]
        assert seen == KeptWorld(KEPT / (name or self.world.folder.name)).state(moment)

    def operations(self, subject: str) -> list[Json]:
        """Return the operations of a subject, newest first, as `history` tells them."""
        return list(self.does(f"history {subject}")["operations"])


Opens = Callable[[str], AbstractContextManager[Operator]]


@pytest.fixture
def opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Opens:
    """Loads a world and brings somebody to it."""

    @contextmanager
    def opened(name: str) -> Iterator[Operator]:
        world = KeptWorld(KEPT / name)
        (tmp_path / "crossfade.toml").write_text(world.configuration)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("CROSSFADE_ACTOR", "eve@desk")
        with world.loaded() as loaded:
            for variable, value in loaded.environment.items():
                monkeypatch.setenv(variable, value)
            yield Operator(loaded, capsys)

    return opened


@dataclass(frozen=True)
class Way:
    """A way from where a world was left to another moment of its story.

    Attributes:
        world: The world.
        words: What is typed; `{0}` is the id of the newest operation of the subject, `{1}` of the
            one before, and so on.
        subject: The subject.
        state: What is seen then; of another world where its name stands before a `:`.
        code: The exit code.
        stays: What stands in the root beside that, for pages that visitors have open.
    """

    world: str
    words: str
    subject: str
    state: str
    code: int = 0
    stays: tuple[str, ...] = ()


BACK_TO_1_1 = "rollback production web --to 1.1.0 --mode"
WAYS = (
    Way("site-rolled-back", "reverse sites/production/web --to {0}", SITE, "start"),
    Way(
        "site-rolled-back",
        "reverse sites/production/web --to {1}",
        SITE,
        "first",
        stays=("live/assets/app-b2c3d4e5.js",),
    ),
    Way("site-rolled-back", f"{BACK_TO_1_1} redeploy", SITE, "start"),
    Way("site-rolled-back", f"{BACK_TO_1_1} restore", SITE, "start"),
    Way("site-rolled-back", "promote production web 1.0.0", SITE, "end"),
    Way("purged", "purge --component web --keep 1 --apply", "releases/web", "end"),
    Way("ramp-at-half", "back shop", SHOP, "canary"),
    Way("ramp-at-half", "abort shop", SHOP, "baseline"),
    Way("ramp-at-half", "advance shop", SHOP, "end", 3),
    Way("ramp-approved", "advance shop", SHOP, "advance-open-after-its-batch:end"),
    Way("ramp-approved", "back shop", SHOP, "pair"),
    Way("ramp-approved", "abort shop", SHOP, "baseline"),
    Way("ramp-gone-back", "advance shop", SHOP, "end", 3),
    Way("ramp-gone-back", "back shop", SHOP, "pair"),
    Way("ramp-gone-back", "abort shop", SHOP, "baseline"),
    Way("ramp-simple", "reverse migrations/shop --to {0}", SHOP, "start"),
    Way("ramp-simple", "back shop", SHOP, "half"),
    Way("ramp-simple", "abort shop", SHOP, "baseline"),
    Way("ramp-finished", "advance shop", SHOP, "end", 0),
    Way("ramp-finished", "abort shop", SHOP, "end", 3),
    Way("job-moved", "reverse crons/reports.daily --to {1}", JOB, "legacy"),
    Way("job-moved", "move-cron reports.daily --to legacy", JOB, "legacy"),
    Way("job-moved", "move-cron reports.daily", JOB, "end"),
    *(Way(name, "abort shop", SHOP, "baseline") for name in OPEN if OPEN[name] == (SHOP,)),
)


def missing(kept: object, told: object, where: str = "") -> list[str]:
    """Return where an answer does not say what was kept of it; it may say more."""
    if isinstance(kept, dict) and isinstance(told, dict):
        return [
            row
            for key, value in kept.items()
            for row in (
                missing(value, told[key], f"{where}.{key}")
                if key in told
                else [f"{where}.{key} is gone"]
            )
        ]
    if isinstance(kept, list) and isinstance(told, list) and len(kept) == len(told):
        pairs = enumerate(zip(kept, told, strict=True))
        return [row for at, (one, two) in pairs for row in missing(one, two, f"{where}[{at}]")]
    return [] if kept == told else [f"{where}: {kept!r} is now {told!r}"]


def written(world: KeptWorld, subject: str) -> list[Json]:
    """Return the operations that a subject's journal holds as documents, newest first."""
    folder = world.folder / "objects" / world.left["state"] / "journal" / subject
    names = sorted(path.name for path in folder.glob("*Z-*.json"))
    whole = [name for name in names if not name.endswith(".root.json")]
    return [json.loads((folder / name).read_text()) for name in reversed(whole)]


def subjects(world: KeptWorld) -> list[str]:
    """Return the subjects that have a journal."""
    journal = world.folder / "objects" / world.left["state"] / "journal"
    return sorted(str(path.parent.relative_to(journal)) for path in journal.rglob("head.json"))


@pytest.mark.parametrize("name", WORLDS)
def test_a_kept_world_is_answered_about_as_it_was_then(name: str, opens: Opens) -> None:
    with opens(name) as operator:
        for words, kept in operator.world.answers.items():
            code, document = operator.types(words)
            assert (code, missing(kept["document"], document)) == (kept["code"], []), words


@pytest.mark.parametrize("name", WORLDS)
def test_history_tells_what_the_documents_say(name: str, opens: Opens) -> None:
    with opens(name) as operator:
        for subject in subjects(operator.world):
            documents = written(operator.world, subject)
            told = operator.operations(subject)
            for document, one in zip(documents, told, strict=True):
                shared = {key: value for key, value in document.items() if key in one}
                assert missing(shared, one) == []
                assert {"id", "kind", "by", "status", "begun_at", "ended_at"} <= shared.keys()
                assert {"title", "request", "members", "figures", "notes"} <= shared.keys()


@pytest.mark.parametrize("name", WORLDS)
def test_the_doctor_finds_a_kept_journal_in_agreement_and_adopts_its_releases(
    name: str, opens: Opens
) -> None:
    with opens(name) as operator:
        found = operator.does("doctor --journal")["findings"]
        assert {one["check"] for one in found if one["level"] != "ok"} <= {"digest"}
        assert {one["level"] for one in found} <= {"ok", "warning"}
        adopted = operator.does("doctor --journal --adopt")["findings"]
        assert {one["level"] for one in adopted} == {"ok"}
        recorded = [one["subject"] for one in adopted if "recorded now" in one["saw"]]
        assert recorded == [one["subject"] for one in found if one["check"] == "digest"]
        again = operator.does("doctor --journal")["findings"]
        assert {one["level"] for one in again} == {"ok"}


def test_every_open_world_is_settled_both_ways() -> None:
    left = {name: KeptWorld(KEPT / name).answers["status"] for name in WORLDS}
    found = {
        name: {one["subject"] for one in status["document"]["subjects"] if one["open"]}
        for name, status in left.items()
    }
    assert {name: rows for name, rows in found.items() if rows} == {
        name: set(rows) for name, rows in OPEN.items()
    }


@pytest.mark.parametrize("name", OPEN)
def test_what_was_left_open_is_resumed_to_its_end(name: str, opens: Opens) -> None:
    with opens(name) as operator:
        document = operator.does(f"resume {OPEN[name][0]}")
        assert {one["status"] for one in document["operations"]} == {"done"}
        operator.sees("end")
        for subject in OPEN[name]:
            assert operator.status(subject)["open"] is None
            assert operator.operations(subject)[0]["status"] == "done"
            assert operator.does(f"resume {subject}")["operations"] == []


@pytest.mark.parametrize("name", OPEN)
def test_what_was_left_open_is_reversed_to_its_start(name: str, opens: Opens) -> None:
    with opens(name) as operator:
        document = operator.does(f"reverse {OPEN[name][0]}")
        assert {one["status"] for one in document["operations"]} == {"reversed"}
        operator.sees("start", STAYS.get(name, ()))
        for subject in OPEN[name]:
            assert operator.status(subject)["open"] is None
            assert operator.operations(subject)[0]["status"] == "reversed"
            assert operator.does(f"resume {subject}")["operations"] == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.world}: {way.words}")
def test_what_was_closed_leads_to_every_moment_that_its_checkpoints_name(
    way: Way, opens: Opens
) -> None:
    with opens(way.world) as operator:
        ids = [one["id"] for one in operator.operations(way.subject)]
        code, document = operator.types(way.words.format(*ids))
        assert code == way.code, document
        operator.sees(way.state, way.stays)
        assert operator.status(way.subject)["open"] is None


def test_a_purge_is_taken_back_on_the_releases_and_on_the_site(opens: Opens) -> None:
    with opens("purged") as operator:
        (purge, *_) = operator.operations("releases/web")
        operator.does(f"reverse releases/web --to {purge['id']}")
        operator.does(f"reverse {SITE} --to {purge['id']}")
        operator.sees("start")


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_loaded_as_it_was_left(name: str, opens: Opens) -> None:
    with opens(name) as operator:
        operator.sees("left" if name in OPEN else "end")
