"""The journal on S3: a head is written only over what was read, and records tell what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.aws.journal import happened
from crossfade.errors import Conflict
from crossfade.plan.journal.head import Head, Lease, opened
from crossfade.plan.journal.operation import Json, Status
from tests.plan.journal.records import PROMOTE, SITE

if TYPE_CHECKING:
    from tests.story import Story

NOTHING: Head[Json] = Head(SITE, {})
LEASE = Lease("mine", "2026-01-01T12:02:00.000Z")


def test_of_two_who_found_no_head_one_writes_the_first(story: Story) -> None:
    journal = story.world().journal
    journal.swap(replace(NOTHING, state={"live": "1"}), "")
    with pytest.raises(Conflict, match="changed by another worker meanwhile"):
        journal.swap(replace(NOTHING, state={"live": "2"}), "")
    assert journal.head(SITE)[0].state == {"live": "1"}


def test_a_record_is_written_first_by_one_worker(story: Story) -> None:
    journal = story.world().journal
    journal.write(PROMOTE)
    with pytest.raises(Conflict, match="was taken over by another worker"):
        journal.write(replace(PROMOTE, title="another"))


@pytest.mark.parametrize("status", [Status.DONE, Status.REVERSED])
def test_what_was_closed_happened(status: Status) -> None:
    assert happened(replace(PROMOTE, status=status), NOTHING)


def test_what_is_open_happened_where_the_head_names_it() -> None:
    assert happened(PROMOTE, opened(NOTHING, PROMOTE, LEASE))


def test_what_says_open_while_the_head_names_nothing_or_another_never_happened() -> None:
    other = replace(PROMOTE, id="20260101T120000.001Z-bb")
    assert not happened(PROMOTE, NOTHING)
    assert not happened(PROMOTE, opened(NOTHING, other, LEASE))
