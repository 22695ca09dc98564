"""The lines to a cluster and to memcached, loaded when somebody first asks for one.

Most of what crossfade does needs neither, and both take their time to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossfade.cronrun.lock.connection import Connection


def batch_api(context: str) -> Any:  # noqa: ANN401  the client's BatchV1Api, loaded late
    """Return the API of CronJobs in one cluster; see `crossfade.adapters.cron.kubernetes`."""
    from crossfade.adapters.cron import kubernetes  # noqa: PLC0415  slow to load

    return kubernetes.batch_api(context)


def kube_api(context: str) -> Any:  # noqa: ANN401  the client's ApiClient, loaded late
    """Return the client of one cluster; see `crossfade.adapters.kubernetes.client`."""
    from crossfade.adapters.kubernetes import client  # noqa: PLC0415  slow to load

    return client.kube_api(context)


def connect(address: str) -> Connection:
    """Return a line to the memcached at an address; see `crossfade.adapters.cron.memcached`."""
    from crossfade.adapters.cron import memcached  # noqa: PLC0415  slow to load

    return memcached.connect(address)
