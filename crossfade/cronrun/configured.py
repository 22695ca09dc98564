"""The memcached's address from the environment or the configuration file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SERVERS_VARIABLE = "CROSSFADE__LOCK__SERVERS"


def find_server(environment: Mapping[str, str]) -> str:
    """Return the one memcached of the configuration.

    Raises:
        BadInput: None is configured, or more than one.
    """
    written = environment.get(SERVERS_VARIABLE, "")
    if written.startswith("["):
        servers = _listed(written)
    else:
        servers = [written] if written else _configured(environment)
    return the_one(servers)


def the_one(servers: Sequence[str]) -> str:
    """Return the only memcached of `lock.servers`.

    Raises:
        BadInput: It names none, or more than one.
    """
    if len(servers) != 1:
        raise BadInput(
            f"lock.servers names {len(servers)} servers: it must be exactly one, the same for both "
            f"platforms; give --server, {SERVERS_VARIABLE} or [lock] in crossfade.toml"
        )
    return servers[0]


def _listed(written: str) -> list[str]:
    """Read a list as JSON."""
    try:
        return [str(server) for server in json.loads(written)]
    except ValueError as error:
        raise BadInput(f"{SERVERS_VARIABLE} is no list in JSON: {error}") from error


def _configured(environment: Mapping[str, str]) -> list[str]:
    """Return `lock.servers` of the configuration file."""
    import tomllib  # noqa: PLC0415  6 ms, spared where the server is named on the line

    path = environment.get("CROSSFADE_CONFIG", "crossfade.toml")
    try:
        with open(path, "rb") as file:  # noqa: PTH123  pathlib costs 3 ms
            lock = tomllib.load(file).get("lock", {})
    except FileNotFoundError:
        return []
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return [str(server) for server in lock.get("servers", [])]
