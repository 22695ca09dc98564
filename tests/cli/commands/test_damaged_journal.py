"""Documents of the journal that somebody edited by hand: a sentence says so, and no fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.local.strict.faults import ACCESS_DENIED
from tests.cli.desk import SITE
from tests.story import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.local.strict.strict import Strict
    from tests.cli.desk import Desk
    from tests.story import Story

COMMANDS = {
    "head": (("status",),),
    "operation": (("history", SITE),),
}


def edits(document: Any, *path: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield each place in a document with a value of another type, or of no meaning, for it."""
    if isinstance(document, dict | list):
        steps = document.items() if isinstance(document, dict) else [*enumerate(document)][:1]
        for step, value in steps:
            yield from edits(value, *path, step)
    if path:
        yield path, 7 if isinstance(document, str) else "sideways"
        if isinstance(document, str) and document[4:5] == "-":
            yield path, "2026-13-45T25:00:00.000Z"


def edited(document: Any, path: tuple[Any, ...], value: Any) -> bytes:
    """Return a document with one place changed."""
    copy = json.loads(json.dumps(document))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(copy).encode()


@pytest.fixture
def stopped(live: Desk, strict: Strict) -> Desk:
    """A promote stopped in the middle."""
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=ACCESS_DENIED)
    live.types("promote", "production", "web", "1.1.0")
    strict.faults.clear()
    return live


@pytest.mark.parametrize("which", COMMANDS)
def test_whatever_was_edited_each_command_ends_with_a_sentence(
    story: Story, stopped: Desk, which: str
) -> None:
    s3 = story.aws.client("s3")
    there = story.world().journal.head(SITE)[0].open
    assert there is not None
    name = "head" if which == "head" else there.operation
    key = f"journal/{SITE}/{name}.json"
    good = s3.get_object(Bucket=STATE, Key=key)["Body"].read()
    document = json.loads(good)
    for path, value in edits(document):
        s3.put_object(Bucket=STATE, Key=key, Body=edited(document, path, value))
        for words in COMMANDS[which]:
            typed = stopped.types(*words)
            assert "unexpected" not in typed.err, (path, value, words)
            assert typed.code in {0, 1, 2, 3}
    s3.put_object(Bucket=STATE, Key=key, Body=good)
    stopped.does("reverse", SITE)


def test_a_record_of_the_root_that_was_cut_short_is_named(story: Story, live: Desk) -> None:
    name = story.world().journal.head(SITE)[0].state["root"]
    story.aws.client("s3").put_object(
        Bucket=STATE, Key=f"journal/{SITE}/{name}.root.json", Body=b'[{"path":'
    )
    typed = live.types("promote", "production", "web", "1.1.0")
    assert typed.code == 1
    assert f"{SITE}: the record {name} of what its root held cannot be read" in typed.err
