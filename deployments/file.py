"""What prefect.yaml says, with the flows that it names, and what `each` makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]  # PyYAML carries no types
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from crossfade.plan.base.forms import only

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from prefect import Flow

    from flows.offering import Names


HOME = "{{ $CROSSFADE_HOME }}"
"""Stands in the file for where workers find this repository."""

PLACED = {"environment": "environment", "migration": "name"}
"""What `each` may make deployments of, and the parameter that names it."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployment of the file.

    Attributes:
        name: Where or when.
        flow: The flow.
        document: The deployment as Prefect takes it.
        fixed: Parameters that have one value alone.
    """

    name: str
    flow: Flow[..., Any]
    document: dict[str, Any]
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """The name by which Prefect's API and command know it."""
        return f"{self.flow.name}/{self.name}"

    @property
    def slugs(self) -> frozenset[str]:
        """Names of its schedules."""
        return frozenset(schedule["slug"] for schedule in self.document.get("schedules", ()))

    def schema(self) -> dict[str, Any]:
        """Return the schema of its form, with the names that are offered now.

        It has no other parameters: Prefect's own schema takes any, and such a run would crash.
        """
        schema: dict[str, Any] = parameter_schema(self.flow).model_dump_for_openapi()
        if not schema.get("definitions"):  # the server leaves them out
            schema.pop("definitions", None)
        return {**only(schema, self.fixed), "additionalProperties": False}


def deployments(file: Path, names: Names | None = None) -> list[Deployed]:
    """Read the file and load every flow that it names; an import that fails is raised here.

    Prefect's own command deploys such a flow without its parameters, and ends with 0.

    Args:
        file: The file.
        names: What `each` makes deployments of.
    """
    found: list[Deployed] = []
    for one in yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]:
        each = one.pop("each", {})
        general = Deployed(one["name"], load_flow_from_entrypoint(one["entrypoint"]), one)
        found += [general, *_placed(general, each, names or {})]
    taken: dict[str, Deployed] = {}
    for deployed in sorted(found, key=lambda one: bool(one.fixed)):  # the file's own come first
        taken.setdefault(deployed.full_name, deployed)
    return [one for one in found if taken[one.full_name] is one]


def _placed(general: Deployed, each: Mapping[str, str], names: Names) -> Iterator[Deployed]:
    for kind, description in each.items():
        for name in names.get(kind, ()):  # type: ignore[call-overload]  # the file's tests know them
            fixed = {PLACED[kind]: name}
            document = {
                **general.document,
                "name": name,
                "description": description.format(**{kind: name}),
                "tags": [name, *general.document["tags"]],
                "parameters": {**general.document.get("parameters", {}), **fixed},
            }
            yield Deployed(name, general.flow, document, fixed)


@dataclass(frozen=True, slots=True)
class Switched:
    """What whoever runs a server may have switched of one deployment there.

    Attributes:
        slugs: Names of the schedules that the server has; each is on or off.
        paused: Whether the deployment as a whole is paused.
    """

    slugs: frozenset[str]
    paused: bool


def pull_steps(file: Path, home: str) -> list[Any]:
    """Return the steps before each run, as they are written for workers with a home."""
    text = file.read_text(encoding="utf-8").replace(HOME, home)
    return list(yaml.safe_load(text)["pull"])


def with_switches(
    file: Path,
    wanted: Sequence[Deployed],
    there: Mapping[str, Switched],
    only: Collection[str] | None = None,
) -> str:
    """Return the file's text in such a form that deploying it leaves every switch as it is.

    Prefect takes `active` for an order each time, and pauses no deployment that is not told so. Yet
    a ramp must not stop, and nothing paused go on, because the services were started again.

    Args:
        file: The file.
        wanted: What it says.
        there: What the server has, by the deployment's full name.
        only: The full names of the deployments to keep in it; None for all.
    """
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    kept = [one for one in wanted if only is None or one.full_name in only]
    document["deployments"] = [_switched(one, there.get(one.full_name)) for one in kept]
    return str(yaml.safe_dump(document, sort_keys=False))


def _switched(deployed: Deployed, there: Switched | None) -> dict[str, Any]:
    entry = dict(deployed.document)
    if there is None:
        return entry
    if there.paused:
        entry["paused"] = True
    if "schedules" in entry:
        entry["schedules"] = [
            {key: one[key] for key in one if key != "active" or one["slug"] not in there.slugs}
            for one in entry["schedules"]
        ]
    return entry
