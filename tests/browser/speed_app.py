"""`python -m tests.browser.speed_app`: how soon the app can be used, cold, on a slow phone; how it scrolls.

Cold cache, 1.6 Mbit/s, 150 ms, a CPU slowed down four times: the budget is 150 kB, first contentful paint
at 1.5 s, usable at 2.5 s. Usable: a conversation stands in a painted frame and opens when it is pressed.
Then ten thousand messages are scrolled through, and the longest task is read from the browser's own trace:
the budget is 50 ms. Everything is measured on whatever else the machine does meanwhile.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests.browser.demo import ARGUMENTS, PASSWORD, Demo, Person, chromium_path
from tests.browser.marks import at

SLOWER = 4
SETTLE_MS = 800
LATENCY_MS, BYTES_PER_S = 150, 1_600_000 // 8
MESSAGES, TURNS, STEP_PX = 10_000, 150, 600
TRACED = ("toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline")
TASKS = ("RunTask", "ThreadControllerImpl::RunTask")
LONG = Path(__file__).parent / "app_long.js"
WATCH = """(() => {
  const done = new MutationObserver(() => {
    if (!document.querySelector('[data-test="conversation"]')) return;
    done.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      window.usableMs = performance.now();
      console.log("usable");
    }, 0));
  });
  done.observe(document, { childList: true, subtree: true });
})()"""
SAID = """() => {
  const got = [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")];
  const before = got.filter(({ responseEnd }) => responseEnd <= window.usableMs);
  return {
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, usable: window.usableMs,
    kB: before.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1000, requests: before.length,
  };
}"""
SCROLL = """async ([turns, step]) => {
  const box = document.querySelector('[data-test="lines"]');
  let most = 0;
  for (let turn = 0; turn < turns; turn++) {
    box.scrollTop -= turn % 10 === 9 ? step * 20 : step;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    most = Math.max(most, document.querySelectorAll('[data-test="line"]').length);
  }
  return most;
}"""


def phone(browser: Browser, demo: Demo, who: Person) -> tuple[Page, CDPSession]:
    """A fresh phone of this person."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    body = {"handle": who.handle, "password": PASSWORD, "transport": "cookie"}
    context.request.post(f"{demo.url}/v1/sessions", data=body, headers={"origin": demo.url})
    page = context.new_page()
    return page, context.new_cdp_session(page)


def cold(browser: Browser, demo: Demo, who: Person) -> dict[str, float]:
    """One cold visit: milliseconds from the tap to what can be used."""
    page, wire = phone(browser, demo, who)
    page.add_init_script(WATCH)
    page.wait_for_timeout(SETTLE_MS)
    conditions = {"offline": False, "latency": LATENCY_MS}
    speeds = {"downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", conditions | speeds)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    with page.expect_console_message(lambda message: message.text == "usable"):
        page.goto(f"{demo.url}/app", wait_until="commit")
    said: dict[str, float] = page.evaluate(SAID)
    at(page, "conversation").first.tap()
    expect(at(page, "talk")).to_be_visible()
    page.context.close()
    return said


def scrolled(browser: Browser, demo: Demo, who: Person) -> dict[str, float]:
    """Scroll through ten thousand messages: the most nodes in the page, the longest task of its thread."""
    page, wire = phone(browser, demo, who)
    page.goto(f"{demo.url}/app")
    expect(at(page, "app")).to_be_visible()
    page.evaluate(LONG.read_text("utf-8"), MESSAGES)
    expect(at(page, "lines").get_by_text(f"message {MESSAGES} ")).to_be_visible()
    page.wait_for_timeout(SETTLE_MS)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    browser.start_tracing(page=page, categories=list(TRACED))
    nodes = page.evaluate(SCROLL, [TURNS, STEP_PX])
    trace: Any = msgspec.json.decode(browser.stop_tracing())["traceEvents"]
    page.context.close()
    main = {
        (one["pid"], one["tid"])
        for one in trace
        if one.get("name") == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = sorted(
        one["tdur"] / 1000  # Time of the thread itself: what else runs here is not the page's.
        for one in trace
        if one.get("name") in TASKS and (one["pid"], one["tid"]) in main and "tdur" in one
    )
    return {
        "nodes": nodes,
        "tasks": len(tasks),
        "longest": tasks[-1],
        "p99": tasks[len(tasks) * 99 // 100],
    }


def tell(runs: list[dict[str, float]]) -> None:
    """The median and the spread of every figure."""
    for name in runs[0]:
        figures = sorted(run[name] for run in runs)
        middle = statistics.median(figures)
        sys.stdout.write(f"{name:10} {middle:8.0f}   {figures[0]:6.0f} - {figures[-1]:.0f}\n")


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.speed_app")
    parser.add_argument("--runs", type=int, default=7)
    said = parser.parse_args(arguments)
    path = chromium_path()
    if path is None:
        sys.stderr.write("There is no Chromium here; on Debian: apt install chromium\n")
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        demo = Demo(Path(folder))
        try:
            lin, wang = demo.friends("林小满", "王建国")
            demo.say(wang, demo.direct(wang, lin), "你好")
            cold(browser, demo, lin)  # The server's first time is not the page's.
            tell([cold(browser, demo, lin) for _ in range(said.runs)])
            tell([scrolled(browser, demo, lin) for _ in range(3)])
        finally:
            demo.stop()
            browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
