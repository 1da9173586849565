"""Names of devices, halves of addresses, origins that have passkeys, and codes that run out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.people.rules.devices import agent_of, first_half
from changliao.people.rules.passkeys import origin_of, site_of

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0"
)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari · iPhone"),
        (f"{IPHONE} CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome · iPhone"),
        (f"{WINDOWS} Safari/537.36", "Chrome · Windows"),
        (f"{WINDOWS} Safari/537.36 Edg/141.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
            "Firefox · Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36",
            "Chrome · Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18 Safari/605",
            "Safari · Mac",
        ),
        ("Python/3.11 aiohttp/3.14", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_browser_is_called_what_its_owner_calls_it(said: str, name: str) -> None:
    assert agent_of(said) == name


@given(st.text(max_size=500))
def test_whatever_a_user_agent_says_only_words_of_ours_come_out(said: str) -> None:
    assert len(agent_of(said)) < 40 and "<" not in agent_of(said)


@pytest.mark.parametrize(
    ("address", "half"),
    [
        ("203.0.113.9", "203.0.x.x"),
        ("::ffff:203.0.113.9", "203.0.x.x"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:x"),
        ("::1", "0:0:0:0:x"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_of_an_address_the_network_is_kept_and_not_the_device(address: str, half: str) -> None:
    assert first_half(address) == half


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://changliao.example", "https://changliao.example"),
        ("https://changliao.example:8443", "https://changliao.example:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "http://localhost:8000"),
        ("https://[::1]:8000", "https://localhost:8000"),
        ("http://demo.localhost:8000", "http://demo.localhost:8000"),
        ("http://changliao.example", ""),
        ("http://192.168.1.20:8000", ""),
        ("https://192.168.1.20:8000", ""),
        ("https://[2001:db8::1]", ""),
    ],
)
def test_browsers_have_passkeys_at_names_by_https_and_on_localhost(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert site_of(origin) == (origin and origin.partition("://")[2].partition(":")[0])
