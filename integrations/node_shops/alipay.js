// A shop's side of Alipay's gateway, by npm's alipay-sdk as it is: PCs by page.pay, phones by wap.pay.
// What makes it a shop on Changliao is `gateway`.

const { AlipaySdk } = require("alipay-sdk");
const { Refused } = require("./shop");

const PRODUCTS = { pc: ["page", "FAST_INSTANT_TRADE_PAY"], phone: ["wap", "QUICK_WAP_WAY"] };
const PAID = ["TRADE_SUCCESS", "TRADE_FINISHED"];
const yuan = (fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;

/** The way to be paid, with what onboarding gave this shop. `notifyUrl` is where notifications go. */
module.exports = function alipay({ values, files }, notifyUrl) {
  const sdk = new AlipaySdk({
    gateway: values.gateway, // The one line.
    appId: values.app_id,
    privateKey: files["app_private_key_pkcs1.txt"].trim(),
    alipayPublicKey: values.alipay_public_key,
    keyType: "PKCS1",
    timeout: 10_000,
  });

  /** What the gateway did, signature verified; Refused when it is certain that it did nothing. */
  async function asked(method, bizContent) {
    const told = await sdk.exec(`alipay.trade.${method}`, { bizContent }, { validateSign: true });
    if (told.code === "10000") return told;
    if (told.code !== "40004" || told.subCode === "ACQ.SYSTEM_ERROR") throw new Error(told.subMsg);
    throw new Refused(told.subMsg, told.subCode);
  }

  return {
    async begin(order) {
      const [way, product] = PRODUCTS[order.way];
      const url = sdk.pageExec(`alipay.trade.${way}.pay`, "GET", {
        notifyUrl,
        returnUrl: order.url,
        bizContent: {
          out_trade_no: order.number,
          total_amount: yuan(order.amount),
          subject: order.name,
          product_code: product,
        },
      });
      return { url };
    },

    /** How the order stands: "paid", "closed" or "open". */
    async asked(order) {
      let told;
      try {
        told = await asked("query", { out_trade_no: order.number });
      } catch (trouble) {
        if (trouble.code === "ACQ.TRADE_NOT_EXIST") return "open"; // Its buyer has not been at the cashier.
        throw trouble;
      }
      if (PAID.includes(told.tradeStatus)) return isRight(told.outTradeNo, told.totalAmount, order) ? "paid" : "open";
      return told.tradeStatus === "TRADE_CLOSED" ? "closed" : "open";
    },

    /** Give money back. The same number again is the same refund. */
    async refund(order, refund) {
      await asked("refund", {
        out_trade_no: order.number,
        out_request_no: refund.number,
        refund_amount: yuan(refund.amount),
      });
      return "done";
    },

    /** What a notification proves: the number of an order, and whether it is paid. Null: not believed. */
    heard(_headers, body) {
      const told = Object.fromEntries(new URLSearchParams(body));
      if (!told.sign || !sdk.checkNotifySignV2(told)) return null;
      const ours = told.app_id === values.app_id && told.seller_id === values.seller_id;
      return {
        number: told.out_trade_no,
        proves: (order) =>
          ours && PAID.includes(told.trade_status) && isRight(told.out_trade_no, told.total_amount, order),
      };
    },

    /** What a notification is answered with. */
    answer: (good) => (good ? [200, "success"] : [401, "fail"]),
  };

  function isRight(number, amount, order) {
    return number === order.number && amount === yuan(order.amount);
  }
};
