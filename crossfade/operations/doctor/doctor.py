"""Doctor: examine configuration, rights and the world, and say what to mend.

Everything is read, and nothing that is served or recorded is touched. Probes are written unless it
is forbidden, beside the journal's subjects: they show whether the endpoint honours conditions and
refuses requests that come too late, and are taken away again. Whether a site, a release or a record
could be written is asked by requests that cannot be met, so that nothing ever is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from crossfade.adapters.aws.account import read_caller
from crossfade.adapters.aws.bucket_setup import read_region
from crossfade.errors import BadInput, CrossfadeError, Unavailable
from crossfade.operations.base.world import (
    cron_subject,
    migration_subject,
    releases_subject,
    site_subject,
)
from crossfade.operations.doctor import buckets, journal, probe_conditions, ramp, site
from crossfade.operations.doctor import probe_rights as probe
from crossfade.operations.doctor.digests import DIGESTS, examine_digests
from crossfade.operations.doctor.documents import examine_all
from crossfade.operations.doctor.guard import guarded, mend_of
from crossfade.operations.doctor.settings import examine_settings, paths_of, places_of
from crossfade.operations.journal.fan_out import fan_out
from crossfade.plan.base.finding import Level, healthy, ok, problem, warning
from crossfade.plan.doctor.journal import JOURNAL
from crossfade.plan.doctor.places import PlaceKind, examine_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.doctor.places import Place
    from crossfade.settings import Settings

CREDENTIALS = "credentials"


def diagnose(
    world: World, *, environment: str = "", migration: str = "", read_only: bool = False
) -> tuple[Finding, ...]:
    """Examine everything that sites and migrations need.

    Args:
        world: The world.
        environment: Only this environment, with what all sites have in common; "" for all.
        migration: Only this migration and the journal; "" for all.
        read_only: Write nothing, not even the probe.

    Raises:
        BadInput: There is no such environment or migration, or both are asked for.
    """
    scope = _scope(world.settings, environment, migration)
    findings = [
        *examine_settings(world.settings, scope.environments),
        *examine_places(places_of(world.settings), paths_of(world.settings)),
        *(caller := examine_credentials(world)),
    ]
    if healthy(caller):
        findings += _Checkup(world, scope, read_only=read_only).findings()
    return tuple(findings)


def diagnose_journal(world: World, *, adopt: bool = False) -> tuple[Finding, ...]:
    """Examine all of the journal: each document, whether they agree, and the releases by it.

    One document that is damaged is one finding, and hides no other.

    Args:
        world: The world.
        adopt: Record the digests of releases that have no record. Nothing else is written.
    """
    findings = list(caller := examine_credentials(world))
    if healthy(caller):
        place = world.journal.bucket.url(world.journal.prefix)
        findings += guarded(JOURNAL, place, partial(examine_all, world))
        if world.settings.releases.bucket or adopt:  # migrations alone have no releases
            look = partial(examine_digests, world, adopt=adopt)
            findings += guarded(DIGESTS, "releases", look)
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is examined.

    Attributes:
        environments: Names of the environments.
        migrations: Names of the migrations.
        releases: Whether the releases and what all sites have in common are examined too.
    """

    environments: tuple[str, ...]
    migrations: tuple[str, ...]
    releases: bool


def _scope(settings: Settings, environment: str, migration: str) -> _Scope:
    if environment and migration:
        raise BadInput("an environment and a migration are two questions: ask one at a time")
    if environment:
        settings.environment(environment)
        return _Scope((environment,), (), releases=True)
    if migration:
        settings.migration(migration)
        return _Scope((), (migration,), releases=False)
    return _Scope(
        tuple(sorted(settings.environments)), tuple(sorted(settings.migrations)), releases=True
    )


def examine_credentials(world: World) -> tuple[Finding, ...]:
    """Ask AWS whose the credentials are."""
    try:
        caller = read_caller(world.aws)
    except Unavailable as error:
        return (warning(CREDENTIALS, "AWS", str(error), mend_of(error)),)
    except CrossfadeError as error:
        mend = "renew or set the credentials until `aws sts get-caller-identity` answers"
        return (problem(CREDENTIALS, "AWS", str(error), mend),)
    return (ok(CREDENTIALS, "AWS", f"{caller.arn} in account {caller.account}"),)


