"""Reading a tandem: its record, what was reported, what each platform is told and seen to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from crossfade.adapters.tandem.artifact import read_artifact
from crossfade.errors import CrossfadeError, Refused
from crossfade.operations.base.world import inbox_subject, tandem_subject
from crossfade.operations.journal.fan_out import fan_out
from crossfade.plan.base.platform import Platform
from crossfade.plan.tandem.order import Release
from crossfade.plan.tandem.pair import Both, Observation, Seen
from crossfade.plan.tandem.ready import Inbox, Readiness
from crossfade.plan.tandem.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.adapters.tandem.port import Target
    from crossfade.operations.base.world import World
    from crossfade.plan.journal.head import Head
    from crossfade.settings.tandems import Tandem

CROSSFADE = "crossfade"
"""Who says that a platform is ready where crossfade looked itself."""


@dataclass(frozen=True)
class Shop:
    """A tandem as its configuration and its record say it.

    Attributes:
        world: The world.
        name: Its name.
        tandem: Its configuration.
        head: Its head.
        etag: The head's ETag, or "" where there is none.
        inbox: What was reported and asked.
        inbox_etag: The inbox's ETag, likewise.
    """

    world: World
    name: str
    tandem: Tandem
    head: Head[Standing]
    etag: str
    inbox: Head[Inbox]
    inbox_etag: str

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return self.head.state

    @property
    def subject(self) -> str:
        """Its name in the journal."""
        return tandem_subject(self.name)

    def target(self, platform: Platform) -> Target:
        """Return what tells a platform."""
        return self.world.target_of(self.world, self.tandem.side(platform))


def read_tandem(world: World, name: str) -> Shop:
    """Read a tandem's record.

    Raises:
        BadInput: The configuration has no such tandem.
    """
    section = world.settings.tandem(name)
    inbox, inbox_etag = world.journal.head(inbox_subject(name), Inbox)
    head, etag = world.journal.head(tandem_subject(name), Standing)
    return Shop(world, name, section, head, etag, inbox, inbox_etag)


def read_seen(world: World, section: Tandem) -> Observation:
    """See what both platforms run; what keeps one from being seen is part of the answer."""
    seen = fan_out(partial(_see, world, section), tuple(Platform), width=min(2, world.connections))
    return Observation(world.clock.now(), Both(*seen))


def _see(world: World, section: Tandem, platform: Platform) -> Seen:
    try:
        return world.observer_of(world, section.side(platform)).observe()
    except CrossfadeError as error:
        return Seen(unread=str(error))


def read_told(shop: Shop) -> Both[str]:
    """Read what both platforms are told now."""
    return Both(*(shop.target(platform).told() for platform in Platform))


@dataclass(frozen=True)
class Words:
    """What both platforms say about the versions that wait.

    Attributes:
        ready: The last word of each platform about each version, reported or prepared.
        orders: The order for each of them.
        lacks: Why a platform is not ready with a version.
    """

    ready: tuple[Readiness, ...]
    orders: Mapping[tuple[str, Platform], str]
    lacks: Mapping[tuple[str, Platform], str]

    def why(self, version: str) -> str:
        """Say why the platforms are not ready with a version; "" where nothing more is known."""
        return "; ".join(
            f"{platform}: {text}" for (one, platform), text in self.lacks.items() if one == version
        )


NO_WORDS = Words((), {}, {})


@dataclass
class _Gathered:
    ready: list[Readiness] = field(default_factory=list)
    orders: dict[tuple[str, Platform], str] = field(default_factory=dict)
    lacks: dict[tuple[str, Platform], str] = field(default_factory=dict)


def read_words(shop: Shop, versions: tuple[str, ...]) -> Words:
    """Ask both platforms about versions: what they need is looked for, and nothing is changed.

    A platform that a pipeline reports for must have been reported and must be able to; of the other
    kind, being able to is its word.

    Raises:
        Unavailable: Something that must answer did not.
    """
    found = _Gathered()
    for version in versions:
        built = _built(shop, version)
        for platform in Platform:
            _ask(shop, version, platform, built, found)
    return Words(tuple(found.ready), found.orders, found.lacks)


def _built(shop: Shop, version: str) -> Both[Release] | str:
    """Return what each platform runs for a version, as its document says, or why it cannot."""
    if not shop.tandem.artifact:
        return Both(Release(version), Release(version))
    try:
        return read_artifact(shop.world.bucket, shop.tandem.artifact, version)
    except Refused as error:
        return str(error)


def _ask(
    shop: Shop, version: str, platform: Platform, built: Both[Release] | str, found: _Gathered
) -> None:
    now = shop.world.clock.now()
    place = version, platform
    if isinstance(built, str):
        found.lacks[place] = built
        return
    release = built.of(platform)
    word = Readiness(
        platform,
        version,
        release.digest,
        now,
        now + shop.tandem.expires,
        release.artifact,
        release.commit,
        CROSSFADE,
    )
    if shop.tandem.side(platform).ready == "reported":
        said = _reported(shop, version, platform)
        if said is None:
            return
        word = said
        if release.digest and said.digest != release.digest:
            found.lacks[place] = "was reported with another configuration than the artifact's"
            return
    meant = Release(
        version,
        word.digest,
        word.artifact or release.artifact,
        word.commit or release.commit,
    )
    try:
        found.orders[place] = shop.target(platform).prepare(meant)
    except Refused as error:
        found.lacks[place] = str(error)
        return
    found.ready.append(word)


def _reported(shop: Shop, version: str, platform: Platform) -> Readiness | None:
    words = (
        one for one in shop.inbox.state.ready if (one.version, one.platform) == (version, platform)
    )
    return next(words, None)
