"""Where buyers come back to, and where Changliao tells what happened."""

from typing import Any

from changliao_oscar import api
from changliao_oscar.checkout import SESSION_KEY, leave, order_of, settle
from changliao_oscar.models import METHOD, Wish
from changliao_oscar.refunds import enter
from changliao_oscar.words import say
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oscar.apps.order.exceptions import UnableToPlaceOrder
from oscar.core.loading import get_class, get_model
from standardwebhooks import Webhook, WebhookVerificationError

CheckoutSessionData = get_class("checkout.utils", "CheckoutSessionData")
Source = get_model("payment", "Source")


class Return(View):
    """The buyer is back. What the address says is not read: the API is asked."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        """The order, the words for what is not one yet, or the basket again."""
        return self._shown(request, reference, settle)

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        """The buyer does not want to pay. Only who began this may say so."""
        own = request.session.get(SESSION_KEY) == reference
        return self._shown(request, reference, leave if own else settle)

    def _shown(self, request: HttpRequest, reference: str, how: Any) -> HttpResponse:
        wish = get_object_or_404(Wish, reference=reference)
        own = request.session.get(SESSION_KEY) == reference
        try:
            wish = how(wish)
            payment = api.payment_of(reference) if wish.state == Wish.WAITING else None
        except (api.Silent, api.Refused):
            return _page(request, "unknown", None)
        except UnableToPlaceOrder:
            return _page(request, "unplaced", wish)
        if wish.state == Wish.WAITING:
            still_open = own and payment and payment["status"] == "open"
            return _page(request, "open" if still_open else "processing", wish)
        if not own:
            return _page(request, "placed" if wish.state == Wish.PLACED else wish.reason, wish)
        if wish.state == Wish.PLACED:
            CheckoutSessionData(request).flush()
            request.session["checkout_order_id"] = order_of(wish).pk
            return redirect("checkout:thank-you")
        return _back_to_basket(request, wish)


def _back_to_basket(request: HttpRequest, wish: Wish) -> HttpResponse:
    messages.warning(request, say(wish.reason))
    if wish.basket.can_be_edited and request.basket.id != wish.basket.id:
        wish.basket.strategy = request.strategy
        if request.basket.id:
            wish.basket.merge(request.basket, add_quantities=False)
        request.basket = wish.basket
    return redirect("basket:summary")


def _page(request: HttpRequest, what: str, wish: Wish | None) -> HttpResponse:
    said = {
        "words": say(what, number=wish.order_number if wish else ""),
        "cashier_url": wish.cashier_url if wish and what == "open" else "",
        "waits": what in ("processing", "unknown"),
        "pay": say("pay"),
        "leave": say("leave"),
    }
    status = 503 if what in ("unknown", "unplaced") else 200
    return render(request, "changliao_oscar/return.html", said, status=status)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Changliao tells that something changed. Unverified is refused; what it is about is asked anew, so
    hearing it twice, late or out of order changes nothing more. 503 while it cannot be: told again."""
    try:
        verifier = Webhook(settings.CHANGLIAO["WEBHOOK_SECRET"])
        event = verifier.verify(request.body, dict(request.headers))
    except (WebhookVerificationError, ValueError):
        return HttpResponse("bad signature", status=401)
    kind, told = event["type"], event["data"]
    try:
        if kind.startswith("payment."):
            for wish in Wish.objects.filter(reference=told["reference"]):
                settle(wish)
        elif kind.startswith("refund."):
            return HttpResponse(status=204 if _refunded(told) else 503)
    except (api.Silent, api.Refused, UnableToPlaceOrder):
        return HttpResponse("not now", status=503)
    return HttpResponse(status=204)


def _refunded(told: dict[str, Any]) -> bool:
    """Whether it is entered, or none of this shop's."""
    source = Source.objects.filter(reference=told["payment_id"], source_type__name=METHOD).first()
    if source is None:
        waiting = Wish.objects.filter(payment_id=told["payment_id"], state=Wish.WAITING)
        return not waiting.exists()
    enter(source, api.ask("GET", f"/v1/refunds/{told['refund_id']}"))
    return True
