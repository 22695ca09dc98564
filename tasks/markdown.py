"""Markdown for artifacts: tables, lists and pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Bullets, Facts, Heading, Line, Table
from crossfade.plan.base.finding import worst_last

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crossfade.plan.base.blocks import Block
    from crossfade.plan.base.finding import Finding

SHOWN = 100
"""Rows and lines of one list; the rest are counted."""


def blocks(told: Iterable[Block]) -> str:
    """Write the blocks of a plan or an outcome, which a terminal shows as well."""
    return page(*map(_block, told)).strip()


def _block(block: Block) -> str:
    match block:
        case Heading(text=text):
            return f"## {text}"
        case Line(text=text):
            return text
        case Facts(pairs=pairs):
            return facts(dict(pairs))
        case Bullets(title=title, items=items):
            return (
                "\n".join([f"**{title}**", "", *(f"- {item}" for item in items)]) if items else ""
            )
        case Table(columns=columns, rows=rows, title=title):
            written = [
                [
                    code(cell) if column.code else cell
                    for column, cell in zip(columns, row, strict=True)
                ]
                for row in rows
            ]
            made = table([column.title.lower() for column in columns], written)
            return titled(title, made) if title else made


def findings(found: Iterable[Finding]) -> str:
    """Write findings as a list, the worst last, each with its mend."""
    return "\n".join(
        f"- **{one.level}** {one.code}: {one.subject}: {one.saw}"
        + (f"  \n  mend: {one.mend}" if one.mend else "")
        for one in worst_last(found)
    )


def page(*parts: str) -> str:
    """Put parts under each other, without the empty ones."""
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def facts(found: Mapping[str, object]) -> str:
    """Write facts as a list: long ones wrap there, and not in a table."""
    return "\n".join(f"- **{name}:** {value}" for name, value in found.items())


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write a table, or "" where there are no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows[:SHOWN]]
    written = [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines]
    return "\n".join([*written, *_more(rows)])


def listed(title: str, texts: Sequence[str]) -> str:
    """Write a list under a title, or "" where it is empty."""
    if not texts:
        return ""
    return "\n".join([f"## {title}", "", *(f"- {text}" for text in texts[:SHOWN]), *_more(texts)])


def titled(title: str, text: str) -> str:
    """Put a text under a title, or nothing where there is none."""
    return f"## {title}\n\n{text}" if text else ""


def code(text: str) -> str:
    """Write a name as it is typed."""
    return f"`{text}`"


def document(found: Mapping[str, object]) -> str:
    """Write a JSON document to be copied."""
    return f"```json\n{json.dumps(found)}\n```"


def _more(items: Iterable[object]) -> list[str]:
    left = len(list(items)) - SHOWN
    return ["", f"and {left} more"] if left > 0 else []


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
