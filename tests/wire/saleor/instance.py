"""A Saleor on this machine, as far as an app can see one: it installs apps, signs webhooks, takes reports.

Everything it sends is made by executing the app's own subscriptions over the published schema; everything it
is answered is checked against the published shapes; reports are executed as its schema's mutation.
"""

import base64
import itertools
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp.test_utils
import aiohttp.web
import httpx2
import jsonschema_rs
import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from graphql import GraphQLError, build_schema, execute, graphql, parse, validate

from changliao.kernel.instant import Instant, rfc3339
from tests.patience import PATIENCE_S

FIXTURES = Path(__file__).parents[2] / "fixtures" / "saleor"
SCHEMA = build_schema((FIXTURES / "schema.graphql").read_text("utf-8"))
ANSWERS = json.loads((FIXTURES / "responses.json").read_text("utf-8"))["$defs"]
TYPES = {
    "PAYMENT_GATEWAY_INITIALIZE_SESSION": "PaymentGatewayInitializeSession",
    "TRANSACTION_INITIALIZE_SESSION": "TransactionInitializeSession",
    "TRANSACTION_PROCESS_SESSION": "TransactionProcessSession",
    "TRANSACTION_CHARGE_REQUESTED": "TransactionChargeRequested",
    "TRANSACTION_REFUND_REQUESTED": "TransactionRefundRequested",
    "TRANSACTION_CANCELATION_REQUESTED": "TransactionCancelationRequested",
}
REQUESTS = {
    "CHARGE": "TRANSACTION_CHARGE_REQUESTED",
    "REFUND": "TRANSACTION_REFUND_REQUESTED",
    "CANCEL": "TRANSACTION_CANCELATION_REQUESTED",
}
_KEYS = itertools.cycle([generate_private_key(65537, 2048) for _ in range(5)])
"""Making one takes a core a while: instances of one test have different ones, those of a file need not."""
_NUMBERS = msgspec.json.Encoder(decimal_format="number")
_READ = msgspec.json.Decoder(float_hook=Decimal)


