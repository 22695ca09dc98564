"""CloudFront's invalidations as the real service treats them, on moto's backend.

Sources: the API reference of CreateInvalidation and InvalidationBatch (caller references,
quantities), the developer guide's pages on invalidation (3000 files and 15 wildcard paths in
progress; what a path may hold), and error texts as users of the real service reported them.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from moto.cloudfront.exceptions import CloudFrontException, NoSuchDistribution
from moto.cloudfront.models import CloudFrontBackend, Distribution, Invalidation
from moto.cloudfront.responses import CloudFrontResponse
from moto.utilities.paginator import paginate

from crossfade.local.strict.replacement import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FILES_IN_PROGRESS = 3000
WILDCARDS_IN_PROGRESS = 15
LONGEST_PATH = 4000

_PATH = re.compile(r"/(?:[A-Za-z0-9$\-_.+!'(),;/?:@=&]|%[0-9A-Fa-f]{2})*\*?")
"""ASCII without the characters that RFC 1738 calls unsafe (space, quotes, `#`, brackets, `~`, …),
which must be encoded; `*` at the end alone. The real service refuses `~` too."""


@dataclass(frozen=True, slots=True)
class Completed:
    """An invalidation that reached the edge.

    Attributes:
        distribution_id: Whose cache it empties.
        invalidation_id: Its name.
        paths: As they were requested, encoded, with `*` at the end of a wildcard.
        at: When it was completed, in seconds since 1970 by the stack's clock.
    """

    distribution_id: str
    invalidation_id: str
    paths: tuple[str, ...]
    at: float


@dataclass(slots=True)
class Invalidations:
    """How long invalidations take, and what became of them.

    Attributes:
        seconds: How long those that are created from now on stay `InProgress`; `math.inf` holds
            them until `complete`.
        polls: If set, they complete at this many GetInvalidation calls instead.
        clock: Seconds since 1970.
    """

    seconds: float
    polls: int | None
    clock: Callable[[], float]
    _open: list[StrictInvalidation] = field(default_factory=list)
    _completed: list[Completed] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def completed(self, distribution_id: str = "") -> Sequence[Completed]:
        """Return those that were completed so far, oldest first; the list only ever grows.

        Args:
            distribution_id: Only those of this distribution; "" for all.
        """
        with self._lock:
            self._settle()
            return tuple(
                one for one in self._completed if distribution_id in {"", one.distribution_id}
            )

    def complete(self) -> None:
        """Complete all that are in progress, now."""
        with self._lock:
            now = self.clock()
            for one in self._open:
                one.due = now
            self._settle()

    def open(self, invalidation: StrictInvalidation) -> None:
        """Take in a new invalidation.

        Raises:
            CloudFrontException: Too many paths are in progress; nothing was taken in.
        """
        with self._lock:
            self._settle()
            running = [
                path
                for one in self._open
                if one.distribution.id == invalidation.distribution.id
                for path in one.paths
            ]
            _refuse_too_many(running, invalidation.paths)
            if self.polls is None:
                invalidation.due = self.clock() + self.seconds
            invalidation.polls_left = self.polls
            self._open.append(invalidation)
            self._settle()

    def polled(self, invalidation: StrictInvalidation) -> None:
        """Count one reading of an invalidation."""
        with self._lock:
            if invalidation.polls_left is not None:
                invalidation.polls_left -= 1
                if invalidation.polls_left <= 0:
                    invalidation.due = min(invalidation.due, self.clock())
            self._settle()

    def in_progress(self, invalidation: StrictInvalidation) -> bool:
        """Whether an invalidation is still in progress."""
        with self._lock:
            self._settle()
            return invalidation in self._open

    def _settle(self) -> None:
        now = self.clock()
        for one in sorted((one for one in self._open if one.due <= now), key=lambda one: one.due):
            self._open.remove(one)
            self._completed.append(
                Completed(one.distribution.id, one.id, tuple(one.paths), one.due)
            )


class StrictInvalidation(Invalidation):
    """moto's invalidation, whose status follows the rules."""

    def __init__(
        self, rules: Invalidations, distribution: Distribution, paths: list[str], caller_ref: str
    ) -> None:
        self.rules = rules
        self.due = float("inf")
        self.polls_left: int | None = None
        super().__init__(distribution, paths, caller_ref)

    @property
    def status(self) -> str:
        """`InProgress` or `Completed`, as the real service spells them."""
        return "InProgress" if self.rules.in_progress(self) else "Completed"

    @status.setter
    def status(self, value: str) -> None:
        """Ignore the status that moto's constructor sets."""


