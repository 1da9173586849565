"""What this gateway remembers."""

from django.conf import settings
from django.db import models

METHOD = "Changliao Pay"
"""The name of our payment source type in Oscar."""


class Wish(models.Model):
    """One wish to be paid for one basket, and all that it takes to place the order when the buyer's
    browser never comes back. `reference` is `{order number}-{try}`, the shop's number at Changliao."""

    WAITING, PLACED, CLOSED = "waiting", "placed", "closed"

    reference = models.CharField(max_length=100, unique=True)
    order_number = models.CharField(max_length=90, db_index=True)
    payment_id = models.CharField(max_length=64, blank=True, db_index=True)
    cashier_url = models.URLField(max_length=500, blank=True)
    basket = models.ForeignKey("basket.Basket", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    checkout = models.JSONField()
    currency = models.CharField(max_length=3)
    total_excl_tax = models.DecimalField(max_digits=18, decimal_places=3)
    total_incl_tax = models.DecimalField(max_digits=18, decimal_places=3)
    state = models.CharField(max_length=8, default=WAITING)
    reason = models.CharField(max_length=16, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "changliao"
