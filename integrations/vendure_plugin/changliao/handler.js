// What Vendure asks of a way to pay: begin, settle, cancel, give back. Nothing is believed but the API.

const {
  ConfigService, LanguageCode, Order, OrderService, PaymentMethodHandler, Refund, totalCoveredByPayments,
  TransactionalConnection,
} = require("@vendure/core");
const { Api, Refused, Silent, toMinor } = require("./api");
const { WORDS, say } = require("./words");

const CODE = "changliao";
const NUMBER = /-refund-\d+-\d+$/; // How the references of our refunds end.
const REASON_MAX = 200;
const REFUND_STATES = { pending: "Pending", succeeded: "Settled", failed: "Failed" };

/** Payments of this order that a buyer may still pay. */
const isOpen = (payment) => payment.state === "Created" && Boolean(payment.metadata.changliao);
const open = (payments) => payments.filter(isOpen);

/** The body of a refund, and its key: the same whenever it is asked. `number` is its reference. */
function refundOf(payment, number, amount, reason) {
  const path = `/v1/payments/${payment.transactionId}/refunds`;
  return [path, { amount, reference: number, reason: (reason || "").slice(0, REASON_MAX) }, number];
}

/** The handler for these settings. */
function makeHandler(settings) {
  const api = new Api(settings.url, settings.key);
  const busy = new Set();
  let connection, orders, precision;

  const minor = (amount, order) => toMinor(amount, order.currencyCode, precision);

  /** Lock the order until Vendure has written down what we answer: an update is a lock on every database.
   * Everybody here takes the order first and its payments after it, webhooks too; so nobody waits in a ring. */
  const hold = (ctx, order) => connection.getRepository(ctx, Order).update(order.id, { updatedAt: new Date() });

  /** One deed at a time for an order, so that no two count the same tries. Where transactions share a
   * connection a lock is none, and the second is sent away. */
  async function alone(ctx, order, away, deed) {
    if (busy.has(order.id)) return away(say(ctx.languageCode, "busy"));
    busy.add(order.id);
    try {
      await hold(ctx, order);
      return await deed();
    } finally {
      busy.delete(order.id);
    }
  }

  /** Cancel what earlier tries left open; whether all of it could be. */
  async function closeEarlier(ctx, order, payments) {
    await hold(ctx, order);
    for (const one of open(payments ?? (await orders.getOrderPayments(ctx, order.id)))) {
      const closed = await orders.cancelPayment(ctx, one.id);
      if (closed.state !== "Cancelled") return false;
    }
    return true;
  }

  async function createPayment(ctx, order, uncovered) {
    const failed = (errorMessage) => ({ amount: uncovered, state: "Error", errorMessage });
    return alone(ctx, order, failed, () => begin(ctx, order, failed));
  }

  async function begin(ctx, order, failed) {
    const words = (what, said) => say(ctx.languageCode, what, said);
    const payments = await orders.getOrderPayments(ctx, order.id);
    if (!(await closeEarlier(ctx, order, payments))) return failed(words("under_way"));
    // What an earlier try left open counted as covered until it was canceled just now.
    const others = payments.filter((one) => !isOpen(one));
    const amount = order.totalWithTax - totalCoveredByPayments({ payments: others });
    try {
      // The amount belongs to the number: what is asked twice after a crash is one payment, or another one.
      const wanted = minor(amount, order);
      const reference = `${order.code}-${payments.length + 1}-${wanted}`;
      const body = {
        amount: wanted,
        currency: order.currencyCode,
        reference,
        description: words("order", { code: order.code }),
        return_url: `${settings.shopUrl}/changliao/return/${order.code}`,
      };
      const made = await api.ask("POST", "/v1/payments", body, reference);
      const metadata = { changliao: reference, public: { cashierUrl: made.cashier_url } };
      return { amount, state: "Created", transactionId: made.id, metadata };
    } catch (trouble) {
      if (trouble instanceof Silent) return failed(words("silent"));
      if (trouble instanceof Refused) return failed(words("refused", { reason: trouble.message }));
      throw trouble;
    }
  }

  async function settlePayment(ctx, order, payment) {
    const words = (what, said) => say(ctx.languageCode, what, said);
    const not = (errorMessage) => ({ success: false, state: payment.state, errorMessage });
    await hold(ctx, order);
    try {
      const told = await api.ask("GET", `/v1/payments/${payment.transactionId}`);
      if (told.status !== "paid") return not(words("not_paid", { status: told.status }));
      const right = told.captured_amount === minor(payment.amount, order);
      if (!right || told.currency !== order.currencyCode) return not(words("other_amount"));
      return { success: true, metadata: { method: told.method } };
    } catch (trouble) {
      if (trouble instanceof Silent) return not(words("silent"));
      if (trouble instanceof Refused) return not(trouble.message);
      throw trouble;
    }
  }

  async function cancelPayment(ctx, order, payment) {
    const words = (what) => say(ctx.languageCode, what);
    const not = (errorMessage) => ({ success: false, state: payment.state, errorMessage });
    if (payment.state === "Settled") return not(words("is_paid"));
    if (!payment.transactionId) return { success: true }; // It never began.
    const path = `/v1/payments/${payment.transactionId}`;
    await hold(ctx, order);
    try {
      const told = await api.ask("GET", path);
      if (!["canceled", "expired"].includes(told.status)) {
        await api.ask("POST", `${path}/cancellation`, {}, `${payment.transactionId}-cancel`);
      }
      return { success: true };
    } catch (trouble) {
      if (trouble instanceof Silent) return not(words("silent"));
      if (trouble instanceof Refused) return not(words("under_way"));
      throw trouble;
    }
  }

  async function createRefund(ctx, input, amount, order, payment) {
    const failed = (message) => ({ state: "Failed", metadata: { message } });
    return alone(ctx, order, failed, () => giveBack(ctx, input, amount, order, payment));
  }

  async function giveBack(ctx, input, amount, order, payment) {
    const words = (what, said) => say(ctx.languageCode, what, said);
    const refunds = connection.getRepository(ctx, Refund);
    const made = 1 + (await refunds.count({ where: { payment: { id: payment.id } } }));
    let number;
    try {
      const wanted = minor(amount, order);
      number = `${payment.transactionId}-refund-${made}-${wanted}`;
      const told = await api.ask("POST", ...refundOf(payment, number, wanted, input.reason));
      return { state: REFUND_STATES[told.status], transactionId: told.id, metadata: { reference: number } };
    } catch (trouble) {
      if (trouble instanceof Silent) {
        return { state: "Pending", metadata: { reference: number, message: words("refund_silent") } };
      }
      if (!(trouble instanceof Refused)) throw trouble;
      const message = words("refund_refused", { reason: trouble.message });
      return { state: "Failed", metadata: { reference: number, message } };
    }
  }

  const handler = new PaymentMethodHandler({
    code: CODE,
    description: [
      { languageCode: LanguageCode.en, value: WORDS.en.description },
      { languageCode: LanguageCode.zh, value: WORDS.zh.description },
    ],
    args: {},
    init(injector) {
      connection = injector.get(TransactionalConnection);
      orders = injector.get(OrderService);
      precision = injector.get(ConfigService).entityOptions.moneyStrategy.precision ?? 2;
    },
    createPayment,
    settlePayment,
    cancelPayment,
    createRefund,
  });
  return { handler, closeEarlier };
}

module.exports = { CODE, NUMBER, REFUND_STATES, makeHandler, open, refundOf };
