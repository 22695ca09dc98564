"""Files that a cron passes over."""

from __future__ import annotations

import pytest

from crossfade.plan.cron.table.dialect import Dialect
from crossfade.plan.cron.table.files import Traits, passed_over

DEBIAN, CRONIE, BUSYBOX = Dialect


@pytest.mark.parametrize(
    ("dialect", "traits", "words"),
    [
        (DEBIAN, Traits("jobs"), ""),
        (DEBIAN, Traits("my_jobs-2"), ""),
        (DEBIAN, Traits("jobs~"), "'~' in its name"),
        (DEBIAN, Traits("jobs.bak"), "the dot in its name"),
        (DEBIAN, Traits("#jobs#"), "'#' in its name"),
        (DEBIAN, Traits("jobs", mode=0o666), "others than its owner may write"),
        (DEBIAN, Traits("jobs", mode=0o664), "others than its owner may write"),
        (DEBIAN, Traits("jobs", links=2), "2 hard links"),
        (DEBIAN, Traits("jobs", owner=1000), "does not belong to root"),
        (DEBIAN, Traits("jobs", owner=None), ""),
        (CRONIE, Traits("jobs.cron"), ""),
        (CRONIE, Traits("jobs.rpmsave"), "name is that of a copy"),
        (CRONIE, Traits("#jobs"), "name is that of a copy"),
        (CRONIE, Traits("jobs", mode=0o755), "write or run it"),
        (CRONIE, Traits("jobs", links=2), ""),
    ],
)
def test_a_system_table_is_passed_over(dialect: Dialect, traits: Traits, words: str) -> None:
    why, mend = passed_over(traits, dialect, system=True)
    assert words in why
    assert bool(why) == bool(mend) == bool(words)


@pytest.mark.parametrize(
    ("dialect", "traits", "words"),
    [
        (DEBIAN, Traits("deploy", mode=0o644), "mode is 644 and not 600"),
        (DEBIAN, Traits("deploy", mode=0o600), ""),
        (DEBIAN, Traits("first.last", mode=0o600), ""),
        (DEBIAN, Traits("deploy", mode=0o644, owner=None), ""),
        (BUSYBOX, Traits("first.last"), "the dot in its name"),
        (BUSYBOX, Traits("deploy", mode=0o666), ""),
    ],
)
def test_a_users_table_is_passed_over(dialect: Dialect, traits: Traits, words: str) -> None:
    assert words in passed_over(traits, dialect, system=False)[0]
