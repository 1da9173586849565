// A shop's side of WeChat Pay APIv3, by npm's wechatpay-axios-plugin as it is. Phones are sent to the H5
// address, PCs are shown the Native one as a QR code. What makes it a shop on Changliao is `baseURL`.

const { Wechatpay, Aes: { AesGcm }, Formatter, Rsa } = require("wechatpay-axios-plugin");
const { Refused } = require("./shop");

const SKEW_S = 300;
const REFUNDS = { SUCCESS: "done", PROCESSING: "asked", CLOSED: "refused", ABNORMAL: "asked" };

/** The way to be paid, with what onboarding gave this shop. `notifyUrl` is where notifications go. */
module.exports = function wechat({ values, files }, notifyUrl) {
  const { mchid, appid, public_key_id: keyId } = values;
  const key = files["pub_key.pem"];
  const wxpay = new Wechatpay({
    baseURL: values.base_url, // The one line.
    mchid,
    serial: values.serial_no,
    privateKey: files["apiclient_key.pem"],
    certs: { [keyId]: key, [values.platform_serial_no]: key },
    timeout: 10_000,
  });

  /** The data of an answer that the SDK has verified; Refused when it is certain that nothing was done. */
  async function asked(call) {
    try {
      return (await call).data;
    } catch (trouble) {
      const { status, data } = trouble.response ?? {};
      if (!(status >= 400 && status < 500) || [401, 429].includes(status)) throw trouble;
      throw new Refused(data?.message, data?.code);
    }
  }

  return {
    async begin(order) {
      const h5 = order.way === "phone";
      const body = {
        appid,
        mchid,
        description: order.name,
        out_trade_no: order.number,
        notify_url: notifyUrl,
        amount: { total: order.amount, currency: "CNY" },
        scene_info: { payer_client_ip: "127.0.0.1", ...(h5 && { h5_info: { type: "Wap" } }) },
      };
      const told = await asked(wxpay.chain(`v3/pay/transactions/${h5 ? "h5" : "native"}`).post(body));
      return h5 ? { url: told.h5_url } : { url: told.code_url, qr: true };
    },

    /** How the order stands: "paid", "closed" or "open". */
    async asked(order) {
      const path = `v3/pay/transactions/out-trade-no/${order.number}`;
      const told = await asked(wxpay.chain(path).get({ params: { mchid } }));
      if (["SUCCESS", "REFUND"].includes(told.trade_state)) return isPaid(told, order) ? "paid" : "open";
      return told.trade_state === "CLOSED" ? "closed" : "open";
    },

    /** Give money back. The same number again is the same refund. */
    async refund(order, refund) {
      const told = await asked(wxpay.chain("v3/refund/domestic/refunds").post({
        out_trade_no: order.number,
        out_refund_no: refund.number,
        amount: { refund: refund.amount, total: order.amount, currency: "CNY" },
      }));
      return REFUNDS[told.status];
    },

    /** What a notification proves: the number of an order, and whether it is paid. Null: not believed. */
    heard(headers, body) {
      const time = headers["wechatpay-timestamp"], serial = headers["wechatpay-serial"];
      const text = Formatter.response(time, headers["wechatpay-nonce"] ?? "", body);
      const signature = headers["wechatpay-signature"] ?? "";
      const fresh = Math.abs(Date.now() / 1000 - Number(time)) <= SKEW_S;
      if (!fresh || serial !== keyId || !Rsa.verify(text, signature, key)) return null;
      const { ciphertext, nonce, associated_data: aad } = JSON.parse(body).resource;
      const told = JSON.parse(AesGcm.decrypt(ciphertext, files["apiv3_key.txt"], nonce, aad));
      return { number: told.out_trade_no, proves: (order) => isPaid(told, order) };
    },

    /** What a notification is answered with. */
    answer: (good) => (good ? [204, ""] : [401, JSON.stringify({ code: "FAIL", message: "bad signature" })]),
  };

  function isPaid(told, order) {
    const ours = told.mchid === mchid && told.appid === appid && told.out_trade_no === order.number;
    const right = told.amount.total === order.amount && told.amount.currency === "CNY";
    return ours && right && ["SUCCESS", "REFUND"].includes(told.trade_state);
  }
};
