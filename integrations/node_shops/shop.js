// The shop behind both ways to be paid: its goods, its orders, its pages. It believes verified notifications
// and what it asks; never the address that a buyer comes back to.

const fs = require("node:fs");
const path = require("node:path");
const { createServer } = require("node:http");
const { createHash, randomBytes, timingSafeEqual } = require("node:crypto");
const WORDS = require("./words.json");

const STYLE = fs.readFileSync(path.join(__dirname, "../corner_shop/shop.css"), "utf8");
const GOODS = { tea: ["茶", 6800], bowl: ["碗", 3900], fan: ["扇", 3300] }; // In fen.
const BODY_MAX = 65_536;

/** A refusal of the payment service: certain, nothing was done. */
class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

const yuan = (fen) => `¥${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const given = (order) => order.refunds.filter((one) => one.state !== "refused").reduce((sum, one) => sum + one.amount, 0);

/** The shop. `pay` is a way to be paid, `folder` keeps the orders, `keep` is the keeper's password. */
function shop({ pay, folder, url, keep }) {
  const book = path.join(folder, "orders.json");
  const orders = new Map(fs.existsSync(book) ? Object.entries(JSON.parse(fs.readFileSync(book, "utf8"))) : []);

  function save(order) {
    orders.set(order.number, order);
    fs.writeFileSync(`${book}.new`, JSON.stringify(Object.fromEntries(orders)), { flush: true });
    fs.renameSync(`${book}.new`, book);
  }

  /** Its cashier. Asked again it is the same payment, because the number and all else are. */
  async function begin(order) {
    try {
      Object.assign(order, { cashier: await pay.begin(order), state: order.state === "new" ? "waiting" : order.state });
    } catch (trouble) {
      if (trouble instanceof Refused) order.state = "refused";
      else console.error(`${order.number}: ${trouble.message}`);
    }
    save(order);
  }

  /** Where no notification has come yet: ask. */
  async function look(order) {
    if (order.state !== "waiting") return order.state;
    try {
      const state = await pay.asked(order);
      if (state !== "open" && order.state === "waiting") save(Object.assign(order, { state }));
    } catch (trouble) {
      console.error(`${order.number}: ${trouble.message}`);
      return order.state === "waiting" ? "unsure" : order.state;
    }
    return order.state;
  }

  function hear(request, body) {
    const told = pay.heard(request.headers, body);
    const order = told && orders.get(told.number);
    if (order && order.state !== "paid" && told.proves(order)) save(Object.assign(order, { state: "paid" }));
    return pay.answer(told !== null);
  }

  /** Give back so many fen. A refund without an answer is asked again, under its number, before any other. */
  async function giveBack(order, amount) {
    let refund = order.refunds.find((one) => one.state === "asked");
    if (!refund) {
      if (!(amount > 0 && amount <= order.amount - given(order)) || order.state !== "paid") return "bad_amount";
      refund = { number: `${order.number}-R${order.refunds.length + 1}`, amount, state: "asked" };
      order.refunds.push(refund);
      save(order);
    }
    try {
      refund.state = await pay.refund(order, refund);
    } catch (trouble) {
      if (trouble instanceof Refused) Object.assign(refund, { state: "refused", reason: trouble.message });
      else console.error(`${refund.number}: ${trouble.message}`);
    }
    save(order);
    return null;
  }

  // Pages ------------------------------------------------------------------------------------

  function speaking(request) {
    const tags = (request.headers["accept-language"] ?? "").split(",").map((one) => one.trim().slice(0, 2));
    const language = tags.find((one) => one in WORDS) ?? "zh";
    const say = (what, said = {}) => WORDS[language][what].replace(/\{(\w+)\}/g, (_, name) => said[name]);
    const page = (body, refresh = false) => [200, `<!doctype html><html lang="${language}"><meta charset="utf-8">
      ${refresh ? '<meta http-equiv="refresh" content="2">' : ""}<title>${say("shop")}</title>
      <meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style>
      <header><a href="/">${say("shop")}</a></header><main>${body}</main>`];
    return { say, page };
  }

  const button = (action, words, inside = "") =>
    `<form method="post" action="${action}">${inside}<button>${words}</button></form>`;

  function shelf({ say, page }) {
    const things = Object.entries(GOODS).map(([thing, [sign, fen]]) =>
      `<li><div class="pic">${sign}</div><b>${say(thing)}</b><div>${yuan(fen)}</div>
       ${button("/orders", say("buy"), `<input type="hidden" name="thing" value="${thing}">`)}</li>`);
    return page(`<ul>${things.join("")}</ul>`);
  }

  async function buy(request, form, { say }) {
    const [, fen] = GOODS[form.thing];
    const number = `NS${randomBytes(12).toString("hex")}`;
    const way = /Mobi|Android/.test(request.headers["user-agent"] ?? "") ? "phone" : "pc";
    const at = `${url}/orders/${number}`;
    await begin({ number, thing: form.thing, name: say(form.thing), amount: fen, state: "new", way, url: at, refunds: [] });
    return onward(orders.get(number));
  }

  /** To the cashier; or to the page of the order, which shows what to scan, or what went wrong. */
  function onward({ state, cashier, number }) {
    const away = state === "waiting" && !cashier.qr;
    return [303, "", { location: away ? cashier.url : `/orders/${number}` }];
  }

  async function orderPage(order, { say, page }) {
    const state = await look(order);
    const waits = state === "waiting";
    let text = `<div class="card"><b>${say(order.thing)}</b><div class="big">${yuan(order.amount)}</div>
      <p data-state="${state}">${say(state)}</p><small>${order.number}</small>`;
    for (const one of order.refunds.filter((one) => one.state === "done")) {
      text += `<p>${say("back", { amount: yuan(one.amount) })}</p>`;
    }
    if (waits && order.cashier.qr) {
      text += `<p>${say("scan")}</p><div style="max-width:220px">${drawn(order.cashier.url)}</div>
        <a class="button" href="${escaped(order.cashier.url)}">${say("pay")}</a>`;
    } else if (waits) text += button(`/orders/${order.number}/pay`, say("pay"));
    if (state === "new") text += button(`/orders/${order.number}/pay`, say("again"));
    return page(`${text} <a class="button" href="/">${say("more")}</a></div>`, waits);
  }

  /** The QR code of an address, as SVG. */
  function drawn(address) {
    const code = require("qrcode-generator")(0, "M");
    code.addData(address);
    code.make();
    return code.createSvgTag({ cellSize: 4, margin: 8, scalable: true });
  }

  function desk({ say, page }, trouble) {
    const rows = [...orders.values()].reverse().map((order) => {
      const left = order.amount - given(order), open = order.refunds.find((one) => one.state === "asked");
      const told = order.refunds.map((one) =>
        `<p>${escaped(say(`refund_${one.state}`, { amount: yuan(one.amount), reason: one.reason }))}</p>`);
      const amount = `<input name="amount" size="7" inputmode="decimal" value="${yuan(left).slice(1)}"> `;
      const words = open ? say("finish", { amount: yuan(open.amount) }) : say("refund");
      const can = order.state === "paid" && (open || left > 0);
      return `<div class="card"><b>${say(order.thing)}</b> ${yuan(order.amount)} ${say(order.state)}
        <small>${order.number}</small>${told.join("")}
        ${can ? button(`/keeper/${order.number}/refund`, words, open ? "" : amount) : ""}</div><br>`;
    });
    const [, text] = page(`<h1>${say("keeper")}</h1>${trouble ? `<p>${say(trouble)}</p>` : ""}${rows.join("")}`);
    return [trouble ? 400 : 200, text];
  }

  function isKeeper(request) {
    const digest = (text) => createHash("sha256").update(text).digest();
    const wanted = `Basic ${Buffer.from(`keeper:${keep}`).toString("base64")}`;
    const sameSite = ["same-origin", "none", undefined].includes(request.headers["sec-fetch-site"]);
    return sameSite && timingSafeEqual(digest(request.headers.authorization ?? ""), digest(wanted));
  }

  async function keeping(request, form, number, speech) {
    if (!isKeeper(request)) return [401, "", { "www-authenticate": 'Basic realm="keeper", charset="UTF-8"' }];
    if (!number) return desk(speech);
    const order = orders.get(number);
    if (!order || request.method !== "POST") return null;
    const asked = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(form.amount ?? "");
    const trouble = await giveBack(order, asked ? Number(asked[1] + (asked[2] ?? "").padEnd(2, "0")) : 0);
    return trouble ? desk(speech, trouble) : [303, "", { location: "/keeper" }];
  }

  async function answered(request, body) {
    const { pathname } = new URL(request.url, url);
    const [, place, number, deed] = pathname.split("/");
    const speech = speaking(request), posted = request.method === "POST";
    if (pathname === "/notify" && posted) return hear(request, body);
    const form = Object.fromEntries(new URLSearchParams(body));
    if (pathname === "/") return shelf(speech);
    if (place === "keeper") return keeping(request, form, number, speech);
    if (pathname === "/orders" && posted && Object.hasOwn(GOODS, form.thing)) return buy(request, form, speech);
    const order = place === "orders" && orders.get(number);
    if (order && !deed) return orderPage(order, speech);
    if (!order || deed !== "pay" || !posted) return null;
    if (["new", "waiting"].includes(order.state)) await begin(order);
    return onward(order);
  }

  return createServer(async (request, response) => {
    try {
      let body = "";
      for await (const piece of request.setEncoding("utf8")) {
        body += piece;
        if (body.length > BODY_MAX) throw new Error("the body is too long");
      }
      const { say, page } = speaking(request);
      const [status, text, headers] = (await answered(request, body)) ?? [404, page(`<p>${say("missing")}</p>`)[1]];
      response.writeHead(status, { "content-type": "text/html; charset=utf-8", ...headers }).end(text);
    } catch (trouble) {
      console.error(trouble);
      response.writeHead(500).end();
    }
  });
}

module.exports = { Refused, shop };
