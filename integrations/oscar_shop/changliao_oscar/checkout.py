"""Buying: to the cashier, and an order once the API says that it is paid."""

import contextlib
from typing import Any

from changliao_oscar import api
from changliao_oscar.models import METHOD, Wish
from changliao_oscar.words import say
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from oscar.apps.checkout.signals import post_checkout
from oscar.apps.payment.exceptions import RedirectRequired, UnableToTakePayment
from oscar.core.loading import get_class, get_model
from oscar.core.prices import Price

Applicator = get_class("offer.applicator", "Applicator")
CheckoutSessionData = get_class("checkout.utils", "CheckoutSessionData")
OrderPlacementMixin = get_class("checkout.mixins", "OrderPlacementMixin")
Selector = get_class("partner.strategy", "Selector")
Basket = get_model("basket", "Basket")
Order = get_model("order", "Order")
Source = get_model("payment", "Source")
SourceType = get_model("payment", "SourceType")

SESSION_KEY = "changliao_reference"
SUBMITTED = (
    "user",
    "basket",
    "shipping_address",
    "shipping_method",
    "shipping_charge",
    "billing_address",
    "surcharges",
)


class PaysAtCashier:
    """In front of Oscar's `PaymentDetailsView`."""

    def get(self, request: HttpRequest, *args: Any, **said: Any) -> Any:
        """There are no details to give here, so straight on to the preview."""
        if not self.preview:
            return redirect("checkout:preview")
        return super().get(request, *args, **said)

    def get_context_data(self, **said: Any) -> dict[str, Any]:
        """With the words of our template."""
        words = {"changliao_sent": say("sent"), "changliao_next": say("next")}
        return super().get_context_data(**words, **said)

    def handle_payment(self, order_number: Any, total: Price, **said: Any) -> None:
        """Ask to be paid and send the buyer to the cashier. Never two payments of one basket: what an
        earlier try left open is canceled first. Refuses with words while the shop takes no money."""
        try:
            basket = self.get_submitted_basket()
            for earlier in Wish.objects.filter(basket=basket, state=Wish.WAITING):
                self._finish(earlier)
            _refuse_suspended()
            wish = self._wish(str(order_number), basket, total)
            payment = api.ask("POST", "/v1/payments", self._body(wish), key=wish.reference)
        except api.Silent as silence:
            raise UnableToTakePayment(say("silent")) from silence
        except (api.Refused, ValueError) as refusal:
            raise UnableToTakePayment(say("refused", reason=str(refusal))) from refusal
        wish.payment_id, wish.cashier_url = payment["id"], payment["cashier_url"]
        wish.save(update_fields=["payment_id", "cashier_url"])
        self.request.session[SESSION_KEY] = wish.reference
        raise RedirectRequired(wish.cashier_url)

    def _finish(self, earlier: Wish) -> None:
        settled = leave(earlier)
        if settled.state != Wish.CLOSED:
            self.request.session[SESSION_KEY] = settled.reference
            raise RedirectRequired(_back(self.request, settled))
        Basket.objects.filter(pk=settled.basket_id).update(status=Basket.FROZEN)

    def _wish(self, number: str, basket: Any, total: Price) -> Wish:
        api.to_minor(total.incl_tax, total.currency)
        tries = Wish.objects.filter(order_number=number).count() + 1
        user = self.request.user
        return Wish.objects.create(
            reference=f"{number}-{tries}",
            order_number=number,
            basket=basket,
            user=user if user.is_authenticated else None,
            checkout=self.request.session[CheckoutSessionData.SESSION_KEY],
            currency=total.currency,
            total_excl_tax=total.excl_tax,
            total_incl_tax=total.incl_tax,
        )

    def _body(self, wish: Wish) -> dict[str, Any]:
        return {
            "amount": api.to_minor(wish.total_incl_tax, wish.currency),
            "currency": wish.currency,
            "reference": wish.reference,
            "description": f"{self.request.get_host()} {wish.order_number}",
            "return_url": _back(self.request, wish),
        }


