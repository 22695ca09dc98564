"""Types of the flows' parameters: what Prefect's form offers and what its API refuses.

Names that only the configuration knows are offered as choices: they are read when the schema is
made, which is when a flow is deployed. The schema alone is narrowed, not the type, so that a run
judges a name by the configuration that its worker has now, in crossfade's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from crossfade.errors import CrossfadeError
from crossfade.operations.status.status import subjects_of
from crossfade.settings import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class Configured:
    """Offers the names of one kind as choices, where a configuration is at hand."""

    kind: Literal["environment", "component", "migration", "cron", "tandem", "subject"]
    or_none: bool = False

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Narrow the schema to the names that are configured."""
        schema = handler(core_schema)
        names = _names(self.kind)
        if not names:
            return schema
        return {**schema, "enum": ["", *names] if self.or_none else names}


def _names(kind: str) -> list[str]:
    try:
        settings = load()
    except CrossfadeError:  # deployed from where there is none: the form has a text field
        return []
    tables: dict[str, Mapping[str, object]] = {
        "environment": settings.environments,
        "component": settings.components,
        "migration": settings.migrations,
        "cron": settings.crons,
        "tandem": settings.tandems,
    }
    return sorted(tables[kind]) if kind in tables else subjects_of(settings)


EnvironmentName = Annotated[str, Configured("environment"), Field(min_length=1)]
ComponentName = Annotated[str, Configured("component"), Field(min_length=1)]
SubjectName = Annotated[str, Configured("subject"), Field(min_length=1)]
MigrationName = Annotated[str, Configured("migration"), Field(min_length=1)]
MigrationOrAll = Annotated[str, Configured("migration", or_none=True)]
CronNames = tuple[Annotated[str, Configured("cron")], ...]
PlatformName = Literal["new", "legacy"]
OnlyPlatform = Literal["", "new", "legacy"]
TandemName = Annotated[str, Configured("tandem"), Field(min_length=1)]
TandemOrAll = Annotated[str, Configured("tandem", or_none=True)]
CronOrAll = Annotated[str, Configured("cron", or_none=True)]
VersionName = Annotated[str, Field(min_length=1)]
ComponentOrAll = Annotated[str, Configured("component", or_none=True)]

NO_TRAIN: dict[str, str] = {}
"""A train without further components; not to be changed."""
