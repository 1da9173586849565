"""Everything that can be configured, read once from the environment and the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from changliao.kernel.money import DIGITS
from changliao.kernel.value import Value

_PREFIX = "CHANGLIAO_"
_LISTS = ("rails", "also_listen")


class Settings(Value, frozen=True, forbid_unknown_fields=True):
    """The configuration. Each field is also an environment variable: CHANGLIAO_DIR, CHANGLIAO_PORT …

    dir: folder of the books and keys; database_url: `postgresql://…`, or empty for SQLite in `dir`;
    base_url: what people and shops call us by; mode: `live` for real money alone, `test` for a
    sandbox, `both`; allow_play: whether persons have a play wallet; rails: which sandbox and other
    rails run; rails_file: where the accounts of the others stand, `rails.toml` in `dir` unless named;
    currency: what an empty wallet is shown in; allow_private_callbacks: whether webhooks
    may go to this machine and private networks (development only); log_level: `debug`, `info`, `warning`;
    alipay_url, wechat_url, stripe_url, saleor_url: the root of the host at which each dialect is spoken,
    empty for not at all; also_listen: more `host:port` to serve beside host and port, where nothing
    stands in front.
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
    also_listen: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Our own address, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


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
    given["rails_file"] = Path(given["rails_file"]) if given.get("rails_file") else None
    for flag in ("allow_play", "allow_private_callbacks"):
        if isinstance(given.get(flag), str):
            given[flag] = given[flag].lower() in ("1", "true", "yes", "on")
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from None
    if settings.currency not in DIGITS:
        raise BadSettings("CHANGLIAO_CURRENCY is an ISO 4217 code such as CNY")
    return settings
