"""What a shop chooses: which Saleor instances may speak for it, and to which storefronts people go back."""

from urllib.parse import urlsplit

from changliao.dialects.model import Account, SettingInvalid
from changliao.dialects.port import Setting
from changliao.wire.outbound import CallbackAddressInvalid, check_address

INSTANCES, STOREFRONTS = "instances", "storefronts"
ENTRIES_MAX = 8
GRAPHQL = "/graphql/"


def instances(account: Account) -> list[str]:
    """The GraphQL addresses of the instances that may speak for the account."""
    return account.settings.get(INSTANCES, "").split()


def storefronts(account: Account) -> list[str]:
    """The origins that people may be sent back to."""
    return account.settings.get(STOREFRONTS, "").split()


def shown(account: Account) -> list[Setting]:
    """Both, an entry a line."""
    return [
        Setting(INSTANCES, "\n".join(instances(account))),
        Setting(STOREFRONTS, "\n".join(storefronts(account))),
    ]


def chosen(name: str, value: str, *, allow_private: bool) -> str:
    """The entries as they are kept, or SettingInvalid."""
    if name not in (INSTANCES, STOREFRONTS):
        raise SettingInvalid(field=name)
    entries = value.split()
    if len(entries) > ENTRIES_MAX:
        raise SettingInvalid(f"At most {ENTRIES_MAX} entries.", field=name)
    normal = api_url if name == INSTANCES else origin
    try:
        for one in entries:
            check_address(one, allow_private=allow_private)
    except CallbackAddressInvalid as refusal:
        raise SettingInvalid(f"{refusal.detail} {refusal.hint}", field=name) from None
    return " ".join(dict.fromkeys(map(normal, entries)))


def api_url(text: str) -> str:
    """An instance's GraphQL address as Saleor itself writes it: `https://shop.example/graphql/`."""
    path = urlsplit(text).path
    return origin(text) + (GRAPHQL if path in ("", "/", "/graphql") else path)


def jwks_url(address: str) -> str:
    """Where an instance shows its public keys."""
    return f"{origin(address)}/.well-known/jwks.json"


def origin(text: str) -> str:
    """Scheme, host and port; nothing for what is no address at all."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()
