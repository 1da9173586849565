"""Methods a shop offers, and customers it knows."""

import msgspec

from changliao.db.tx import Tx
from changliao.partners import service as partners
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.events import (
    CustomerAdded,
    MethodOffered,
    MethodResumed,
    MethodWasSuspended,
)
from changliao.pay.model import WALLET_METHOD, AskCustomer, AskMethod, Customer, CustomerId, Method
from changliao.pay.store import CUSTOMERS, METHODS


def offer_method(tx: Tx, ask: AskMethod) -> Method:
    """Offer a method in a channel; the edge has checked that there is such a rail. Twice is once."""
    partners.allows(ask.caller, "methods:write")
    earlier = tx.get(METHODS, _key(ask))
    if earlier is not None:
        return earlier
    tx.emit(
        MethodOffered(ask.caller.app_id, ask.method, ask.channel, ask.caller.actor),
        about=ask.caller.app_id,
        audience=ask.caller.audience,
    )
    return tx.add(METHODS, _fresh(tx, ask))


def suspend_method(tx: Tx, ask: AskMethod) -> Method:
    """Do not take this method in this channel for now. The reason is shown to people."""
    partners.allows(ask.caller, "methods:write")
    if not ask.reason.strip():
        raise m.ReasonMissing(field="reason")
    rules.text("reason", ask.reason, 200)
    earlier = _known(tx, ask)
    tx.emit(
        MethodWasSuspended(
            ask.caller.app_id, ask.method, ask.channel, ask.reason, ask.caller.actor
        ),
        about=ask.caller.app_id,
        audience=ask.caller.audience,
    )
    changed = msgspec.structs.replace(
        earlier or _fresh(tx, ask), state="suspended", reason=ask.reason, changed_at=tx.now
    )
    return tx.put(METHODS, changed) if earlier else tx.add(METHODS, changed)


def resume_method(tx: Tx, ask: AskMethod) -> Method:
    """Take the method again. Twice is once."""
    partners.allows(ask.caller, "methods:write")
    earlier = _known(tx, ask)
    if earlier is None or earlier.state == "active":
        return earlier or _fresh(tx, ask)
    tx.emit(
        MethodResumed(ask.caller.app_id, ask.method, ask.channel, ask.caller.actor),
        about=ask.caller.app_id,
        audience=ask.caller.audience,
    )
    changes = {"state": "active", "reason": "", "changed_at": tx.now}
    return tx.put(METHODS, msgspec.structs.replace(earlier, **changes))


def add_customer(tx: Tx, ask: AskCustomer) -> Customer:
    """Make a customer known by the shop's own number; the same number again is the same customer."""
    partners.allows(ask.caller, "customers:write")
    if not 1 <= len(ask.reference) <= 100 or not ask.reference.isprintable():
        raise m.ReferenceInvalid(field="reference")
    rules.text("name", ask.name, 100)
    key = (ask.caller.app_id, ask.caller.mode, ask.reference)
    if earlier := tx.find(CUSTOMERS, ("app_id", "mode", "reference"), key):
        return earlier
    customer = Customer(CustomerId(tx.new_id("cus")), *key, ask.name, tx.now)
    tx.emit(
        CustomerAdded(customer.id, customer.reference),
        about=customer.id,
        audience=ask.caller.audience,
    )
    return tx.add(CUSTOMERS, customer)


def _key(ask: AskMethod) -> tuple[str, str, str, str]:
    return ask.caller.app_id, ask.caller.mode, ask.method, ask.channel


def _fresh(tx: Tx, ask: AskMethod) -> Method:
    caller = ask.caller
    return Method(caller.app_id, caller.mode, ask.method, ask.channel, "active", "", tx.now)


def _known(tx: Tx, ask: AskMethod) -> Method | None:
    """The method's row; the wallet is offered without one, anything else must have been offered."""
    row = tx.get(METHODS, _key(ask))
    if row is None and ask.method != WALLET_METHOD:
        raise m.MethodNotFound(field="method")
    return row
