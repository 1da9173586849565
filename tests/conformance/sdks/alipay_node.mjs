// Drives npm's alipay-sdk: a line of JSON in, a line of JSON out. `ALIPAY_SDK` names its package folder.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { AlipaySdk } = createRequire(`${process.env.ALIPAY_SDK}/package.json`)("alipay-sdk");
let sdk = null;

async function done(said) {
  if (said.do === "exec") return sdk.exec(said.method, { bizContent: said.biz, ...said.with }, { validateSign: said.validate ?? true });
  if (said.do === "page") return sdk.pageExec(said.method, "GET", { bizContent: said.biz, ...said.with });
  if (said.do === "sdk") return sdk.sdkExecute(said.method, { bizContent: said.biz });
  return said.do === "verify" ? sdk.checkNotifySign(said.form) : sdk.checkNotifySignV2(said.form);
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (sdk === null) {
    sdk = new AlipaySdk({
      appId: said.app_id, privateKey: said.app_private_key, alipayPublicKey: said.alipay_public_key,
      gateway: said.gateway, keyType: "PKCS1",
    });
    continue;
  }
  let told;
  try {
    told = { ok: await done(said) };
  } catch (error) {
    told = { error: `${error.name}: ${error.message} ${error.responseDataRaw ?? ""}` };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
