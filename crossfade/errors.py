"""Errors, named by what the reader must do next.

Each message says what was asked, what was seen and what to do. The class decides the exit code of
the command line and whether a task may try again: only `Unavailable` is ever retried.
"""

from __future__ import annotations

import re

_USER = re.compile(
    r"""(?<=://)(?:
        [^\s"'/?\#]*@                             # user@, user:password@
        | [^\s"'/?\#:]*:(?!\d*[/?\#])[^\s"']*@    # a slash in the password; no port has one
    )""",
    re.VERBOSE,
)


def without_passwords(text: str) -> str:
    """Return a text without the users and passwords that stand in its addresses."""
    return _USER.sub("…@", text)


class CrossfadeError(Exception):
    """Base of every error that crossfade raises on purpose; its text is for the reader as it is.

    What it quotes may be another's text, with an address in it and a password in that.
    """

    exit_code = 1

    def __init__(self, *words: object) -> None:
        super().__init__(*(without_passwords(w) if isinstance(w, str) else w for w in words))


class BadInput(CrossfadeError):  # noqa: N818  named by what the reader must do
    """The request or the configuration is wrong. Nothing was changed; mend it and ask again."""

    exit_code = 2


class Refused(CrossfadeError):  # noqa: N818
    """A rule or another operation stands in the way. Nothing was changed; a person decides."""

    exit_code = 3


class Conflict(Refused):
    """The world moved between the reading and the writing. Nothing was overwritten; plan again."""


class Unavailable(CrossfadeError):  # noqa: N818
    """An outside system did not answer, throttled or failed. The same request may pass later."""


class Failed(CrossfadeError):  # noqa: N818
    """An operation ended without reaching its goal; the text says what state it left."""
