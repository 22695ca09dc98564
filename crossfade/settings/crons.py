"""The section of a cron job: when it is due, how the new platform is told to run it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from crossfade.errors import BadInput
from crossfade.plan.base.zone import zone_named
from crossfade.plan.cron.claim.terms import RETENTION
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.settings.section import Duration, Section

if TYPE_CHECKING:
    from crossfade.plan.cron.schedule.ticks import Schedule


class Cron(Section):
    """One cron job that both platforms know; its name is the wrapper's `--job`."""

    schedule: str = Field(min_length=1)
    """As in the crontab and in the wrapper's `--schedule`."""
    timezone: str = "UTC"
    """The time zone that the schedule is meant in."""
    on: Literal["kubernetes", "document"] = "kubernetes"
    """What the new platform's list is: `suspend` of CronJobs, or a document that GitOps renders."""
    namespace: str = "default"
    """Of the CronJob."""
    cronjob: str = ""
    """Name of the CronJob; "" for the job's name in Kubernetes' spelling."""
    context: str = ""
    """The kubeconfig's context; "" for the current one, or the pod's own service account."""
    document: str = ""
    """s3:// URL of the list document."""
    retention: Duration = timedelta(seconds=RETENTION)
    """How long memcached keeps a tick's record: the wrapper's `--retention`."""
    watch: int = Field(default=3, ge=1)
    """How many ticks a move watches before it is done."""
    usual: Duration = timedelta()
    """Longest duration of a run that counts as usual; none: twice the longest on legacy, a minute
    at least."""
    patience: Duration = timedelta(minutes=15)
    """How long one call waits for a run in flight before the job leaves the new platform's list,
    and how long a pipeline may take to apply a list document."""

    @model_validator(mode="after")
    def _must_make_sense(self) -> Cron:
        try:
            self.when()
        except BadInput as error:
            raise ValueError(str(error)) from error
        if self.on == "document" and not self.document.startswith("s3://"):
            raise ValueError('on = "document" needs document = "s3://BUCKET/KEY"')
        return self

    def when(self) -> Schedule:
        """Return its schedule.

        Raises:
            BadInput: The schedule or the time zone cannot be read.
        """
        return read_schedule(self.schedule, zone_named(self.timezone))
