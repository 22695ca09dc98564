"""Settings: one frozen value, read once at the edge from `crossfade.toml` and the environment.

Any value can be overridden by a variable named `CROSSFADE__SECTION__KEY`. AWS credentials, region
and endpoints are not settings: they come from the standard AWS variables and profiles.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from crossfade.errors import BadInput
from crossfade.plan.site import Invalidation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = "crossfade.toml"
FILE_VARIABLE = "CROSSFADE_CONFIG"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_NAME = r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$"


def _duration(value: object) -> object:
    """Read durations such as `90s`, `30m`, `2h`, `7d` or `1h30m`; whole numbers are seconds."""
    if not isinstance(value, str):
        return value
    parts = re.findall(r"(\d+)([smhd])", value)
    if not parts or "".join(number + unit for number, unit in parts) != value.replace(" ", ""):
        raise ValueError("a duration is written like 90s, 30m, 2h or 7d")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def _folder(value: object) -> object:
    """Give a key prefix its one form: no slash before, one behind, or "" for the bucket's root."""
    if not isinstance(value, str):
        return value
    parts = value.strip("/")
    if any(part in {"", ".", ".."} for part in parts.split("/")) and parts:
        raise ValueError("a folder is written like `apps/web`, without empty parts, `.` or `..`")
    return f"{parts}/" if parts else ""


T = TypeVar("T")
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Folder = Annotated[str, BeforeValidator(_folder)]
Name = Annotated[str, Field(pattern=_NAME)]


class Section(BaseModel):
    """Base of every section: unknown keys are refused, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class State(Section):
    """Where the journal lives."""

    bucket: str = Field(min_length=3)
    """Bucket of the journal; best one of its own, which no distribution can read."""
    prefix: Folder = "journal/"
    """Key prefix of the journal in it."""
    lease: Duration = timedelta(seconds=120)
    """How long a worker that fell silent keeps its operation; longer than any one request."""


class Releases(Section):
    """Where releases live."""

    bucket: str = Field(min_length=3)
    """Bucket of the releases' folders."""
    prefix: Folder = "releases/"
    """Key prefix of the releases in it."""
    orphan_grace: Duration = timedelta(days=1)
    """How old a half-published release must be before a purge clears it away."""


class Component(Section):
    """One front end."""

    entry_pages: tuple[str, ...] = ("index.html",)
    """Globs of the pages that refer to the other files; copied last, never cached."""
    path: Folder = ""
    """The component's folder under an environment's root; "" is the root itself."""
    content_type: dict[str, str] = {}
    """Content types by glob, before the built-in table; the first match wins."""
    cache_control: dict[str, str] = {}
    """Cache-Control headers by glob, before the built-in rules; the first match wins."""
    encoding: dict[str, str] = {}
    """Content-Encoding headers by glob, for files that are compressed in the build."""


class Environment(Section):
    """A place where components are live."""

    bucket: str = Field(min_length=3)
    """Bucket that CloudFront serves."""
    root: Folder = ""
    """Key prefix in it that is the root of the site: the distribution's origin path."""
    distribution_id: str = ""
    """CloudFront distribution that is told what changed; "" for none."""
    url: str = Field(default="", pattern=r"^$|^https?://")
    """Address of the site; when set, a promote is verified through it."""
    keep_releases: int = Field(default=5, ge=1)
    """Newest releases of each component that a purge keeps."""
    asset_grace: int = Field(default=2, ge=1)
    """Changes of the live release for which an asset that left it stays in the root."""
    keep_checkpoints: int = Field(default=10, ge=1)
    """Newest changes of a site that can be taken back by `restore`; purges keep what they need."""
    invalidation: Invalidation = Invalidation.ALL
    """`all` empties the component's folder in CloudFront; `changed` names what changed."""
    patience: Duration = timedelta(minutes=20)
    """How long to wait for an invalidation before the operation is left open."""
    verify: str = Field(default="report", pattern="^(report|rollback)$")
    """When the site, read through `url`, is wrong: `report` and leave open, or `rollback`."""
    runtime: dict[str, Any] = {}
    """Settings rendered into the runtime script at promote; none, no script."""
    runtime_path: str = "runtime-config.js"
    """Where the runtime script stands under the component's folder."""
    runtime_global: str = "RUNTIME_CONFIG"
    """The global that the runtime script sets."""


