"""What every kind of platform can be asked: `Target` is told, `Observer` sees.

One suite of tests holds each implementation, and the fake of the other tests, to this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.plan.tandem.order import Release, Rollout
    from crossfade.plan.tandem.pair import Seen


class Target(Protocol):
    """One platform that is told what to run, by orders in its own words."""

    def prepare(self, release: Release) -> str:
        """Return the order for a release, having seen that what it needs is there.

        Raises:
            Refused: Something is missing; the text says what.
            Unavailable: Nothing answered.
        """

    def told(self) -> str:
        """Return the order that it has now; orders that mean the same are equal.

        Raises:
            Refused: There is no such platform.
            Unavailable: Nothing answered.
        """

    def tell(self, order: str, *, seen: str) -> None:
        """Give it an order, if the one that it has is still the one that was seen.

        It can be repeated: whoever gets no answer asks `told` first. Where the platform has a
        conditional write the condition is its own; else it is read right before.

        Raises:
            Conflict: It was told something else meanwhile.
            Refused: It does not take the order.
            Unavailable: Nothing answered; it may have been told.
        """

    def rollout(self, order: str) -> Rollout:
        """Return how far it has followed an order that it was told.

        Raises:
            Unavailable: Nothing answered.
        """


class Observer(Protocol):
    """Sees what one platform runs."""

    def observe(self) -> Seen:
        """Return what it runs; what keeps it from being seen is part of the answer.

        Raises:
            CrossfadeError: It could not be asked.
        """


class Lines(Protocol):
    """The clients that adapters are made with; the world has them."""

    @property
    def ssm(self) -> Any:  # noqa: ANN401  boto3's own types are in no extra of ours
        """The client of Systems Manager."""

    @property
    def autoscaling(self) -> Any:  # noqa: ANN401  as above
        """The client of Auto Scaling."""

    @property
    def ec2(self) -> Any:  # noqa: ANN401  as above
        """The client of EC2."""

    @property
    def elbv2(self) -> Any:  # noqa: ANN401  as above
        """The client of load balancers."""

    @property
    def kube_api(self) -> Callable[[str], Any]:
        """Gives the client of the cluster of a kubeconfig's context."""

    @property
    def ask(self) -> Callable[[str], bytes]:
        """Gets an address."""

    def bucket(self, name: str) -> Bucket:
        """Return a bucket by name."""
