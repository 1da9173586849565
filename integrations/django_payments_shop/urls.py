"""The shop's pages: what there is, buying it, an order, giving money back; and django-payments' own."""

from decimal import Decimal

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from payments import RedirectNeeded

from integrations.django_payments_shop.orders.models import Order
from integrations.street import looks
from integrations.street.goods import SIGNS

SIGN = SIGNS["pottery"]
SHOWN = {"confirmed": "paid", "rejected": "closed", "error": "closed"}


def shelf(request: HttpRequest) -> HttpResponse:
    """What there is."""
    return HttpResponse(looks.shelf(SIGN, "/buy/{}".format))


@csrf_exempt
@require_POST
def buy(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an order and send its buyer to the checkout, which is Stripe's as far as this shop knows."""
    thing = SIGN.goods.get(slug)
    if thing is None:
        return HttpResponseNotFound(looks.sentence(SIGN, "没有这件东西。 No such thing."))
    order = Order.objects.create(
        variant="default",
        description=f"{thing.zh} {thing.en}",
        total=Decimal(thing.fen) / 100,
        currency="CNY",
    )
    try:
        order.get_form()
    except RedirectNeeded as away:
        return HttpResponseRedirect(str(away))
    raise AssertionError("the provider always redirects")


def order(request: HttpRequest, number: int) -> HttpResponse:
    """How an order stands, for people or, asked for JSON, for programs."""
    found = get_object_or_404(Order, pk=number)
    shown = {
        "id": found.pk,
        "status": found.status,
        "captured": str(found.captured_amount),
        "session": found.transaction_id,
    }
    if request.headers.get("accept") == "application/json":
        return JsonResponse(shown)
    status, fen = SHOWN.get(found.status, found.status), int(found.total * 100)
    return HttpResponse(looks.order(SIGN, f"TB-{found.pk}", found.description, fen, status))


@csrf_exempt
@require_POST
def refund(request: HttpRequest, number: int) -> HttpResponse:
    """Give all of it back, or `amount`."""
    found = get_object_or_404(Order, pk=number)
    amount = request.POST.get("amount")
    found.refund(amount=Decimal(amount) if amount else None)
    return HttpResponseRedirect(f"/orders/{found.pk}")


urlpatterns = [
    path("", shelf),
    path("buy/<slug:slug>", buy),
    path("orders/<int:number>", order),
    path("orders/<int:number>/refund", refund),
    path("payments/", include("payments.urls")),
]
