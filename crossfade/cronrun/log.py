"""The wrapper's own messages: to syslog, or as JSON lines to a file or to standard error.

Never to standard output, and to standard error only if asked to: cron mails every byte.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.spool_line import entry_text

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.spool_line import Entry

SYSLOG = "syslog"
STDERR = "stderr"


FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
"""For a log file. It may be a link or a pipe, as `/dev/stderr` is; it never keeps a job waiting."""


class Log:
    """Where messages go."""

    def __init__(self, target: str) -> None:
        """Choose the target: `syslog`, `stderr` or a file's path."""
        self._target = target

    @property
    def on_stderr(self) -> bool:
        """Whether all of it can be read at standard error anyhow."""
        return self._target == STDERR

    def entry(self, entry: Entry) -> None:
        """Write what happened to a tick."""
        fields = {name: value for name, value in entry._asdict().items() if value not in {None, ""}}
        self._write(entry_text(entry), fields, alarming=entry.alarming)

    def warning(self, text: str) -> None:
        """Write what somebody should look at."""
        self._write(text, {}, alarming=True)

    def _write(self, text: str, fields: dict[str, object], *, alarming: bool) -> None:
        if self._target == SYSLOG:
            _to_syslog(text, alarming=alarming)
            return
        level = "warning" if alarming else "info"
        line = json.dumps({"time": time.time(), "level": level, "message": text, **fields}) + "\n"
        try:
            if self._target == STDERR:
                if sys.stderr is not None:
                    sys.stderr.write(line)
                return
            descriptor = os.open(self._target, FLAGS, 0o644)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            _to_syslog(f"cannot write to {self._target}: {error}; {text}", alarming=alarming)


def say(text: str) -> None:
    """Write a line to standard error, for cron to mail or for a person to read."""
    if sys.stderr is not None:  # else it was closed before this process began
        with suppress(OSError):
            sys.stderr.write(f"crossfade cron run: {text}\n")
            sys.stderr.flush()


def heard_at_once() -> bool:
    """Whether a person sits at standard error."""
    return sys.stderr is not None and sys.stderr.isatty()


def _to_syslog(text: str, *, alarming: bool) -> None:
    try:
        import syslog  # noqa: PLC0415  only where messages go there
    except (ImportError, OSError):  # no descriptor is left to load it with
        return
    syslog.openlog("crossfade", syslog.LOG_PID, syslog.LOG_CRON)
    level = syslog.LOG_WARNING if alarming else syslog.LOG_INFO
    syslog.syslog(level, text.replace("\0", "?").encode(errors="replace").decode())
