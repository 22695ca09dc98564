"""Probes: asking a platform for a host name as a browser would, certificate included.

The platform is asked at its own address with the host name of the migration, before DNS sends
anybody there.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crossfade.plan.base.dns_names import shown
from crossfade.plan.gates.samples import ProbeSample

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_SECONDS = 4.0
HTTPS_PORT = 443
_CHUNK = 65_536


def probe(
    host: str,
    target: str,
    *,
    clock: Callable[[], float],
    now: Callable[[], datetime],
    path: str = "/",
    port: int = HTTPS_PORT,
    tls: ssl.SSLContext | None,
    timeout: float = CONNECT_SECONDS,
) -> ProbeSample:
    """Ask a target for a host name, once; whatever goes wrong is in the sample, not raised.

    Args:
        host: The host name: it is sent in SNI and in the Host header, and the certificate must
            name it.
        target: DNS name or address of the platform's load balancer.
        clock: Seconds of a clock that only goes forward.
        now: The present time, for the certificate's expiry.
        path: The path to ask for.
        port: The port to ask at.
        tls: How to check the certificate, usually `ssl.create_default_context()`; None asks over
            plain HTTP.
        timeout: Seconds for each wait: to connect, and to get each part of the answer.
    """
    begun = clock()
    status: int | None = None
    failure = ""
    days: float | None = None
    try:
        with socket.create_connection((shown(target), port), timeout=timeout) as plain:
            connection = (
                plain if tls is None else tls.wrap_socket(plain, server_hostname=shown(host))
            )
            with connection:
                if isinstance(connection, ssl.SSLSocket):
                    days = _days_left(connection, now())
                status = _status(connection, shown(host), path)
    except ssl.SSLCertVerificationError as error:
        failure = f"the certificate is not good for {shown(host)}: {error.verify_message}"
    except TimeoutError:
        failure = f"no answer within {timeout:.0f} s"
    except (OSError, http.client.HTTPException) as error:
        failure = f"no answer: {str(error) or type(error).__name__}"
    return ProbeSample(
        host=shown(host),
        target=shown(target),
        status=status,
        seconds=clock() - begun,
        failure=failure,
        certificate_days=days,
    )


def _status(connection: socket.socket, host: str, path: str) -> int:
    """Ask over a connection that is open already; follow no redirect, read the answer's head."""
    asking = http.client.HTTPConnection(host)
    asking.sock = connection
    asking.request("GET", path, headers={"Host": host, "User-Agent": "crossfade-probe"})
    answer = asking.getresponse()
    answer.read(_CHUNK)
    return answer.status


def _days_left(connection: ssl.SSLSocket, now: datetime) -> float | None:
    certificate = connection.getpeercert()
    if not certificate:
        return None
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    return (ends - now).total_seconds() / 86_400
