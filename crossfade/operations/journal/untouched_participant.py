"""The part of a subject that an operation holds and on which it has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.operations.journal.executor import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.journal.executor import Batch
    from crossfade.plan.journal.operation import Json, Operation


class UntouchedParticipant:
    """A subject that takes part only by being held, so that nothing else changes it meanwhile."""

    def __init__(self, operation: Operation[Any], state: Json) -> None:
        """Prepare to close with a state.

        Args:
            operation: The operation as recorded.
            state: The subject's state afterwards.
        """
        self.operation = operation
        self.state = state

    def batches(self) -> Sequence[Batch]:
        """Return no effects."""
        return ()

    def end(self) -> Ending:
        """Return the subject's state."""
        return Ending(self.state, self.operation, {})
