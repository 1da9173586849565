"""Tokens that tell a partner who came, and the keys that they are checked by."""

from typing import Any

from changliao.db.vault import Vault
from changliao.entrances import rules
from changliao.entrances.model import Visitor
from changliao.kernel.instant import SECOND_US
from changliao.wire.jws import signed, verifying_key


class Signer:
    """Signs with a key that changes every thirty days. Keys are derived from the installation's master
    key and the number of the period, so every process has the same ones and none is kept anywhere."""

    def __init__(self, vault: Vault, issuer: str) -> None:
        self._vault, self.issuer = vault, issuer

    def token(self, visitor: Visitor, now: int) -> str:
        """Who came, for the app that was opened, for five minutes (`iat` and `exp` in seconds)."""
        period = rules.signing_periods(now)[0]
        return signed(self._seed(period), _kid(period), self._claims(visitor, now // SECOND_US))

    def key_set(self, now: int) -> dict[str, list[dict[str, str]]]:
        """The keys that verifiers should know (RFC 7517 section 5), the one that signs now first."""
        periods = rules.signing_periods(now)
        return {"keys": [verifying_key(self._seed(one), _kid(one)) for one in periods]}

    def _claims(self, visitor: Visitor, now_s: int) -> dict[str, Any]:
        launch = visitor.launch
        return {
            "iss": self.issuer,
            "aud": launch.app_id,
            "sub": visitor.sub,
            "iat": now_s,
            "exp": now_s + rules.TOKEN_S,
            "edition": visitor.edition,
            "lang": launch.lang,
            "entrance": launch.entrance_id,
            "launch": launch.id,
            "mode": launch.mode,
            "scope": " ".join(visitor.shared),
            **visitor.shared,
        }

    def _seed(self, period: int) -> bytes:
        return self._vault.derive(f"launch tokens {period}")


def _kid(period: int) -> str:
    return f"launch-{period}"
