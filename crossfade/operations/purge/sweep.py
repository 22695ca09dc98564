"""Sweeping for good what no checkpoint needs: `purge --versions`.

What goes is told by the journal: in a site's root only paths that crossfade wrote there, among the
releases only those that an earlier purge took. It is worked out anew when it is done, under the
lock of the purge, so that a worker who resumes a purge needs no list of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from crossfade.adapters.aws.s3 import DELETE_BATCH
from crossfade.operations.base.world import releases_subject, site_subject
from crossfade.operations.journal.executor import Batch
from crossfade.operations.purge.read import SitePast, SiteThere, read_past
from crossfade.operations.releases.bucket import folder_key
from crossfade.operations.sites.read import Site
from crossfade.plan.journal.operation import Status
from crossfade.plan.purge.purge import PurgeWork
from crossfade.plan.purge.sweep import Swept, counted, doomed
from crossfade.plan.releases.manifest import from_json
from crossfade.plan.sites.site import SiteState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from crossfade.adapters.aws.s3 import Bucket, Version
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.purge.purge import Gone
    from crossfade.plan.purge.sweep import Doomed

_SITES, _RELEASES = 20, 21
"""Behind all that a site's part does: nothing goes for good before everything else stands."""


@dataclass(frozen=True)
class Field:
    """Some keys of a bucket to be swept.

    Attributes:
        bucket: The bucket.
        prefix: Key prefix of them all.
        skip: Prefixes inside it that belong to something else.
        ours: Whether a key may be swept.
        spared: The version ids of a key that something needs.
    """

    bucket: Bucket
    prefix: str
    skip: tuple[str, ...]
    ours: Callable[[str], bool]
    spared: Callable[[str, Sequence[Version]], Collection[str]]

    def doomed(self) -> Iterator[Doomed[Version]]:
        """Find what goes, key by key."""
        listing = self.bucket.versions(self.prefix, skip=self.skip)
        for key, versions in groupby(listing, key=lambda version: version.key):
            if self.ours(key):
                rows = list(versions)
                yield doomed(rows, spared=self.spared(key, rows))

    def count(self) -> Swept:
        """Count what goes."""
        return sum((counted((*one.first, *one.last)) for one in self.doomed()), Swept())

    def sweep(self, lease: HeldLease) -> Swept:
        """Delete it for good, and count what went."""
        done = Swept()
        first: list[Version] = []
        last: list[Version] = []
        for one in self.doomed():
            first += one.first
            last += one.last
            if len(first) + len(last) >= DELETE_BATCH:
                done += self._delete(lease, first) + self._delete(lease, last)
                first, last = [], []
        return done + self._delete(lease, first) + self._delete(lease, last)

    def _delete(self, lease: HeldLease, rows: Sequence[Version]) -> Swept:
        for start in range(0, len(rows), DELETE_BATCH):
            lease.check()
            some = rows[start : start + DELETE_BATCH]
            self.bucket.fenced(lease).delete((row.key, row.version_id) for row in some)
        return counted(rows)


def site_field(world: World, past: SitePast, site: Site) -> tuple[Field, list[str]]:
    """Return what of a site's root may be swept, and the recorded roots that nothing needs."""
    needs, start = past.needs, len(site.prefix)
    field = Field(
        site.bucket,
        site.prefix,
        site.others,
        ours=lambda key: key[start:] in needs.paths,
        spared=lambda key, _: needs.objects.get(key[start:], frozenset()),
    )
    roots = world.journal.roots(site.subject)
    return field, [name for name in roots if name not in needs.roots]


def release_fields(world: World, component: str, present: PurgeWork) -> Iterator[Field]:
    """Return what of the releases may be swept: those that earlier purges took.

    A release's manifest comes after its files: while it can be read, its files can be told.

    Args:
        world: The world.
        component: The component.
        present: What the present purge takes; it stays, so that the purge can be reversed.
    """
    mine = frozenset(one.version for one in present.all)
    for work in _earlier_purges(world, component):
        for leftover in work.leftovers:
            folder = folder_key(world, component, leftover.version)
            keys = frozenset(folder + path for path in leftover.paths)
            yield _release_field(world, folder, keys, spare=leftover.version in mine)
        for gone in work.releases:
            spare = gone.version in mine
            found = files_of(world, component, gone)
            if found is not None:
                folder = folder_key(world, component, gone.version)
                yield _release_field(world, folder, found, spare=spare)
            yield _release_field(world, gone.key, frozenset([gone.key]), spare=spare)


