"""Tables whose jobs run: what is wrapped, carried over or configured begins with these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.adapters.cron.crontab import read_tables
from crossfade.cli.app.screen import tell
from crossfade.errors import BadInput
from crossfade.plan.cron.table.dialect import Dialect
from crossfade.plan.cron.table.lint import passed_file, user_findings
from crossfade.plan.cron.table.reading import is_refused, refusals, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.adapters.cron.crontab import Table


def live_tables(paths: Sequence[str], *, users: bool, dialect: str, passwd: str) -> list[Table]:
    """Read tables, and leave out the files that their cron passes over, with a word.

    Raises:
        BadInput: A table is refused as a whole by its cron, none is left, or one cannot be read.
    """
    tables = read_tables(paths, users=users, dialect=Dialect(dialect), passwd=passwd)
    live = [table for table in tables if not table.passed[0]]
    dead = [f"{table.path}: {said_passed(table)}" for table in tables if table.passed[0]]
    if dead and not live:
        raise BadInput(dead[0])
    for text in dead:
        tell("warning", text)
    for table in live:
        found = refusals(table.crontab, table.users)
        if is_refused(table.crontab, found):
            raise BadInput(f"{table.path}: {refused(found)}")
        for one in found:
            cron, where = table.crontab.dialect.program, f"{table.path}:{one.line}"
            tell("warning", f"{where}: {cron} passes over it: {one.saw}; {one.mend}")
        for finding in user_findings(table.crontab, table.users):
            tell("warning", f"{table.path}:{finding.line}: {finding.said}")
    return live


def said_passed(table: Table) -> str:
    """Say why a table's cron passes over it."""
    return passed_file(table.path.name, table.passed, table.crontab.dialect).said
