"""The section of a tandem: its artifact, how each platform is told, and how it is seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from crossfade.plan.base.platform import Platform
from crossfade.settings.section import Duration, Section

_NEEDS = {"parameter": "parameter", "group": "group", "deployment": "deployment"}
_SEES = {"http": "url", "targets": "target_group", "pods": ""}


class Observer(Section):
    """How crossfade sees what a platform really runs."""

    kind: Literal["http", "targets", "pods"] = "http"
    """`http`: an address answers with JSON. `targets`: the same, asked of each healthy target of a
    load balancer's target group. `pods`: the annotations and image ids of a Deployment's pods."""
    url: str = Field(default="", pattern="^(https?://.+)?$")
    """The address, for `http`."""
    asks: int = Field(default=3, ge=1, le=50)
    """How many times the address is asked: behind a load balancer each answer is one host's."""
    target_group: str = ""
    """ARN of the target group, for `targets`."""
    scheme: Literal["http", "https"] = "http"
    """How targets are asked."""
    port: int = Field(default=0, ge=0, le=65535)
    """Where targets are asked; 0 is the port that they are registered with."""
    path: str = Field(default="/version.json", pattern="^/")
    """The file that targets serve."""
    version: str = Field(default="/version", pattern="^(/.*)?$")
    """JSON pointer (RFC 6901) to the version in the answer; "" takes the whole answer as text."""
    configuration: str = Field(default="/configuration", pattern="^(/.*)?$")
    """JSON pointer to the digest of the configuration; "" where the platform does not tell it, so
    that it is not compared."""

    @model_validator(mode="after")
    def _must_make_sense(self) -> Observer:
        needed = _SEES[self.kind]
        if needed and not getattr(self, needed):
            raise ValueError(f'observe with kind = "{self.kind}" needs {needed}')
        return self


class TandemSide(Section):
    """One platform of a tandem: how it is told what to run, and how it is seen to run it."""

    kind: Literal["parameter", "group", "deployment"]
    """`parameter`: a parameter of SSM that hosts pull. `group`: an Auto Scaling group, by instance
    refreshes to versions of its launch template. `deployment`: a Deployment of Kubernetes."""
    ready: Literal["prepared", "reported"] = "prepared"
    """`prepared`: crossfade looks itself whether a version could run. `reported`: a pipeline says
    so, with `crossfade ready`; crossfade still looks before it tells the platform."""
    parameter: str = ""
    """Name of the parameter."""
    form: Literal["document", "plain"] = "document"
    """What the parameter holds: a JSON document with version, digest and artifact, or the bare
    version."""
    group: str = ""
    """Name of the Auto Scaling group. The version of its launch template whose description is the
    release's version is what it is refreshed to."""
    min_healthy: int = Field(default=90, ge=0, le=100)
    """Percent of the group that stays in service during a refresh."""
    warm_up: Duration = timedelta(minutes=5)
    """How long a new instance takes until it counts."""
    deployment: str = ""
    """Name of the Deployment."""
    namespace: str = "default"
    """Its namespace."""
    context: str = ""
    """The kubeconfig's context; "" for the current one, or the pod's own service account."""
    container: str = ""
    """The container whose image is the release; "" for the only one."""
    observe: Observer
    """How it is seen what the platform runs."""

    @model_validator(mode="after")
    def _must_make_sense(self) -> TandemSide:
        needed = _NEEDS[self.kind]
        if not getattr(self, needed):
            raise ValueError(f'kind = "{self.kind}" needs {needed}')
        if self.observe.kind == "pods" and self.kind != "deployment":
            raise ValueError('observe with kind = "pods" is for kind = "deployment"')
        return self


class Tandem(Section):
    """One version that both platforms of a migration run, released to both at once."""

    artifact: str = ""
    """s3:// URL of the document that says what a version is, with `{version}` in it; "" where
    pipelines report that with `crossfade ready`. See docs/tandem.md."""
    legacy: TandemSide
    """The platform that is left."""
    new: TandemSide
    """The platform that is entered."""
    first: Platform = Platform.LEGACY
    """Which platform is told first: the one whose rollout takes longer."""
    skew: Duration = Field(default=timedelta(minutes=1), ge=timedelta(seconds=5))
    """How far apart the platforms may be told. When it takes longer, both return."""
    expires: Duration = Field(default=timedelta(hours=2), gt=timedelta())
    """How long the word counts that a platform is ready, and how long a version waits for it."""
    patience: Duration = Field(default=timedelta(minutes=30), gt=timedelta())
    """How long a rollout may take, and then until the platforms are seen to run the version."""
    look_every: Duration = Field(default=timedelta(seconds=5), ge=timedelta(seconds=1))
    """Between two looks at a rollout."""
    keep_looks: Duration = timedelta(hours=1)
    """How often a look that brings no news is recorded all the same."""

    @model_validator(mode="after")
    def _must_make_sense(self) -> Tandem:
        if self.artifact and not (
            self.artifact.startswith("s3://") and "{version}" in self.artifact
        ):
            raise ValueError("artifact is an s3:// URL with {version} in it")
        if not self.artifact:
            for platform in Platform:
                if self.side(platform).ready == "prepared":
                    raise ValueError(
                        f'{platform} with ready = "prepared" needs artifact; without it, say '
                        'ready = "reported" on both platforms'
                    )
        return self

    def side(self, platform: Platform) -> TandemSide:
        """Return one platform's."""
        return self.legacy if platform is Platform.LEGACY else self.new

    @property
    def order(self) -> tuple[Platform, Platform]:
        """The platforms in the order in which they are told."""
        last = next(one for one in Platform if one is not self.first)
        return self.first, last
