"""Stripe's v1 API as a dialect: its routes, its words, its webhooks, how a shop begins."""

import hashlib
import hmac
import secrets
import string

import msgspec

from changliao.bus import outbox
from changliao.db.driver import Reader
from changliao.dialects import hooks
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.stripe import (
    balance,
    checks,
    customers,
    endpoints,
    intents,
    refunds,
    refusals,
    sessions,
    told,
    way_back,
)
from changliao.dialects.api.stripe.door import Door
from changliao.dialects.api.stripe.lines import LINES
from changliao.dialects.api.stripe.show import Place
from changliao.dialects.model import Account, DialectName, Hook, Notice
from changliao.dialects.port import Check, Draft, KitFile, Lines
from changliao.kernel.instant import SECOND_US
from changliao.kernel.refusal import Refusal
from changliao.partners.model import Mode
from changliao.wire.call import Answer
from changliao.wire.outbound import Told, check_address
from changliao.wire.routes import Route

_LETTERS = string.ascii_letters + string.digits
SECRET_KEY_FILE, WEBHOOK_SECRET_FILE = "stripe_secret_key.txt", "stripe_webhook_secret.txt"


class Stripe:
    """The dialect (honours `port.Dialect`)."""

    name: DialectName = "stripe"

    def __init__(self, ground: Ground, url: str) -> None:
        self.url = url
        self._ground = ground

    def routes(self) -> list[Route]:
        """Every address of it."""
        door = Door(self._ground)
        sessions.add_routes(door, self.url)
        intents.add_routes(door, self.url)
        intents.add_reading(door)
        refunds.add_routes(door)
        customers.add_routes(door)
        endpoints.add_routes(door)
        endpoints.add_events(door)
        balance.add_routes(door)
        return [*door.routes, way_back.route(self._ground)]

    def refused(self, refusal: Refusal, request_id: str, path: str) -> Answer:
        """A refusal of the edge's: an address that is not there, a body that is too large."""
        if refusal.code in ("route_not_found", "method_not_allowed"):
            refusal = type(refusal)(f"Unrecognized request URL ({path[:200]}).")
        return refusals.worded(refusal, request_id)

    def broken(self, request_id: str) -> Answer:
        """A bug of ours."""
        return refusals.broken(request_id)

    async def draft(self, mode: Mode, public_key: str) -> Draft:
        """An account number; keys are the app's own (`handed`)."""
        number = "acct_1" + "".join(secrets.choice(_LETTERS) for _ in range(15))
        return Draft(number, "", "", "", {}, {}, [])

    async def values(self, account: Account) -> dict[str, str]:
        """What a shop configures beside its key and its webhook's secret, which are shown once."""
        return {
            "api_base": self.url,
            "account": account.number,
            "api_version": told.API_VERSION,
        }

    def new_secret(self, url: str) -> str:
        """The text of a `whsec_…` for a webhook endpoint at this address."""
        check_address(url, allow_private=self._ground.outbound.allow_private)
        return endpoints.new_secret()

    def handed(self, key: str, secret: str) -> list[KitFile]:
        """The secret key, and the webhook's secret as `stripe.Webhook` takes it: letter by letter."""
        files = [KitFile(SECRET_KEY_FILE, key)]
        return [*files, KitFile(WEBHOOK_SECRET_FILE, secret)] if secret else files

    async def lines(self, account: Account) -> list[Lines]:
        """What to change in a shop, for each SDK that is known to work."""
        key = f"sk_{account.mode}_…"
        return [
            Lines(sdk, language, code.replace("{url}", self.url).replace("{key}", key))
            for sdk, language, code in LINES
        ]

    # Webhooks -------------------------------------------------------------------------------

    async def render(self, account: Account, notice: Notice) -> str:
        """The event that a notice tells."""

        def body(reader: Reader) -> str:
            fact = outbox.fact(reader, notice.seq)
            hook = hooks.hook(reader, notice.hook)
            assert fact is not None and hook is not None
            place = Place(reader, account, self._ground.cashier_url)
            shown = told.event(place, fact, notice.kind, version=hook.version, waiting=1)
            return msgspec.json.encode(shown).decode()

        return await self._ground.db.read(body)

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """The headers of one try, signed now."""
        hook = await self._ground.db.read(hooks.hook, notice.hook)
        assert hook is not None
        return self._signed(hook, notice.body)

    def heard(self, told: Told) -> bool:
        """Any 2xx is heard."""
        return not told.trouble

    def _signed(self, hook: Hook, body: str) -> dict[str, str]:
        """`Stripe-Signature` over `t.body`, by the secret as it is written and, for a day after a roll, by
        the old one too (docs, "Verify webhook signatures manually")."""
        db = self._ground.db
        now_s = db.clock() // SECOND_US
        signatures = [
            signature(secret, now_s, body)
            for secret in hooks.secrets_of(db.vault, hook, db.clock())
        ]
        return {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Stripe/1.0 (Changliao)",
            "stripe-signature": ",".join([f"t={now_s}", *(f"v1={one}" for one in signatures)]),
        }

    # The self-check -------------------------------------------------------------------------

    async def checks(self, account: Account) -> list[Check]:
        """Keys, every endpoint by a signed test event, clocks, and the last request."""
        return await checks.all_of(self._ground, account, self._signed)


def signature(secret: str, timestamp_s: int, body: str) -> str:
    """HMAC-SHA256 in hexadecimal over `timestamp.body`; the secret's text is the key as it is."""
    return hmac.new(secret.encode(), f"{timestamp_s}.{body}".encode(), hashlib.sha256).hexdigest()
