"""Keeping tracebacks of crossfade's own sentences out of the runs' logs."""

from __future__ import annotations

import logging

from crossfade.errors import CrossfadeError

_REPEATING = ("prefect.flow_runs", "prefect.engine")
_TELLING = ("prefect.task_runs",)


class OneSentence(logging.Filter):
    """Drops or shortens what Prefect logs about an error that crossfade raised on purpose.

    Prefect writes a traceback through its own engine for every run that fails. The run's state and
    the line "Finished in state" already hold the sentence that is for the reader.
    """

    def __init__(self, *, drop: bool) -> None:
        """Make a filter that drops such a record, or only takes its traceback away."""
        super().__init__()
        self.drop = drop

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log a record."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, CrossfadeError):
            return True
        record.exc_info = None
        return not self.drop


_DROP, _SHORTEN = OneSentence(drop=True), OneSentence(drop=False)


def quieten() -> None:
    """Let Prefect's loggers say crossfade's errors as one sentence; again has no effect."""
    for name in _REPEATING:
        logging.getLogger(name).addFilter(_DROP)
    for name in _TELLING:
        logging.getLogger(name).addFilter(_SHORTEN)
