// Changliao Pay for Vendure 3. In a shop's configuration: `plugins: [ChangliaoPlugin]`; the settings come
// from the environment, read once.

const { Logger, PluginCommonModule, ProcessContext, VendurePlugin } = require("@vendure/core");
const { Inject } = require("@nestjs/common");
const express = require("express");
const { Books, SETTINGS } = require("./books");
const { Door } = require("./door");
const { CODE, makeHandler } = require("./handler");
const { say } = require("./words");

const BODY_MAX = "64kb";

function required(name) {
  if (!process.env[name]) throw new Error(`ChangliaoPlugin needs ${name}`);
  return process.env[name].replace(/\/$/, "");
}

const settings = {
  url: required("CHANGLIAO_URL"),
  key: required("CHANGLIAO_KEY"),
  webhookSecret: required("CHANGLIAO_WEBHOOK_SECRET"),
  shopUrl: required("CHANGLIAO_SHOP_URL"),
  storefrontUrl: (process.env.CHANGLIAO_STOREFRONT_URL || "").replace(/\/$/, ""),
  askAgainMs: 1000 * Number(process.env.CHANGLIAO_ASK_AGAIN_S || 60),
};
const { handler, closeEarlier } = makeHandler(settings);

/** An order is not changed while its buyer may be paying it: what is open is canceled first, and what is
 * being paid keeps the order as it is. */
const orderProcess = {
  async onTransitionStart(from, to, { ctx, order }) {
    if (from !== "ArrangingPayment" || !["AddingItems", "Cancelled"].includes(to)) return undefined;
    const closed = await closeEarlier(ctx, order);
    return closed ? undefined : say(ctx.languageCode, "under_way");
  },
};

/** Vendure begins a payment as `Created`, a refund as `Pending`, and moves it at once; ours stay there until
 * it is known what became of them. */
const paymentProcess = { transitions: { Created: { to: ["Created"] } } };
const refundProcess = { transitions: { Pending: { to: ["Pending"] } } };

class ChangliaoPlugin {
  constructor(books, processContext) {
    Object.assign(this, { books, processContext });
  }

  onApplicationBootstrap() {
    if (!this.processContext.isServer) return;
    const again = () =>
      this.books.askAgain().catch((trouble) => Logger.error(trouble.message, CODE, trouble.stack));
    this.timer = setInterval(again, settings.askAgainMs).unref();
    again();
  }

  async onApplicationShutdown() {
    clearInterval(this.timer);
    await this.books.asking?.catch(() => undefined);
  }
}

[Books, ProcessContext].forEach((wanted, place) => Inject(wanted)(ChangliaoPlugin, undefined, place));
VendurePlugin({
  imports: [PluginCommonModule],
  providers: [{ provide: SETTINGS, useValue: settings }, Books],
  controllers: [Door],
  compatibility: "^3.0.0",
  configuration(config) {
    config.paymentOptions.paymentMethodHandlers.push(handler);
    config.paymentOptions.process.push(paymentProcess);
    config.paymentOptions.refundProcess.push(refundProcess);
    config.orderOptions.process.push(orderProcess);
    // The signature is over the bytes as they came.
    config.apiOptions.middleware.push({
      route: "/changliao/webhook",
      handler: express.raw({ type: () => true, limit: BODY_MAX }),
      beforeListen: true,
    });
    return config;
  },
})(ChangliaoPlugin);

module.exports = { ChangliaoPlugin };
