"""Everything that can be configured, read once from the environment and the command line."""

import contextlib
import ipaddress
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from changliao.kernel.money import DIGITS
from changliao.kernel.value import Value

_PREFIX = "CHANGLIAO_"
_LISTS = ("rails", "also_listen")
_FILES = ("rails_file", "tls_cert", "tls_key")
DIALECT_URLS = ("alipay_url", "wechat_url", "stripe_url", "saleor_url", "wechat_mp_url")

Edition = Literal["domestic", "overseas"]
"""Which app a person uses."""


class Settings(Value, frozen=True, forbid_unknown_fields=True):
    """The configuration. Each field is also an environment variable: CHANGLIAO_DIR, CHANGLIAO_PORT …

        dir: folder of the books and keys; database_url: `postgresql://…`, or empty for SQLite in `dir`;
        base_url: what people and shops call us by; mode: `live` for real money alone, `test` for a
        sandbox, `both`; allow_play: whether persons have a play wallet; rails: which sandbox and other
        rails run; rails_file: where the accounts of the others stand, `rails.toml` in `dir` unless named;
        currency: what an empty wallet is shown in; allow_private_callbacks: whether webhooks
        may go to this machine and private networks (development only); log_level: `debug`, `info`, `warning`;
        alipay_url, wechat_url, stripe_url, saleor_url, wechat_mp_url: the root of the host at which
    each dialect is spoken, empty for not at all; media_url: where pictures and files are kept, `folder`
    for one in `dir`, or `s3://bucket@host/prefix?region=…` (`s3+http://` without TLS) with media_key
    and media_secret;
    also_listen: more `host:port` to serve beside host and port, where nothing stands in front; edition:
    which app this is: `overseas` shows in a chat who has read and who types, and lets people edit;
    link_previews: whether a chat shows what is behind a link, which this server then fetches;
    messages_per_s, messages_burst: how fast one person may write; tls_cert, tls_key: PEM files of a
    certificate (with its chain) and its key, to serve https without anything in front.
    """

    dir: Path = Path("changliao-data")
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    mode: Literal["test", "live", "both"] = "both"
    allow_play: bool = True
    rails: tuple[str, ...] = ()
    rails_file: Path | None = None
    currency: str = "CNY"
    allow_private_callbacks: bool = False
    log_level: str = "info"
    site_name: str = "Changliao"
    alipay_url: str = ""
    wechat_url: str = ""
    stripe_url: str = ""
    saleor_url: str = ""
    wechat_mp_url: str = ""
    media_url: str = "folder"
    media_key: str = ""
    media_secret: str = ""
    also_listen: tuple[str, ...] = ()
    edition: Edition = "domestic"
    link_previews: bool = True
    messages_per_s: int = 5
    messages_burst: int = 20
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def url(self) -> str:
        """Our own address, without a slash at the end."""
        scheme = "https" if self.tls_cert else "http"
        return (self.base_url or f"{scheme}://{self.host}:{self.port}").rstrip("/")


class BadSettings(Exception):
    """The configuration cannot be used; the text says which part and why."""


def read_settings(environment: Mapping[str, str], **overrides: Any) -> Settings:
    """The environment's CHANGLIAO_* values, then the overrides that are not None."""
    known = set(Settings.__struct_fields__)
    given: dict[str, Any] = {}
    for name, text in environment.items():
        field = name.removeprefix(_PREFIX).lower()
        if name.startswith(_PREFIX) and field in known:
            given[field] = tuple(filter(None, text.split(","))) if field in _LISTS else text
    given |= {name: value for name, value in overrides.items() if value is not None}
    given["dir"] = Path(given.get("dir", "changliao-data"))
    for name in _FILES:
        given[name] = Path(given[name]) if given.get(name) else None
    for flag in ("allow_play", "allow_private_callbacks", "link_previews"):
        if isinstance(given.get(flag), str):
            given[flag] = given[flag].lower() in ("1", "true", "yes", "on")
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from None
    if settings.currency not in DIGITS:
        raise BadSettings("CHANGLIAO_CURRENCY is an ISO 4217 code such as CNY")
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise BadSettings("CHANGLIAO_TLS_CERT and CHANGLIAO_TLS_KEY go together: both, or neither")
    _check_hosts(settings)
    return settings


def check_tls(settings: Settings) -> None:
    """Refuse a certificate and a key that cannot be read, are none, or do not belong together."""
    if settings.tls_cert is None or settings.tls_key is None:
        return
    for path in (settings.tls_cert, settings.tls_key):
        try:
            path.read_bytes()
        except OSError as error:
            raise BadSettings(f"{path} cannot be read: {error.strerror}") from None
    try:
        # The password is asked for nowhere: a server that starts by itself has nobody to ask.
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.tls_cert, settings.tls_key, password=b""
        )
    except ssl.SSLError:
        raise BadSettings(
            f"{settings.tls_cert} and {settings.tls_key} are no certificate and its key in PEM"
        ) from None


def _check_hosts(settings: Settings) -> None:
    """Each dialect has the root of a host to itself, or a request would reach another one's routes."""
    taken: dict[tuple[str | None, int], str] = {}
    with contextlib.suppress(ValueError):  # A host such as `::` makes no address that could clash.
        taken[_place(urlsplit(settings.url))] = "CHANGLIAO_BASE_URL"
    for field in DIALECT_URLS:
        name, url = _PREFIX + field.upper(), getattr(settings, field)
        if not url:
            continue
        try:
            parts = urlsplit(url)
            place = _place(parts)
        except ValueError:
            raise BadSettings(f"{name} is no address: {url}") from None
        rest = parts.path.rstrip("/") or parts.query or parts.fragment or "@" in parts.netloc
        if parts.scheme not in ("http", "https") or not parts.hostname or rest:
            raise BadSettings(
                f"{name} is the root of a host, such as https://pay.example.com, without a path; it is {url}"
            )
        if parts.scheme == "http" and settings.mode != "test" and not _is_private(parts.hostname):
            raise BadSettings(
                f"{name} is https://, unless it is on this machine or a private network, or"
                f" CHANGLIAO_MODE is test; it is {url}"
            )
        if place in taken:
            raise BadSettings(f"{name} and {taken[place]} are the same host and port: {url}")
        taken[place] = name


def _place(parts: SplitResult) -> tuple[str | None, int]:
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
