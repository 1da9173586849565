"""Drives PyPI's alipay-sdk-python: a line of JSON in, a line of JSON out. Runs in a process of its own,
because two SDKs are called `alipay`."""

import importlib
import json
import sys
from typing import Any


def client_of(said: dict[str, Any]) -> Any:
    """The SDK's client as a shop makes it."""
    config_class = importlib.import_module("alipay.aop.api.AlipayClientConfig").AlipayClientConfig
    client_class = importlib.import_module("alipay.aop.api.DefaultAlipayClient").DefaultAlipayClient
    config = config_class()
    config.server_url = said["gateway"]
    config.app_id = said["app_id"]
    config.app_private_key = said["app_private_key"]
    config.alipay_public_key = said["alipay_public_key"]
    return client_class(config)


def request_of(said: dict[str, Any]) -> Any:
    """A request such as AlipayTradeQueryRequest with its model out of plain values."""
    name = "".join(part.capitalize() for part in said["method"].split("."))
    domain = importlib.import_module(f"alipay.aop.api.domain.{name}Model")
    model = getattr(domain, f"{name}Model").from_alipay_dict(said["biz"])
    module = importlib.import_module(f"alipay.aop.api.request.{name}Request")
    request = getattr(module, f"{name}Request")(biz_model=model)
    for place in ("notify_url", "return_url"):
        if place in said:
            setattr(request, place, said[place])
    return request


def done(client: Any, said: dict[str, Any]) -> Any:
    """One thing that a shop does with the SDK."""
    if said["do"] == "execute":
        return json.loads(client.execute(request_of(said)))
    if said["do"] == "page":
        return client.page_execute(request_of(said), http_method=said["http_method"])
    if said["do"] == "sdk":
        return client.sdk_execute(request_of(said))
    util = importlib.import_module("alipay.aop.api.util.SignatureUtils")
    form = dict(said["form"])
    sign, _ = form.pop("sign"), form.pop("sign_type")
    content = "&".join(f"{name}={value}" for name, value in sorted(form.items()))
    return util.verify_with_rsa(said["alipay_public_key"], content.encode(), sign)


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
