"""What prefect.yaml says, with the flows that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]  # PyYAML carries no types
from prefect.flows import load_flow_from_entrypoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from prefect import Flow


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployment of the file.

    Attributes:
        name: Where or when.
        flow: The flow.
        document: The deployment as the file has it.
    """

    name: str
    flow: Flow[..., Any]
    document: dict[str, Any]

    @property
    def full_name(self) -> str:
        """The name by which Prefect's API and command know it."""
        return f"{self.flow.name}/{self.name}"

    @property
    def slugs(self) -> frozenset[str]:
        """Names of its schedules."""
        return frozenset(schedule["slug"] for schedule in self.document.get("schedules", ()))


def deployments(file: Path) -> list[Deployed]:
    """Read the file and load every flow that it names; an import that fails is raised here.

    Prefect's own command deploys such a flow without its parameters, and ends with 0.
    """
    found = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
    return [
        Deployed(one["name"], load_flow_from_entrypoint(one["entrypoint"]), one) for one in found
    ]


@dataclass(frozen=True, slots=True)
class Switched:
    """What whoever runs a server may have switched of one deployment there.

    Attributes:
        slugs: Names of the schedules that the server has; each is on or off.
        paused: Whether the deployment as a whole is paused.
    """

    slugs: frozenset[str]
    paused: bool


def with_switches(file: Path, wanted: Sequence[Deployed], there: Mapping[str, Switched]) -> str:
    """Return the file's text in such a form that deploying it leaves every switch as it is.

    Prefect takes `active` for an order each time, and pauses no deployment that is not told so. Yet
    a ramp must not stop, and nothing paused go on, because the services were started again.

    Args:
        file: The file.
        wanted: What it says, in its order.
        there: What the server has, by the deployment's full name.
    """
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for entry, deployed in zip(document["deployments"], wanted, strict=True):
        if (switched := there.get(deployed.full_name)) is None:
            continue
        if switched.paused:
            entry["paused"] = True
        for schedule in entry.get("schedules", ()):
            if schedule["slug"] in switched.slugs:
                schedule.pop("active", None)
    return str(yaml.safe_dump(document, sort_keys=False))
