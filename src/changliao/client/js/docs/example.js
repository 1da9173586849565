// Examples: a curl command per route with the headers it needs, and what an answer looks like.
import { resolve } from "./reference.js";

const SAMPLES = {
  amount: 6800, currency: "CNY", reference: "order-1001", description: "Longjing tea, 50 g", method: "wallet", channel: "mobile",
  return_url: "https://shop.example/orders/1001", reason: "one cup was chipped", mode: "test", name: "Corner Shop", handle: "lin",
  password: "a long passphrase", pin: "258036", role: "developer", label: "web shop", url: "https://shop.example/webhooks",
  kinds: ["payment.*", "refund.*"], token: "c7590d4f…", rail: "sandbox_bank", transport: "bearer", device: "phone", locale: "zh-CN",
  app_id: "app_01J…", per_payment: 5000, per_day: 20000, per_s: 100, burst: 200, grace_s: 86400, signing: "v1", status: "paid",
  captured_amount: 6800, refunded_amount: 0, refundable_amount: 6800, balance: 50800, available: 50800, pending: 0, version: 2,
  cashier_url: "https://pay.example/pay/pay_01J…?t=c7590d4f…", created_at: "2026-01-31T08:00:00.000000Z", sequence: 42, took_ms: 12,
  number: 1, scopes: ["payments:read", "payments:write"], limit: 20, t: "c7590d4f…", wait: 20, kind: "payment.paid",
  payer: "opn_3KQ…", person: "opn_3KQ…", date: "2026-01-31", utc_offset: "%2B08:00", format: "json", fee: 0, net: 6800, complete: true,
  about: "pay_01J…", q: "tea", seen: "1.open.", after: "", capture: "auto", code: "payment", held_amount: 0, balance_after: 50800,
};
const IDS = {
  payments: "pay_01J…", transfers: "trf_01J…", incoming_transfers: "trf_01J…", statements: "tr_01J…", refunds: "re_01J…", methods: "wallet.mobile", customers: "cus_01J…", webhook_endpoints: "we_01J…",
  deliveries: "msg_01J…", cashier: "pay_01J…", top_ups: "top_01J…", mandates: "man_01J…", sessions: "current",
  partners: "par_01J…", apps: "app_01J…", keys: "key_01J…", members: "per_01J…",
};
const WANTED = ["return_url", "description", "reason", "kinds", "mode", "label", "amount"];
const ASKED = ["t", "date", "currency", "mode", "about"];

function pathOf(route) {
  return route.path.replace(/\/([^/]+)\/\{\w+\}/g, (_, noun) => `/${noun}/${IDS[noun] ?? "01J…"}`);
}

function sample(name, schema, schemas, depth) {
  if (name in SAMPLES) return SAMPLES[name];
  if (name.endsWith("_at")) return SAMPLES.created_at;
  return valueOf(schema, schemas, depth, name);
}

/** A value of this schema, from samples by field name. */
export function valueOf(schema, schemas, depth = 0, name = "") {
  const { schema: found, name: type } = resolve(schema, schemas);
  if (!found) return null;
  if (found.anyOf) {
    const real = found.anyOf.find((one) => one.type !== "null");
    return real?.$ref && depth > 1 ? null : valueOf(real, schemas, depth, name);
  }
  if (found.enum) return found.enum[0];
  if (found.type === "array") return depth > 2 ? [] : [valueOf(found.items ?? {}, schemas, depth + 1, name)];
  if (found.properties) {
    return Object.fromEntries(Object.entries(found.properties).map(([field, one]) => [field,
      field === "id" ? idOf(type) : sample(field, one, schemas, depth + 1)]));
  }
  if (found.type === "integer") return 1;
  if (found.type === "boolean") return true;
  return found.type === "object" ? {} : "…";
}

function idOf(type) {
  const prefix = { PaymentView: "pay", CashierPaymentView: "pay", RefundView: "re", KeyView: "key", AppView: "app", PartnerView: "par",
    EndpointView: "we", DeliveryView: "msg", CustomerView: "cus", TopUpView: "top", MandateView: "man", PersonView: "per", MeView: "per",
    EventView: "evt", FactView: "evt", AttemptView: "att", SessionView: "ses" }[type];
  if (type === "MethodView") return "wallet.mobile";
  return prefix === "evt" ? "evt_42" : `${prefix ?? "id"}_01J…`;
}

/** The body to send: what is required, and a little more. */
export function bodyOf(route, schemas) {
  if (!route.body) return null;
  const { schema } = resolve(route.body, schemas);
  const required = schema.required ?? [];
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => required.includes(name) || WANTED.includes(name));
  return Object.fromEntries(fields.map(([name, one]) => [name, sample(name, one, schemas, 1)]));
}

/** The route as a curl command. */
export function curlOf(route, schemas) {
  const asked = route.params.filter(({ in: where, name }) => where === "query" && ASKED.includes(name))
    .map(({ name }) => `${name}=${SAMPLES[name]}`).join("&");
  const url = `${location.origin}${pathOf(route)}${asked ? `?${asked}` : ""}`;
  const lines = [`curl ${route.method === "GET" ? "" : `-X ${route.method} `}"${url}"`];
  if (route.who === "app") lines.push('-H "Authorization: Bearer $CHANGLIAO_KEY"');
  if (route.who.startsWith("person")) lines.push('-H "Authorization: Bearer $SESSION_TOKEN"');
  if (route.keyed) lines.push('-H "Idempotency-Key: $(uuidgen)"');
  const body = bodyOf(route, schemas);
  if (body) {
    lines.push('-H "Content-Type: application/json"');
    lines.push(`-d '${JSON.stringify(body, null, 2).replace(/\n/g, "\n      ")}'`);
  }
  return lines.join(" \\\n  ");
}
