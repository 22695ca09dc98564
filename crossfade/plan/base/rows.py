"""Documents with one long list: JSON in which each item of that list has a line of its own.

A release may have a hundred thousand files. JSON that is read whole takes several times its size
while it is read; row by row it takes what its items take. For everyone else it is the same JSON.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def with_rows(document: bytes, mark: bytes, rows: Iterable[bytes]) -> bytes:
    """Write items into the empty list of a document.

    Args:
        document: Compact JSON with the list, empty.
        mark: What opens the list, such as `"files":[`; its first place in the document counts.
        rows: The items, each a JSON object in one line.

    Raises:
        ValueError: The document has no such list.
    """
    before, found, after = document.partition(mark)
    if not found:
        raise ValueError(f"the document has no list that {mark!r} opens")
    written, separator = io.BytesIO(), b"\n"
    written.write(before + mark)
    for row in rows:
        written.write(separator)
        written.write(row)
        separator = b",\n"
    written.write((b"" if separator == b"\n" else b"\n") + after)
    return written.getvalue()


def apart(document: bytes, mark: bytes) -> tuple[bytes, Iterator[bytes]]:
    """Take the items out of a document: return the rest of it, and the items one by one.

    A document that was not written by `with_rows` comes back whole, and without items.

    Args:
        document: The JSON.
        mark: What opens the list.
    """
    # Inside a string quotes and line breaks are escaped: neither the mark nor a bare line break
    # can be part of a name.
    start, end = document.find(mark + b"\n{") + len(mark) + 1, document.rfind(b"}\n]") + 2
    first = document[start : document.find(b"\n", start)].removesuffix(b",")
    if start <= len(mark) or end < start or not first.endswith(b"}"):
        return document, iter(())
    return document[: start - 1] + document[end:], _rows(document, start, end)


def _rows(document: bytes, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        stop = document.find(b"\n", start, end)
        yield document[start:stop].removesuffix(b",")
        start = stop + 1
