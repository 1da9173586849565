"""What a merchant is given: numbers, keys, files as the SDKs expect them, and the lines to change."""

import base64
import secrets
import string

from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import authority
from changliao.dialects.api.wechat.authority import Seal
from changliao.dialects.api.wechat.door import MCHID_DIGITS, Door
from changliao.dialects.api.wechat.notices import PUBLIC_KEY, SETTING
from changliao.dialects.model import Account
from changliao.dialects.port import Draft, KitFile, Lines, NewKey
from changliao.kernel.value import Value
from changliao.partners.model import Mode
from changliao.wire.rsa import new_pair

APIV3_KEY_SIGNS = 32
_SIGNS = string.ascii_letters + string.digits


class Pair(Value, frozen=True):
    """A merchant's key and certificate; `private_pem` is empty when the merchant keeps it."""

    private_pem: bytes
    public_pem: str
    certificate: str


class Kit:
    """Makes and shows what a merchant configures."""

    def __init__(self, ground: Ground, door: Door, url: str) -> None:
        self._ground, self._door, self._url = ground, door, url

    async def draft(self, mode: Mode, public_key: str) -> Draft:
        """Fresh numbers and keys, and the files that are shown this once."""
        seal = await self._door.seal(mode)
        mchid = await self._free_number()
        pair = await self._pair(mchid, seal, public_key)
        apiv3_key = "".join(secrets.choice(_SIGNS) for _ in range(APIV3_KEY_SIGNS))
        return Draft(
            mchid,
            "wx" + secrets.token_hex(8),
            pair.public_pem,
            authority.serial_of(pair.certificate),
            {"apiv3_key": apiv3_key},
            {SETTING: PUBLIC_KEY, "certificate": pair.certificate},
            [
                *_own_files(mchid, pair),
                KitFile("apiv3_key.txt", apiv3_key),
                KitFile("pub_key.pem", seal.public_pem),
                KitFile("pub_key_id.txt", seal.public_key_id),
                KitFile(f"{seal.serial}.pem", seal.certificate),
            ],
        )

    async def rekeyed(self, account: Account, public_key: str) -> NewKey:
        """Another key with a certificate, and so a serial, of its own."""
        pair = await self._pair(account.number, await self._door.seal(account.mode), public_key)
        return NewKey(
            pair.public_pem,
            _own_files(account.number, pair),
            authority.serial_of(pair.certificate),
            account.settings | {"certificate": pair.certificate},
        )

    async def _pair(self, mchid: str, seal: Seal, public_key: str) -> Pair:
        """A merchant's own key, or a fresh pair, with a certificate in its number."""
        now = self._ground.db.clock()

        def work() -> Pair:
            private, public = (b"", public_key) if public_key else new_pair()
            issuer = seal.authority_pem
            signed = authority.signed_certificate(mchid, public, issuer, "Root CA", now)
            return Pair(private, public, signed)

        return await self._ground.keyring.pool.run(work)

    async def _free_number(self) -> str:
        while True:
            number = str(1 + secrets.randbelow(9)) + "".join(
                secrets.choice(string.digits) for _ in range(MCHID_DIGITS - 1)
            )
            if await self._ground.db.read(dialects.account_by_number, "wechat", number) is None:
                return number

    async def values(self, account: Account) -> dict[str, str]:
        """What a merchant configures, secrets left out."""
        seal = await self._door.seal(account.mode)
        return {
            "base_url": self._url,
            "mchid": account.number,
            "appid": account.alias,
            "serial_no": account.serial,
            SETTING: account.settings.get(SETTING, PUBLIC_KEY),
            "public_key_id": seal.public_key_id,
            "public_key": seal.public_pem,
            "platform_serial_no": seal.serial,
            "platform_certificate": seal.certificate,
        }

    async def lines(self, account: Account) -> list[Lines]:
        """What to change, for each SDK."""
        seal = await self._door.seal(account.mode)
        filled = {
            "URL": self._url,
            "HOST": self._url.partition("://")[2],
            "MCHID": account.number,
            "APPID": account.alias,
            "SERIAL": account.serial,
            "KEY_ID": seal.public_key_id,
            "PLATFORM": seal.serial,
        }
        found = []
        for sdk, language, code in LINES:
            for name, value in filled.items():
                code = code.replace(f"«{name}»", value)
            found.append(Lines(sdk, language, code))
        return found


