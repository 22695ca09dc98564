"""Policies for a configuration: what CloudFront may read, and what each procedure needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.account import read_caller
from crossfade.adapters.aws.cloudfront_setup import read_front
from crossfade.adapters.aws.journal import DIGEST
from crossfade.adapters.cron.gathered import TICKS
from crossfade.errors import BadInput
from crossfade.operations.base.world import cron_subject, migration_subject, tandem_subject
from crossfade.operations.doctor.probe_rights import PROBES
from crossfade.plan.dns.records import TRAFFIC_TYPES
from crossfade.plan.doctor.bucket_policy import Reader, bucket_policy
from crossfade.plan.doctor.rights import Procedure, Where, rights_policy
from crossfade.plan.doctor.rights_migrations import Records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.settings import Settings
    from crossfade.settings.migrations import Migration

Json = dict[str, Any]

NARROW = frozenset({Procedure.PROMOTE, Procedure.ROLLBACK, Procedure.SETTLE})
"""Procedures that concern one environment alone."""

OF_MIGRATIONS = frozenset(
    {Procedure.ADVANCE, Procedure.BACK, Procedure.CONSENT, Procedure.FORETELL}
)
"""Procedures that concern one migration alone."""

OF_CRONS = frozenset({Procedure.GATHER, Procedure.MOVE_CRON})
"""Procedures that concern cron jobs alone."""


def policy_for(world: World, environment: str) -> Json:
    """Return the policy of an environment's bucket, for all environments that share it.

    Raises:
        BadInput: There is no such environment, or it has no distribution.
    """
    settings = world.settings
    bucket = settings.environment(environment).bucket
    if not settings.environment(environment).distribution_id:
        raise BadInput(
            f"environments.{environment}.distribution_id is not set, so there is no distribution "
            "to allow: set it in crossfade.toml"
        )
    readers = [
        Reader(name, one.root, _arn(world, one.distribution_id))
        for name, one in sorted(settings.environments.items())
        if one.bucket == bucket and one.distribution_id
    ]
    stores = [
        store.prefix for store in (settings.state, settings.releases) if store.bucket == bucket
    ]
    return bucket_policy(bucket, readers, stores, partition=readers[0].distribution.split(":")[1])


def _arn(world: World, identifier: str) -> str:
    front = read_front(world.cloudfront, identifier)
    if front is None:
        raise BadInput(
            f"there is no distribution {identifier} in this account: correct distribution_id in "
            "crossfade.toml"
        )
    return front.arn


def rights_for(
    world: World, procedure: Procedure, environment: str = "", *, migration: str = ""
) -> Json:
    """Return the IAM policy that allows a procedure on this configuration.

    Args:
        world: The world.
        procedure: The procedure.
        environment: Only in this environment; "" for all.
        migration: Only for this migration; "" for all.

    Raises:
        BadInput: There is no such environment or migration, the procedure cannot be narrowed to
            it, or there are no credentials to tell the account by.
    """
    settings = world.settings
    if environment:
        settings.environment(environment)
        if procedure not in NARROW:
            raise BadInput(f"{procedure} concerns all environments: leave {environment} out")
    if migration:
        settings.migration(migration)
        if procedure not in OF_MIGRATIONS:
            raise BadInput(f"{procedure} concerns more than migrations: leave {migration} out")
    if procedure in OF_MIGRATIONS and not settings.migrations:
        raise BadInput(f"{procedure} concerns migrations, and none is configured: add one first")
    if procedure in OF_CRONS and not settings.crons:
        raise BadInput(f"{procedure} concerns cron jobs, and none is configured: add one first")
    migrations = [migration] if migration else sorted(settings.migrations)
    caller = read_caller(world.aws)
    grounds = grounds_of(
        settings,
        [environment] if environment else sorted(settings.environments),
        migrations,
        _moved(settings, migrations) if procedure in OF_MIGRATIONS else sorted(settings.crons),
        account=caller.account,
        partition=caller.partition,
    )
    return rights_policy(procedure, grounds.places, grounds.records)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What rights are about.

    Attributes:
        places: The ARNs that each kind of thing stands for.
        records: The records of each migration.
    """

    places: dict[Where, list[str]]
    records: tuple[Records, ...]