def files_of(world: World, component: str, gone: Gone) -> frozenset[str] | None:
    """Read the keys of a purged release's files from its manifest, or None where it is gone."""
    found = world.releases.get(gone.key, version_id=gone.version_id)
    if found is None:
        return None
    manifest = from_json(found.body, name=f"{world.releases.url(gone.key)} ({gone.version_id})")
    folder = folder_key(world, component, gone.version)
    return frozenset(folder + file.path for file in manifest.files)


def _earlier_purges(world: World, component: str) -> Iterator[PurgeWork]:
    """Read what earlier purges took, newest first, back to one that swept what came before it."""
    subject = releases_subject(component)
    for identifier in world.journal.identifiers(subject):
        operation = world.journal.operation(subject, identifier, PurgeWork)
        if operation.kind == "purge" and operation.status is Status.DONE:
            yield operation.work
            if operation.work.versions:
                return


def _release_field(world: World, prefix: str, keys: frozenset[str], *, spare: bool) -> Field:
    return Field(
        world.releases,
        prefix,
        (),
        ours=keys.__contains__,
        spared=lambda _, rows: (
            [row.version_id for row in rows if not row.marker][:1] if spare else ()
        ),
    )


def count_sweep(world: World, component: str, pasts: Iterable[SitePast], work: PurgeWork) -> Swept:
    """Count what a purge would delete for good.

    Args:
        world: The world.
        component: The component.
        pasts: Its sites, their journals read whole.
        work: What the purge takes.
    """
    total = Swept()
    for past in pasts:
        if past.there.site is not None:
            field, roots = site_field(world, past, past.there.site)
            total += field.count() + Swept(roots=len(roots))
    for field in release_fields(world, component, work):
        total += field.count()
    return total


class Sweeper:
    """Deletes for good what no checkpoint needs, as the last effects of a purge."""

    def __init__(self, world: World, operation: Operation[PurgeWork]) -> None:
        """Prepare to sweep a component.

        Args:
            world: The world.
            operation: The purge, open on the component's releases and its sites.
        """
        self.world = world
        self.operation = operation
        self.component = operation.subject.removeprefix(releases_subject(""))
        self.swept: dict[str, Swept] = {}

    def batches(self) -> Sequence[Batch]:
        """Return the effects: the sites' roots, then the releases."""
        sites = [
            Batch(
                _SITES,
                f"{environment}/{self.component}: delete noncurrent versions for good",
                partial(self._site, environment),
            )
            for environment in sorted(self.world.settings.environments)
            if site_subject(environment, self.component) in self.operation.members
        ]
        title = f"{self.component}: delete what earlier purges took for good"
        return [*sites, Batch(_RELEASES, title, self._releases)]

    def _site(self, environment: str, lease: HeldLease) -> None:
        subject = site_subject(environment, self.component)
        head, etag = self.world.journal.head(subject, SiteState)
        if head.open is None or head.open.operation != self.operation.id:
            return  # closed by an earlier worker, which it was only when all of this was done
        site = Site(self.world, environment, self.component)
        past = read_past(self.world, SiteThere(environment, head, etag, site), whole=True)
        field, roots = site_field(self.world, past, site)
        swept = field.sweep(lease)
        lease.check()
        lease.ensure()
        self.world.journal.drop_roots(subject, roots)
        self.swept[subject] = swept + Swept(roots=len(roots))

    def _releases(self, lease: HeldLease) -> None:
        fields = release_fields(self.world, self.component, self.operation.work)
        self.swept[self.operation.subject] = sum((field.sweep(lease) for field in fields), Swept())

    def figures(self) -> Json:
        """Return what went for good, by this worker."""
        total = sum(self.swept.values(), Swept())
        return {
            "noncurrent_versions": total.versions,
            "delete_markers": total.markers,
            "noncurrent_bytes": total.size,
            "roots": total.roots,
        }
