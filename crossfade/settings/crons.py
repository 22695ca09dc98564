"""The section of a cron job: when it is due, how the new platform is told to run it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from crossfade.errors import BadInput
from crossfade.plan.base.zone import zone_named
from crossfade.plan.cron.claim.terms import RETENTION
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.table.quantity import read_quantity
from crossfade.settings.section import Duration, Section

if TYPE_CHECKING:
    from crossfade.plan.cron.schedule.ticks import Schedule


class Amounts(Section):
    """How much cpu and memory; "" sets none."""

    cpu: str = ""
    """Cores, e.g. `500m` for half of one."""
    memory: str = ""
    """Bytes, e.g. `128Mi`."""

    @field_validator("cpu", "memory", mode="before")
    @classmethod
    def _must_be_read(cls, value: object, info: ValidationInfo) -> object:
        text = str(value) if isinstance(value, int | float) else value  # cpu = 2 is two cores
        if isinstance(text, str) and text:
            try:
                read_quantity(text, info.field_name or "")
            except BadInput as error:
                raise ValueError(str(error)) from error
        return text

    def given(self) -> dict[str, str]:
        """Return the amounts that are set, by name."""
        return {name: value for name, value in self if value}


class Resources(Section):
    """What the job's container asks for in Kubernetes, and what it may take at most."""

    requests: Amounts = Amounts()
    """What is kept free for it."""
    limits: Amounts = Amounts()
    """More cpu it does not get; with more memory it is ended."""

    @model_validator(mode="after")
    def _must_fit(self) -> Resources:
        limits = self.limits.given()
        for name, asked in self.requests.given().items():
            if name in limits and read_quantity(asked, name) > read_quantity(limits[name], name):
                raise ValueError(
                    f"it requests {name} {asked} and limits it to {limits[name]}: raise the limit"
                )
        return self

    def manifest(self) -> dict[str, dict[str, str]]:
        """Return them as a container's manifest says them; empty if none is set."""
        kinds = {"requests": self.requests.given(), "limits": self.limits.given()}
        return {kind: amounts for kind, amounts in kinds.items() if amounts}


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
    resources: Resources = Resources()
    """Cpu and memory of the CronJob that `crossfade cron manifests` writes."""
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
