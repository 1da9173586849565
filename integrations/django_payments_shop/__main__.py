"""Starts the shop: makes its table, registers its webhook, serves. `STRIPE_API_BASE` and
`STRIPE_API_KEY` say who it is paid by."""

import os
import tempfile
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

CHECKOUT_EVENTS = ["checkout.session.completed", "checkout.session.expired"]


class Threaded(ThreadingMixIn, WSGIServer):
    """A thread for each connection: browsers open some in advance."""

    daemon_threads = True


def main() -> None:
    """Until somebody ends it."""
    port = int(os.environ.get("SHOP_PORT", "8300"))
    os.environ.setdefault("SHOP_URL", f"http://127.0.0.1:{port}")
    os.environ.setdefault("SHOP_FOLDER", tempfile.mkdtemp(prefix="tea-and-bowls-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "integrations.django_payments_shop.settings"
    if not os.environ.get("STRIPE_WEBHOOK_SECRET"):
        os.environ["STRIPE_WEBHOOK_SECRET"] = registered()

    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    host = os.environ.get("SHOP_HOST", "127.0.0.1")
    with make_server(host, port, get_wsgi_application(), server_class=Threaded) as server:
        print(f"shop: {os.environ['SHOP_URL']}", flush=True)
        server.serve_forever()


def registered() -> str:
    """The secret of a webhook endpoint for this shop, made by the SDK as a shop would in a dashboard."""
    import stripe

    client = stripe.StripeClient(
        os.environ["STRIPE_API_KEY"], base_addresses={"api": os.environ["STRIPE_API_BASE"]}
    )
    hook = client.webhook_endpoints.create(
        {
            "url": os.environ["SHOP_URL"] + "/payments/process/default/",
            "enabled_events": CHECKOUT_EVENTS,
        }
    )
    return str(hook.secret)


if __name__ == "__main__":
    main()
