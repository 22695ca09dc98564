"""An observer that asks one address, several times: behind a balancer each answer is one host's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.adapters.tandem.answers import seen_by, told_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.plan.tandem.pair import Seen


@dataclass(frozen=True)
class Address:
    """An `Observer` by one address.

    Attributes:
        ask: Gets an address.
        url: The address.
        asks: How many times it is asked.
        pointers: JSON pointers to the version and to the configuration's digest.
    """

    ask: Callable[[str], bytes]
    url: str
    asks: int
    pointers: tuple[str, str]

    def observe(self) -> Seen:
        """Return what it answers.

        Raises:
            Unavailable: It does not answer.
            Failed: It answers something else.
        """
        answers = (self.ask(self.url) for _ in range(self.asks))
        return seen_by(told_by(body, self.pointers, where=self.url) for body in answers)
