"""`changliao serve` with a certificate: https without anything in front."""

import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from benchmarks.server import free_port
from tests.certificate import pair
from tests.patience import PATIENCE_S
from tests.wire.platform import PASSWORD

START_S = 60


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a platform that serves https, and the certificate that browsers must trust."""
    cert, key = pair(tmp_path)
    port = free_port()
    words = ["serve", "--port", str(port), "--tls-cert", str(cert), "--tls-key", str(key)]
    command = [sys.executable, "-m", "changliao", *words, "--dir", str(tmp_path / "d")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert f"serving https://127.0.0.1:{port}" in process.stdout.readline()
        yield f"https://localhost:{port}", cert
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=START_S)


def test_with_a_certificate_pages_come_by_https_and_cookies_stay_on_it(
    served: tuple[str, Path],
) -> None:
    url, cert = served
    trusting = ssl.create_default_context(cafile=str(cert))
    with httpx2.Client(base_url=url, verify=trusting, timeout=PATIENCE_S) as client:
        until = time.monotonic() + START_S
        while True:
            try:
                assert client.get("/healthz").json() == {"status": "ok"}
                break
            except httpx2.ConnectError:
                assert time.monotonic() < until, "nobody listens"
                time.sleep(0.05)
        person = {"handle": "lin", "password": PASSWORD}
        client.post("/v1/persons", json=person | {"name": "Lin"}).raise_for_status()
        headers = {"origin": url}
        said = person | {"transport": "cookie"}
        answer = client.post("/v1/sessions", json=said, headers=headers)
        assert answer.headers["set-cookie"].endswith("; Secure")
        asked = client.post("/v1/passkeys/sign-ins", json={}).json()
        assert asked["public_key"]["rpId"] == "localhost"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/healthz", timeout=PATIENCE_S)
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{url.replace('https', 'http')}/healthz", timeout=PATIENCE_S)
