"""Every rail there is, and how each is made: play money of nothing, the others of an account.

Accounts stand in `rails.toml`, beside the books unless CHANGLIAO_RAILS_FILE says otherwise: a table per
rail, readable by nobody else. A key may be its text (PEM, or the base 64 inside), or the name of a file
beside it that ends in `.pem`.
"""

import importlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from changliao.rails.port import Rail, Site
from changliao.rails.sandbox import Sandbox
from changliao.rails.sandbox_bank import sandbox_bank

PLAY: dict[str, Callable[[Callable[[], int]], Rail]] = {
    "sandbox_bank": sandbox_bank,
    "credit_card": lambda clock: Sandbox("credit_card", "card", clock),
    "debit_card": lambda clock: Sandbox("debit_card", "card", clock),
    "boleto": lambda clock: Sandbox("boleto", "boleto", clock),
    "voucher": lambda clock: Sandbox("voucher", "voucher", clock),
}
OUTSIDE = {"alipay": "AlipayRail", "stripe": "StripeRail", "wechat": "WeChatRail"}
"""Rails to other companies, each with its class in the module of its name, which brings its SDK."""
NAMES = (*PLAY, *OUTSIDE)
FILE = "rails.toml"


class BadRail(Exception):
    """A rail cannot be made; the text says which, why, and what to do."""


def built(names: Sequence[str], site: Site, file: Path) -> dict[str, Rail]:
    """These rails. Refuses one that is unknown, has no account or no SDK, or whose account is none."""
    if unknown := sorted(set(names) - set(NAMES)):
        raise BadRail(f"CHANGLIAO_RAILS names {unknown}; there are {sorted(NAMES)}")
    accounts = _accounts(file) if set(names) & set(OUTSIDE) else {}
    return {
        name: PLAY[name](site.clock) if name in PLAY else _outside(name, accounts, site, file)
        for name in names
    }


def _accounts(file: Path) -> Mapping[str, Any]:
    try:
        if file.stat().st_mode & 0o077:
            raise BadRail(f"{file} can be read by others: chmod 600 {file}")
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadRail(
            f"the accounts of rails are missing: {file} cannot be read ({error.strerror}); "
            "docs/integrations/rails.md says what stands in it"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRail(f"{file} is not TOML: {error}") from None


def _outside(name: str, accounts: Mapping[str, Any], site: Site, file: Path) -> Rail:
    try:
        module = importlib.import_module(f"changliao.rails.{name}")
    except ModuleNotFoundError as error:
        raise BadRail(
            f"the rail {name} needs the package {error.name}, which is not installed: "
            "pip install --require-hashes -r requirements/rails.txt"
        ) from None
    if name not in accounts:
        raise BadRail(f"{file} has no table [{name}], and CHANGLIAO_RAILS names that rail")
    try:
        said = {key: _opened(value, file.parent) for key, value in accounts[name].items()}
        account = msgspec.convert(said, module.Account)
        rail: Rail = getattr(module, OUTSIDE[name])(account, site)
    except (msgspec.ValidationError, AttributeError) as error:
        raise BadRail(f"[{name}] in {file}: {error}") from None
    except OSError as error:
        raise BadRail(f"[{name}] in {file}: {error.filename} cannot be read") from None
    except Exception as error:
        # Whatever a library says of a key that is none; its words might hold the key.
        raise BadRail(f"[{name}] in {file}: a key is none ({type(error).__name__})") from None
    return rail


def _opened(value: Any, folder: Path) -> Any:
    """The text of a key that is a file beside; anything else as it is."""
    is_file = isinstance(value, str) and value.endswith(".pem") and "\n" not in value
    return (folder / value).read_text("utf-8") if is_file else value
