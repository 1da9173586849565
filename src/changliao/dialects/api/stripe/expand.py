"""`expand[]`: ids within an object, replaced by the objects they name."""

from collections.abc import Callable
from typing import Any

from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import show
from changliao.dialects.api.stripe.numbers import Shown
from changliao.dialects.api.stripe.refusals import CannotExpand
from changliao.dialects.api.stripe.show import Place
from changliao.pay import service as pay

DEPTH_MAX = 4
"""How deep a path may go (Stripe's own limit)."""


class Expand:
    """Expands paths such as `payment_intent.latest_charge` or, in lists, `data.customer`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._by: dict[tuple[str, str], Callable[[Shown], Any]] = {
            ("checkout.session", "line_items"): self._line_items,
            ("charge", "refunds"): self._refunds,
        }

    def all_of(self, shown: Shown, paths: tuple[str, ...]) -> Shown:
        """The object with every path expanded; CannotExpand for one that leads nowhere."""
        for path in paths:
            steps = path.split(".")
            if len(steps) > DEPTH_MAX:
                raise CannotExpand(
                    f"You cannot expand more than {DEPTH_MAX} levels of a property.", field="expand"
                )
            self._walk(shown, steps, path)
        return shown

    def _walk(self, shown: Any, steps: list[str], path: str) -> None:
        if not steps:
            return
        if shown.get("object") == "list":
            if steps[0] != "data":
                raise CannotExpand(
                    f"This property cannot be expanded ({path[:80]}). "
                    f"You may want to try expanding 'data.{path[:80]}' instead.",
                    field="expand",
                )
            for one in shown["data"]:
                self._walk(one, steps[1:], path)
            return
        name, value = steps[0], shown.get(steps[0])
        if isinstance(value, str) or (shown["object"], name) in self._by:
            value = self._expanded(shown, name, value, path)
            shown[name] = value
        elif name not in _CAN.get(shown["object"], ()) and not isinstance(value, dict):
            raise CannotExpand(f"This property cannot be expanded ({path[:80]}).", field="expand")
        if isinstance(value, dict):
            self._walk(value, steps[1:], path)

    def _expanded(self, shown: Shown, name: str, value: Any, path: str) -> Any:
        if special := self._by.get((shown["object"], name)):
            return special(shown)
        if name not in _CAN.get(shown["object"], ()):
            raise CannotExpand(f"This property cannot be expanded ({path[:80]}).", field="expand")
        reader = self.place.reader
        if name == "customer":
            return show.customer(self.place, pay.customer(reader, value))
        if name == "balance_transaction":
            line = pay.line(reader, self.place.caller, "tr_" + n.tail(value))
            return show.transaction(self.place, line)
        if value.startswith("re_"):
            return show.refund(self.place, pay.refund_of(reader, self.place.caller, value))
        payment = pay.payment(reader, "pay_" + value.partition("_")[2])
        of = show.intent if name == "payment_intent" else show.charge
        return of(self.place, payment)

    def _line_items(self, shown: Shown) -> Shown:
        payment = pay.payment(self.place.reader, "pay_" + shown["id"].rpartition("_")[2])
        items = show.line_items(self.place, payment)
        url = f"/v1/checkout/sessions/{shown['id']}/line_items"
        return {"object": "list", "url": url, "has_more": False, "data": items}

    def _refunds(self, shown: Shown) -> Shown:
        payment = pay.payment(self.place.reader, "pay_" + shown["id"].partition("_")[2])
        found = pay.refunds_of(self.place.reader, payment.id)
        assert n.charge_id(payment.id) == shown["id"]
        data = [show.refund(self.place, one) for one in reversed(found)]
        url = f"/v1/charges/{shown['id']}/refunds"
        return {"object": "list", "url": url, "has_more": False, "data": data}


_CAN: dict[str, tuple[str, ...]] = {
    "checkout.session": ("payment_intent", "customer", "line_items"),
    "payment_intent": ("latest_charge", "customer"),
    "charge": ("payment_intent", "customer", "refunds", "balance_transaction"),
    "refund": ("charge", "payment_intent", "balance_transaction"),
    "balance_transaction": ("source",),
}
"""What can be expanded in which object."""
