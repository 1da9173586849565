"""A ledger of dicts, as plain as can be: what the real one must answer, and what must stand in it."""

from copy import deepcopy
from typing import Any

from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.ledger.model import AskAccount, AskTransfer

MOMENT_US = 10_000_000
"""Time in the machine goes in steps of ten seconds; timeouts end between them, so no clock's small
steps matter."""


class PlainBooks:
    """Accounts, transfers and holds by id, and the rules once more in the simplest words."""

    def __init__(self) -> None:
        self.now = 0
        self.accounts: dict[str, dict[str, Any]] = {}
        self.transfers: dict[str, AskTransfer] = {}
        self.holds: dict[str, dict[str, Any]] = {}
        self.count = 0

    def open(self, ask: AskAccount) -> str:
        flags = (ask.no_overdraft, ask.no_credit_excess)
        if found := self.accounts.get(ask.id):
            for key, value, code in (
                ("flags", flags, "exists_with_different_flags"),
                ("owner", ask.owner, "exists_with_different_owner"),
                ("money", (ask.currency, ask.mode), "exists_with_different_currency"),
                ("code", ask.code, "exists_with_different_code"),
            ):
                if found[key] != value:
                    return code
            return "exists"
        if all(flags):
            return "flags_are_mutually_exclusive"
        one = {"owner": ask.owner, "code": ask.code, "money": (ask.currency, ask.mode)}
        if any(one.items() <= other.items() for other in self.accounts.values()):
            return "account_taken"
        self.accounts[ask.id] = {**one, "flags": flags, "closed": False, "figures": [0, 0, 0, 0]}
        return "created"

    def close(self, account: str) -> str:
        if account not in self.accounts:
            return "account_not_found"
        debits, credits_, *held = self.accounts[account]["figures"]
        if debits != credits_ or any(held):
            return "account_not_empty"
        self.accounts[account]["closed"] = True
        return "created"

    def post_many(self, asks: list[AskTransfer]) -> list[str]:
        codes: list[str] = []
        while len(codes) < len(asks):
            start = end = len(codes)
            while end < len(asks) and asks[end].linked:
                end += 1
            run, is_open = asks[start : end + 1], end == len(asks)
            before = deepcopy(self.__dict__)
            told = []
            for ask in run[:-1] if is_open else run:
                told.append(self.post(ask))
                if told[-1] != "created":
                    break
            if told and told[-1] != "created" and len(run) == 1:
                codes += told
            elif is_open or told[-1] != "created":
                self.__dict__ = before
                failed = told[-1] if told and told[-1] != "created" else "linked_event_failed"
                told = ["linked_event_failed"] * (len(told) - 1) + [failed] * bool(told)
                told += ["linked_event_failed"] * (len(run) - len(told))
                codes += [*told[:-1], "linked_event_chain_open"] if is_open else told
            else:
                codes += told
        return codes

    def post(self, ask: AskTransfer) -> str:
        if ask.id in self.transfers and ask.id:
            return self._again(self.transfers[ask.id], ask)
        on_hold = ask.kind in ("post", "void")
        wrongs = [
            (not on_hold and ask.debit == ask.credit, "accounts_must_be_different"),
            (on_hold and not ask.pending_id, "pending_id_must_not_be_empty"),
            (on_hold and ask.pending_id == ask.id, "pending_id_must_be_different"),
            (not on_hold and ask.pending_id, "pending_id_must_be_empty"),
            (ask.timeout_s and ask.kind != "pending", "timeout_reserved_for_pending_transfer"),
            (ask.amount < (0 if on_hold else 1), "amount_must_be_positive"),
            (ask.amount > AMOUNT_MAX, "amount_too_large"),
            (not on_hold and ask.currency not in ("", *DIGITS), "currency_unknown"),
            (not on_hold and not ask.code, "code_must_not_be_empty"),
        ]
        if wrong := next((code for is_so, code in wrongs if is_so), ""):
            return wrong
        return self._on_hold(ask) if on_hold else self._move(ask)

    def _again(self, earlier: AskTransfer, ask: AskTransfer) -> str:
        held = self.holds.get(ask.pending_id)
        whole = ask.kind == "void" or (held is not None and held["posted"] == held["amount"])
        is_all = whole and ask.amount == 0
        for differs, code in (
            ((earlier.kind, earlier.final) != (ask.kind, ask.final), "flags"),
            (earlier.pending_id != ask.pending_id, "pending_id"),
            (earlier.timeout_s != ask.timeout_s, "timeout"),
            (ask.debit and earlier.debit != ask.debit, "debit_account"),
            (ask.credit and earlier.credit != ask.credit, "credit_account"),
            (not is_all and earlier.amount != ask.amount, "amount"),
            (ask.ref and earlier.ref != ask.ref, "ref"),
            (ask.currency and earlier.currency != ask.currency, "currency"),
            (ask.code and earlier.code != ask.code, "code"),
        ):
            if differs:
                return f"exists_with_different_{code}"
        return "exists"

    def _move(self, ask: AskTransfer) -> str:
        debit, credit = self.accounts.get(ask.debit), self.accounts.get(ask.credit)
        if debit is None or credit is None:
            return f"{'debit' if debit is None else 'credit'}_account_not_found"
        for place, what in enumerate(("currency", "mode")):
            if debit["money"][place] != credit["money"][place]:
                return f"accounts_must_have_the_same_{what}"
        if ask.currency not in ("", debit["money"][0]):
            return "transfer_must_have_the_same_currency_as_accounts"
        posted, held = (0, ask.amount) if ask.kind == "pending" else (ask.amount, 0)
        if wrong := self._change(debit, credit, posted, held):
            return wrong
        name = self._write(ask, ask.amount, debit["money"][0])
        if held:
            out = self.now + ask.timeout_s if ask.timeout_s else 0
            self.holds[name] = {
                **dict.fromkeys(("amount", "left"), held),
                "posted": 0,
                "state": "open",
                "out": out,
                "ask": self.transfers[name],
            }
        return "created"

    def _on_hold(self, ask: AskTransfer) -> str:
        hold = self.holds.get(ask.pending_id)
        if hold is None:
            known = ask.pending_id in self.transfers
            return f"pending_transfer_not_{'pending' if known else 'found'}"
        first: AskTransfer = hold["ask"]
        for said, held, what in (
            (ask.debit, first.debit, "debit_account"),
            (ask.credit, first.credit, "credit_account"),
            (ask.currency, first.currency, "currency"),
            (ask.code, first.code, "code"),
        ):
            if said and said != held:
                return f"pending_transfer_has_different_{what}"
        left = hold["left"] if hold["state"] == "open" else hold["amount"]
        if ask.amount > left:
            return "exceeds_pending_transfer_amount"
        if ask.kind == "void" and ask.amount not in (0, left):
            return "pending_transfer_has_different_amount"
        is_out = hold["state"] == "open" and 0 < hold["out"] <= self.now
        if hold["state"] != "open" or is_out:
            ended = "expired" if is_out else hold["state"]
            return f"pending_transfer_{'' if ended == 'expired' else 'already_'}{ended}"
        amount = ask.amount or left
        posted = amount if ask.kind == "post" else 0
        self._take(hold, posted, left if ask.final or ask.kind == "void" else amount)
        if not hold["left"]:
            hold["state"] = "posted" if ask.kind == "post" else "voided"
        self._write(ask, amount, first.currency, like=first)
        return "created"

    def expire(self) -> int:
        """Give back what has run out; how many holds that were."""
        due = [one for one in self.holds.values() if one["state"] == "open"]
        due = [one for one in due if 0 < one["out"] <= self.now]
        for hold in due:
            self._take(hold, 0, hold["left"])
            hold["state"] = "expired"
            self.count += 1
        return len(due)

    def _take(self, hold: dict[str, Any], posted: int, released: int) -> None:
        debit, credit = (self.accounts[one] for one in (hold["ask"].debit, hold["ask"].credit))
        assert not self._change(debit, credit, posted, -released)
        hold["left"] -= released
        hold["posted"] += posted

    def _change(self, debit: dict[str, Any], credit: dict[str, Any], posted: int, held: int) -> str:
        (d, dc, dh, _), (cd, c, _, ch) = debit["figures"], credit["figures"]
        d, dh, c, ch = d + posted, dh + held, c + posted, ch + held
        for is_so, code in (
            (debit["closed"], "debit_account_already_closed"),
            (credit["closed"], "credit_account_already_closed"),
            (d + dh >= 2**63, "overflows_debits"),
            (c + ch >= 2**63, "overflows_credits"),
            (debit["flags"][0] and d + dh > dc, "exceeds_credits"),
            (credit["flags"][1] and c + ch > cd, "exceeds_debits"),
        ):
            if is_so:
                return code
        debit["figures"][0], debit["figures"][2] = d, dh
        credit["figures"][1], credit["figures"][3] = c, ch
        return ""

    def _write(
        self, ask: AskTransfer, amount: int, currency: str, like: AskTransfer | None = None
    ) -> str:
        self.count += 1
        name = ask.id or f"unnamed {self.count}"
        like = like or ask
        self.transfers[name] = AskTransfer(
            amount,
            like.debit,
            like.credit,
            like.code,
            ask.kind,
            ref=ask.ref or like.ref,
            currency=currency,
            pending_id=ask.pending_id,
            final=ask.final,
            timeout_s=ask.timeout_s,
        )
        return name
