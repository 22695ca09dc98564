"""What the server and the worker may log in a day on which everything ends well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} \| (?P<level>[A-Z]+) +\| ")
_TROUBLE = {"ERROR", "CRITICAL"}


class Expected(NamedTuple):
    """One kind of trouble that is none.

    Attributes:
        log: Whose log.
        pattern: What its record says.
        why: Why that is no fault.
    """

    log: str
    pattern: str
    why: str


EXPECTED = (
    Expected(
        "server",
        r"sqlite3\.OperationalError: database is locked",
        "Prefect on SQLite: a transaction that read before another one wrote is refused at once, "
        "others after a minute. Its services try again with their next loop; where they do not, a "
        "run is missing and another test says so. docs/prefect.md asks for PostgreSQL.",
    ),
    Expected(
        "worker",
        r"Process exited with status code: -9\.",
        "The worker tells of the run whose process this day kills.",
    ),
)


def trouble(name: str, text: str) -> list[str]:
    """Return the records of a log that hold an error or a traceback and are not expected."""
    return [
        record
        for record in _troubled(text)
        if not any(one.log == name and re.search(one.pattern, record) for one in EXPECTED)
    ]


def _troubled(text: str) -> Iterator[str]:
    for record in _records(text):
        found = _LINE.match(record)
        if "Traceback (most recent call last)" in record or (found and found["level"] in _TROUBLE):
            yield record


def _records(text: str) -> Iterator[str]:
    """Yield each line that begins with a time, with those that follow it and do not."""
    record: list[str] = []
    for line in text.splitlines():
        if _LINE.match(line) and record:
            yield "\n".join(record)
            record = []
        record.append(line)
    yield "\n".join(record)