def _own_files(mchid: str, pair: Pair) -> list[KitFile]:
    """A merchant's own files: the certificate, and what holds its private key where we made that."""
    certificate = KitFile("apiclient_cert.pem", pair.certificate)
    if not pair.private_pem:
        return [certificate]
    bundle = authority.pkcs12(pair.private_pem, pair.certificate, mchid)
    return [
        KitFile("apiclient_key.pem", pair.private_pem.decode()),
        KitFile("apiclient_cert.p12", base64.b64encode(bundle).decode(), binary=True),
        certificate,
    ]


LINES = (
    (
        "wechatpayv3",
        "python",
        """\
wxpay = WeChatPay(
    wechatpay_type=WeChatPayType.NATIVE, mchid="«MCHID»", appid="«APPID»",
    private_key=open("apiclient_key.pem").read(), cert_serial_no="«SERIAL»",
    apiv3_key=open("apiv3_key.txt").read(), notify_url=NOTIFY_URL,
    public_key=open("pub_key.pem").read(), public_key_id="«KEY_ID»",
)
wxpay._core._gate_way = "«URL»"  # the one line that is new
""",
    ),
    (
        "wechatpayv3 (async)",
        "python",
        """\
wxpay = AsyncWeChatPay(..., public_key=open("pub_key.pem").read(), public_key_id="«KEY_ID»")
wxpay._core._gate_way = "«URL»"  # before `async with wxpay:`
""",
    ),
    (
        "WxJava",
        "properties",
        """\
wx.pay.api-host-url=«URL»
wx.pay.app-id=«APPID»
wx.pay.mch-id=«MCHID»
wx.pay.cert-serial-no=«SERIAL»
wx.pay.private-key-path=classpath:apiclient_key.pem
wx.pay.private-cert-path=classpath:apiclient_cert.pem
wx.pay.public-key-path=classpath:pub_key.pem
wx.pay.public-key-id=«KEY_ID»
""",
    ),
    (
        "wechatpay-php",
        "php",
        """\
$instance = Builder::factory([
    'base_uri'   => '«URL»/',
    'mchid'      => '«MCHID»',
    'serial'     => '«SERIAL»',
    'privateKey' => Rsa::from('file://apiclient_key.pem', Rsa::KEY_TYPE_PRIVATE),
    'certs'      => ['«KEY_ID»' => Rsa::from('file://pub_key.pem', Rsa::KEY_TYPE_PUBLIC),
                     '«PLATFORM»' => Rsa::from('file://pub_key.pem', Rsa::KEY_TYPE_PUBLIC)],
]);
""",
    ),
    (
        "wechatpay-axios-plugin",
        "javascript",
        """\
const wxpay = new Wechatpay({
  baseURL: '«URL»',
  mchid: '«MCHID»',
  serial: '«SERIAL»',
  privateKey: fs.readFileSync('apiclient_key.pem'),
  certs: {
    '«KEY_ID»': fs.readFileSync('pub_key.pem'),
    '«PLATFORM»': fs.readFileSync('pub_key.pem'),
  },
})
""",
    ),
    (
        "wechatpay-node-v3",
        "javascript",
        """\
const pay = new WxPay({
  appid: '«APPID»', mchid: '«MCHID»', serial_no: '«SERIAL»',
  publicKey: fs.readFileSync('apiclient_cert.pem'),
  privateKey: fs.readFileSync('apiclient_key.pem'),
})
pay.createHttp(yourTransportThatSends('https://api.mch.weixin.qq.com', { to: '«URL»' }))
""",
    ),
    (
        "wechatpay-go",
        "go",
        """\
type rewriter struct{}

func (rewriter) RoundTrip(r *http.Request) (*http.Response, error) {
    r.URL.Host = "«HOST»"
    return http.DefaultTransport.RoundTrip(r)
}

client, err := core.NewClient(ctx,
    option.WithWechatPayPublicKeyAuthCipher("«MCHID»", "«SERIAL»", privateKey, "«KEY_ID»", publicKey),
    option.WithHTTPClient(&http.Client{Transport: rewriter{}}))
""",
    ),
    (
        "gopay",
        "go",
        """\
client, err := wechat.NewClientV3("«MCHID»", "«SERIAL»", apiV3Key, privateKey)
client.SetProxyHost("«URL»")
err = client.AutoVerifySignByPublicKey(publicKey, "«KEY_ID»")
""",
    ),
)
"""SDK, language, and the lines; «…» is filled in."""
