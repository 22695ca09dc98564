"""The part of a subject that an operation holds and on which it has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.operations.journal.executor import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.journal.executor import Batch
    from crossfade.plan.journal.operation import Operation


class UntouchedParticipant:
    """A subject that takes part only by being held, so that nothing else changes it meanwhile."""

    def __init__(self, operation: Operation[Any, Any], state: Any) -> None:  # noqa: ANN401  each kind's own
        """Prepare to close with a state.

        Args:
            operation: The operation as recorded.
            state: The subject's state afterwards.
        """
        self.operation = operation
        self.state = state

    @property
    def untouched(self) -> bool:
        """Whether its effect was refused as a whole: it has none."""
        return True

    def batches(self) -> Sequence[Batch]:
        """Return no effects."""
        return ()

    def end(self) -> Ending:
        """Return the subject's state."""
        return Ending(self.state, self.operation, {})
