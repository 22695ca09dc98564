"""The user field of system tables: whether the word there can be a user of the tables' host."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"[A-Za-z_][\w.@-]{0,31}\$?", re.ASCII)
_SCRIPT = re.compile(r".*\.(?:sh|bash|py|pl|rb|php|js|jar|ksh)", re.DOTALL)
_WORDS = """
ash awk bash cat cd chmod chown chronic command composer cp crossfade curl dash date df docker
du echo env eval exec exit export false find flock for function grep gzip if ionice java kill
kubectl ksh ln logger ls make mkdir mv nice nohup npm npx perl php pip pkill ps python python2
python3 read rm rmdir ruby run-parts savelog sed service set sh sleep source ssh su sudo
systemctl tar tee test time timeout touch trap true umask unset until wait wget while xargs zip
zsh
"""
_COMMANDS = frozenset(_WORDS.split())
"""Words that begin commands, and that nobody calls a user."""


class Users(NamedTuple):
    """What is known about the users of the host that a table is for.

    Attributes:
        unknown: The names in the table that it, or else this host, does not have.
        certain: Whether that is the tables' own host, and not only the one where they are read.
    """

    unknown: frozenset[str] = frozenset()
    certain: bool = False


NO_USERS = Users()
"""Nothing is known against any name."""


def no_user(name: str, users: Users) -> bool:
    """Whether cron finds no user of that name: for certain, or because it is plainly a command."""
    return name in users.unknown and (users.certain or not may_be_user(name))


def may_be_user(name: str) -> bool:
    """Whether some host may have a user of that name."""
    return bool(_NAME.fullmatch(name)) and not _SCRIPT.fullmatch(name) and name not in _COMMANDS
