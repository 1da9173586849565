// Starts a shop: `node start.js wechat|alipay`. On its first day it comes on board by the API, as a keeper
// does in the console, and keeps what it was given in its folder.

const fs = require("node:fs");
const path = require("node:path");
const { randomBytes } = require("node:crypto");
const { shop } = require("./shop");

const { CHANGLIAO_URL, CHANGLIAO_KEY, SHOP_FOLDER: folder, SHOP_PORT: port = "8330" } = process.env;
const url = process.env.SHOP_URL || `http://127.0.0.1:${port}`;
const dialect = process.argv[2];

/** Numbers, keys and files of this shop, kept since its first day. */
async function kit() {
  const kept = path.join(folder, `${dialect}.json`);
  if (fs.existsSync(kept)) return JSON.parse(fs.readFileSync(kept, "utf8"));
  const answer = await fetch(`${CHANGLIAO_URL}/v1/dialects`, {
    method: "POST",
    headers: { authorization: `Bearer ${CHANGLIAO_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ dialect }),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.detail} ${told.hint ?? ""}`);
  const files = Object.fromEntries(told.files.map((one) => [one.name, one.content]));
  fs.writeFileSync(kept, JSON.stringify({ values: told.values, files }), { mode: 0o600 });
  return { values: told.values, files };
}

async function main() {
  const keep = process.env.SHOP_KEEPER_PASSWORD || randomBytes(9).toString("base64url");
  const pay = require(`./${dialect}`)(await kit(), `${url}/notify`);
  shop({ pay, folder, url, keep }).listen(Number(port), process.env.SHOP_HOST || "127.0.0.1", () => {
    console.log(`shop: ${url}`);
    if (!process.env.SHOP_KEEPER_PASSWORD) console.log(`keeper: ${url}/keeper (keeper, ${keep})`);
  });
}

main().catch((trouble) => {
  console.error(`the shop cannot open: ${trouble.message}`);
  process.exit(1);
});
