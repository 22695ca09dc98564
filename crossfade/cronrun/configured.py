"""The memcached's address from the environment or the configuration file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crossfade.cronrun.lock.address import is_v6, read_address
from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SERVERS_VARIABLE = "CROSSFADE__LOCK__SERVERS"


def find_server(environment: Mapping[str, str]) -> str:
    """Return the one memcached of the configuration.

    Raises:
        BadInput: None is configured, or more than one, or what is configured is no address.
    """
    written = environment.get(SERVERS_VARIABLE, "")
    if not written:
        return _configured(environment)
    listed = written.lstrip().startswith("[") and not is_v6(written.partition("]")[0] + "]")
    servers = _listed(written) if listed else [written]
    return the_one(servers, source=SERVERS_VARIABLE)


def the_one(servers: Sequence[str], *, source: str = "lock.servers") -> str:
    """Return the only memcached of `lock.servers`.

    Args:
        servers: What it names.
        source: Where that stands.

    Raises:
        BadInput: It names none, or more than one, or what it names is no address.
    """
    if len(servers) != 1:
        raise BadInput(
            f"{source} names {len(servers)} servers: it must be exactly one, the same for both "
            f"platforms; give --server, {SERVERS_VARIABLE} or [lock] in crossfade.toml"
        )
    read_address(servers[0], source=source)
    return servers[0]


def _listed(written: str) -> list[str]:
    """Read a list as JSON."""
    try:
        return _texts(json.loads(written), SERVERS_VARIABLE)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{SERVERS_VARIABLE} is no list in JSON: {error}") from error


def _configured(environment: Mapping[str, str]) -> str:
    """Return the only one of `lock.servers` of the configuration file."""
    import tomllib  # noqa: PLC0415  6 ms, spared where the server is named on the line

    path = environment.get("CROSSFADE_CONFIG", "crossfade.toml")
    try:
        with open(path, "rb") as file:  # noqa: PTH123  pathlib costs 3 ms
            lock = tomllib.load(file).get("lock", {})
    except FileNotFoundError:
        lock = {}
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    source = f"lock.servers of {path}"
    servers = lock.get("servers", []) if isinstance(lock, dict) else lock
    return the_one(_texts(servers, source), source=source)


def _texts(servers: object, source: str) -> list[str]:
    """Return a list of texts as what it should be."""
    if not isinstance(servers, list) or not all(isinstance(server, str) for server in servers):
        raise BadInput(f'{source} is {servers!r}: it must be a list of one address, ["HOST:PORT"]')
    return servers
