"""Names that run forms offer, as the configuration and the releases' bucket have them now."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import click

from crossfade.errors import CrossfadeError
from crossfade.operations.base.world import World, person
from crossfade.operations.status.status import published, subjects_of
from crossfade.settings import load

if TYPE_CHECKING:
    from crossfade.settings import Settings
    from flows.offering import Names


def read_names() -> Names:
    """Read the names; those that cannot be read are not offered, and the forms have text fields."""
    try:
        settings = load()
    except CrossfadeError as error:
        click.echo(f"the run forms offer no names: {error}")
        return {}
    gates = chain.from_iterable(
        stage.gates for migration in settings.migrations.values() for stage in migration.stages
    )
    return {
        "environment": sorted(settings.environments),
        "component": sorted(settings.components),
        "version": _versions(settings),
        "migration": sorted(settings.migrations),
        "gate": sorted(set(gates)),
        "cron": sorted(settings.crons),
        "tandem": sorted(settings.tandems),
        "subject": subjects_of(settings),
    }


def _versions(settings: Settings) -> list[str]:
    try:
        return published(World(settings, person()))
    except CrossfadeError as error:
        click.echo(f"the run forms offer no versions: {error}")
        return []
