"""The wrapper for hosts and containers: `crossfade cron run … -- COMMAND`.

It needs the standard library, pymemcache and cronsim, and nothing else of what crossfade needs:
it runs where only this package is, or its one-file form. Everything is imported late, because the
whole start must stay within milliseconds.
"""

from __future__ import annotations

import gc


def main(argv: list[str]) -> int:
    """Run a command if its tick is won.

    Args:
        argv: The arguments after `crossfade cron run`.

    Returns:
        The exit code: the command's own; 0 (or `-E`) when it need not run, 75 when the lock is away
        or it is too late, 2 for wrong arguments, 126 and 127 as in a shell, 128 + n after signal n.
    """
    gc.disable()  # importing makes no garbage, and looking for it takes two milliseconds
    from crossfade.cronrun.put_off import put_off  # noqa: PLC0415  after the collector is off

    put_off()
    from crossfade.cronrun.command import run  # noqa: PLC0415  and after that

    gc.freeze()
    gc.enable()
    return run(argv)
