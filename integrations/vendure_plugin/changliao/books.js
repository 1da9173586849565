// Enters in Vendure's books what became of payments and refunds. What to enter is always asked of the API,
// under a lock of the order: hearing it twice, late or at once in two processes enters it once.

const {
  ConfigService, Logger, Order, OrderService, Payment, PaymentMethodService, Refund, RequestContextService,
  TransactionalConnection,
} = require("@vendure/core");
const { Inject, Injectable } = require("@nestjs/common");
const { In, MoreThan } = require("typeorm");
const { Api, Refused, Silent, fromMinor, toMinor } = require("./api");
const { CODE, NUMBER, REFUND_STATES, open, refundOf } = require("./handler");

const SETTINGS = Symbol("Changliao's settings");
const WRITING_MS = 60_000; // So long may Vendure take to write down a refund that it has just asked for.
const KEY_KEPT_MS = 29 * 24 * 3600_000; // A day less than the API remembers keys.

class Books {
  constructor(settings, connection, contexts, orders, methods, config) {
    Object.assign(this, { settings, connection, contexts, orders, methods });
    this.api = new Api(settings.url, settings.key);
    this.precision = config.entityOptions.moneyStrategy.precision ?? 2;
    this.asking = null;
    this.turns = new Map();
  }

  /** Enter how this payment stands. False when it should be known here and is not yet: to be told again. */
  async hearPayment(id) {
    const told = await this.api.ask("GET", `/v1/payments/${id}`);
    return this.locked(id, async (ctx, payment) => {
      if (!payment) return !(told.return_url || "").startsWith(`${this.settings.shopUrl}/changliao/`);
      if (payment.state !== "Created") return true;
      if (told.status === "paid") await this.orders.settlePayment(ctx, payment.id);
      if (["canceled", "expired"].includes(told.status)) await this.orders.cancelPayment(ctx, payment.id);
      return true;
    });
  }

  /** Enter how this refund stands, wherever it was asked for. False as above. */
  async hearRefund(id) {
    return this.enterRefund(await this.api.ask("GET", `/v1/refunds/${id}`));
  }

  async enterRefund(told) {
    return this.locked(told.payment_id, async (ctx, payment) => {
      if (!payment) return true;
      const refunds = this.connection.getRepository(ctx, Refund);
      const known = await refunds.find({ where: { payment: { id: payment.id } } });
      const same = (one) => one.transactionId === told.id || one.metadata?.reference === told.reference;
      const waiting = known.find((one) => one.state === "Pending" && same(one));
      if (waiting) return this.advance(ctx, waiting, told);
      const entered = known.some((one) => one.transactionId === told.id && one.state !== "Failed");
      if (entered || told.status !== "succeeded") return true;
      if (NUMBER.test(told.reference) && Date.now() - Date.parse(told.created_at) < WRITING_MS) return false;
      const total = fromMinor(told.amount, told.currency, this.precision);
      const made = new Refund({
        payment, total, reason: told.reason, method: payment.method, state: "Pending",
        metadata: { reference: told.reference }, items: 0, adjustment: 0, shipping: 0,
      });
      return this.advance(ctx, await refunds.save(made), told);
    });
  }

  async advance(ctx, refund, told) {
    const state = REFUND_STATES[told.status];
    if (state === "Settled") await this.orders.settleRefund(ctx, { id: refund.id, transactionId: told.id });
    if (state === "Failed") await this.orders.transitionRefundToState(ctx, refund.id, state, told.id);
    if (state === "Pending" && refund.transactionId !== told.id) {
      await this.connection.getRepository(ctx, Refund).update(refund.id, { transactionId: told.id });
    }
    return true;
  }

  /** Ask about everything that is in doubt: what no webhook has told, refunds whose answer was lost. */
  async askAgain() {
    this.asking ??= this.askAll().finally(() => (this.asking = null));
    return this.asking;
  }

  async askAll() {
    const ctx = await this.contexts.create({ apiType: "admin" });
    const codes = (await this.methods.findAll(ctx)).items
      .filter((one) => one.handler.code === CODE).map((one) => one.code);
    const payments = await this.connection.getRepository(ctx, Payment).find({
      where: { state: "Created", method: In(codes) }, relations: { refunds: true },
    });
    for (const one of open(payments)) await this.quietly(() => this.hearPayment(one.transactionId));
    const refunds = await this.connection.getRepository(ctx, Refund).find({
      where: { state: "Pending", method: In(codes), createdAt: MoreThan(new Date(Date.now() - KEY_KEPT_MS)) },
      relations: { payment: { order: true } },
    });
    for (const one of refunds) await this.quietly(() => this.finish(ctx, one));
  }

  /** A refund that is under way, or whose answer was lost: the same key is the same refund. */
  async finish(ctx, refund) {
    if (refund.transactionId) return this.hearRefund(refund.transactionId);
    const { payment, metadata, total, reason } = refund;
    if (!metadata.reference) return true; // Entered by hand.
    const amount = toMinor(total, payment.order.currencyCode, this.precision);
    try {
      return await this.enterRefund(
        await this.api.ask("POST", ...refundOf(payment, metadata.reference, amount, reason)));
    } catch (trouble) {
      if (!(trouble instanceof Refused)) throw trouble;
      return this.orders.transitionRefundToState(ctx, refund.id, "Failed");
    }
  }

  async quietly(deed) {
    try {
      await deed();
    } catch (trouble) {
      if (!(trouble instanceof Silent || trouble instanceof Refused)) throw trouble;
      Logger.warn(`still in doubt: ${trouble.message}`, CODE);
    }
  }

  /** Run it in a transaction that holds the order of this payment, if we have that. An update is a lock
   * wherever transactions have connections of their own; in SQLite they share one, so they take turns. */
  async locked(id, deed) {
    const before = this.turns.get(id) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.holding(id, deed));
    this.turns.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.turns.get(id) === mine) this.turns.delete(id);
    }
  }

  async holding(id, deed) {
    const admin = await this.contexts.create({ apiType: "admin" });
    return this.connection.withTransaction(admin, async (ctx) => {
      const payments = this.connection.getRepository(ctx, Payment);
      const find = () => payments.findOne({ where: { transactionId: id }, relations: { order: true } });
      const found = await find();
      if (!found) return deed(ctx, null);
      await this.connection.getRepository(ctx, Order).update(found.order.id, { updatedAt: new Date() });
      return deed(ctx, await find());
    });
  }
}

// What decorators would say, in a file that needs no compiler.
Injectable()(Books);
[SETTINGS, TransactionalConnection, RequestContextService, OrderService, PaymentMethodService, ConfigService]
  .forEach((wanted, place) => Inject(wanted)(Books, undefined, place));

module.exports = { Books, SETTINGS };