@dataclass(frozen=True)
class _Checkup:
    """What is left to examine when the credentials are good.

    Attributes:
        world: The world.
        scope: What to examine.
        read_only: Whether nothing may be written.
    """

    world: World
    scope: _Scope
    read_only: bool

    def findings(self) -> Iterator[Finding]:
        stores = [place for place in self._places() if place.kind is not PlaceKind.SITE]
        reached: set[str] = set()
        for name in sorted({place.bucket for place in stores}):
            here = [place for place in stores if place.bucket == name]
            found = self._bucket(name, here)
            reached |= {name} if healthy(found[:1]) else set()
            yield from found
        yield from self._rights([place for place in stores if place.bucket in reached])
        yield from guarded("clock", "this host", partial(buckets.examine_clock, self.world))
        yield from self._journal(reached)
        for name in self.scope.environments:
            yield from self._front(name)
            yield from self._address(name, reached)
        if self.world.settings.state.bucket in reached:
            yield from self._migrations()

    def _places(self) -> list[Place]:
        return [
            place
            for place in places_of(self.world.settings)
            if (place.kind is PlaceKind.JOURNAL or self.scope.releases)
            and (not place.environment or place.environment in self.scope.environments)
        ]

    def _bucket(self, name: str, here: Sequence[Place]) -> list[Finding]:
        """Examine how a bucket is set up; the first finding tells whether it can be reached."""
        bucket = self.world.bucket(name)
        subject = f"s3://{name}"
        found = guarded(
            buckets.BUCKET,
            subject,
            lambda: buckets.examine_reach(bucket, read_region(bucket), here),
        )
        if not healthy(found[:1]):
            return found
        found += guarded(
            buckets.VERSIONING, subject, partial(buckets.examine_versioning, bucket, here)
        )
        found += guarded(
            buckets.LIFECYCLE,
            subject,
            partial(buckets.examine_rules, bucket, here, self.world.settings),
            level=Level.WARNING,
        )
        for check, examine in buckets.VISIBILITY.items():
            found += guarded(check, subject, partial(examine, bucket), level=Level.WARNING)
        return found

    def _rights(self, places: Sequence[Place]) -> Iterator[Finding]:
        for place in places:
            yield from guarded(
                probe.RIGHTS, place.url, partial(probe.examine_reading, self.world, place)
            )
        state = [place for place in places if place.kind is PlaceKind.JOURNAL]
        if self.read_only or not state:
            return
        found = guarded(
            probe.CONDITIONS, state[0].url, partial(probe.examine_conditions, self.world)
        )
        yield from found
        if healthy(found):  # else a write under a condition might happen
            yield from guarded(
                probe_conditions.COPIES,
                state[0].url,
                partial(probe_conditions.examine_promises, self.world),
                level=Level.WARNING,
            )
            for place in places:
                if place.kind is not PlaceKind.JOURNAL:
                    yield from guarded(
                        probe.RIGHTS, place.url, partial(probe.examine_writing, self.world, place)
                    )

    def _journal(self, reached: set[str]) -> Iterator[Finding]:
        settings = self.world.settings
        if settings.state.bucket not in reached or not self.scope.releases:
            return
        sites = [
            (environment, component)
            for environment in self.scope.environments
            for component in sorted(settings.components)
        ]
        subjects = [site_subject(*names) for names in sites]
        subjects += [releases_subject(name) for name in sorted(settings.components)]
        subjects += [cron_subject(job) for job in sorted(settings.crons)]
        yield from self._each(journal.OPERATION, subjects, journal.examine_operation)
        if settings.releases.bucket not in reached:
            return
        yield from self._each(
            journal.LIVE, [site_subject(*names) for names in sites], journal.examine_live
        )
        yield from self._each(
            journal.LEFTOVER, sorted(settings.components), journal.examine_leftovers
        )

    def _each(
        self,
        check: str,
        subjects: Sequence[str],
        examine: Callable[[World, str], Iterable[Finding]],
    ) -> Iterator[Finding]:
        """Examine some subjects at once; one that cannot be read does not hide the others."""
        found = fan_out(
            lambda subject: guarded(check, subject, lambda: examine(self.world, subject)),
            subjects,
            width=self.world.connections,
        )
        for findings in found:
            yield from findings

    def _migrations(self) -> Iterator[Finding]:
        found = fan_out(
            lambda name: guarded(
                ramp.MIGRATION,
                migration_subject(name),
                lambda: ramp.examine_migration(self.world, name, read_only=self.read_only),
            ),
            self.scope.migrations,
            width=self.world.connections,
        )
        for findings in found:
            yield from findings

    def _front(self, name: str) -> Iterator[Finding]:
        if self.world.settings.environment(name).distribution_id:
            yield from guarded(
                site.DISTRIBUTION,
                f"environments.{name}",
                partial(site.examine_distribution, self.world, name),
            )

    def _address(self, name: str, reached: set[str]) -> Iterator[Finding]:
        settings = self.world.settings
        address = settings.environment(name).url
        if not address:
            return
        examine = [site.examine_missing_asset]
        if {settings.state.bucket, settings.releases.bucket} <= reached:
            examine += [site.examine_privacy, site.examine_pages]
        # An address that does not answer at all is one finding, not three.
        yield from guarded(
            "address",
            address,
            lambda: chain.from_iterable(one(self.world, name) for one in examine),
        )
