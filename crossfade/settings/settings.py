"""Settings: one frozen value, read once at the edge from `crossfade.toml` and the environment.

Any value can be overridden by a variable named `CROSSFADE__SECTION__KEY`. AWS credentials, region
and endpoints are not settings: they come from the standard AWS variables and profiles.
"""

from __future__ import annotations

import os
import tomllib
from contextvars import ContextVar
from datetime import timedelta
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from crossfade.errors import BadInput, without_passwords
from crossfade.plan.sites.site import Invalidation
from crossfade.settings.crons import Cron  # noqa: TC001  pydantic reads it at run time
from crossfade.settings.errors import PREFIX, nearest, sentence, unknown_variable
from crossfade.settings.migrations import Migration  # noqa: TC001  pydantic reads it at run time
from crossfade.settings.section import Duration, Name, Section
from crossfade.settings.tandems import Tandem  # noqa: TC001  pydantic reads it at run time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

FILE = "crossfade.toml"
FILE_VARIABLE = "CROSSFADE_CONFIG"


def _url(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("an address begins with https:// or http://")
    if value != without_passwords(value):
        raise ValueError("an address has no user and password in it: they would not be sent")
    return value


def _folder(value: object) -> object:
    """Give a key prefix its one form: no slash before, one behind, or "" for the bucket's root."""
    if not isinstance(value, str):
        return value
    parts = value.strip("/")
    if any(part in {"", ".", ".."} for part in parts.split("/")) and parts:
        raise ValueError("a folder is written like `apps/web`, without empty parts, `.` or `..`")
    return f"{parts}/" if parts else ""


T = TypeVar("T")
Folder = Annotated[str, BeforeValidator(_folder)]
Url = Annotated[str, AfterValidator(_url)]


class State(Section):
    """Where the journal lives."""

    bucket: str = Field(min_length=3)
    """Bucket of the journal; best one of its own, which no distribution can read."""
    prefix: Folder = "journal/"
    """Key prefix of the journal in it."""
    lease: Duration = Field(default=timedelta(seconds=120), ge=timedelta(seconds=90))
    """How long a worker that fell silent keeps its operation. It is extended after a third, and no
    write begins with less left than the longest request takes: that needs 90 s."""


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
    content_type: dict[str, str] = Field(default_factory=dict)
    """Content types by glob, before the built-in table; the first match wins."""
    cache_control: dict[str, str] = Field(default_factory=dict)
    """Cache-Control headers by glob, before the built-in rules; the first match wins."""
    encoding: dict[str, str] = Field(default_factory=dict)
    """Content-Encoding headers by glob, for files that are compressed in the build."""


class Environment(Section):
    """A place where components are live."""

    bucket: str = Field(min_length=3)
    """Bucket that CloudFront serves."""
    root: Folder = ""
    """Key prefix in it that is the root of the site: the distribution's origin path."""
    distribution_id: str = ""
    """CloudFront distribution that is told what changed; "" for none."""
    url: Url = ""
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
    verify: Literal["report", "rollback"] = "report"
    """When the site, read through `url`, is wrong: `report` and leave open, or `rollback`."""
    runtime: dict[str, Any] = Field(default_factory=dict)
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


class Report(Section):
    """Where the flow `report` puts the page for everybody."""

    bucket: str = ""
    """Bucket of the page; "" where each run names one."""
    key: str = "crossfade.html"
    """Key of the page in it."""


_NO_RELEASES = Releases.model_construct(bucket="")

Wrong = dict[str, list["ErrorDetails"]]
"""What pydantic found, by the section or key that has to go so that the rest can be read."""

_TABLES = {"components", "environments", "crons", "migrations", "tandems"}
LOCK = "lock"
RELEASES = "releases"

_BESIDE = {"purge", "report", LOCK, RELEASES, "stop_migrations"}
"""What the way back of everything else can do without."""

_PLACES = {
    "sites": ("environments", "components"),
    "releases": ("components",),
    "migrations": ("migrations",),
    "crons": ("crons",),
    "tandems": ("tandems",),
}
"""The tables that hold a subject's sections, by its first word; its other words are their names."""

_left_out: ContextVar[Wrong | None] = ContextVar("left_out", default=None)
"""Where `load` learns what was left out; None where everything must be right."""


class Settings(BaseSettings):
    """Everything that crossfade is told.

    What is wrong in one section stops what is about that section and nothing else: `load` leaves it
    out, and who asks for it is told. Going forward also needs that nothing is wrong which might
    have said something about it; going back does not.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    state: State
    releases: Releases = _NO_RELEASES
    """Where releases live; without a bucket where there is no such section, as in a configuration
    of migrations alone."""
    components: dict[Name, Component] = {}
    """Front ends by name."""
    environments: dict[Name, Environment] = {}
    """Environments by name."""
    purge: Purge = Purge()
    report: Report = Report()
    lock: Lock = Lock()
    crons: dict[Name, Cron] = {}
    """Cron jobs by name."""
    migrations: dict[Name, Migration] = {}
    """Migrations by name."""
    tandems: dict[Name, Tandem] = {}
    """Tandems by name: what is released to both platforms of a migration at once."""
    stop_migrations: str = ""
    """The stop switch: a reason here keeps every migration from going forward, and none from going
    back; "" stops nothing."""

    _wrong: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _without_what_is_wrong(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401  whatever the sources gave
        left_out = _left_out.get()
        try:
            return handler(given)
        except ValidationError as error:
            if left_out is None or not isinstance(given, dict):
                raise
            wrong = _apart(error)
            if wrong is None:
                raise
            left_out.update(wrong)
            return handler(_without(given, wrong))

    @property
    def wrong(self) -> Mapping[str, str]:
        """What was left out because it is wrong: a sentence by the section's or key's name."""
        return self._wrong

    def without(self) -> str:
        """Return one line that says what was left out, or ""."""
        if not self._wrong:
            return ""
        return f"left out, because it is wrong: {', '.join(self._wrong)} (see `crossfade doctor`)"

    def refuse_wrong(self, subject: str) -> None:
        """Refuse to take a subject forward while something is wrong that may have been about it.

        Raises:
            BadInput: Something is.
        """
        site = subject.startswith(("sites/", "releases/"))
        for name, said in self._wrong.items():
            table, _, entry = name.partition(".")
            everything = not entry and table != RELEASES
            if everything or (site and table in {"components", "environments", RELEASES}):
                raise BadInput(said)

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

    def sections_of(self, subject: str) -> dict[str, Any]:
        """Return what is said of a subject, in a file's form; nothing of what is not named.

        The journal keeps it beside the subject, so that the way back does not depend on what the
        file says later; `crossfade.settings.sections` reads it again.
        """
        found: dict[str, Any] = {}
        for table, name in places_of(subject):
            section = getattr(self, table).get(name)
            if section is not None:
                found[table] = {name: section.model_dump(mode="json", exclude_defaults=True)}
        if "components" in found and self.releases.bucket:
            found[RELEASES] = self.releases.model_dump(mode="json", exclude_defaults=True)
        if "crons" in found and self.lock.servers:
            found[LOCK] = self.lock.model_dump(mode="json")
        return found

    def releases_place(self) -> Releases:
        """Return where releases live.

        Raises:
            BadInput: The configuration does not say it.
        """
        if self.releases.bucket:
            return self.releases
        raise BadInput(
            self._wrong.get(RELEASES)
            or "there is no [releases] in the configuration: add it, with the bucket that releases "
            "are published to"
        )

    def environment(self, name: str) -> Environment:
        """Return an environment by name.

        Raises:
            BadInput: There is none of that name.
        """
        return self._named("environment", name, self.environments)

    def component(self, name: str) -> Component:
        """Return a component by name.

        Raises:
            BadInput: There is none of that name.
        """
        return self._named("component", name, self.components)

    def cron(self, name: str) -> Cron:
        """Return a cron job by name.

        Raises:
            BadInput: There is none of that name.
        """
        return self._named("cron", name, self.crons)

    def migration(self, name: str) -> Migration:
        """Return a migration by name.

        Raises:
            BadInput: There is none of that name.
        """
        return self._named("migration", name, self.migrations)

    def grounds(self) -> dict[str, tuple[str, str]]:
        """Return the places that are somebody's, as bucket and key prefix, by what is there."""
        found = {"the journal": (self.state.bucket, self.state.prefix)}
        if self.releases.bucket:
            found["the releases"] = (self.releases.bucket, self.releases.prefix)
        for name, one in self.environments.items():
            found[f"the site of {name}"] = (one.bucket, one.root)
        for name, cron in self.crons.items():
            if cron.on == "document":
                bucket, _, key = cron.document.removeprefix("s3://").partition("/")
                found[f"the list document of {name}"] = (bucket, key)
        return found

    def tandem(self, name: str) -> Tandem:
        """Return a tandem by name.

        Raises:
            BadInput: There is none of that name.
        """
        return self._named("tandem", name, self.tandems)

    def _named(self, kind: str, name: str, known: Mapping[str, T]) -> T:
        if name in known:
            return known[name]
        if said := self._wrong.get(f"{kind}s.{name}"):
            raise BadInput(said)
        raise BadInput(
            f"there is no {kind} {name!r} in the configuration{nearest(name, tuple(known))}: name "
            f"one of {', '.join(sorted(known)) or 'them, once there are any'}, or add "
            f"[{kind}s.{name}]"
        )


def places_of(subject: str) -> Iterator[tuple[str, str]]:
    """Return the tables that hold a subject's sections, and their names there."""
    kind, *words = subject.split("/")
    tables = _PLACES.get(kind, ())
    return zip(tables, words, strict=True) if len(tables) == len(words) else iter(())


def load() -> Settings:
    """Read the settings, without the sections that are wrong.

    Raises:
        BadInput: The file is missing or cannot be read, or what is wrong is about everything: where
            the journal is.
    """
    file = _file()
    variables = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}
    if not file.is_file() and (FILE_VARIABLE in os.environ or not variables):
        raise BadInput(
            f"there is no configuration file {file}: write one (README.md has the smallest), or "
            f"name another in {FILE_VARIABLE}"
        )
    left_out: Wrong = {}
    token = _left_out.set(left_out)
    try:
        read = Settings()
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not valid TOML: it is not text in UTF-8") from error
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        found = error.errors()
        raise BadInput(sentence(found, Settings, file=file, variables=variables)) from error
    except SettingsError as error:
        raise BadInput(_not_json(error)) from error
    finally:
        _left_out.reset(token)
    for name in sorted(variables):
        if name.removeprefix(PREFIX).partition("__")[0].lower() not in Settings.model_fields:
            read._wrong[name] = unknown_variable(name, Settings)  # noqa: SLF001  its own module
    for name, errors in left_out.items():
        said = sentence(errors, Settings, file=file, variables=variables)
        read._wrong[name] = said  # noqa: SLF001  as above
    return read


