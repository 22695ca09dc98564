"""Carries out a part of the protocol that needs nothing but memcached."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from crossfade.plan.cron.claim.requests import Answer, Pause

if TYPE_CHECKING:
    from crossfade.cronrun.connection import Connection
    from crossfade.plan.cron.claim.requests import Steps

Result = TypeVar("Result")


def carry_out(connection: Connection, steps: Steps[Result]) -> Result:
    """Make a part's requests over a connection, in real time, and return its result.

    Raises:
        Cut: No answer came, and the part does not settle that itself.
    """
    answer: Answer | None = None
    while True:
        try:
            request = steps.send(answer)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            result: Result = end.value
            return result
        sent = time.monotonic()
        if isinstance(request, Pause):
            time.sleep(request.seconds)
            value = None
        else:
            value = connection.ask(request)
        answer = Answer(value, time.time(), sent, time.monotonic())