def grounds_of(
    settings: Settings,
    environments: Sequence[str],
    migrations: Sequence[str] = (),
    crons: Sequence[str] = (),
    *,
    account: str,
    partition: str = "aws",
) -> Grounds:
    """Return what rights are about.

    Args:
        settings: The settings.
        environments: Names of the environments to allow.
        migrations: Names of the migrations to allow.
        crons: Names of the cron jobs to allow.
        account: The number of the account that owns the distributions.
        partition: The partition of the ARNs.
    """
    arn = f"arn:{partition}:"
    return Grounds(
        _site_places(settings, environments, arn=arn, account=account)
        | _migration_places(settings, migrations, arn=arn)
        | _cron_places(settings, crons, arn=arn)
        | _page_place(settings, arn=arn),
        tuple(_records(settings.migration(name), arn=arn) for name in migrations),
    )


def _site_places(
    settings: Settings, environments: Sequence[str], *, arn: str, account: str
) -> dict[Where, list[str]]:
    state = settings.state
    releases = settings.releases_place() if environments else settings.releases
    chosen = {name: settings.environment(name) for name in environments}
    s3 = f"{arn}s3:::"
    journal = f"{s3}{state.bucket}/{state.prefix}"
    whole = len(chosen) == len(settings.environments)
    parts = ["sites/"] if whole else [f"sites/{name}/" for name in sorted(chosen)]
    return {
        Where.STATE_BUCKET: [f"{s3}{state.bucket}"],
        Where.RELEASES_BUCKET: [f"{s3}{releases.bucket}"] if releases.bucket else [],
        Where.SITE_BUCKETS: [f"{s3}{one.bucket}" for one in chosen.values()],
        Where.RELEASES: [f"{s3}{releases.bucket}/{releases.prefix}*"] if releases.bucket else [],
        Where.ROOTS: [f"{s3}{one.bucket}/{one.root}*" for one in chosen.values()],
        Where.JOURNAL_OF_SITES: [f"{journal}{part}*" for part in parts],
        Where.JOURNAL_OF_RELEASES: [f"{journal}releases/*"],
        Where.DIGESTS: [f"{journal}releases/*{DIGEST}"],
        Where.PROBES: [f"{journal}{PROBES}*"],
        Where.DISTRIBUTIONS: [
            f"{arn}cloudfront::{account}:distribution/{one.distribution_id}"
            for one in chosen.values()
            if one.distribution_id
        ],
    }


def _migration_places(
    settings: Settings, migrations: Sequence[str], *, arn: str
) -> dict[Where, list[str]]:
    if not migrations:
        return {}
    journal = f"{arn}s3:::{settings.state.bucket}/{settings.state.prefix}"
    return {
        Where.JOURNAL_OF_MIGRATIONS: [
            f"{journal}{migration_subject(name)}/*" for name in migrations
        ],
        Where.ZONES: [_zone(settings.migration(name), arn=arn) for name in migrations],
        Where.CHANGES: [f"{arn}route53:::change/*"],
        Where.METRICS: ["*"],
        Where.BALANCERS: ["*"],
    }


def _moved(settings: Settings, migrations: Sequence[str]) -> list[str]:
    """Return the cron jobs that stages of some migrations move."""
    stages = [stage for name in migrations for stage in settings.migration(name).stages]
    return sorted({job for stage in stages for job in stage.crons if job in settings.crons})


def _cron_places(settings: Settings, crons: Sequence[str], *, arn: str) -> dict[Where, list[str]]:
    prefix = f"{arn}s3:::{settings.state.bucket}/{settings.state.prefix}"
    documents = {
        settings.cron(job).document for job in crons if settings.cron(job).on == "document"
    }
    keys = sorted(document.removeprefix("s3://") for document in documents)
    return {
        Where.JOURNAL_OF_CRONS: [f"{prefix}{cron_subject(job)}/*" for job in crons],
        Where.TICKS: [f"{prefix}{TICKS}{job}/*" for job in crons],
        Where.JOURNAL_OF_TANDEMS: [
            f"{prefix}{tandem_subject(name)}/*" for name in settings.tandems
        ],
        Where.LIST_BUCKETS: [f"{arn}s3:::{key.partition('/')[0]}" for key in keys],
        Where.LISTS: [f"{arn}s3:::{key}" for key in keys],
    }


def _page_place(settings: Settings, *, arn: str) -> dict[Where, list[str]]:
    page = settings.report
    return {Where.PAGE: [f"{arn}s3:::{page.bucket}/{page.key}"] if page.bucket else []}


def _records(migration: Migration, *, arn: str) -> Records:
    traffic = migration.traffic()
    return Records(_zone(migration, arn=arn), traffic.names, traffic.types or TRAFFIC_TYPES)


def _zone(migration: Migration, *, arn: str) -> str:
    return f"{arn}route53:::hostedzone/{migration.zone}"
