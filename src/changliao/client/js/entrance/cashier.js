// The cashier over a partner's page: ours alone, so that the page can neither see nor touch it.
import { html, useEffect, useRef, useState } from "../dom.js";
import { get } from "../api.js";
import { Cashier } from "../cashier.js";
import { t } from "../i18n.js";
import { Icon } from "../ui.js";

const TOLD = { paid: "paid", authorized: "paid", canceled: "failed", expired: "failed", processing: "processing" };

/**
 * `FrameCashier({shown, onDone})`: `shown` is `{payment_id, token}`. `onDone({status})` is told once, when it
 * is put away: `paid`, `canceled` (nothing was paid), `failed`, or `processing` when nobody knows yet.
 */
export function FrameCashier({ shown, onDone }) {
  const [status, setStatus] = useState("open");
  const box = useRef(null);
  const gone = useRef(false);
  useEffect(() => { box.current?.focus({ preventScroll: true }); }, []);

  const leave = async () => {
    if (gone.current) return;
    gone.current = true;
    onDone({ status: TOLD[status] ?? (await asked(shown)) });
  };
  const paid = TOLD[status] === "paid";
  return html`<section class="entrance-cashier" role="dialog" aria-modal="true" aria-label=${t("entrance.cashier")}
      tabindex="-1" ref=${box} data-test="frame-cashier"
      onKeyDown=${(event) => event.key === "Escape" && !event.defaultPrevented && leave()}>
    <header class="entrance-cashier-bar">
      <button type="button" class=${paid ? "link" : "icon-button"} onClick=${leave} data-test="cashier-leave"
        aria-label=${t(paid ? "entrance.done" : "entrance.not_now")}>
        ${paid ? t("entrance.done") : html`<${Icon} name="x" />`}</button>
    </header>
    <div class="entrance-cashier-body">
      <${Cashier} paymentId=${shown.payment_id} token=${shown.token} embedded onGo=${leave}
        onSettled=${(payment) => setStatus(payment.status)} />
    </div>
  </section>`;
}

/** How a payment stands that was put away unsettled. Whoever cannot be asked leaves it in doubt. */
async function asked({ payment_id, token }) {
  try {
    const { payment } = await get(`/v1/cashier/${encodeURIComponent(payment_id)}?t=${encodeURIComponent(token)}`);
    return TOLD[payment.status] ?? "canceled";
  } catch {
    return "processing";
  }
}
