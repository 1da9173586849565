// The page /pay/{id}?t=TOKEN: the cashier on the whole window.
import { html, render } from "../dom.js";
import { Cashier } from "../cashier.js";

const query = new URLSearchParams(location.search);
const paymentId = decodeURIComponent(location.pathname.split("/").filter(Boolean)[1] ?? "");

render(
  html`<${Cashier} paymentId=${paymentId} token=${query.get("t") ?? ""} via=${query.get("via")} />`,
  document.getElementById("app"),
);
