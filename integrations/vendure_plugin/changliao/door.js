// Where Changliao tells what happened, and where buyers come back to.

const { Order, RequestContextService, TransactionalConnection } = require("@vendure/core");
const { Controller, Get, Inject, Param, Post, Req, Res } = require("@nestjs/common");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");
const { Refused, Silent } = require("./api");
const { Books, SETTINGS } = require("./books");
const { open } = require("./handler");
const { say } = require("./words");

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

class Door {
  constructor(settings, books, connection, contexts) {
    Object.assign(this, { settings, books, connection, contexts });
    this.webhook = new Webhook(settings.webhookSecret);
  }

  /** A webhook. 401 unless we signed it; 503 when it cannot be entered now, so that it is told again. */
  async hear(request, response) {
    let event;
    try {
      event = this.webhook.verify(request.body, request.headers);
    } catch (trouble) {
      if (!(trouble instanceof WebhookVerificationError || trouble instanceof SyntaxError)) throw trouble;
      return response.status(401).json({ error: "bad signature" });
    }
    const { type, data } = event;
    let entered = true;
    try {
      if (type.startsWith("payment.")) entered = await this.books.hearPayment(data.payment_id);
      if (type.startsWith("refund.")) entered = await this.books.hearRefund(data.refund_id);
    } catch (trouble) {
      if (!(trouble instanceof Silent || trouble instanceof Refused)) throw trouble;
      entered = false;
    }
    return response.status(entered ? 204 : 503).end();
  }

  /** A buyer is back. What the address says is not read: the API is asked. On to the storefront, if there
   * is one. */
  async back(code, request, response) {
    const words = (what) => say(request.acceptsLanguages("zh", "en"), what);
    const ctx = await this.contexts.create({ apiType: "admin" });
    const orders = this.connection.getRepository(ctx, Order);
    const find = () => orders.findOne({ where: { code }, relations: { payments: true } });
    let order = await find(), what = "back_open", link = "";
    if (!order) return response.status(404).end();
    try {
      for (const one of open(order.payments)) await this.books.hearPayment(one.transactionId);
      order = await find();
      if (order.state !== "ArrangingPayment" && order.state !== "AddingItems") what = "back_paid";
      const [waiting] = open(order.payments);
      if (waiting) link = waiting.metadata.public.cashierUrl;
    } catch (trouble) {
      if (!(trouble instanceof Silent || trouble instanceof Refused)) throw trouble;
      what = "back_unknown";
    }
    if (this.settings.storefrontUrl) {
      return response.redirect(303, `${this.settings.storefrontUrl}/${encodeURIComponent(code)}`);
    }
    const way = link ? `<p><a href="${escaped(link)}">${words("pay")}</a>` : "";
    return response.type("html").send(`<!doctype html><meta charset="utf-8"><title>${escaped(code)}</title>
      <meta name="viewport" content="width=device-width"><p>${words(what)}${way}`);
  }
}

const method = (decorate, name) =>
  decorate(Door.prototype, name, Object.getOwnPropertyDescriptor(Door.prototype, name));
Controller("changliao")(Door);
[SETTINGS, Books, TransactionalConnection, RequestContextService]
  .forEach((wanted, place) => Inject(wanted)(Door, undefined, place));
method(Post("webhook"), "hear");
[Req(), Res()].forEach((decorate, place) => decorate(Door.prototype, "hear", place));
method(Get("return/:code"), "back");
[Param("code"), Req(), Res()].forEach((decorate, place) => decorate(Door.prototype, "back", place));

module.exports = { Door };
