// The page /pay/{id}?t=TOKEN: the cashier on the whole window.
import { html, render } from "../dom.js";
import { Cashier } from "../cashier.js";
import { learnClock } from "../time.js";

// What the page brought along, so that nothing need be asked before it can be used.
const brought = JSON.parse(document.getElementById("brought").textContent);
if (brought) learnClock(brought.at);

const query = new URLSearchParams(location.search);
const paymentId = decodeURIComponent(location.pathname.split("/").filter(Boolean)[1] ?? "");

render(
  html`<${Cashier} paymentId=${paymentId} token=${query.get("t") ?? ""} via=${query.get("via")}
    first=${brought?.view} />`,
  document.getElementById("app"),
);
