"""The ports of a start: what was asked for, else those of the last start where they are free."""

from __future__ import annotations

import socket

from crossfade.local.stack.processes import HOST, usable_port
from crossfade.local.stack.stack import Ports
from crossfade.local.up.up import ports_to_use


def test_ports_stay_those_of_the_last_start() -> None:
    port = usable_port(0, what="a test")
    before = {"aws": port, "edge": port, "prefect": port, "memcached": port}
    assert ports_to_use(Ports(), before) == Ports(port, port, port, port)


def test_one_that_is_taken_gives_way_and_one_that_was_asked_for_does_not() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        used = ports_to_use(Ports(aws=port), {"edge": port, "prefect": port})
    assert (used.aws, used.edge, used.prefect) == (port, 0, 0)
