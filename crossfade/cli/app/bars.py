"""Progress bars on a terminal; loaded only where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from crossfade.plan.base.blocks import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.journal.step import Step

T = TypeVar("T")


class Bars:
    """A spinner for the step under way, a bar for what it counts, a mark for each that is done."""

    def __init__(self, *, lasting: bool) -> None:
        """Prepare to draw.

        Args:
            lasting: Whether lines stay when the work is done.
        """
        self._lasting = lasting
        self._live = Progress(
            SpinnerColumn(),
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis"),
            ),
            BarColumn(bar_width=20),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._step: TaskID | None = None

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """Say one line above the bars."""
        self._line(Text(visible(text)))

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """Draw a bar, in the place of the spinner of the step that it counts."""
        if not total:
            return lambda _: None
        if self._step is not None:
            self._live.update(self._step, visible=False)
        task = self._live.add_task(visible(title), total=total)

        def advance(units: int) -> None:
            self._live.advance(task, units)

        return advance

    def run(self, step: Step[T]) -> T:
        """Draw a spinner while a step runs, and leave a mark for how it ended."""
        outer, self._step = self._step, self._live.add_task(visible(step.title), total=None)
        first, begun = self._step, self._live.get_time()
        mark = Text("✗ ", "red")
        try:
            result = step.effect()
            mark = Text("✓ ", "green")
        finally:
            seconds = round(self._live.get_time() - begun)
            took = f" ({seconds} s)" if seconds else ""
            self._line(Text.assemble(mark, (visible(step.title) + took, "dim")))
            for task in [task for task in self._live.task_ids if task >= first]:
                self._live.remove_task(task)
            self._step = outer
        return result

    def _line(self, text: Text) -> None:
        if self._lasting:
            self._live.console.print(text, soft_wrap=True)
