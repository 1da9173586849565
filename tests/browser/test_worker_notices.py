"""Notices as a browser shows them: what the worker makes of a push, and where a press on one leads.

No push service is asked: the browser is handed what one would have brought, made by the rules that make it.
"""

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from playwright.sync_api import CDPSession, Page, Worker, expect

from changliao.chat.model.entries import Entry, Kind
from changliao.push import rules
from tests.browser.conftest import PATIENCE_MS, Screens, Size
from tests.browser.demo import PLAIN_HOST, Demo
from tests.browser.marks import at
from tests.pushed import Browser

pytestmark = pytest.mark.browser

MOMENT_MS = 1_790_000_000_000
NOTICES = """async () => (await self.registration.getNotifications())
  .map(({ title, body, tag, data, timestamp }) => ({ title, body, tag, data, timestamp }))
  .sort((one, other) => one.timestamp - other.timestamp)"""
WINDOWS = """async () =>
  (await self.clients.matchAll({ type: "window", includeUncontrolled: true }))
    .map(({ url }) => new URL(url).pathname)"""
SUBSCRIBED = """(keys) => {
  PushManager.prototype.subscribe = async () => ({
    toJSON: () => ({ endpoint: "https://push.example.org/send/here", keys }),
  });
}"""
"""Chromium asks its maker's push service here, which no test does."""
UNSEEN = """async (said) => {
  const event = new PushEvent("push", { data: said });
  let waits;
  event.waitUntil = (work) => { waits = work; };
  self.dispatchEvent(event);
  await waits;
}"""
"""Handed in a way that says when the worker is done, for what is to show nothing."""
PRESSED = """async (tag) => {
  const seen = { opened: [], focused: [] };
  self.clients.openWindow = async (address) => { seen.opened.push(address); };
  WindowClient.prototype.focus = async function () { seen.focused.push(new URL(this.url).pathname); };
  const [notification] = await self.registration.getNotifications({ tag });
  const event = new NotificationEvent("notificationclick", { notification });
  let waits;
  event.waitUntil = (work) => { waits = work; };
  self.dispatchEvent(event);
  await waits;
  return { ...seen, left: (await self.registration.getNotifications({ tag })).length };
}"""
"""A browser opens and focuses windows at a person's own press alone, so these two are only written down."""


