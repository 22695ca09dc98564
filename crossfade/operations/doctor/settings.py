"""The doctor's look at the configuration: what is told, what is missing, and the places in it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.doctor.places import Place, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.plan.base.finding import Finding
    from crossfade.settings import Settings

SETTINGS = "settings"


def places_of(settings: Settings) -> list[Place]:
    """Return every place of a configuration: the stores, the roots, the sites."""
    places = [Place(PlaceKind.JOURNAL, settings.state.bucket, settings.state.prefix)]
    if settings.releases.bucket:
        places.append(Place(PlaceKind.RELEASES, settings.releases.bucket, settings.releases.prefix))
    for name, environment in sorted(settings.environments.items()):
        places.append(Place(PlaceKind.ROOT, environment.bucket, environment.root, name))
        places += [
            Place(PlaceKind.SITE, environment.bucket, environment.root + part.path, name, component)
            for component, part in sorted(settings.components.items())
        ]
    return places


def paths_of(settings: Settings) -> dict[str, str]:
    """Return each component's folder under a root."""
    return {name: component.path for name, component in settings.components.items()}


def examine_settings(settings: Settings, environments: Sequence[str]) -> Iterator[Finding]:
    """Find what the configuration leaves out, and what it tells twice.

    Args:
        settings: The settings.
        environments: Names of the environments to examine.
    """
    parts, places = len(settings.components), len(settings.environments)
    moves = len(settings.migrations)
    yield ok(
        SETTINGS,
        "configuration",
        f"read; components: {parts}, environments: {places}, migrations: {moves}",
    )
    for name, said in settings.wrong.items():
        yield problem(
            SETTINGS, name, f"left out, because it is wrong: {said}", "correct it, or remove it"
        )
    sites = parts or places or not moves  # migrations alone need neither
    if sites and not parts:
        yield _missing("no component is configured", "add [components.NAME] to crossfade.toml")
    if sites and not places:
        yield _missing(
            "no environment is configured",
            "add [environments.NAME] with its bucket to crossfade.toml",
        )
    if sites and not settings.releases.bucket and "releases" not in settings.wrong:
        yield _missing(
            "no place for releases is configured",
            "add [releases] with its bucket to crossfade.toml",
        )
    for name in environments:
        yield from _addresses(settings, name)
    yield from _shared(settings)
    yield from _lock(settings)


def _missing(saw: str, mend: str) -> Finding:
    return warning(SETTINGS, "configuration", saw, mend)


def _addresses(settings: Settings, name: str) -> Iterator[Finding]:
    environment, subject = settings.environment(name), f"environments.{name}"
    if not environment.distribution_id:
        yield warning(
            SETTINGS,
            subject,
            "distribution_id is not set: nobody is told what a promote changed",
            f"set {subject}.distribution_id, unless no CloudFront distribution serves it",
        )
    if not environment.url:
        yield warning(
            SETTINGS,
            subject,
            "url is not set: neither a promote nor the doctor sees what visitors get",
            f"set {subject}.url to the site's address",
        )


def _shared(settings: Settings) -> Iterator[Finding]:
    pairs = combinations(sorted(settings.environments.items()), 2)
    for (name, one), (other, same) in pairs:
        if one.distribution_id and one.distribution_id == same.distribution_id:
            yield warning(
                SETTINGS,
                f"environments.{other}",
                f"{name} and {other} name the same distribution ({one.distribution_id}): an "
                "invalidation for one empties the cache of the other",
                "give each environment a distribution of its own",
            )


def _lock(settings: Settings) -> Iterator[Finding]:
    """Cron jobs claim their ticks in one memcached: two would be two locks."""
    moved = [
        (name, job)
        for name, migration in sorted(settings.migrations.items())
        for stage in migration.stages
        for job in stage.crons
    ]
    if not settings.crons and not moved:
        return
    servers = settings.lock.servers
    if len(servers) == 1:
        yield ok(SETTINGS, "lock", f"cron jobs claim their ticks in {servers[0]}")
    else:
        yield problem(
            SETTINGS,
            "lock",
            f"lock.servers names {len(servers)} servers ({', '.join(servers) or 'none'}), and cron "
            "jobs are configured: only one and the same memcached keeps a tick from running twice",
            'name exactly one: lock.servers = ["memcached.example:11211"]',
        )
    for name, job in moved:
        if job not in settings.crons:
            yield problem(
                SETTINGS,
                f"migrations.{name}",
                f"a stage moves cron job {job}, which is not configured",
                f'add [crons."{job}"] with its schedule, or take it out of the stage',
            )
