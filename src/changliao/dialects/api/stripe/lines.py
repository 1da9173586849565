"""What to change in a shop that uses one of these SDKs. Each was run against this dialect in our tests,
or is a few lines that its documentation names."""

LINES: tuple[tuple[str, str, str], ...] = (
    (
        "stripe (Python)",
        "python",
        """import stripe

stripe.api_key = "{key}"
stripe.api_base = "{url}"

# or, beside Stripe itself in one process:
client = stripe.StripeClient("{key}", base_addresses={"api": "{url}"})
""",
    ),
    (
        "stripe (Node)",
        "javascript",
        """import Stripe from "stripe";

const there = new URL("{url}");
const stripe = new Stripe("{key}", {
  host: there.hostname,
  port: there.port || 443,
  protocol: there.protocol.slice(0, -1),
});
""",
    ),
    (
        "django-payments",
        "python",
        """# settings.py
import stripe

stripe.api_base = "{url}"  # the one new line

PAYMENT_VARIANTS = {
    "default": (
        "payments.stripe.StripeProviderV3",
        {"api_key": "{key}", "endpoint_secret": "whsec_…"},
    ),
}
""",
    ),
    (
        "dj-stripe",
        "python",
        """# settings.py
STRIPE_API_HOST = "{url}"
STRIPE_TEST_SECRET_KEY = "{key}"
DJSTRIPE_WEBHOOK_VALIDATION = "verify_signature"
""",
    ),
)
"""SDK, language, code; `{url}` and `{key}` are filled in."""
