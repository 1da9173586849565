"""What a shop gets to begin with: numbers, keys in every spelling its SDK wants, and the lines to change."""

import secrets

from changliao.dialects.model import Account, AskPlatformKey
from changliao.dialects.port import Draft, KitFile, Lines
from changliao.partners.model import Mode
from changliao.wire.rsa import RsaPool, bare, pkcs1

_APP = {"live": "2021", "test": "9021"}
"""How app ids begin: as those of real and of sandbox apps do."""
_SELLER = "2088"


async def ours(pool: RsaPool, mode: Mode) -> AskPlatformKey:
    """A first key pair of ours."""
    private, public = await pool.pair()
    return AskPlatformKey("alipay", mode, private, public, "", "")


async def draft(pool: RsaPool, mode: Mode, public_key: str, our_public: str) -> Draft:
    """A new account."""
    public_key, own = await pair(pool, public_key)
    files = [
        KitFile("alipay_public_key.pem", our_public),
        KitFile("alipay_public_key.txt", bare(our_public) + "\n"),
        *own,
    ]
    return Draft(_number(_APP[mode], 16), _number(_SELLER, 16), public_key, "", {}, {}, files)


async def pair(pool: RsaPool, public_key: str) -> tuple[str, list[KitFile]]:
    """A shop's public key, and its files. Without a key of its own it gets a pair, whose private half is
    shown this once in three spellings: PKCS#1 and PKCS#8 as PEM, and the base 64 alone that SDKs are
    given."""
    if public_key:
        return public_key, []
    private, public_key = await pool.pair()
    older = await pool.run(lambda: pkcs1(private))
    return public_key, [
        KitFile("app_private_key_pkcs1.pem", older),
        KitFile("app_private_key_pkcs8.pem", private.decode()),
        KitFile("app_private_key_pkcs1.txt", bare(older) + "\n"),
        KitFile("app_private_key_pkcs8.txt", bare(private) + "\n"),
        KitFile("app_public_key.pem", public_key),
    ]


def _number(start: str, digits: int) -> str:
    left = digits - len(start)
    return start + str(secrets.randbelow(10**left)).zfill(left)


def values(account: Account, gateway: str, our_public: str) -> dict[str, str]:
    """What a shop configures, its private key left out."""
    return {
        "gateway": gateway,
        "app_id": account.number,
        "seller_id": account.alias,
        "sign_type": "RSA2",
        "charset": "utf-8",
        "alipay_public_key": bare(our_public),
        "alipay_public_key_pem": our_public,
        "app_public_key": bare(account.public_key),
    }


def lines(account: Account, gateway: str, our_public: str) -> list[Lines]:
    """What to change in a shop, for each SDK. The first two and Node's were run against this gateway;
    the others are read from their sources."""
    number, key = account.number, bare(our_public)
    return [
        Lines(
            "alipay-sdk-python",
            "python",
            "config = AlipayClientConfig()\n"
            f'config.server_url = "{gateway}"\n'
            f'config.app_id = "{number}"\n'
            'config.app_private_key = open("app_private_key_pkcs1.txt").read().strip()\n'
            f'config.alipay_public_key = "{key}"\n',
        ),
        Lines(
            "python-alipay-sdk",
            "python",
            f'alipay = AliPay(appid="{number}", sign_type="RSA2",\n'
            '    app_private_key_string=open("app_private_key_pkcs1.pem").read(),\n'
            '    alipay_public_key_string=open("alipay_public_key.pem").read())\n'
            f'alipay._gateway = "{gateway}"\n',
        ),
        Lines(
            "alipay-sdk (Node)",
            "javascript",
            "const alipay = new AlipaySdk({\n"
            f'  gateway: "{gateway}",\n'
            f'  appId: "{number}",\n'
            '  privateKey: fs.readFileSync("app_private_key_pkcs1.pem", "ascii"),\n'
            f'  alipayPublicKey: "{key}",\n'
            "});\n",
        ),
        Lines(
            "alipay-sdk-java",
            "java",
            "AlipayClient client = new DefaultAlipayClient(\n"
            f'    "{gateway}", "{number}",\n'
            '    Files.readString(Path.of("app_private_key_pkcs8.txt")).strip(), "json", "UTF-8",\n'
            f'    "{key}", "RSA2");\n',
        ),
    ]