def _apart(error: ValidationError) -> Wrong | None:
    """Sort what is wrong by what has to be left out; None where it cannot be done without."""
    wrong: Wrong = {}
    for one in error.errors():
        first, *rest = (str(part) for part in one["loc"])
        if first in _TABLES and rest:
            wrong.setdefault(f"{first}.{rest[0]}", []).append(one)
        elif first in _TABLES | _BESIDE or (one["type"] == "extra_forbidden" and not rest):
            wrong.setdefault(first, []).append(one)
        else:
            return None
    return wrong


def _without(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    kept = dict(given)
    for name in names:
        table, _, entry = name.partition(".")
        if not entry:
            kept.pop(table, None)
        elif isinstance(kept.get(table), dict):
            kept[table] = {key: said for key, said in kept[table].items() if key != entry}
    return kept


def _not_json(error: SettingsError) -> str:
    """Say which variable is not the JSON that its list or section needs."""
    value = error.__cause__.doc if isinstance(error.__cause__, JSONDecodeError) else None
    named = [name for name, held in os.environ.items() if held == value]
    which = " or ".join(name for name in named if name.upper().startswith(PREFIX))
    return (
        f"{which or PREFIX} = {value!r} is wrong: a list or a section in a variable is written as "
        'JSON, such as ["one", "two"]'
    )


def _file() -> Path:
    return Path(os.environ.get(FILE_VARIABLE, FILE))
