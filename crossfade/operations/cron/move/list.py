"""The new platform's list of a job: `suspend` of its CronJob, or its entry in a list document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from crossfade.adapters.cron.kubernetes import read_cronjob, set_suspend
from crossfade.adapters.cron.list_document import is_on, read_list, write_entry
from crossfade.errors import Conflict
from crossfade.plan.cron.move.checks import cronjob_objections, cronjob_of
from crossfade.plan.cron.move.move import Listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.adapters.cron.kubernetes import CronJob
    from crossfade.operations.base.world import World
    from crossfade.plan.journal.operation import Json
    from crossfade.settings.crons import Cron

TRIES = 5
"""How often a change is made anew because the list's version moved for another reason: another
job's entry, or the status of a CronJob."""


class JobList(Protocol):
    """What decides whether the new platform schedules one job."""

    def read(self) -> Listed:
        """Return what it says."""

    def objections(self) -> tuple[str, ...]:
        """Say what does not fit the job's configuration."""

    def entry(self, *, by: str) -> Json:
        """Return the entry that puts the job on the list; `by` is the operation that does it."""

    def write(self, entry: Json | None) -> None:
        """Make an entry stand there, whatever stood there.

        Raises:
            Conflict: Somebody keeps changing the list at this moment.
        """


class CronJobList:
    """The list is a CronJob's `suspend`; its entry is `{"suspend": …}` and always there."""

    def __init__(self, world: World, job: str, cron: Cron) -> None:
        """Name the CronJob of a job."""
        self._job, self._cron = job, cron
        self._name = cronjob_of(job, cron.cronjob)
        self._api = world.batch_api(cron.context)

    def read(self) -> Listed:
        """Return what it says."""
        found = self._read()
        return Listed(
            not found.suspended, {"suspend": found.suspended}, found.version, found.active
        )

    def objections(self) -> tuple[str, ...]:
        """Say what in the CronJob does not fit."""
        cron = self._cron
        spec = self._read().spec
        return tuple(
            cronjob_objections(spec, job=self._job, schedule=cron.schedule, timezone=cron.timezone)
        )

    def entry(self, *, by: str) -> Json:
        """Return the entry that lets it make Jobs."""
        del by  # a CronJob keeps no word about who
        return {"suspend": False}

    def write(self, entry: Json | None) -> None:
        """Set `suspend`."""
        suspend = entry is None or bool(entry["suspend"])

        def once() -> None:
            seen = self._read()
            if seen.suspended != suspend:
                set_suspend(self._api, seen, suspend=suspend)

        _again(once)

    def _read(self) -> CronJob:
        return read_cronjob(self._api, self._cron.namespace, self._name)


class DocumentList:
    """The list is a document in S3 that a pipeline renders."""

    def __init__(self, world: World, job: str, cron: Cron) -> None:
        """Name the document of a job."""
        self._job = job
        name, _, self._key = cron.document.removeprefix("s3://").partition("/")
        self._bucket = world.bucket(name)

    def read(self) -> Listed:
        """Return what it says."""
        found = read_list(self._bucket, self._key)
        entry = found.entry(self._job)
        return Listed(is_on(entry), entry, found.etag)

    def objections(self) -> tuple[str, ...]:
        """Say nothing: what the pipeline makes of the document cannot be read here."""
        return ()

    def entry(self, *, by: str) -> Json:
        """Return the entry that puts the job on it; other keys of an entry stay as they are."""
        there = self.read().entry or {}
        return {**there, "suspend": False, "by": by}

    def write(self, entry: Json | None) -> None:
        """Write the entry, or remove it."""

        def once() -> None:
            seen = read_list(self._bucket, self._key)
            if seen.entry(self._job) != entry:
                write_entry(self._bucket, self._key, seen, self._job, entry)

        _again(once)


def list_of(world: World, job: str) -> JobList:
    """Return the new platform's list of a job.

    Raises:
        BadInput: There is no such job in the configuration, or no way to its cluster.
    """
    cron = world.settings.cron(job)
    if cron.on == "document":
        return DocumentList(world, job, cron)
    return CronJobList(world, job, cron)


def _again(once: Callable[[], None]) -> None:
    for left in reversed(range(TRIES)):
        try:
            once()
        except Conflict:
            if not left:
                raise
        else:
            return
