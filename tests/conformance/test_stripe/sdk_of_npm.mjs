// Drives npm's stripe: a line of JSON in, a line of JSON out. `SDK_FOLDER` names where npm put it; the
// first line is the configuration. Host, port and protocol are what a shop changes, and that is all.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.SDK_FOLDER}/package.json`);
const Stripe = require("stripe");
let stripe;

const done = {
  begin({ key, url }) {
    const there = new URL(url);
    const protocol = there.protocol.slice(0, -1);
    stripe = new Stripe(key, { host: there.hostname, port: there.port, protocol, maxNetworkRetries: 0 });
    return true;
  },
  async call({ path, values }) {
    const names = path.split(".");
    const last = names.pop();
    const at = names.reduce((found, name) => found[name], stripe);
    const said = await at[last](...values);
    return { ...said, headers: said.lastResponse?.headers };
  },
  async walk({ path, values }) {
    const at = path.split(".").reduce((found, name) => found[name], stripe);
    const ids = [];
    for await (const one of at.list(...values)) ids.push(one.id);
    return ids;
  },
  event({ body, signature, secret }) {
    return stripe.webhooks.constructEvent(body, signature, secret);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  let told;
  try {
    told = { ok: await done[said.do](said) };
  } catch (error) {
    told = { error: error.type ?? error.name, code: error.code, status: error.statusCode, says: error.message };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