class Told:
    """A browser that is told of messages: its page, its worker, and what it is handed."""

    def __init__(self, page: Page, demo: Demo) -> None:
        self.page, self._url = page, demo.url
        page.context.grant_permissions(["notifications"], origin=demo.url)
        page.add_init_script(f"({SUBSCRIBED})({msgspec.json.encode(Browser().keys()).decode()})")
        page.goto(f"{demo.url}/app#/me/notices")
        at(page, "notices-on").locator("input").click()
        expect(at(page, "notices-on").locator("input")).to_be_checked()
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._registered: list[str] = []
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._heard)
        self._session.send("ServiceWorker.enable")
        page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")

    def _heard(self, said: Any) -> None:
        found = [one for one in said["registrations"] if not one["isDeleted"]]
        self._registered += [one["registrationId"] for one in found]

    @property
    def _worker(self) -> Worker:
        [worker] = self.page.context.service_workers
        return worker

    def away(self) -> None:
        """Nobody looks at the app, and the worker knows it: a page that was left goes a little later."""
        self.page.goto("about:blank")
        self._until(lambda: self._worker.evaluate(WINDOWS) == [])

    def elsewhere(self, path: str) -> None:
        """Somebody looks at another page of ours."""
        self.page.goto(f"{self._url}{path}")
        self._until(lambda: self._worker.evaluate(WINDOWS) == [path])

    def _until(self, so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_MS / 1000
        while not so() and time.monotonic() < until:
            self.page.wait_for_timeout(50)

    def hand(self, said: dict[str, Any]) -> None:
        """What a push service brings."""
        body = {"origin": self._url, "registrationId": self._registered[-1]}
        data = msgspec.json.encode(said).decode()
        self._session.send("ServiceWorker.deliverPushMessage", {**body, "data": data})

    def hand_unseen(self, said: dict[str, Any]) -> None:
        """The same, until the worker is done with it."""
        self._worker.evaluate(UNSEEN, msgspec.json.encode(said).decode())

    def shows(self, *expected: tuple[str, str, str]) -> None:
        """Title, text and conversation of every notice, the oldest message first."""
        self._until(lambda: self._notices() == list(expected))
        assert self._notices() == list(expected)

    def _notices(self) -> list[tuple[str, str, str]]:
        found = self._worker.evaluate(NOTICES)
        assert all(one["tag"] == one["data"] for one in found)
        return [(one["title"], one["body"], one["tag"]) for one in found]

    def press(self, conversation: str) -> Any:
        """Press the notice of this conversation."""
        return self._worker.evaluate(PRESSED, conversation)


def entry(conversation: str, number: int, kind: Kind = "text", body: str = "") -> Entry:
    at_us = (MOMENT_MS + number) * 1000
    ids = "per_bo", at_us, f"i{number}"
    return Entry(conversation, number, number, *ids, kind, 0, "", body or '{"text":"喝茶吗"}', "")


@pytest.mark.parametrize(
    ("size", "lang", "photo", "many"),
    [
        ("phone", "zh-CN", "[图片]", "Bo: 喝茶吗（3 条新消息）"),
        ("pc", "en", "[Photo]", "Bo: 喝茶吗 (3 new)"),
    ],
)
def test_one_notice_for_each_conversation_says_who_wrote_what(
    screens: Screens, demo: Demo, size: Size, lang: str, photo: str, many: str
) -> None:
    told = Told(screens.page(size, demo.person(locale=lang), lang=lang), demo)
    told.away()
    told.hand(rules.shown(entry("cv_1", 1), "茶友", "Bo", 1, group=True))
    told.shows(("茶友", "Bo: 喝茶吗", "cv_1"))
    picture = entry("cv_2", 2, "image", '{"media":"med_1"}')
    told.hand(rules.shown(picture, "Bo", "Bo", 1, group=False))
    told.shows(("茶友", "Bo: 喝茶吗", "cv_1"), ("Bo", photo, "cv_2"))
    told.hand(rules.shown(entry("cv_1", 3), "茶友", "Bo", 3, group=True))
    told.shows(("Bo", photo, "cv_2"), ("茶友", many, "cv_1"))


@pytest.mark.parametrize(
    ("lang", "app", "something"),
    [("zh-CN", "畅聊", "你有一条新消息"), ("en", "Changliao", "You have a new message")],
)
def test_who_wants_no_content_reads_only_that_there_is_something(
    screens: Screens, demo: Demo, lang: str, app: str, something: str
) -> None:
    told = Told(screens.page("phone", demo.person(locale=lang), lang=lang), demo)
    told.away()
    told.hand(rules.hidden(entry("cv_1", 1)))
    told.shows((app, something, "cv_1"))


def test_nothing_is_shown_to_who_looks_at_the_app(screens: Screens, demo: Demo) -> None:
    told = Told(screens.page("pc", demo.person(locale="en"), lang="en"), demo)
    told.hand_unseen(rules.shown(entry("cv_1", 1), "Bo", "Bo", 1, group=False))
    told.shows()
    told.elsewhere("/wallet")  # No messages are to be seen there.
    told.hand_unseen(rules.shown(entry("cv_1", 2), "Bo", "Bo", 2, group=False))
    told.shows(("Bo", "喝茶吗 (2 new)", "cv_1"))


@pytest.mark.parametrize(("size", "open_at"), [("phone", "/app#/me"), ("pc", "/u/nobody")])
def test_a_press_leads_to_the_conversation_in_the_app_that_is_open(
    screens: Screens, demo: Demo, size: Size, open_at: str
) -> None:
    lin, bo = demo.friends("Lin", "Bo")
    where = demo.direct(lin, bo)
    told = Told(screens.page(size, lin), demo)
    told.away()
    told.hand(rules.shown(entry(where, 1), "Bo", "Bo", 1, group=False))
    told.shows(("Bo", "喝茶吗", where))
    told.page.goto(f"{demo.url}{open_at}")
    expect(at(told.page, "app")).to_be_visible()
    done = told.press(where)
    assert (done["opened"], len(done["focused"]), done["left"]) == ([], 1, 0)
    told.page.wait_for_url(f"**/app#/chats/{where}")
    expect(at(told.page, "talk").get_by_role("heading", name="Bo")).to_be_visible()


def test_a_press_opens_the_app_at_the_conversation_when_it_is_nowhere(
    screens: Screens, demo: Demo
) -> None:
    lin, bo = demo.friends("Lin", "Bo")
    where = demo.direct(lin, bo)
    told = Told(screens.page("phone", lin), demo)
    told.away()
    told.hand(rules.hidden(entry(where, 1)))
    told.shows(("畅聊", "你有一条新消息", where))
    done = told.press(where)
    assert (done["focused"], done["left"]) == ([], 0)
    [address] = done["opened"]
    told.page.goto(f"{demo.url}{address}")
    expect(at(told.page, "talk").get_by_role("heading", name="Bo")).to_be_visible()


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_at_a_plain_http_address_one_sentence_says_why_there_are_no_notices(
    screens: Screens, demo: Demo, lang: str
) -> None:
    page = screens.page("phone", demo.person(locale=lang), lang=lang)
    [cookie] = page.context.cookies(demo.url)
    name, value = cookie["name"], cookie["value"]
    page.context.add_cookies([{"name": name, "value": value, "domain": PLAIN_HOST, "path": "/"}])
    # Sockets are asked for at the address that the house was told is its own.
    page.route("**/v1/sessions/socket", lambda route: route.fulfill(status=403))
    page.goto(f"{demo.url.replace('localhost', PLAIN_HOST)}/app#/me")
    assert not page.evaluate("() => isSecureContext || 'serviceWorker' in navigator")
    why = {"zh-CN": "通知和离线使用需要安全的地址", "en": "need a safe address: https"}[lang]
    expect(at(page, "not-safe")).to_contain_text(why)
    at(page, "my-notices").click()
    expect(at(page, "no-notices")).to_contain_text(why)
    expect(at(page, "notices-on")).to_have_count(0)
