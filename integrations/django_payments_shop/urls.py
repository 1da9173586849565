"""The shop's pages: what there is, buying it, an order, giving money back; and django-payments' own."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.utils.html import format_html, format_html_join
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from payments import RedirectNeeded

from integrations.django_payments_shop.orders.models import Order

THINGS = {"tea": ("Longjing tea, 50 g", "68.00"), "bowl": ("Blue rice bowl", "39.00")}


def page(body: Any) -> HttpResponse:
    """One page."""
    return HttpResponse(format_html("<!doctype html><title>Tea and bowls</title>{}", body))


def shelf(request: HttpRequest) -> HttpResponse:
    """What there is."""
    button = '<form method="post" action="/buy/{}">{} {} CNY <button>Buy</button></form>'
    rows = ((slug, name, price) for slug, (name, price) in THINGS.items())
    return page(format_html_join("", button, rows))


@csrf_exempt
@require_POST
def buy(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an order and send its buyer to the checkout, which is Stripe's as far as this shop knows."""
    name, price = THINGS[slug]
    order = Order.objects.create(
        variant="default", description=name, total=Decimal(price), currency="CNY"
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
    back = '<form method="post" action="/orders/{}/refund"><button>Refund</button></form>'
    return page(format_html("<p>Order {}: {}</p>" + back, found.pk, found.status, found.pk))


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
