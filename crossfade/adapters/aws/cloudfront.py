"""CloudFront: invalidations, asked for once and waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from crossfade.adapters.aws.session import code, translated
from crossfade.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_cloudfront import CloudFrontClient

_PAUSES = (1, 2, 4, 8, 15)
"""Seconds between looks; the last is repeated. boto3's own waiter looks only each 20 seconds."""

_FULL = "TooManyInvalidationsInProgress"


@dataclass(frozen=True)
class Distribution:
    """One CloudFront distribution.

    Attributes:
        client: boto3's CloudFront client.
        identifier: The distribution's id.
        monotonic: Seconds that only go forward.
        sleep: Waits some seconds.
    """

    client: CloudFrontClient
    identifier: str
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def invalidate(
        self, paths: Sequence[str], *, reference: str, patience: float, ensure: Callable[[], None]
    ) -> str:
        """Ask for an invalidation and wait until CloudFront says that it is complete.

        The same reference with the same paths is the same invalidation, however often it is asked.

        Args:
            paths: URL-encoded paths.
            reference: The caller reference.
            patience: Seconds to wait at the most.
            ensure: Called before each request, so that who waits can keep its lease.

        Returns:
            The invalidation's id.

        Raises:
            Unavailable: It was not complete in time.
        """
        until = self.monotonic() + patience
        pauses = iter(_PAUSES)
        identifier = ""
        while True:
            ensure()
            identifier, complete = self._ask(identifier, paths, reference)
            if complete:
                return identifier
            pause = next(pauses, _PAUSES[-1])
            if self.monotonic() + pause > until:
                raise Unavailable(
                    f"CloudFront has not completed invalidation "
                    f"{identifier or 'requests (too many in progress)'} of {self.identifier} "
                    f"within {patience:.0f} s; edges may still answer with the earlier files"
                )
            self.sleep(pause)

    def _ask(self, identifier: str, paths: Sequence[str], reference: str) -> tuple[str, bool]:
        what = f"invalidate {len(paths)} paths of distribution {self.identifier}"
        with translated(what):
            try:
                if identifier:
                    answer = self.client.get_invalidation(
                        DistributionId=self.identifier, Id=identifier
                    )["Invalidation"]
                else:
                    answer = self.client.create_invalidation(
                        DistributionId=self.identifier,
                        InvalidationBatch={
                            "Paths": {"Quantity": len(paths), "Items": list(paths)},
                            "CallerReference": reference,
                        },
                    )["Invalidation"]
            except ClientError as error:
                if code(error) == _FULL:
                    return "", False
                if code(error) == "NoSuchDistribution":
                    raise BadInput(
                        f"could not {what}: there is no such distribution; correct "
                        "distribution_id in crossfade.toml"
                    ) from error
                raise
        return answer["Id"], answer["Status"] == "Completed"
