"""`crossfade local up`, from its folder to its first page: each part after what it needs.

folder   the world of the last start goes, and its ports and an edited configuration stay
stack    AWS, the edge, memcached, Prefect's server
sample   the zone, three releases, half an hour of traffic
life     clients, visitors, both schedulers of cron jobs
services deployments, automations, a worker, schedules that are on
"""

from __future__ import annotations

import os
import tomllib
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.adapters.http.prefect_api import PrefectApi
from crossfade.errors import BadInput
from crossfade.local.sample.configuration import Places, configuration
from crossfade.local.sample.founding import (
    FOUNDER,
    make_releases,
    make_zone,
    same_names_each_time,
)
from crossfade.local.sample.life import life
from crossfade.local.stack.processes import usable_port
from crossfade.local.stack.stack import Ports, stack
from crossfade.local.up.folder import (
    FRESH,
    Left,
    digest,
    fresh_world,
    leave,
    left,
    write_configuration,
)
from crossfade.local.up.services import ANSWER_SECONDS, repository, services
from crossfade.local.up.start_page import make_start_page
from crossfade.operations.base.world import World
from crossfade.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from crossfade.local.demo.visitor import Visitor
    from crossfade.local.stack.stack import Stack

PREFECT_PORT = 4200
"""Where people expect Prefect; another one is taken where it is in use."""

FOREIGN = ("AWS_", "CROSSFADE_", "PREFECT_")


@dataclass(frozen=True)
class Up:
    """What is up.

    Attributes:
        stack: The stack, with the configuration that is used.
        start: Address of the first page.
        runs: Whether there is a worker: deployments come from the repository.
        visitor: Who visits the site.
    """

    stack: Stack
    start: str
    runs: bool
    visitor: Visitor

    def document(self) -> dict[str, Any]:
        """Return where everything is, for scripts and for a second start."""
        return {
            "start": self.start,
            "site": self.stack.edge.url,
            "prefect": self.stack.prefect.ui_url,
            "aws": self.stack.aws.endpoint,
            "memcached": self.stack.memcached.address,
            "config": str(self.stack.config),
            "environment": self.stack.environment(),
        }


@contextmanager
def everything(folder: Path, asked: Ports, say: Callable[[str], None]) -> Iterator[Up]:
    """Run all of it in a folder that is this process's, until the block ends.

    Args:
        folder: For the configuration, and for what goes with the world.
        asked: Where the parts listen; 0 takes the port of the last start, or a free one.
        say: Told what is under way, line by line.

    Raises:
        BadInput: A part is not installed, or a port that was asked for is taken.
        Failed: A part did not come up.
    """
    before = left(folder)
    world_folder = fresh_world(folder)
    with ExitStack() as parts:
        say("starting AWS, an edge, memcached and Prefect's server on 127.0.0.1 …")
        same_names_each_time()
        running = parts.enter_context(stack(world_folder, ports=ports_to_use(asked, before.ports)))
        text = configuration(
            Places(
                site=running.edge.url,
                distribution=running.distribution,
                zone=make_zone(running.aws.endpoint),
                memcached=running.memcached.address,
            )
        )
        config, edited = write_configuration(folder, text, before)
        if edited:
            say(f"{config} was edited and stays as it is; what fits is in {folder / FRESH}")
        running = replace(running, folder=world_folder, config=config)
        kept = Left(_listening(running), before.written if edited else digest(text))
        leave(folder, kept)
        parts.enter_context(_environment(running))
        say("publishing three releases and letting half an hour of traffic pass …")
        world = World(Settings(**tomllib.loads(text)), FOUNDER)
        make_releases(world, world_folder / "builds")
        address = running.memcached.address
        visitor = parts.enter_context(life(world, running.edge.url, address, world_folder))
        checkout = repository()
        start = running.prefect.ui_url
        if checkout is None:
            say("no deployments and no worker: they come with the repository, see README.md")
        else:
            say("deploying the flows and starting a worker …")
            parts.enter_context(services(running, checkout))
            api = PrefectApi(running.prefect.api_url, seconds=ANSWER_SECONDS)
            start = make_start_page(api, running)
        up = Up(running, start, checkout is not None, visitor)
        leave(folder, replace(kept, shown=up.document()))
        parts.callback(leave, folder, kept)
        yield up


def ports_to_use(asked: Ports, before: Mapping[str, int]) -> Ports:
    """Return the ports that were asked for, or those of the last start where they are free.

    An edited configuration names them, and so do people's bookmarks.
    """
    wanted = {"prefect": PREFECT_PORT, **before}
    names = ("aws", "edge", "prefect", "memcached")
    pairs = zip(names, astuple(asked), strict=True)
    return Ports(**{name: port or _if_free(wanted.get(name, 0)) for name, port in pairs})


def _if_free(port: int) -> int:
    try:
        return usable_port(port, what="the stack") if port else 0
    except BadInput:
        return 0


def _listening(running: Stack) -> dict[str, int]:
    addresses = {
        "aws": running.aws.endpoint,
        "edge": running.edge.url,
        "prefect": running.prefect.ui_url,
        "memcached": running.memcached.address,
    }
    return {name: int(address.rpartition(":")[2]) for name, address in addresses.items()}


@contextmanager
def _environment(running: Stack) -> Iterator[None]:
    """Let this process see the stack's AWS and configuration, and nobody else's."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(FOREIGN):
            del os.environ[name]
    os.environ.update(running.environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
