"""The verbs of signing a computer in by a phone: show a code, scan it, answer it, get the session."""

import secrets

import msgspec

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from changliao.people import service as people
from changliao.people.events.scans import CodeApproved, CodeRefused, CodeScanned
from changliao.people.model import Session
from changliao.people.model.scans import (
    AskAnswer,
    AskCode,
    AskScan,
    AskTrade,
    SignInCode,
    WrongNumber,
)
from changliao.people.rules import scans as rules
from changliao.people.store.scans import CODES


def show_code(tx: Tx, ask: AskCode) -> SignInCode:
    """A code for a computer, with a number of its own; it lives a minute."""
    number = secrets.choice(rules.NUMBERS)
    code = SignInCode(
        tx.new_id("sic"),
        ask.code_hash,
        ask.secret_hash,
        number,
        ask.agent,
        ask.address,
        "waiting",
        "",
        tx.now,
        tx.now + rules.CODE_US,
    )
    return tx.add(CODES, code, fresh=True)


def scan_code(tx: Tx, ask: AskScan) -> SignInCode:
    """The code is this person's to answer, and nobody else's from now on. Refuses one that is over."""
    found = tx.find(CODES, ("code_hash",), ask.code_hash)
    code = rules.scannable(found, ask.person_id, tx.now)
    if code.state == "scanned":
        return code
    tx.emit(CodeScanned(ask.person_id), about=code.id)
    scanned = msgspec.structs.replace(code, state="scanned", person_id=ask.person_id)
    return tx.put(CODES, scanned)


def answer_code(tx: Tx, ask: AskAnswer) -> SignInCode | Refusal:
    """Approve the computer by its number. Any other number ends the code, so that refusal is *returned*:
    raising would undo the end."""
    code = rules.answerable(tx.get(CODES, ask.code_id), ask.person_id, tx.now)
    if ask.number == code.number:
        tx.emit(CodeApproved(ask.person_id), about=code.id)
        until = tx.now + rules.TRADE_US
        return tx.put(CODES, msgspec.structs.replace(code, state="approved", expires_at=until))
    wrong = ask.number is not None
    tx.emit(CodeRefused(ask.person_id, wrong), about=code.id)
    ended = tx.put(CODES, msgspec.structs.replace(code, state="refused"))
    return WrongNumber(field="number") if wrong else ended


def trade_code(tx: Tx, ask: AskTrade) -> Session:
    """Sign the computer in as the person who approved its code: once, and only with its secret."""
    code = rules.tradable(tx.get(CODES, ask.code_id), ask.secret_hash, tx.now)
    tx.put(CODES, msgspec.structs.replace(code, state="used"))
    return people.open_session(tx, msgspec.structs.replace(ask.session, person_id=code.person_id))


def shown_code(reader: Reader, code_id: str, secret_hash: bytes) -> SignInCode:
    """The code, for the computer that shows it."""
    return rules.of_computer(reader.get(CODES, code_id), secret_hash)
