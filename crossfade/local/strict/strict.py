"""Makes moto as strict as the real AWS where it is lax, with fault switches in front.

moto's classes are replaced in this process while the block runs, so that the same rules hold for
`mock_aws` in a test and for moto's server in a thread. Blocks may be nested; each undoes itself.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.local.strict.fault_seam import watched
from crossfade.local.strict.faults import Faults
from crossfade.local.strict.strict_autoscaling import Refreshes, strict_autoscaling
from crossfade.local.strict.strict_cloudfront import Invalidations, strict_cloudfront
from crossfade.local.strict.strict_cloudwatch import strict_cloudwatch
from crossfade.local.strict.strict_route53 import strict_route53
from crossfade.local.strict.strict_s3 import strict_s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.local.strict.route53_state import Rate, StrictRoute53


@dataclass(frozen=True, slots=True)
class Strict:
    """The handles of a strict stack.

    Attributes:
        faults: Switches that break calls, and the record of all calls.
        invalidations: How long CloudFront's invalidations take, and which are completed.
        route53: Switches of Route 53's bad days.
        refreshes: How long instance refreshes take, and which fail.
    """

    faults: Faults
    invalidations: Invalidations
    route53: StrictRoute53
    refreshes: Refreshes


@contextmanager
def make_strict(
    *,
    invalidation_seconds: float = 0.2,
    invalidation_polls: int | None = None,
    in_sync_seconds: float = 0.2,
    refresh_seconds: float = 0.2,
    rate: Rate | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[Strict]:
    """Install the strict rules until the block ends.

    Enter it inside `mock_aws()` or before the server starts; moto's stored objects are not touched.

    Args:
        invalidation_seconds: How long an invalidation stays `InProgress`.
        invalidation_polls: If set, an invalidation completes at this many readings of it instead.
        in_sync_seconds: How long a change of records stays `PENDING`.
        refresh_seconds: How long an instance refresh takes.
        rate: Requests that each action of Route 53 may get, or None for no limit.
        clock: Seconds since 1970 in UTC; dates S3's answers, times invalidations and changes of
            records.

    Yields:
        The handles of the stack.
    """
    faults = Faults()
    invalidations = Invalidations(
        seconds=invalidation_seconds, polls=invalidation_polls, clock=clock
    )
    refreshes = Refreshes(seconds=refresh_seconds, clock=clock)
    with ExitStack() as rules:
        rules.enter_context(strict_s3(clock=clock))
        rules.enter_context(strict_cloudfront(invalidations))
        route53 = rules.enter_context(
            strict_route53(in_sync_after=in_sync_seconds, rate=rate, clock=clock)
        )
        rules.enter_context(strict_cloudwatch())
        rules.enter_context(strict_autoscaling(refreshes))
        rules.enter_context(watched(faults))  # the outermost: it sees every request
        yield Strict(faults, invalidations, route53, refreshes)
