// Drives npm's wechatpay-axios-plugin and wechatpay-node-v3: a line of JSON in, a line of JSON out.
// `SDK_FOLDER` names where npm put them; the first line is the configuration.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.SDK_FOLDER}/package.json`);

// --- wechatpay-axios-plugin: configured with another `baseURL`, and that is all.

function axiosPlugin(said) {
  const { Wechatpay, Aes: { AesGcm }, Formatter, Rsa } = require("wechatpay-axios-plugin");
  const key = said.public_key;
  const wxpay = new Wechatpay({
    baseURL: said.url, mchid: said.mchid, serial: said.serial, privateKey: said.private_key,
    certs: { [said.public_key_id]: key, [said.platform_serial]: key },
  });
  return {
    async call({ method, path, data, params, type }) {
      const config = { params, responseType: type };
      const call = wxpay.chain(path);
      const answer = method === "GET" ? await call.get(config) : await call.post(data, config);
      const body = type === "arraybuffer" ? Buffer.from(answer.data).toString("base64") : answer.data;
      return { status: answer.status, data: body };
    },
    async callback({ headers, body }) {
      const text = Formatter.response(headers["wechatpay-timestamp"], headers["wechatpay-nonce"], body);
      if (!Rsa.verify(text, headers["wechatpay-signature"], key)) return null;
      const { ciphertext, nonce, associated_data: aad } = JSON.parse(body).resource;
      return JSON.parse(AesGcm.decrypt(ciphertext, said.apiv3_key, nonce, aad));
    },
  };
}

// --- wechatpay-node-v3: given a transport that sends elsewhere, and names its host in what comes back.

const THEIRS = "https://api.mch.weixin.qq.com";

function nodeV3(said) {
  const WxPay = require("wechatpay-node-v3");
  const pay = new WxPay({
    appid: said.appid, mchid: said.mchid, serial_no: said.lower ? said.serial.toLowerCase() : undefined,
    publicKey: Buffer.from(said.certificate), privateKey: Buffer.from(said.private_key),
    key: said.apiv3_key,
  });
  async function sent(url, headers, body) {
    const to = url.replace(THEIRS, said.url);
    const answer = await fetch(to, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    const text = (await answer.text()).replaceAll(said.url, THEIRS);
    const json = (answer.headers.get("content-type") ?? "").includes("json");
    const data = json && text ? JSON.parse(text) : text;
    return answer.ok ? { status: answer.status, data } : { status: answer.status, error: text };
  }
  pay.createHttp({
    get: (url, headers) => sent(url, headers),
    post: (url, params, headers) => sent(url, headers, params),
  });
  return {
    call: ({ name, values }) => pay[name](...values),
    async callback({ headers, body }) {
      const good = await pay.verifySign({
        timestamp: headers["wechatpay-timestamp"], nonce: headers["wechatpay-nonce"], body,
        serial: headers["wechatpay-serial"], signature: headers["wechatpay-signature"],
        apiSecret: said.apiv3_key,
      });
      if (!good) return null;
      const { ciphertext, nonce, associated_data: aad } = JSON.parse(body).resource;
      return pay.decipher_gcm(ciphertext, aad, nonce, said.apiv3_key);
    },
  };
}

let sdk = null;
for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (sdk === null) {
    sdk = said.sdk === "axios" ? axiosPlugin(said) : nodeV3(said);
    continue;
  }
  let told;
  try {
    told = { ok: (await sdk[said.do](said)) ?? null };
  } catch (error) {
    told = { error: `${error.name}: ${error.message}`, status: error.response?.status, data: error.response?.data };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