def base64url(raw: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Happened:
    """One event of a transaction."""

    type: str
    psp: str
    amount: Decimal
    time: str


@dataclass
class Transaction:
    """A TransactionItem and its events."""

    id: str
    amount: Decimal
    currency: str
    kind: str
    data: Any = None
    events: list[Happened] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    requests: int = 0

    def add(self, event: Happened) -> str:
        """Keep an event: `new`, `same`, or `differs` from one of the same type and reference."""
        if not event.type.endswith("ACTION_REQUIRED"):
            for known in self.events:
                if (known.type, known.psp) == (event.type, event.psp):
                    return "same" if known.amount == event.amount else "differs"
        self.events.append(event)
        return "new"

    def counted(self) -> dict[str, Decimal]:
        """What is authorized, charged, refunded and canceled (Saleor's docs, "Transactions: recalculation
        of amounts"): a success counts unless a newer failure has its reference, and takes from what
        was before it."""
        found = dict.fromkeys(("AUTHORIZATION", "CHARGE", "REFUND", "CANCEL"), Decimal(0))
        before = {"CHARGE": "AUTHORIZATION", "CANCEL": "AUTHORIZATION", "REFUND": "CHARGE"}
        for event in self.events:
            kind, _, ending = event.type.rpartition("_")
            failed = any(
                one.type == f"{kind}_FAILURE" and one.psp == event.psp and one.time > event.time
                for one in self.events
            )
            if kind in found and ending == "SUCCESS" and not failed:
                found[kind] += event.amount
                if kind in before:
                    found[before[kind]] -= event.amount
        found["AUTHORIZATION"] = max(found["AUTHORIZATION"], Decimal(0))
        return {name.lower(): amount for name, amount in found.items()}

    @property
    def types(self) -> list[str]:
        """What happened, in the order in which it was heard."""
        return [one.type for one in self.events]


class Saleor:
    """One instance. `outage` answers its API with 500; `clock` is microseconds since 1970."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.kid = "1"
        self.keys: dict[str, RSAPrivateKey] = {}
        self.new_key()
        self.token = secrets.token_urlsafe(24)
        self.app_id = base64.b64encode(b"App:7").decode()
        self.installed: dict[str, Any] = {}
        self.manifest_url = ""
        self.transactions: dict[str, Transaction] = {}
        self.outage = False
        self.reports: list[dict[str, Any]] = []
        self.refused: list[int] = []
        self.jwks_asked = 0
        self.answers: list[tuple[str, httpx2.Response]] = []
        site = aiohttp.web.Application()
        site.router.add_get("/.well-known/jwks.json", self._jwks)
        site.router.add_post("/graphql/", self._graphql)
        self._server = aiohttp.test_utils.TestServer(site)
        self.http = httpx2.AsyncClient(timeout=PATIENCE_S)

    async def start(self) -> "Saleor":
        await self._server.start_server()
        return self

    async def stop(self) -> None:
        await self.http.aclose()
        await self._server.close()

    @property
    def api_url(self) -> str:
        """Where its API is, as it says in every request."""
        return str(self._server.make_url("/graphql/"))

    # Keys -----------------------------------------------------------------------------------

    def new_key(self, kid: str = "1") -> None:
        """Sign with another key from now on; the set shows this one alone."""
        self.kid, self.keys = kid, {kid: next(_KEYS)}

    def signature(self, body: bytes, *, kid: str = "", crit: bool = True) -> str:
        """A detached JWS (RFC 7797): header, nothing, signature over `header.body`."""
        header: dict[str, Any] = {
            "typ": "JWT",
            "alg": "RS256",
            "kid": kid or self.kid,
            "b64": False,
        }
        if crit:
            header["crit"] = ["b64"]
        protected = base64url(json.dumps(header).encode())
        key = self.keys[self.kid]
        raw = key.sign(f"{protected}.".encode() + body, PKCS1v15(), SHA256())
        return f"{protected}..{base64url(raw)}"

    async def _jwks(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        self.jwks_asked += 1
        keys = []
        for kid, key in self.keys.items():
            numbers = key.public_key().public_numbers()
            n = base64url(numbers.n.to_bytes(256, "big"))
            e = base64url(numbers.e.to_bytes(3, "big"))
            keys.append(
                {"kty": "RSA", "use": "sig", "key_ops": ["verify"], "n": n, "e": e, "kid": kid}
            )
        return aiohttp.web.json_response({"keys": keys})

    # Its API --------------------------------------------------------------------------------

    async def _graphql(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        if self.outage:
            self.refused.append(500)
            return aiohttp.web.Response(status=500, text="Server Error")
        mine = request.headers.get("Authorization") == f"Bearer {self.token}"
        asked = _READ.decode(await request.read())
        root: dict[str, Any] = {
            "app": self._app if mine else None,
            "transactionEventReport": self._report,
            "mine": mine,
        }
        found = await graphql(
            SCHEMA, asked["query"], root_value=root, variable_values=asked.get("variables")
        )
        told: dict[str, Any] = {
            "data": found.data,
            "extensions": {"cost": {"requestedQueryCost": 0}},
        }
        if found.errors:
            told["errors"] = [{"message": error.message} for error in found.errors]
        return aiohttp.web.json_response(told)

    def _app(self, info: Any) -> dict[str, Any]:
        return {"id": self.app_id, "manifestUrl": self.manifest_url}

    def _report(self, info: Any, **said: Any) -> dict[str, Any]:
        if not info.root_value["mine"]:
            raise GraphQLError("You need one of the following permissions: HANDLE_PAYMENTS")
        self.reports.append(said)
        found = self.transactions.get(said["id"])
        if found is None:
            return {"errors": [{"field": "id", "code": "NOT_FOUND", "message": "No transaction."}]}
        amount = Decimal(str(said["amount"]))
        event = Happened(said["type"], said["pspReference"], amount, said["time"])
        kept = found.add(event)
        if kept == "differs":
            return {"errors": [{"field": "pspReference", "code": "INCORRECT_DETAILS"}]}
        found.actions = said["availableActions"]
        return {"alreadyProcessed": kept == "same", "errors": []}

    # Apps -----------------------------------------------------------------------------------

    async def install(self, manifest_url: str, *, token: str = "") -> httpx2.Response:
        """What its dashboard does: fetch the manifest, check it, post the token."""
        headers = {"Saleor-Schema-Version": "3.22"}
        fetched = await self.http.get(manifest_url, headers=headers)
        assert fetched.status_code == 200, fetched.text
        manifest = fetched.json()
        check_manifest(manifest)
        self.manifest_url = manifest_url
        answer = await self.register(manifest["tokenTargetUrl"], token=token)
        if answer.status_code == 200:
            self.installed = manifest
        return answer

    async def register(self, target: str, *, token: str = "", **headers: str) -> httpx2.Response:
        """Post the token of the app."""
        body = {"auth_token": token or self.token}
        return await self.http.post(target, json=body, headers=self._headers() | headers)

    def _headers(self, event: str = "") -> dict[str, str]:
        said = {
            "Content-Type": "application/json",
            "Saleor-Domain": self.api_url.split("/")[2],
            "Saleor-Api-Url": self.api_url,
        }
        return said | ({"Saleor-Event": event.lower()} if event else {})

    # Webhooks -------------------------------------------------------------------------------

    def body(self, event: str, **root: Any) -> bytes:
        """The body of a webhook: the app's own subscription, executed over the schema."""
        webhook = next(one for one in self.installed["webhooks"] if event in one["syncEvents"])
        document = parse(webhook["query"])
        assert validate(SCHEMA, document) == []
        told = {
            "__typename": TYPES[event],
            "issuedAt": rfc3339(Instant(self.clock())).replace("Z", "+00:00"),
            "recipient": {"id": self.app_id},
            **root,
        }
        found = execute(SCHEMA, document, root_value={"event": told})
        assert not hasattr(found, "__await__") and not found.errors, found
        assert found.data is not None
        return _NUMBERS.encode(found.data["event"])

    async def send(
        self, event: str, body: bytes, *, signature: str | None = None, **headers: str
    ) -> httpx2.Response:
        """Post a webhook as Saleor does."""
        webhook = next(one for one in self.installed["webhooks"] if event in one["syncEvents"])
        signed = self.signature(body) if signature is None else signature
        sent = self._headers(event) | {"Saleor-Signature": signed} | headers
        answer = await self.http.post(webhook["targetUrl"], content=body, headers=sent)
        self.answers.append((event, answer))
        return answer

    async def told(self, event: str, body: bytes) -> dict[str, Any]:
        """The answer to a webhook, of the published shape."""
        answer = await self.send(event, body)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = _READ.decode(answer.content)
        check_answer(event, answer.json())
        return said

    def session(self, event: str, transaction: Transaction) -> bytes:
        """The body of a session's webhook."""
        action = {
            "amount": transaction.amount,
            "currency": transaction.currency,
            "actionType": transaction.kind,
        }
        return self.body(
            event,
            transaction={"id": transaction.id},
            sourceObject={"__typename": "Order", "id": "T3JkZXI6MQ==", "number": "42"},
            action=action,
            data=transaction.data,
        )

    async def begin(
        self, amount: str, currency: str = "CNY", kind: str = "CHARGE", data: Any = None
    ) -> tuple[Transaction, dict[str, Any]]:
        """`transactionInitialize` of a storefront: the transaction and what we answered."""
        number = base64.b64encode(f"TransactionItem:{secrets.token_hex(16)}".encode()).decode()
        made = Transaction(number, Decimal(amount), currency, kind, data)
        self.transactions[number] = made
        return made, await self._of_session("TRANSACTION_INITIALIZE_SESSION", made)

    async def process(self, transaction: Transaction) -> dict[str, Any]:
        """`transactionProcess` of a storefront."""
        return await self._of_session("TRANSACTION_PROCESS_SESSION", transaction)

    async def _of_session(self, event: str, transaction: Transaction) -> dict[str, Any]:
        told = await self.told(event, self.session(event, transaction))
        self._keep(transaction, told)
        return told

    def request(self, transaction: Transaction, action: str, amount: str) -> bytes:
        """The body of what staff request; each has one more event."""
        transaction.requests += 1
        events = [
            {"id": f"event-{n}"} for n in range(len(transaction.events) + transaction.requests)
        ]
        return self.body(
            REQUESTS[action],
            transaction={"id": transaction.id, "events": events},
            action={
                "actionType": action,
                "amount": Decimal(amount),
                "currency": transaction.currency,
            },
        )

    async def act(self, transaction: Transaction, action: str, amount: str) -> dict[str, Any]:
        """`transactionRequestAction` of staff."""
        told = await self.told(REQUESTS[action], self.request(transaction, action, amount))
        self._keep(transaction, told)
        return told

    def _keep(self, transaction: Transaction, told: dict[str, Any]) -> None:
        if "result" in told:
            amount = Decimal(told["amount"])
            time = told.get("time", rfc3339(Instant(self.clock())))
            event = Happened(told["result"], told.get("pspReference", ""), amount, time)
            assert transaction.add(event) != "differs", event
        if "actions" in told:
            transaction.actions = told["actions"]


def check_manifest(manifest: dict[str, Any]) -> None:
    """What Saleor's own `manifest_validations` look at."""
    for name in ("id", "version", "name", "tokenTargetUrl"):
        assert manifest[name] and isinstance(manifest[name], str)
    assert manifest["permissions"] == ["HANDLE_PAYMENTS"] and manifest["extensions"] == []
    for webhook in manifest["webhooks"]:
        (event,) = webhook["syncEvents"]
        assert event in TYPES and webhook["isActive"] is True and webhook["name"]
        document = parse(webhook["query"])
        assert validate(SCHEMA, document) == []
        assert f"... on {TYPES[event]} " in webhook["query"]


def check_answer(event: str, told: Any) -> None:
    """Whether an answer has the shape that Saleor takes."""
    schema = {"$ref": f"#/$defs/{event}", "$defs": ANSWERS}
    jsonschema_rs.validate(schema, told)
