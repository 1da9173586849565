"""`python -m tests.browser.speed`: how soon the cashier can be used, cold, on a CPU slowed down four times.

The budget is one second, on a machine that does nothing else. Usable: the button to pay stands in a
painted frame and opens the PIN pad. Nothing is asked of the page before it says so, because what a test
driver puts into a page costs time as well; and the browser's own window has a moment to open first.
`--cpu` counts processor time of the page's main thread, which other work on the machine disturbs less.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.demo import ARGUMENTS, Demo, chromium_path
from tests.browser.marks import at

SLOWER = 4
SETTLE_MS = 800
WATCH = """() => {
  const done = new MutationObserver(() => {
    if (!document.querySelector('[data-test="pay"]')) return;
    done.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      window.usableMs = performance.now();
      console.log("usable");
    }, 0));
  });
  done.observe(document, { childList: true, subtree: true });
}"""
SAID = """() => {
  const got = performance.getEntriesByType("resource");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    usable: window.usableMs, paint: paint?.startTime ?? 0,
    requests: got.length, kB: got.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1000,
  };
}"""


def one(browser: Browser, demo: Demo, address: str, slower: int, domain: str) -> dict[str, float]:
    """One cold visit: milliseconds from the tap to what can be used."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    headers = {"origin": demo.url}
    context.request.post(f"{demo.url}/demo/sign_in", data={"handle": "lin"}, headers=headers)
    page = context.new_page()
    page.add_init_script(f"({WATCH})()")
    wire = context.new_cdp_session(page)
    wire.send("Performance.enable", {"timeDomain": domain})
    page.wait_for_timeout(SETTLE_MS)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    with page.expect_console_message(lambda message: message.text == "usable"):
        page.goto(address, wait_until="commit")
    metrics: Any = wire.send("Performance.getMetrics")["metrics"]
    said: dict[str, float] = page.evaluate(SAID)
    wanted = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration")
    said |= {one["name"]: one["value"] * 1000 for one in metrics if one["name"] in wanted}
    at(page, "pay").tap()
    expect(at(page, "pin-field")).to_be_focused()
    context.close()
    return said


def main(arguments: list[str]) -> int:
    """Print the median and the spread of every figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.speed")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--slower", type=int, default=SLOWER)
    parser.add_argument("--cpu", action="store_true")
    said = parser.parse_args(arguments)
    domain = "threadTicks" if said.cpu else "timeTicks"
    path = chromium_path()
    if path is None:
        sys.stderr.write("There is no Chromium here; on Debian: apt install chromium\n")
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        demo = Demo(Path(folder))
        try:
            address = demo.payment(6800)["cashier_url"]
            one(
                browser, demo, address, said.slower, domain
            )  # The server's first time is not the page's.
            runs = [one(browser, demo, address, said.slower, domain) for _ in range(said.runs)]
        finally:
            demo.stop()
            browser.close()
    for name in runs[0]:
        figures = sorted(run[name] for run in runs)
        middle = statistics.median(figures)
        sys.stdout.write(f"{name:20} {middle:8.0f}   {figures[0]:6.0f} - {figures[-1]:.0f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
