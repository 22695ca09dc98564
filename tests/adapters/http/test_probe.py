from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crossfade.adapters.http.probe import probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.plan.gates.samples import ProbeSample

HOST = "shop.acme.example"
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Certificate:
    """A certificate that signs itself, for one host."""

    file: Path

    def trusted(self) -> ssl.SSLContext:
        """The context of a client that trusts it."""
        return ssl.create_default_context(cafile=str(self.file))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "shop.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return Certificate(file)


class Shop(BaseHTTPRequestHandler):
    """Answers for the shop's host name only, with the status that the path names."""

    def do_GET(self) -> None:
        known = self.headers["Host"] == HOST
        self.send_response(int(self.path[1:] or 200) if known else 421)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(certificate: Certificate | None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.file)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def ask(
    port: int,
    tls: ssl.SSLContext | None,
    *,
    host: str = HOST,
    path: str = "/",
    target: str = "127.0.0.1",
    timeout: float = 5.0,
) -> ProbeSample:
    return probe(
        host,
        target,
        clock=time.monotonic,
        now=lambda: NOW,
        path=path,
        port=port,
        tls=tls,
        timeout=timeout,
    )


def test_a_target_that_answers_for_the_host_is_good(certificate: Certificate) -> None:
    with serving(certificate) as port:
        found = ask(port, certificate.trusted())
    assert (found.status, found.failure) == (200, "")
    assert found.certificate_days == pytest.approx(30, abs=0.01)
    assert 0 < found.seconds < 5
    assert (found.host, found.target) == (HOST, "127.0.0.1")


def test_a_name_as_route_53_writes_it_is_asked_for_as_browsers_do(certificate: Certificate) -> None:
    with serving(certificate) as port:
        assert ask(port, certificate.trusted(), host=f"{HOST}.").status == 200


def test_a_certificate_for_another_host_is_a_failure(certificate: Certificate) -> None:
    with serving(certificate) as port:
        found = ask(port, certificate.trusted(), host="api.acme.example")
    assert found.status is None
    assert found.failure.startswith("the certificate is not good for api.acme.example")


def test_a_certificate_that_nobody_vouches_for_is_a_failure(certificate: Certificate) -> None:
    with serving(certificate) as port:
        found = ask(port, ssl.create_default_context())
    assert "the certificate is not good for" in found.failure


def test_a_certificate_that_is_not_checked_has_no_known_end(certificate: Certificate) -> None:
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    with serving(certificate) as port:
        found = ask(port, unchecked)
    assert (found.status, found.certificate_days) == (200, None)


def test_the_status_of_the_answer_is_told(certificate: Certificate) -> None:
    with serving(certificate) as port:
        assert ask(port, certificate.trusted(), path="/503").status == 503


def test_plain_http_is_asked_with_the_host_name() -> None:
    with serving(None) as port:
        assert ask(port, None).status == 200
        assert ask(port, None, host="other.acme.example").status == 421


def test_tls_against_a_plain_server_is_a_failure(certificate: Certificate) -> None:
    with serving(None) as port:
        assert "no answer" in ask(port, certificate.trusted()).failure


def test_a_target_that_refuses_connections_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "no answer" in ask(port, None).failure


def test_a_target_that_never_answers_is_a_failure_within_the_time_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = ask(silent.getsockname()[1], None, timeout=0.2)
    assert found.failure == "no answer within 0 s"
    assert found.seconds < 3


def test_a_target_that_hangs_up_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            connection, _ = rude.accept()
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        found = ask(rude.getsockname()[1], None)
        thread.join(timeout=10)
    assert found.status is None
    assert "no answer" in found.failure