@contextmanager
def strict_cloudfront(rules: Invalidations) -> Iterator[None]:
    """Install the rules on moto's CloudFront until the block ends."""
    backend = {
        "create_invalidation": _create(rules),
        "list_invalidations": _list(),
        "get_invalidation": _get(rules, CloudFrontBackend.get_invalidation),
    }
    responses = {
        "create_invalidation": _with_consistent_quantity(CloudFrontResponse.create_invalidation)
    }
    with ExitStack() as stack:
        stack.enter_context(replaced(CloudFrontBackend, backend))
        stack.enter_context(replaced(CloudFrontResponse, responses))
        yield


def _create(rules: Invalidations) -> Callable[..., Invalidation]:
    creating = Lock()

    def create_invalidation(
        self: CloudFrontBackend, dist_id: str, paths: list[str], caller_ref: str
    ) -> Invalidation:
        distribution, _ = self.get_distribution(dist_id)
        _refuse_wrong_paths(paths)
        with creating:
            known = self.invalidations.setdefault(dist_id, [])
            for earlier in known:
                if earlier.caller_ref == caller_ref:
                    return _same(earlier, paths)
            invalidation = StrictInvalidation(rules, distribution, paths, caller_ref)
            rules.open(invalidation)
            known.append(invalidation)
            return invalidation

    return create_invalidation


def _same(earlier: Invalidation, paths: list[str]) -> Invalidation:
    if earlier.paths == paths:
        return earlier
    # The API reference speaks of InvalidationBatchAlreadyExists; users of the real service report
    # InvalidArgument with this text (jonls/s3-deploy-website#26, aws/aws-cdk#3878).
    raise CloudFrontException(
        "InvalidArgument",
        "Your request contains a caller reference that was used for a previous invalidation batch "
        "for the same distribution.",
    )


def _list() -> Callable[..., Any]:
    def list_invalidations(self: CloudFrontBackend, dist_id: str) -> list[Invalidation]:
        if dist_id not in self.distributions:
            raise NoSuchDistribution
        return list(reversed(self.invalidations.get(dist_id, [])))

    return paginate(CloudFrontBackend.PAGINATION_MODEL)(list_invalidations)


def _get(rules: Invalidations, original: Callable[..., Invalidation]) -> Callable[..., Any]:
    def get_invalidation(self: CloudFrontBackend, dist_id: str, id: str) -> Invalidation:  # noqa: A002  moto's name
        invalidation = original(self, dist_id, id)
        if isinstance(invalidation, StrictInvalidation):
            rules.polled(invalidation)
        return invalidation

    return get_invalidation


def _with_consistent_quantity(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_invalidation(self: CloudFrontResponse) -> Any:  # noqa: ANN401  moto's own answer
        stated = self._get_int_param("InvalidationBatch.Paths.Quantity")
        items = self._get_param("InvalidationBatch.Paths.Items", [])
        if stated != len(items):
            raise CloudFrontException(
                "InconsistentQuantities", "The value of Quantity and the size of Items don't match."
            )
        return original(self)

    return create_invalidation


def _refuse_wrong_paths(paths: list[str]) -> None:
    if not paths or any(
        len(path) > LONGEST_PATH or _PATH.fullmatch(path) is None for path in paths
    ):
        raise CloudFrontException(
            "InvalidArgument", "Your request contains one or more invalid invalidation paths."
        )


def _refuse_too_many(running: list[str], added: list[str]) -> None:
    together = [*running, *added]
    wildcards = sum(path.endswith("*") for path in together)
    if wildcards > WILDCARDS_IN_PROGRESS and any(path.endswith("*") for path in added):
        raise CloudFrontException(
            "TooManyInvalidationsInProgress",
            "Processing your request will cause you to exceed the maximum number of in-progress "
            "wildcard invalidations.",
        )
    if len(together) - wildcards > FILES_IN_PROGRESS:
        raise CloudFrontException(
            "TooManyInvalidationsInProgress",
            "Processing your request will cause you to exceed the maximum number of in-progress "
            "invalidations.",
        )
