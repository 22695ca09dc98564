"""What prefect.yaml says, with the flows that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]  # PyYAML carries no types
from prefect.flows import load_flow_from_entrypoint

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from prefect import Flow


HOME = "{{ $CROSSFADE_HOME }}"
"""Stands in the file for where workers find this repository."""


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
        wanted: What it says, in its order.
        there: What the server has, by the deployment's full name.
        only: The full names of the deployments to keep in it; None for all.
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
    if only is not None:
        pairs = zip(document["deployments"], wanted, strict=True)
        document["deployments"] = [entry for entry, one in pairs if one.full_name in only]
    return str(yaml.safe_dump(document, sort_keys=False))
