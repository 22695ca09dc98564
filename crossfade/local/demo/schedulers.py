"""Both platforms' schedulers in small: each minute they start the real wrapper for each job.

What cron does on a legacy host and what a CronJob's controller and a pod do in Kubernetes, without
either of them, so that the same jobs can be seen on two platforms on one machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.table.kubernetes_cronjob import cronjob_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

MINUTE = 60
EVERY_MINUTE = "* * * * *"
END_SECONDS = 10
POD_SECONDS = 1.0
"""How long after the minute a pod has started; cron is there at once."""


@dataclass
class Scheduler:
    """One platform: what it starts at each full minute until it is stopped.

    Attributes:
        platform: Which one.
        jobs: Arguments of the wrapped commands, by the job's name.
        server: Address of memcached.
        options: Further options of the wrapper.
        spool: Where the wrapper keeps its lines.
        scheduled: Asked at each minute which jobs are due here; legacy's crontab never changes.
        down: Whether the platform is without power: nothing is started.
    """

    platform: Platform
    jobs: Mapping[str, Sequence[str]]
    server: str
    options: Sequence[str]
    spool: Path
    scheduled: Callable[[], Collection[str]]
    down: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _runs: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin with the next full minute."""
        self.spool.mkdir(parents=True, exist_ok=True)
        self._thread = threading.Thread(target=self._live, name=f"{self.platform} scheduler")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Start nothing more, and end what runs."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for run in self._runs:
            if run.poll() is None:
                run.terminate()
            run.wait(END_SECONDS)

    def _live(self) -> None:
        late = POD_SECONDS if self.platform is Platform.NEW else 0.0
        while True:
            now = time.time()
            minute = int(now - late) // MINUTE + 1
            if self._stop.wait(minute * MINUTE + late - now):
                return
            if not self.down:
                self._runs += [self._start(job, minute) for job in sorted(self.scheduled())]

    def _start(self, job: str, minute: int) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "crossfade.cronrun", "--job", job]
        words += ["--schedule", EVERY_MINUTE, "--timezone", "UTC", "--platform", self.platform]
        words += ["--server", self.server, "--spool", str(self.spool), *self.options]
        return subprocess.Popen(  # noqa: S603  the words are written here
            [*words, "--", *self.jobs[job]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **self._pod(job, minute)},
        )

    def _pod(self, job: str, minute: int) -> dict[str, str]:
        """Return what Kubernetes tells a pod: the Job's name ends in the scheduled minute."""
        if self.platform is Platform.LEGACY:
            return {}
        name = cronjob_name(job)
        return {
            "CROSSFADE_KUBERNETES_CRONJOB": name,
            "CROSSFADE_KUBERNETES_JOB": f"{name}-{minute}",
        }
