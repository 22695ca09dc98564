"""What a site's address answers: to a name that nobody published, to what is private, to pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.base.finding import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crossfade.plan.base.finding import Finding

MISSING = "missing asset"
PRIVATE = "private"
PAGE = "entry page"

_OK = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_THERE = frozenset({403, 404, 410})


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """What an address answered.

    Attributes:
        status: HTTP status.
        headers: Headers, names in lower case.
    """

    status: int
    headers: Mapping[str, str]

    @property
    def kind(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def kept_by_edge(self) -> bool:
        """Whether the answer came from a cache on the way."""
        hit = "hit" in self.headers.get("x-cache", "").lower()
        return hit or self.headers.get("age", "0") not in {"", "0"}

    @property
    def browser_seconds(self) -> int | None:
        """Seconds for which a browser may use it without asking; None where it is not said."""
        rules = self.headers.get("cache-control", "").lower()
        if re.search(r"\b(no-cache|no-store)\b", rules):
            return 0
        stated = re.search(r"\bmax-age=(\d+)", rules)
        return int(stated[1]) if stated else None


def examine_missing(address: str, first: SiteAnswer, second: SiteAnswer) -> Iterator[Finding]:
    """Judge the answers to a content-hashed name that nobody published; it was asked for twice."""
    if first.status == _OK:
        yield problem(
            MISSING,
            address,
            f"it answers 200 and {first.kind or 'no type'} for an asset that does not exist: "
            "browsers and edges keep that page as a script, and the site breaks for whoever got it",
            "take the page fallback away (a custom error response of 403 or 404) and send routes "
            "to the page with a viewer request function (docs/bucket-policy.md has one)",
        )
        return
    if first.status in _REDIRECTS:
        yield _redirected(MISSING, address, first)
        return
    if first.status not in _NOT_THERE:
        yield problem(
            MISSING,
            address,
            f"it answers {first.status} for an asset that does not exist, 403 or 404 was expected",
            "see what answers at that address: the origin, a function or a firewall",
        )
        return
    yield from _missing_kept(address, first, second)


def _missing_kept(address: str, first: SiteAnswer, second: SiteAnswer) -> Iterator[Finding]:
    if first.browser_seconds:
        yield problem(
            MISSING,
            address,
            f"its {first.status} for a missing asset says {first.headers['cache-control']!r}: "
            "browsers keep it after the asset is there",
            "take the Cache-Control header off error answers",
        )
    elif second.kept_by_edge:
        yield warning(
            MISSING,
            address,
            f"its {first.status} for a missing asset is kept at the edge: an asset that was asked "
            "for too early stays missing for so long",
            "add custom error responses for 403 and 404 without a page and with an error caching "
            "minimum TTL of 0",
        )
    else:
        yield ok(MISSING, address, f"{first.status} for a missing asset, not kept")


def examine_private(address: str, environment: str, what: str, answer: SiteAnswer) -> Finding:
    """Judge the answer to the path of a document that no visitor may read.

    Args:
        address: The site's address.
        environment: The environment that is served there.
        what: The document, in words.
        answer: What came. crossfade stores its documents as JSON; anything else is a page fallback.
    """
    if answer.status == _OK and answer.kind == "application/json":
        return problem(
            PRIVATE,
            address,
            f"{what} can be fetched through it",
            "attach the bucket policy that lets CloudFront read the root alone "
            f"(`crossfade doctor --policy {environment}` prints it), then invalidate /*",
        )
    return ok(PRIVATE, address, f"{what} cannot be fetched through it ({answer.status})")


def examine_page(address: str, page: str, first: SiteAnswer, second: SiteAnswer) -> Finding:
    """Judge how an entry page is served: it must be asked for again at every visit.

    Args:
        address: The site's address.
        page: The page's path.
        first: The answer to a first request.
        second: The answer to a request right after it.
    """
    name = page or "the address itself"
    if first.status in _REDIRECTS:
        return _redirected(PAGE, address, first)
    if first.status != _OK:
        return problem(
            PAGE,
            address,
            f"{name} answers {first.status}",
            "see whether the distribution may read the root (docs/bucket-policy.md) and has a "
            "default root object",
        )
    rules = first.headers.get("cache-control", "")
    if first.browser_seconds is None:
        return warning(
            PAGE,
            address,
            f"{name} comes without a max-age or no-cache: browsers keep it as long as they like",
            "publish again; crossfade sends no-cache with pages unless cache_control or a response "
            "headers policy says otherwise",
        )
    if first.browser_seconds:
        return problem(
            PAGE,
            address,
            f"{name} comes with {rules!r}: browsers show the earlier release for so long after a "
            "promote or rollback",
            "take it out of cache_control in crossfade.toml, or off the distribution's response "
            "headers policy",
        )
    if second.kept_by_edge:
        return warning(
            PAGE,
            address,
            f"{name} says {rules!r} and is kept at the edge all the same",
            "use a cache policy whose minimum TTL is 0",
        )
    return ok(PAGE, address, f"{name} is served with {rules!r}")


def _redirected(check: str, address: str, answer: SiteAnswer) -> Finding:
    goal = answer.headers.get("location", "somewhere else")
    return warning(
        check,
        address,
        f"it redirects to {goal}, so that a promote cannot be verified through it",
        "set url in crossfade.toml to the address that answers in the end",
    )
