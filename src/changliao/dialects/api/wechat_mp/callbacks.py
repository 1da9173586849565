"""What a server hears of its official account, and what it may answer in the same breath."""

import re
import secrets
from urllib.parse import urlencode

import msgspec

from changliao.accounts import service as accounts
from changliao.accounts.events import AccountFollowed, AccountMessage, AccountPressed
from changliao.accounts.model import Account as Official
from changliao.accounts.model.talks import AskAnswer
from changliao.accounts.service import reading
from changliao.bus import outbox
from changliao.chat.model.entries import Entry
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.dialects.api.diary import Heard
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat_mp import envelope
from changliao.dialects.model import Account, Notice
from changliao.kernel.instant import SECOND_US, Instant
from changliao.kernel.refusal import Refusal
from changliao.wire.outbound import Told

SAFE, PLAIN = "safe", "plain"
MODE = "encryption"
EVENTS = {"account.followed": "subscribe", "account.unfollowed": "unsubscribe"}
TELLS = (*EVENTS, "account.message", "account.pressed")
_SEALED = re.compile(r"<Encrypt><!\[CDATA\[(.*?)\]\]></Encrypt>")


class Callbacks:
    """Renders, seals and signs; takes the answer."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def render(self, notice: Notice) -> str:
        """The message as it is in plain."""

        def query(reader: Reader) -> str:
            fact = outbox.fact(reader, notice.seq)
            assert fact is not None
            return envelope.xml(self._fields(reader, fact))

        return await self._ground.db.read(query)

    def _fields(self, reader: Reader, fact: FactRow) -> dict[str, str | int]:
        said = msgspec.json.decode(fact.body)
        official = reading.account(reader, said["account_id"])
        fields: dict[str, str | int] = {
            "ToUserName": official.id,
            "FromUserName": said["person"],
            "CreateTime": fact.at // SECOND_US,
        }
        if fact.kind == AccountMessage.kind:
            entry = self._entry(
                reader, official, msgspec.json.decode(fact.body, type=AccountMessage)
            )
            return fields | _content(entry) | {"MsgId": fact.seq}
        if fact.kind == AccountPressed.kind:
            return fields | {"MsgType": "event", "Event": "CLICK", "EventKey": said["key"]}
        assert fact.kind == AccountFollowed.kind or fact.kind in EVENTS
        return fields | {"MsgType": "event", "Event": EVENTS[fact.kind], "EventKey": ""}

    def _entry(self, reader: Reader, official: Official, fact: AccountMessage) -> Entry:
        person = reading.person(reader, self._ground.db.vault, official, fact.person)
        _, found = reading.entries(reader, official, person.id, fact.number - 1, 0, 1)
        return found[0]

    async def dressed(self, account: Account, notice: Notice) -> bytes:
        """What one try sends: in plain, or sealed in safe mode."""
        if account.settings.get(MODE, PLAIN) == PLAIN:
            return notice.body.encode()
        secrets_ = (await self._ground.keyring.opened(account)).secrets
        sealed = envelope.seal(
            notice.body,
            app_id=account.number,
            key=envelope.key_of(secrets_["aes"]),
            salt=secrets.token_bytes(16),
        )
        to = envelope.fields(notice.body)["ToUserName"]
        return envelope.xml({"ToUserName": to, "Encrypt": sealed}).encode()

    async def address(self, account: Account, notice: Notice, sent: bytes) -> str:
        """Where one try goes: the address with its signatures of this moment."""
        token = (await self._ground.keyring.opened(account)).secrets["callback_token"]
        stamp, nonce = str(self._ground.db.clock() // SECOND_US), str(secrets.randbelow(10**9))
        said = {
            "signature": envelope.signature(token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": envelope.fields(notice.body)["FromUserName"],
        }
        if found := _SEALED.search(sent.decode()):
            signed = envelope.signature(token, stamp, nonce, found[1])
            said |= {"encrypt_type": "aes", "msg_signature": signed}
        joint = "&" if "?" in notice.url else "?"
        return f"{notice.url}{joint}{urlencode(said)}"

    async def replied(self, account: Account, notice: Notice, told: Told) -> None:
        """Say what the server answered, once for this notice. What cannot be said is noted for its check."""
        trouble = ""
        try:
            await self._reply(account, notice, told.text)
        except Refusal as refusal:
            trouble = f"{refusal.code}: {refusal.detail}"
        heard = Heard(Instant(self._ground.db.clock()), "passive reply", trouble)
        self._ground.diary.note(account.id, heard)

    async def _reply(self, account: Account, notice: Notice, text: str) -> None:
        known = await self._ground.keyring.opened(account)
        fields = envelope.fields(text)
        if sealed := fields.get("Encrypt"):
            key, token = envelope.key_of(known.secrets["aes"]), known.secrets["callback_token"]
            stamp, nonce = fields.get("TimeStamp", ""), fields.get("Nonce", "")
            if envelope.signature(token, stamp, nonce, sealed) != fields.get("MsgSignature"):
                return
            opened = envelope.unseal(sealed, app_id=account.number, key=key)
            fields = envelope.fields(opened or "")
        elif account.settings.get(MODE, PLAIN) == SAFE:
            return  # In safe mode nothing is said that is not sealed.
        kind = fields.get("MsgType")
        if kind == "text" and fields.get("Content", "").strip():
            body = {"text": fields["Content"]}
        elif kind == "image" and fields.get("MediaId"):
            body = {"media": fields["MediaId"]}
        else:
            return
        to = envelope.fields(notice.body)
        ask = AskAnswer(
            known.caller,
            to["ToUserName"],
            to["FromUserName"],
            "text" if kind == "text" else "image",
            msgspec.json.encode(body),
            f"re-{notice.id}",
        )
        await self._ground.db.write(accounts.answer, ask)


def heard(told: Told) -> bool:
    """Whether the server has heard: nothing, `success`, or a message to say."""
    text = told.text.strip()
    return not told.trouble and (text in ("", "success") or text.startswith("<xml"))


def _content(entry: Entry) -> dict[str, str | int]:
    """What a person said, in the platform's kinds; a kind it does not know, or one recalled, is a text
    without words."""
    body = msgspec.json.decode(entry.body)
    if entry.kind == "image":
        return {"MsgType": "image", "PicUrl": "", "MediaId": body["media"]}
    if entry.kind == "voice":
        return {"MsgType": "voice", "MediaId": body["media"], "Format": "ogg"}
    if entry.kind == "location":
        return {
            "MsgType": "location",
            "Location_X": _degrees(body["latitude"]),
            "Location_Y": _degrees(body["longitude"]),
            "Scale": 16,
            "Label": body.get("name", ""),
        }
    return {"MsgType": "text", "Content": body.get("text", "")}


def _degrees(micro: int) -> str:
    sign = "-" if micro < 0 else ""
    return f"{sign}{abs(micro) // 10**6}.{abs(micro) % 10**6:06d}"
