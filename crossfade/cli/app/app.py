"""Running a command, and what becomes of its errors: one line and an exit code.

Exit codes: 0 done; 1 failed (it says whether it was reversed or left open); 2 bad input or
configuration; 3 refused; 128 + the signal's number when interrupted, 130 for Ctrl-C.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from crossfade.cli.app.commands import crossfade
from crossfade.cli.app.extras import missing_extra
from crossfade.cli.app.screen import Screen, tell
from crossfade.errors import (
    BadInput,
    Conflict,
    CrossfadeError,
    Failed,
    Refused,
    Unavailable,
    without_passwords,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

DEBUG_VARIABLE = "CROSSFADE_DEBUG"
"""Set to anything, errors come with their traceback."""

ONE_WISH_SECONDS = 1
"""Signals that follow another sooner than this mean the same wish: a terminal that closes, or a
supervisor, sends several at once, and the second must not cut off the giving back of the lease."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end: it gives its lease back first.

    Attributes:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"interrupted by {signal.Signals(number).name}")


def run(words: Sequence[str], command: click.Command = crossfade) -> int:
    """Run a command and return its exit code.

    Args:
        words: What was typed after the command's name.
        command: The command that they are for.
    """
    options = words[: words.index("--")] if "--" in words else words
    screen = Screen(as_json="--json" in options)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name may hold what the terminal cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with _interruptible():
            code = command.main(list(words), prog_name="crossfade", standalone_mode=False)
    except click.ClickException as error:
        return _misused(screen, error)
    except (click.Abort, KeyboardInterrupt) as error:
        code = _interrupt_code(error)
        text = "`crossfade status` shows whether an operation was left open"
        return _ended(screen, error, "interrupted", text, code)
    except CrossfadeError as error:
        code = _interrupt_code(error) or error.exit_code
        return _ended(screen, error, _kind(error), str(error), code)
    except Exception as error:  # noqa: BLE001  whatever it is, it must end in one clear line
        missing = missing_extra(error, words) if isinstance(error, ModuleNotFoundError) else None
        if missing is not None:
            return _ended(screen, error, _kind(missing), str(missing), missing.exit_code)
        return _ended(screen, error, "unexpected", _surprise(error), CrossfadeError.exit_code)
    return code if isinstance(code, int) else 0


@contextmanager
def _interruptible() -> Iterator[None]:
    """Turn the signals that end a process into an exception, so that leases are given back."""
    last = float("-inf")

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last
        del frame
        since, last = time.monotonic() - last, time.monotonic()
        if since > ONE_WISH_SECONDS:
            raise Interrupted(number)

    before = {
        number: signal.signal(number, interrupt)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN  # as nohup wants it
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt_code(error: BaseException | None) -> int:
    """Return 128 + the number of the signal that an error came from, or 0 if from none."""
    seen: set[int] = set()  # nothing forbids a chain of causes that is a circle
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, Interrupted):
            return 128 + error.number
        if isinstance(error, KeyboardInterrupt | click.Abort) and error.__cause__ is None:
            return 128 + signal.SIGINT
        error = error.__cause__
    return 0


_KINDS: tuple[tuple[type[CrossfadeError], str], ...] = (
    (BadInput, "bad input"),
    (Conflict, "conflict"),
    (Refused, "refused"),
    (Unavailable, "unavailable"),
    (Failed, "failed"),
)


def _kind(error: CrossfadeError) -> str:
    return next((kind for known, kind in _KINDS if isinstance(error, known)), "failed")


def _misused(screen: Screen, error: click.ClickException) -> int:
    """Show how a command is used, as click words it."""
    if screen.as_json:
        return _ended(screen, error, "bad input", error.format_message(), error.exit_code)
    error.show()
    return error.exit_code


def _surprise(error: Exception) -> str:
    said = without_passwords(" ".join(str(error).split()))
    return (
        f"{type(error).__name__}: {said}. This is a fault in crossfade: "
        f"please report it to its maintainers with the traceback that {DEBUG_VARIABLE}=1 shows; "
        "`crossfade status` shows whether an operation was left open"
    )


def _ended(screen: Screen, error: BaseException, kind: str, text: str, code: int) -> int:
    """Tell how a command failed, and return its exit code."""
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    if screen.as_json:
        document = {"kind": kind.replace(" ", "_"), "message": text, "exit": code}
        screen.show({"error": document})
    else:
        tell(kind, text)
    return code
