"""What a start of the wrapper writes down: to the log, and to the host's record of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.cronrun.log import heard_at_once, say
from crossfade.cronrun.spool import append, default_folder
from crossfade.plan.cron.claim.spool_line import Event, entry_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.cronrun.log import Log
    from crossfade.plan.cron.claim.spool_line import Entry


class Record:
    """Writes entries, and never keeps a command from running because it cannot."""

    def __init__(self, log: Log, spool: str | None, environment: Mapping[str, str]) -> None:
        """Choose where to write.

        Args:
            log: Where messages go.
            spool: The folder of the record; None for the default, "" for nowhere.
            environment: Names the user's own folders.
        """
        self._log = log
        self._folder = default_folder(environment) if spool is None else spool

    def write(self, entry: Entry) -> None:
        """Write an entry; a job that was not run is told to a person, and to cron if it is urgent.

        cron mails every byte, so what mends itself is not told to it.
        """
        self._log.entry(entry)
        if entry.urgent or (entry.event is Event.SKIP and heard_at_once()):
            self.say(entry_text(entry))
        if not self._folder:
            return
        try:
            append(self._folder, entry)
        except OSError as error:
            self._log.warning(
                f"keep no record of {entry.job} in {self._folder}: {error}: let that folder and "
                "the file be this user's own, or name another with --spool"
            )

    def say(self, text: str) -> None:
        """Write a sentence to standard error, unless the log is there and has it already."""
        if not self._log.on_stderr:
            say(text)
