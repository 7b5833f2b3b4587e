"""HTTPS: an endpoint whose certificate is trusted is asked, one whose is not gets nothing."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from raw_server import WHOLE, RawServer, ask


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate with")
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    words += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    words += ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(words, check=True, capture_output=True)
    return tmp_path / "cert.pem"


def speak(connection: socket.socket, number: int) -> bool:
    connection.sendall(WHOLE)
    return True


class SecureServer(RawServer):
    """The same over TLS."""

    def __init__(self, certificate: Path) -> None:
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        super().__init__(speak)
        self.url = self.url.replace("http://127.0.0.1", "https://localhost")

    def secured(self, listening: socket.socket) -> socket.socket:
        return self.context.wrap_socket(listening, server_side=True)


def test_a_trusted_endpoint_is_asked(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with SecureServer(certificate) as server:
        assert ask(server, tmp_path, 3)[1] == ["fine"] * 3


def test_an_endpoint_nobody_vouches_for_is_not(tmp_path: Path, certificate: Path) -> None:
    with SecureServer(certificate) as server:
        tally, answers = ask(server, tmp_path, attempts=2)
        assert "no connection" in answers[0]
        assert server.requests == 0
    assert tally.counts == {"no_connection": 1}
