"""Drives PyPI's python-alipay-sdk: a line of JSON in, a line of JSON out, in a process of its own."""

import importlib
import json
import sys
from typing import Any


def client_of(said: dict[str, Any]) -> Any:
    """The SDK's client as a shop makes it; the gateway is its one line to change."""
    client = importlib.import_module("alipay").AliPay(
        appid=said["app_id"],
        app_private_key_string=said["app_private_key_pem"],
        alipay_public_key_string=said["alipay_public_key_pem"],
        sign_type="RSA2",
    )
    client._gateway = said["gateway"]
    return client


def done(client: Any, said: dict[str, Any]) -> Any:
    """One thing that a shop does with the SDK."""
    if said["do"] == "verify":
        form = dict(said["form"])
        return client.verify(form, form.pop("sign"))
    if said["do"] == "server":
        return client.server_api(said["method"], said["biz"])
    return getattr(client, said["do"])(**said["with"])


def main() -> None:
    """Until the lines end."""
    client = client_of(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        try:
            told = {"ok": done(client, json.loads(line))}
        except Exception as error:  # The SDK raises what it likes; the test reads the words.
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
