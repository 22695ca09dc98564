"""Local: the embedded stack, and the story told on it."""

from __future__ import annotations

import signal
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.screen import Screen, log
from crossfade.cli.render.ticks import history_document, history_lines
from crossfade.errors import BadInput
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.base.words import seconds, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crossfade.local.demo.cron_demo import CronTold
    from crossfade.local.demo.demo import Told
    from crossfade.local.demo.ramp_demo import Ramped
    from crossfade.local.stack.stack import Stack
    from crossfade.operations.base.world import World


@click.group
def local() -> None:
    """Run everything that crossfade needs on this machine, on loopback."""


@local.command
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".local"),
    show_default=True,
    help="For the configuration, Prefect's database and logs.",
)
@click.option("--aws-port", default=0, help="Where AWS's stand-in listens.")
@click.option("--edge-port", default=0, help="Where the edge listens.")
@click.option("--prefect-port", default=0, help="Where Prefect listens.  [default: 4200]")
@click.option("--memcached-port", default=0, help="Where memcached listens.")
@as_json_option
def up(
    *,
    folder: Path,
    aws_port: int,
    edge_port: int,
    prefect_port: int,
    memcached_port: int,
    as_json: bool,
) -> None:
    """Run everything until Ctrl-C, with a world to try it on, and print the first page's address.

    AWS, an edge, memcached, Prefect with deployments, automations and a worker; a front end with
    three releases, a migration, two cron jobs, and who uses them. Ports stay those of the last
    start where they are free. A second start in the same folder says where the first one is. Each
    start begins a new world; a configuration that was edited stays.
    """
    from crossfade.local.stack.stack import Ports  # noqa: PLC0415  moto takes a second to load
    from crossfade.local.up.folder import left, occupied  # noqa: PLC0415
    from crossfade.local.up.up import everything  # noqa: PLC0415

    folder, screen = folder.resolve(), Screen(as_json=as_json)
    ports = Ports(aws_port, edge_port, prefect_port, memcached_port)
    with _ending(), occupied(folder) as ours:
        if not ours:
            shown = left(folder).shown
            if not shown:
                raise BadInput(f"{folder} is in use by a start that is not up yet: wait for it")
            screen.show(shown, [Line("it is up already", Tone.TITLE), *_where(shown)])
            return
        with everything(folder, ports, log) as running:
            shown = running.document()
            screen.show(
                shown, [Line("everything is up; Ctrl-C ends it", Tone.TITLE), *_where(shown)]
            )
            _until_interrupted()
            seen = running.visitor.visits()
        log(
            f"everything has ended, and its world with it; visitors loaded {seen.pages} pages, "
            f"{seen.broken} of them broken"
        )


@local.command
@click.option("--keep", is_flag=True, help="Leave the stack up afterwards, until Ctrl-C.")
@as_json_option
def demo(*, keep: bool, as_json: bool) -> None:
    """Tell the story of a release on a stack of its own, and measure it."""
    from crossfade.local.demo.demo import tell_story  # noqa: PLC0415  moto takes a second to load
    from crossfade.local.stack.stack import stack  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="crossfade-demo-") as folder:
        log("starting AWS, an edge, memcached and Prefect's server on 127.0.0.1 …")
        with stack(Path(folder)) as running:
            log(f"Prefect's UI shows every run at {running.prefect.ui_url}")
            told = tell_story(running, log)
            Screen(as_json=as_json).show(_document(told), _timeline(told))
            if keep:
                for block in _how_to_use(running):
                    log(block.text if isinstance(block, Line) else "")
                _until_interrupted()


@local.command
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Draw both ramps as .svg files in this folder.",
)
@as_json_option
def demo_migration(*, pictures: Path | None, as_json: bool) -> None:
    """Ramp one service to its new platform, and have another taken back; in virtual time."""
    from crossfade.cli.commands.draw import draw_timeline  # noqa: PLC0415  only pictures need it
    from crossfade.local.demo.ramp_demo import tell_ramps  # noqa: PLC0415  moto takes a second to load

    def ended(world: World, name: str) -> None:
        if pictures is not None:
            draw_timeline(world, name, str(pictures / f"{name}.svg"))

    ramped = tell_ramps(log, ended=ended)
    document = {"services": [asdict(one) for one in ramped]}
    Screen(as_json=as_json).show(document, _ramps(ramped))


@local.command
@as_json_option
def demo_cron(*, as_json: bool) -> None:
    """Run two jobs on two platforms and move them: one stays, one comes back; five minutes."""
    from crossfade.local.demo.cron_demo import tell_crons  # noqa: PLC0415  moto takes a second to load

    told = tell_crons(log)
    Screen(as_json=as_json).show(
        {
            "moves": {one.job: one.line() for one in told.moves},
            "jobs": [history_document(one) for one in told.histories],
            "seconds": round(told.seconds, 1),
        },
        _crons(told),
    )


