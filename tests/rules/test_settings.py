"""Where dialects are spoken: the root of a host each, and never in the clear on the open internet; and the
files of TLS."""

from pathlib import Path

import pytest

from changliao import command
from changliao.__main__ import main
from changliao.settings import BadSettings, Settings, check_tls, read_settings
from tests.certificate import pair

A, B = "CHANGLIAO_ALIPAY_URL", "CHANGLIAO_STRIPE_URL"


def refused(**said: str) -> str:
    with pytest.raises(BadSettings) as error:
        read_settings(said)
    return str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        *("https://pay.example.com/gateway", "https://pay.example.com/?a=1", "pay.example.com"),
        *("https://pay.example.com/#x", "ftp://pay.example.com", "https://u@pay.example.com"),
        *("https:///", "https://pay.example.com:99999", "https://[pay"),
    ],
)
def test_a_dialect_has_the_root_of_a_host(url: str) -> None:
    told = refused(**{A: url})
    assert told.startswith(A) and url in told


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://pay.example.com", "https://pay.example.com/"),
        ("https://pay.example.com", "https://PAY.example.com:443"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
    ],
)
def test_no_two_share_a_host_nor_one_with_the_platform(one: str, other: str) -> None:
    assert refused(**{A: one, B: other}).startswith(f"{B} and {A} are the same host")
    told = refused(**{"CHANGLIAO_BASE_URL": one, B: other})
    assert told.startswith(f"{B} and CHANGLIAO_BASE_URL are the same host")


def test_plain_http_is_for_private_places_and_sandboxes() -> None:
    plain = "http://pay.example.com"
    assert refused(**{A: plain}).startswith(f"{A} is https://")
    assert refused(**{A: plain, "CHANGLIAO_MODE": "live"}).startswith(f"{A} is https://")
    assert refused(**{A: "http://8.8.8.8"}).startswith(f"{A} is https://")
    assert read_settings({A: plain, "CHANGLIAO_MODE": "test"}).alipay_url == plain
    for url in (
        "http://127.0.0.1:81",
        "http://192.168.1.2",
        "http://[::1]:81",
        "http://a.localhost",
    ):
        assert read_settings({A: url, "CHANGLIAO_MODE": "live"}).alipay_url == url


def test_hosts_of_their_own_are_taken() -> None:
    said = {A: "https://a.example.com/", B: "https://a.example.com:8443"}
    assert (
        read_settings({**said, "CHANGLIAO_BASE_URL": "https://example.com"}).stripe_url == said[B]
    )


def test_the_doctor_names_each_and_warns_of_one_in_the_clear() -> None:
    settings = Settings(alipay_url="http://192.168.1.2", stripe_url="https://s.example.com")
    told = dict(command._configuration(settings))
    assert "put TLS in front" in told["alipay at http://192.168.1.2"]
    assert told["stripe at https://s.example.com"] == ""


def test_the_doctor_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(A, "https://pay.example.com/gateway")
    assert main(["doctor"]) == 2
    assert f"{A} is the root of a host" in capsys.readouterr().err


# TLS ----------------------------------------------------------------------------------------


def test_with_a_certificate_we_are_called_by_https(tmp_path: Path) -> None:
    cert, key = pair(tmp_path)
    settings = read_settings({"CHANGLIAO_TLS_CERT": str(cert)}, tls_key=key, port=8443)
    check_tls(settings)
    assert settings.url == "https://127.0.0.1:8443"
    named = read_settings({"CHANGLIAO_BASE_URL": "https://pay.example"}, tls_cert=cert, tls_key=key)
    assert named.url == "https://pay.example"
    check_tls(Settings())


def test_certificate_and_key_go_together() -> None:
    for name in ("CHANGLIAO_TLS_CERT", "CHANGLIAO_TLS_KEY"):
        assert "go together" in refused(**{name: "/etc/x.pem"})


def test_files_that_make_no_tls_are_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cert, key = pair(tmp_path)
    _, other_key = pair(tmp_path, "b")
    noise, absent = tmp_path / "noise.pem", tmp_path / "absent.pem"
    noise.write_text("no certificate")
    for one, two, told in (
        (absent, key, "absent.pem cannot be read: No such file or directory"),
        (cert, absent, "absent.pem cannot be read: No such file or directory"),
        (tmp_path, key, "cannot be read: Is a directory"),
        (noise, key, "are no certificate and its key in PEM"),
        (cert, noise, "are no certificate and its key in PEM"),
        (cert, other_key, "are no certificate and its key in PEM"),
    ):
        words = ["serve", "--tls-cert", str(one), "--tls-key", str(two), "--port", "0"]
        assert main([*words, "--dir", str(tmp_path / "d")]) == 2
        said = capsys.readouterr().err
        assert told in said and said.count("\n") == 1
        assert not (tmp_path / "d").exists()
