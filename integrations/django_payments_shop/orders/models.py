"""An order, which is a payment of django-payments as its documentation has it."""

from django.conf import settings
from payments.models import BasePayment


class Order(BasePayment):
    """One thing that somebody buys."""

    class Meta:
        app_label = "orders"

    def get_success_url(self) -> str:
        """Where somebody comes back to who has paid."""
        return f"{settings.SHOP_URL}/orders/{self.pk}"

    def get_failure_url(self) -> str:
        """Where somebody comes back to who has not."""
        return f"{settings.SHOP_URL}/orders/{self.pk}"