class Lock(Section):
    """The memcached in which cron jobs claim their ticks."""

    servers: tuple[str, ...] = ()
    """Addresses, host:port; the same on every host."""


class Purge(Section):
    """Limits of a purge."""

    max_deletes: int = Field(default=20, ge=1)
    """Releases that one purge may delete."""


class Settings(BaseSettings):
    """Everything that crossfade is told."""

    model_config = SettingsConfigDict(
        env_prefix="CROSSFADE__",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    state: State
    releases: Releases
    components: dict[Name, Component] = {}
    """Front ends by name."""
    environments: dict[Name, Environment] = {}
    """Environments by name."""
    purge: Purge = Purge()
    lock: Lock = Lock()
    migrations: dict[Name, dict[str, Any]] = {}
    """Migrations by name."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment before the file, and nothing else."""
        del dotenv_settings, file_secret_settings
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=_file()),
        )

    def environment(self, name: str) -> Environment:
        """Return an environment by name.

        Raises:
            BadInput: There is none of that name.
        """
        return _named("environment", name, self.environments)

    def component(self, name: str) -> Component:
        """Return a component by name.

        Raises:
            BadInput: There is none of that name.
        """
        return _named("component", name, self.components)


def load() -> Settings:
    """Read the settings.

    Raises:
        BadInput: The file is missing or cannot be read, or a value in it is wrong.
    """
    file = _file()
    if not file.is_file() and not any(name.startswith("CROSSFADE__") for name in os.environ):
        raise BadInput(
            f"no configuration: {file} does not exist; write one (README.md has the smallest), "
            f"or name another in {FILE_VARIABLE}"
        )
    try:
        return Settings()
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is not valid TOML: {error}") from error
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise BadInput(_sentence(file, error)) from error
    except ValueError as error:  # a variable of a section that is not JSON
        raise BadInput(
            f"the environment's CROSSFADE__ variables cannot be read: {error}"
        ) from error


def _file() -> Path:
    return Path(os.environ.get(FILE_VARIABLE, FILE))


def _named(kind: str, name: str, known: Mapping[str, T]) -> T:
    if name in known:
        return known[name]
    raise BadInput(
        f"there is no {kind} {name!r} in the configuration"
        f"{_nearest(name, tuple(known))}; add [{kind}s.{name}] or name one of: "
        f"{', '.join(sorted(known)) or 'none yet'}"
    )


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _sentence(file: Path, error: ValidationError) -> str:
    """Say the first thing that is wrong, by its key, and how to mend it."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"] if part != "[key]")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "missing":
        text = f"{key} is missing: set it"
    elif first["type"] == "extra_forbidden":
        siblings = _siblings([str(part) for part in first["loc"]])
        text = (
            f"{key} is not a setting{_nearest(str(first['loc'][-1]), siblings)}: "
            f"remove it or correct its name (known here: {', '.join(siblings)})"
        )
    else:
        reason = first["msg"].removeprefix("Value error, ")
        text = f"{key} = {first['input']!r} is wrong: {reason[0].lower()}{reason[1:]}"
    variable = "CROSSFADE__" + "__".join(str(part).upper() for part in first["loc"])
    return f"{file}: {text}, in the file or as {variable}{more}"


def _siblings(path: Sequence[str]) -> list[str]:
    """Return the settings known beside an unknown one."""
    sections: dict[str, type[BaseModel]] = {
        "state": State,
        "releases": Releases,
        "components": Component,
        "environments": Environment,
        "purge": Purge,
        "lock": Lock,
    }
    if len(path) == 1 or path[0] not in sections:
        return sorted(Settings.model_fields)
    return sorted(sections[path[0]].model_fields)
