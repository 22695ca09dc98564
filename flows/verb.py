"""What all flows have in common: how a run is named, and how it ends."""

from __future__ import annotations

from functools import wraps
from inspect import Parameter, Signature, cleandoc, signature
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

from prefect import State, flow, get_run_logger
from prefect.context import FlowRunContext
from prefect.states import Completed, Failed

from crossfade.errors import CrossfadeError
from flows.lateness import must_not_be_late
from tasks.half_done import tell_half_done
from tasks.quiet import quieten
from tasks.steps import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from prefect import Flow

P = ParamSpec("P")
Ended: TypeAlias = State[Any]
"""How a run ended: the state that a flow returns is the state that its run gets."""

LATEST_START = """latest_start: How long after it was due a run may still start, such as 15m or 1h;
        or until when, such as 2026-11-28T14:00Z. One that starts later changes nothing and fails.
        Empty for however late."""
"""The parameter that every flow has, as its form explains it."""


def verb(run_name: str) -> Callable[[Callable[P, Ended]], Flow[P, Ended]]:
    """Make a flow of a function that does one thing an operator asks for.

    It is not retried: each step is, where that is safe, and what is left open is for `resume`. An
    error that crossfade raises on purpose ends the run as failed with that one sentence. Every flow
    takes `latest_start` as well: a run that starts later than that does nothing.

    Args:
        run_name: Name of its runs, with the names of parameters in braces.
    """

    def made(procedure: Callable[P, Ended]) -> Flow[P, Ended]:
        @wraps(procedure)
        def ended(*args: P.args, **kwargs: P.kwargs) -> Ended:
            quieten()
            latest_start = str(kwargs.pop("latest_start", ""))
            try:
                if not kwargs.get("if_live"):  # which judges by what is live, not by the hour
                    must_not_be_late(latest_start)
                return procedure(*args, **kwargs)
            except (CrossfadeError, Stopped) as error:
                _stop_if_told(error)
                return failed(error)

        ended.__signature__ = _with_latest_start(procedure)  # type: ignore[attr-defined]
        ended.__doc__ = f"{cleandoc(procedure.__doc__ or '')}\n    {LATEST_START}"
        name = procedure.__name__.replace("_", "-")
        return flow(name=name, flow_run_name=lambda: _named(run_name), persist_result=False)(ended)

    return made


def done(message: str) -> Ended:
    """End a run well, with one line that says what came of it."""
    return Completed(message=message)


def failed(error: BaseException) -> Ended:
    """End a run as failed, with the error's kind and its sentence; who waits gets the error."""
    return Failed(message=f"{type(error).__name__}: {error}", data=error)


def _with_latest_start(procedure: Callable[..., Ended]) -> Signature:
    """Return the parameters of a flow, with the types themselves.

    Prefect would look the types' names up in this module.
    """
    own = signature(procedure, eval_str=True)
    more = Parameter("latest_start", Parameter.KEYWORD_ONLY, default="", annotation=str)
    return own.replace(parameters=[*own.parameters.values(), more])


def _stop_if_told(error: BaseException) -> None:
    """Go on ending the process where Prefect asked for it, after saying what was left."""
    stopped = error if isinstance(error, Stopped) else error.__cause__
    if isinstance(stopped, Stopped) and stopped.__cause__ is not None:
        get_run_logger().error("%s", error)
        tell_half_done()
        raise stopped.__cause__


def _named(pattern: str) -> str:
    """Name the present run after its parameters."""
    context = FlowRunContext.get()
    parameters = context.parameters if context is not None and context.parameters else {}
    name = pattern.format(**{key: _shown(value) for key, value in parameters.items()})
    if parameters.get("to"):
        name = f"{name}-to-{parameters['to']}"
    dry = parameters.get("dry_run") or parameters.get("apply") is False
    return f"{name}-dry-run" if dry else name


def _shown(value: Any) -> Any:  # noqa: ANN401  any parameter
    """Write a parameter as part of a run's name."""
    return "-".join(value) if value and isinstance(value, list | tuple) else value or "all"
