"""Types of the flows' parameters: what Prefect's form offers and what its API refuses.

Names that only the configuration or a bucket knows are *suggestions*: a form offers them to choose
from, and takes any other text beside them. The list is as old as the last `python -m deployments`,
and nothing, least of all a way back, is refused for that. A run judges a name by the configuration
that its worker has now, in crossfade's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from crossfade.plan.base.forms import suggesting
from flows.offering import offered

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

    from flows.offering import Kind


@dataclass(frozen=True, slots=True)
class Offered:
    """Offers the names of one kind beside free text."""

    kind: Kind

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Put the names beside the schema of the free text; one that has no rival is filled in."""
        schema, names = handler(core_schema), offered(self.kind)
        if len(names) == 1 and self.kind in _FILLED_IN and schema.get("minLength"):
            schema = {**schema, "default": names[0]}
        return suggesting(schema, names, kind=self.kind)


@dataclass(frozen=True, slots=True)
class ForEachComponent:
    """Gives a mapping one field for each component that is known.

    Prefect's forms have no input for a mapping but raw JSON.
    """

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Name the fields; others are taken as well."""
        schema = handler(core_schema)
        names = offered("component")
        text = {"type": "string", "minLength": 1}
        field = suggesting(text, offered("version"), kind="version")
        if not names:
            return schema
        return {**schema, "properties": {name: {**field, "title": name} for name in names}}


_FILLED_IN = frozenset({"environment", "component", "migration", "tandem"})
_NAMED = Field(min_length=1)

EnvironmentName = Annotated[str, _NAMED, Offered("environment")]
EnvironmentOrAll = Annotated[str, Offered("environment")]
ComponentName = Annotated[str, _NAMED, Offered("component")]
ComponentOrAll = Annotated[str, Offered("component")]
SubjectName = Annotated[str, _NAMED, Offered("subject")]
SubjectOrAll = Annotated[str, Offered("subject")]
MigrationName = Annotated[str, _NAMED, Offered("migration")]
MigrationOrAll = Annotated[str, Offered("migration")]
GateName = Annotated[str, _NAMED, Offered("gate")]
GateNames = tuple[Annotated[str, Offered("gate")], ...]
CronNames = tuple[Annotated[str, Offered("cron")], ...]
CronOrAll = Annotated[str, Offered("cron")]
PlatformName = Literal["new", "legacy"]
NewVersion = Annotated[str, _NAMED]
VersionName = Annotated[str, _NAMED, Offered("version")]
VersionOrNone = Annotated[str, Offered("version")]
Train = Annotated[dict[ComponentName, VersionName], ForEachComponent()]
Reason = Annotated[str, _NAMED]
OnlyPlatform = Literal["", "new", "legacy"]
TandemName = Annotated[str, _NAMED, Offered("tandem")]
TandemOrAll = Annotated[str, Offered("tandem")]

NO_TRAIN: dict[str, str] = {}
"""A train without further components; not to be changed."""
