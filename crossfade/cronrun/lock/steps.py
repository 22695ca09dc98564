"""Carries out a part of the protocol that needs nothing but memcached."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from crossfade.plan.cron.claim.requests import Answer, Pause, drive

if TYPE_CHECKING:
    from crossfade.cronrun.lock.connection import Connection
    from crossfade.plan.cron.claim.requests import Request, Steps, Value

Result = TypeVar("Result")


def carry_out(connection: Connection, steps: Steps[Result]) -> Result:
    """Make a part's requests over a connection, in real time, and return its result.

    Raises:
        Cut: No answer came, and the part does not settle that itself.
    """

    def do(request: Request) -> Answer:
        sent = time.monotonic()
        value: Value = None
        if isinstance(request, Pause):
            time.sleep(request.seconds)
        else:
            value = connection.ask(request)
        return Answer(value, time.time(), sent, time.monotonic())

    return drive(steps, do)
