"""How a CloudFront distribution is set up in front of a root.

Sources: CloudFront Developer Guide, "Distribution settings reference", "Control how long
CloudFront caches errors" and "Manage how long content stays in the cache".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.base.words import about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.base.finding import Finding

CHECK = "distribution"

MISSING_CODES = frozenset({403, 404})
"""What S3 answers for a key that is not there: 403 to a reader that may not list."""

ERROR_SECONDS = 10
"""How long CloudFront keeps an error unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One origin of a distribution.

    Attributes:
        name: Its id in the distribution.
        domain: Its domain name.
        path: Its path, "" or beginning with `/`.
        identity: The legacy origin access identity that it uses, or "".
    """

    name: str
    domain: str
    path: str
    identity: str = ""

    def serves(self, bucket: str) -> bool:
        """Whether it is a bucket's REST endpoint, which stays private."""
        return self.domain == f"{bucket}.s3.amazonaws.com" or (
            self.domain.startswith((f"{bucket}.s3.", f"{bucket}.s3-"))
            and not self.is_website(bucket)
        )

    def is_website(self, bucket: str) -> bool:
        """Whether it is a bucket's website endpoint, which only public objects can answer."""
        return self.domain.startswith((f"{bucket}.s3-website-", f"{bucket}.s3-website."))


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """What a distribution makes of an error of its origin.

    Attributes:
        code: The origin's status.
        page: The page that is answered instead, or "" for the error itself.
        status: The status that is answered instead, or "".
        seconds: How long it is kept.
    """

    code: int
    page: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Front:
    """A distribution as it is set up.

    Attributes:
        identifier: Its id.
        arn: Its ARN.
        enabled: Whether it answers at all.
        deployed: Whether its last change has reached the edges.
        default_page: The default root object, or "".
        origins: Its origins.
        targets: Names of the origins that the default behaviour asks.
        rewrites: Whether the default behaviour runs a function on requests.
        minimum_seconds: How long the default behaviour keeps pages that say `no-cache`; None where
            a cache policy says it.
        errors: What it makes of errors.
    """

    identifier: str
    arn: str
    enabled: bool
    deployed: bool
    default_page: str
    origins: tuple[Origin, ...]
    targets: frozenset[str]
    rewrites: bool
    minimum_seconds: float | None
    errors: tuple[ErrorAnswer, ...]


def examine_front(front: Front, *, bucket: str, root: str, pages: bool) -> Iterator[Finding]:
    """Find what is wrong with a distribution.

    Args:
        front: The distribution.
        bucket: The bucket of the environment that it stands in front of.
        root: That environment's root.
        pages: Whether a component stands in the root itself, so that `/` must answer.
    """
    subject = f"distribution {front.identifier}"
    found = [
        *_awake(front, subject),
        *_origin(front, subject, bucket, f"/{root}".rstrip("/")),
        *_default_page(front, subject, pages=pages),
        *_minimum(front, subject),
        *_errors(front, subject),
    ]
    if not found:
        yield ok(CHECK, subject, f"enabled, and serves s3://{bucket}/{root}")
    yield from found


def _awake(front: Front, subject: str) -> Iterator[Finding]:
    if not front.enabled:
        yield problem(CHECK, subject, "it is disabled", "enable it in its general settings")
    elif not front.deployed:
        yield warning(
            CHECK,
            subject,
            "a change of its settings has not reached all edges yet",
            f"wait for it: `aws cloudfront wait distribution-deployed --id {front.identifier}`",
        )


def _origin(front: Front, subject: str, bucket: str, path: str) -> Iterator[Finding]:
    ours = [origin for origin in front.origins if origin.serves(bucket)]
    right = [origin for origin in ours if origin.path.rstrip("/") == path]
    if not ours:
        yield _no_origin(front, subject, bucket)
    elif not right:
        paths = ", ".join(repr(origin.path) for origin in ours)
        yield problem(
            CHECK,
            subject,
            f"its origin path is {paths}, the environment's root asks for {path!r}",
            f"set the origin path to {path!r}" if path else "leave the origin path empty",
        )
    elif not any(origin.name in front.targets for origin in right):
        yield warning(
            CHECK,
            subject,
            f"its default behaviour asks {', '.join(sorted(front.targets))}, not {right[0].name}, "
            "which is the environment's root",
            "see that a behaviour sends the components' paths there, or make it the default",
        )
    for origin in right:
        if origin.identity:
            yield warning(
                CHECK,
                subject,
                f"origin {origin.name} uses a legacy origin access identity, which the bucket "
                "policies of docs/bucket-policy.md do not name",
                "move it to origin access control before you attach one of them",
            )


def _no_origin(front: Front, subject: str, bucket: str) -> Finding:
    if any(origin.is_website(bucket) for origin in front.origins):
        return problem(
            CHECK,
            subject,
            f"it asks the website endpoint of {bucket}, so its objects must be public and errors "
            "are answered as that website says",
            f"make the origin {bucket}.s3.REGION.amazonaws.com with origin access control",
        )
    domains = ", ".join(sorted(origin.domain for origin in front.origins)) or "none"
    return problem(
        CHECK,
        subject,
        f"none of its origins is s3://{bucket} (they are: {domains})",
        "correct distribution_id or bucket in crossfade.toml, or the distribution's origin",
    )


def _default_page(front: Front, subject: str, *, pages: bool) -> Iterator[Finding]:
    if front.default_page or not pages:
        return
    text = "it has no default root object, so that its bare address answers no page"
    mend = "set its default root object to index.html"
    if front.rewrites:
        yield warning(CHECK, subject, f"{text} unless its function sees to it", mend)
    else:
        yield problem(CHECK, subject, text, mend)


def _minimum(front: Front, subject: str) -> Iterator[Finding]:
    if front.minimum_seconds:
        yield warning(
            CHECK,
            subject,
            f"its default behaviour keeps every page for {about(front.minimum_seconds)} at "
            "least, whatever the page says",
            "set its minimum TTL to 0, or use a cache policy that does",
        )


def _errors(front: Front, subject: str) -> Iterator[Finding]:
    for error in front.errors:
        if error.code not in MISSING_CODES:
            continue
        if error.status.startswith("2"):
            yield problem(
                CHECK,
                subject,
                f"it answers {error.code} with {error.status} and {error.page}: a missing script "
                "comes as a page, is kept as a script, and breaks the site until it is forgotten",
                "take that custom error response away and send routes to the page with a viewer "
                "request function (docs/bucket-policy.md has one)",
            )
        elif error.seconds > ERROR_SECONDS:
            yield warning(
                CHECK,
                subject,
                f"it keeps a {error.code} for {about(error.seconds)}: an asset that was asked "
                "for too early stays missing for so long",
                f"set the error caching minimum TTL of {error.code} to 0",
            )