def _crons(told: CronTold) -> Iterator[Block]:
    for moved in told.moves:
        yield Line(moved.line())
    for history in told.histories:
        yield Line(history.job, Tone.TITLE)
        yield from history_lines(history, 0)
    yield Line(f"told in {seconds(told.seconds)}", Tone.ASIDE)


def _ramps(ramped: Sequence[Ramped]) -> Iterator[Block]:
    titles = ("ramp", "decisions", "requests", "served badly", "restored", "quiet", "worst case")
    yield Table(
        [Column("service"), *(Column(title, right=True) for title in titles)],
        [
            (
                one.name,
                f"{one.minutes} min",
                str(one.decisions),
                str(one.requests),
                str(one.bad),
                seconds(one.restored) if one.restored else "",
                seconds(one.quiet) if one.quiet else "",
                seconds(one.worst_case) if one.worst_case else "",
            )
            for one in ramped
        ],
    )
    for one in ramped:
        yield Line(f"{one.name}: {'; '.join(one.timeline)}")
    yield Line(
        "restored: from the first bad minute to the old weights in sync; quiet: until nobody met "
        "the new platform any more; worst case: what the plan had stated for that",
        Tone.ASIDE,
    )


@contextmanager
def _ending() -> Iterator[None]:
    """Let SIGTERM end the stack as Ctrl-C does, and Ctrl-C also where a shell has it ignored.

    Programs that inherit an ignored SIGINT, as from `command &` in a script, could not be ended.
    """
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _until_interrupted() -> None:
    import threading  # noqa: PLC0415  only where there is something to wait for

    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


def _where(shown: Mapping[str, Any]) -> Iterator[Line]:
    yield Line(f"  open this  {shown['start']}", whole=True)
    yield Line(f"  the site   {shown['site']}", whole=True)
    yield Line(f"  settings   {shown['config']}", whole=True)
    yield Line("for the command line, in another terminal:")
    for name, value in shown["environment"].items():
        yield Line(f"  export {name}={value}", whole=True)


def _how_to_use(running: Stack) -> Iterator[Block]:
    yield Line("the embedded stack is up; Ctrl-C ends it", Tone.TITLE)
    yield Line(f"  site       {running.edge.url}")
    yield Line(f"  Prefect    {running.prefect.ui_url}")
    yield Line(f"  AWS        {running.aws.endpoint}")
    yield Line(f"  memcached  {running.memcached.address}")
    yield Line(f"  config     {running.config}")
    yield Line("in another terminal:")
    for name, value in running.environment().items():
        yield Line(f"  export {name}={value}")
    yield Line("then: crossfade publish FOLDER --component web --version 1.0.0")
    yield Line("      crossfade promote production web 1.0.0")


def _document(told: Told) -> dict[str, object]:
    return {
        "scenes": [asdict(scene) for scene in told.scenes],
        "visits": asdict(told.visits),
        "seconds": round(told.seconds, 1),
        "status": told.status,
    }


_TITLES = ("copied", "uploaded", "bytes", "requests", "window", "time", "pages", "broken")


def _timeline(told: Told) -> Iterator[Block]:
    columns = [Column("scene"), *(Column(title, right=True) for title in _TITLES)]
    yield Table(
        columns,
        [
            (
                scene.title,
                str(scene.copied),
                str(scene.uploaded),
                size(scene.moved),
                str(scene.requests),
                f"{scene.window * 1000:.0f} ms" if scene.window else "",
                seconds(scene.seconds),
                str(scene.pages) if scene.pages else "",
                str(scene.broken) if scene.pages else "",
            )
            for scene in told.scenes
        ],
    )
    visits = told.visits
    yield Line(
        f"visitors loaded {visits.pages} pages with {visits.assets} assets, {visits.broken} pages "
        f"were broken; they went back to {visits.old_tabs} old tabs, {visits.old_tabs_broken} "
        "were broken"
    )
    for problem in visits.problems:
        yield Line(f"  {problem}", Tone.WRONG)
    yield Line(f"{len(told.scenes)} scenes in {seconds(told.seconds)}")
    yield Table(
        [Column("subject"), Column("live"), Column("changes", right=True), Column("open")],
        [
            (
                one["subject"],
                one["live"]["version"] if one["live"] else "",
                str(one["changes"]),
                one["open"]["title"] if one["open"] else "nothing",
            )
            for one in told.status["subjects"]
        ],
    )
