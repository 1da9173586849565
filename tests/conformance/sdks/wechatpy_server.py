"""Drives PyPI's wechatpy: a line of JSON in, a line of JSON out, in a process of its own.

The client is the package's own with one method of a subclass: wechatpy writes the address of its token
out, and everything else goes through `API_BASE_URL`."""

import base64
import importlib
import io
import json
import sys
from typing import Any

wechatpy = importlib.import_module("wechatpy")
crypto = importlib.import_module("wechatpy.crypto")
utils = importlib.import_module("wechatpy.utils")
replies = importlib.import_module("wechatpy.replies")


def client_of(said: dict[str, Any]) -> Any:
    """The client as a server makes it."""

    class Client(wechatpy.WeChatClient):  # type: ignore[misc, name-defined]
        API_BASE_URL = said["api_base_url"]

        def fetch_access_token(self) -> Any:
            asked = {
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": self.secret,
            }
            return self._fetch_access_token(f"{said['api_base_url']}token", asked)

    return Client(said["appid"], said["secret"])


class Server:
    """The callback's side, as the package's documentation writes it."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.token, self.app_id = said["token"], said["appid"]
        self.crypto = crypto.WeChatCrypto(self.token, said["encoding_aes_key"], self.app_id)

    def hear(self, query: dict[str, str], body: str, answer: str) -> dict[str, Any]:
        """Check, open, read; and answer in the same breath."""
        utils.check_signature(self.token, query["signature"], query["timestamp"], query["nonce"])
        sealed = query.get("encrypt_type") == "aes"
        if sealed:
            place = (query["msg_signature"], query["timestamp"], query["nonce"])
            body = self.crypto.decrypt_message(body, *place)
        message = wechatpy.parse_message(body)
        text = replies.create_reply(answer or None, message).render()
        if sealed and text:
            text = self.crypto.encrypt_message(text, query["nonce"], query["timestamp"])
        told = {
            "type": message.type,
            "event": getattr(message, "event", ""),
            "key": getattr(message, "key", ""),
            "content": getattr(message, "content", ""),
            "source": message.source,
            "target": message.target,
            "id": message.id,
        }
        return {"message": told, "reply": text, "sealed": sealed}


def done(client: Any, server: Server, said: dict[str, Any]) -> Any:
    """One thing that a server does with the package."""
    if said["do"] == "hear":
        return server.hear(said["query"], said["body"], said["answer"])
    if said["do"] == "token":
        client.session.set(client.access_token_key, said["token"])
        return client.access_token
    of, _, verb = said["do"].partition(".")
    args = said.get("args", [])
    if "file" in said:  # The last argument, opened as a server opens it.
        args = [*args, (said["name"], io.BytesIO(base64.b64decode(said["file"])))]
    answer = getattr(getattr(client, of), verb)(*args, **said.get("with", {}))
    if hasattr(answer, "content"):  # The package gives the response itself for what is no JSON.
        return base64.b64encode(answer.content).decode()
    return answer


def main() -> None:
    """Until the lines end."""
    config = json.loads(sys.stdin.readline())
    client, server = client_of(config), Server(config)
    for line in sys.stdin:
        try:
            told = {"ok": done(client, server, json.loads(line))}
        except Exception as error:  # The package raises what it likes; the test reads the words.
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