class Placing(OrderPlacementMixin):
    """Oscar's placing of an order, out of what was kept when its buyer left for the cashier."""

    def __init__(self, wish: Wish) -> None:
        self.request = request = HttpRequest()
        request.session = Kept({CheckoutSessionData.SESSION_KEY: wish.checkout})
        request.user = wish.user or AnonymousUser()
        request.strategy = Selector().strategy(request=request, user=request.user)
        request.basket = wish.basket
        request.basket.strategy = request.strategy
        Applicator().apply(request.basket, request.user, request)
        self.checkout_session = CheckoutSessionData(request)

    def place(self, wish: Wish, payment: Any) -> Any:
        """The order, its payment source and its payment event; what was paid is its total, whatever
        the prices are by now."""
        paid = api.from_minor(payment["captured_amount"], payment["currency"])
        kind, _ = SourceType.objects.get_or_create(name=METHOD)
        source = Source(source_type=kind, currency=wish.currency, reference=payment["id"])
        source.amount_allocated = source.amount_debited = paid
        source.create_deferred_transaction("Debit", paid, payment["id"], "paid")
        self.add_payment_source(source)
        self.add_payment_event("Paid", paid, payment["id"])
        asked = self.build_submission()
        kept = Price(wish.currency, wish.total_excl_tax, incl_tax=wish.total_incl_tax)
        order = self.place_order(
            order_number=wish.order_number,
            order_total=kept,
            **{name: asked[name] for name in SUBMITTED},
            **asked["order_kwargs"],
        )
        wish.basket.submit()
        return order

    def tell(self, order: Any) -> None:
        """Oscar's letter to the buyer, and its signal."""
        self.send_order_placed_email(order)
        user, request = self.request.user, self.request
        post_checkout.send(sender=self, order=order, user=user, request=request, response=None)


class Kept(dict):
    """A session's data without its session."""

    modified = False


def settle(wish: Wish) -> Wish:
    """Ask the API how the payment stands and do what follows, once, whoever asks first: the buyer who
    comes back, the webhook, or the next try."""
    payment = api.payment_of(wish.reference)
    status = payment["status"] if payment else "canceled"
    placing = order = None
    with transaction.atomic():
        wish = Wish.objects.select_for_update().get(pk=wish.pk)
        if wish.state != Wish.WAITING:
            return wish
        if status == "paid":
            placing = Placing(wish)
            order = placing.place(wish, payment)
            wish.state, wish.payment_id = Wish.PLACED, payment["id"]
        elif status in ("canceled", "expired"):
            wish.state, wish.reason = Wish.CLOSED, status
        if wish.state != Wish.WAITING:
            wish.checkout = {}  # Addresses are not kept longer than they are needed.
        wish.save()
        if wish.state == Wish.CLOSED:
            _give_back(wish)
    if placing is not None:
        placing.tell(order)
    return wish


def leave(wish: Wish) -> Wish:
    """Nobody shall pay this any more, unless the money is on its way or here already."""
    payment = api.payment_of(wish.reference)
    if payment and payment["status"] == "open":
        path = f"/v1/payments/{payment['id']}/cancellation"
        with contextlib.suppress(api.Refused):  # Somebody was quicker: `settle` sees who.
            api.ask("POST", path, {"reason": "left"}, key=f"{wish.reference}-left")
    return settle(wish)


def order_of(wish: Wish) -> Any:
    """The order that was placed."""
    return Order.objects.get(number=wish.order_number)


def _give_back(wish: Wish) -> None:
    """The basket can be changed again, unless a later try waits with it."""
    others = Wish.objects.filter(basket=wish.basket, state=Wish.WAITING)
    if not others.exists() and wish.basket.status == Basket.FROZEN:
        wish.basket.thaw()


def _refuse_suspended() -> None:
    methods = api.ask("GET", "/v1/methods")["items"]
    if methods and all(one["state"] == "suspended" for one in methods):
        raise UnableToTakePayment(say("suspended", reason=methods[0]["reason"] or "-"))


def _back(request: HttpRequest, wish: Wish) -> str:
    return request.build_absolute_uri(reverse("changliao:return", args=[wish.reference]))
