"""Where dialects are spoken: the root of a host each, and never in the clear on the open internet."""

import pytest

from changliao import command
from changliao.__main__ import main
from changliao.settings import BadSettings, Settings, read_settings

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
