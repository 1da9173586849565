"""Starts the shop: its tables, its goods, its webhook endpoint, its pages. `CHANGLIAO_URL` and
`CHANGLIAO_KEY` say who it is paid by."""

import json
import os
import tempfile
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.request import Request, urlopen
from wsgiref.simple_server import WSGIServer, make_server

KINDS = ["payment.paid", "payment.canceled", "payment.expired", "refund.*"]


class Threaded(ThreadingMixIn, WSGIServer):
    """A thread for each request: a webhook may come while a buyer's page waits for the API."""

    daemon_threads = True


def main() -> None:
    """Until somebody ends it."""
    port = int(os.environ.get("SHOP_PORT", "8310"))
    url = os.environ.setdefault("SHOP_URL", f"http://127.0.0.1:{port}")
    folder = os.environ.setdefault("SHOP_FOLDER", tempfile.mkdtemp(prefix="hill-goods-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "integrations.oscar_shop.settings"
    if not os.environ.get("CHANGLIAO_WEBHOOK_SECRET"):
        os.environ["CHANGLIAO_WEBHOOK_SECRET"] = registered(url, Path(folder) / "webhook_secret")

    import django
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", verbosity=0)
    from integrations.oscar_shop.goods import lay_out

    lay_out(os.environ.get("SHOP_KEEPER_PASSWORD", ""))
    call_command("update_index", verbosity=0)
    from django.contrib.staticfiles.views import serve

    pages = StaticFilesHandler(get_wsgi_application())
    pages.serve = lambda request: serve(request, pages.file_path(request.path), insecure=True)
    with make_server("127.0.0.1", port, pages, server_class=Threaded) as server:
        print(f"shop: {url}", flush=True)
        server.serve_forever()


def registered(url: str, kept: Path) -> str:
    """The secret of a webhook endpoint for this shop: kept beside its books, made on the first day."""
    if kept.exists():
        return kept.read_text()
    body = json.dumps({"url": url + "/changliao/webhook/", "kinds": KINDS}).encode()
    headers = {
        "Authorization": f"Bearer {os.environ['CHANGLIAO_KEY']}",
        "Content-Type": "application/json",
    }
    address = os.environ["CHANGLIAO_URL"] + "/v1/webhook_endpoints"
    with urlopen(Request(address, body, headers), timeout=15) as answer:
        secret = str(json.load(answer)["secret"])
    kept.touch(0o600)
    kept.write_text(secret)
    return secret


if __name__ == "__main__":
    main()
