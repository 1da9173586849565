"""The settings of a shop that was made for Stripe. What makes it a shop on Changliao is one line."""

import os
from pathlib import Path

import stripe

stripe.api_base = os.environ["STRIPE_API_BASE"]  # The one line.

SHOP_URL = os.environ["SHOP_URL"]
FOLDER = Path(os.environ["SHOP_FOLDER"])

SECRET_KEY = os.environ.get("SHOP_SECRET_KEY", "only for a shop on one's own machine")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", SHOP_URL.partition("://")[2].partition(":")[0]]
INSTALLED_APPS = ["payments", "integrations.django_payments_shop.orders"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "integrations.django_payments_shop.urls"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "shop.sqlite3"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_TZ = True

PAYMENT_MODEL = "orders.Order"
PAYMENT_HOST = SHOP_URL.partition("://")[2]
PAYMENT_USES_SSL = SHOP_URL.startswith("https")
PAYMENT_VARIANTS = {
    "default": (
        "payments.stripe.StripeProviderV3",
        {
            "api_key": os.environ["STRIPE_API_KEY"],
            "endpoint_secret": os.environ.get("STRIPE_WEBHOOK_SECRET", ""),
            "use_token": True,
        },
    )
}
