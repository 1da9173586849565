// A Vendure shop, headless as they are: shop API, admin API and the worker's jobs in one process.

const fs = require("node:fs");
const path = require("node:path");
const { randomBytes } = require("node:crypto");
const {
  bootstrap, ChannelService, DefaultLogger, JobQueueService, LanguageCode, LogLevel, RequestContextService,
} = require("@vendure/core");
const { populate } = require("@vendure/core/cli");

const PORT = Number(process.env.SHOP_PORT || 8320);
const FOLDER = process.env.SHOP_FOLDER;
const URL = (process.env.CHANGLIAO_SHOP_URL ||= `http://127.0.0.1:${PORT}`);
const KINDS = ["payment.paid", "payment.canceled", "payment.expired", "refund.*"];

/** What was kept in the shop's folder under this name, or is made now and kept. */
async function kept(name, make) {
  const file = path.join(FOLDER, name);
  if (!fs.existsSync(file)) fs.writeFileSync(file, await make(), { mode: 0o600 });
  return fs.readFileSync(file, "utf8");
}

/** Where Vendure keeps its tables: PostgreSQL, or SQLite in the shop's folder. */
function database() {
  const url = process.env.SHOP_DATABASE_URL;
  if (url) return { type: "postgres", url };
  return { type: "sqljs", location: path.join(FOLDER, "shop.sqlite"), autoSave: true };
}

/** The secret of a webhook endpoint for this shop. */
async function registered() {
  const answer = await fetch(`${process.env.CHANGLIAO_URL}/v1/webhook_endpoints`, {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.CHANGLIAO_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ url: `${URL}/changliao/webhook`, kinds: KINDS }),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`the webhook endpoint was refused: ${told.detail}`);
  return told.secret;
}

/** One zone, no tax, one way to ship, one way to pay, two things; prices in yuan. */
async function firstDay(app) {
  const ctx = await app.get(RequestContextService).create({ apiType: "admin" });
  await app.get(ChannelService).update(ctx, {
    id: ctx.channelId, defaultCurrencyCode: "CNY", availableCurrencyCodes: ["CNY"], pricesIncludeTax: true,
    availableLanguageCodes: [LanguageCode.en, LanguageCode.zh_Hans],
  });
  const initial = {
    defaultLanguage: LanguageCode.en,
    defaultZone: "Asia",
    countries: [{ code: "CN", name: "China", zone: "Asia" }],
    taxRates: [{ name: "standard", percentage: 0 }],
    shippingMethods: [{ name: "Parcel", price: 1000 }],
    paymentMethods: [{ name: "Changliao Pay", handler: { code: "changliao", arguments: [] } }],
    collections: [],
  };
  await populate(async () => app, initial, path.join(__dirname, "goods.csv"));
}

async function main() {
  process.env.CHANGLIAO_WEBHOOK_SECRET ||= await kept("webhook_secret", registered);
  const password = process.env.SHOP_KEEPER_PASSWORD || (await kept("keeper_password", () => randomBytes(12).toString("hex")));
  const cookies = await kept("cookie_secret", () => randomBytes(24).toString("hex"));
  const { ChangliaoPlugin } = require("./changliao"); // It reads the environment, which is complete now.
  const isNew = !fs.existsSync(path.join(FOLDER, "first_day"));
  const app = await bootstrap({
    apiOptions: {
      port: PORT, hostname: "127.0.0.1", adminApiPath: "admin-api", shopApiPath: "shop-api",
      cors: { origin: [URL], credentials: true }, csrfPrevention: true,
    },
    authOptions: {
      tokenMethod: ["bearer", "cookie"],
      superadminCredentials: { identifier: "keeper", password },
      cookieOptions: { secret: cookies },
    },
    defaultLanguageCode: LanguageCode.en,
    dbConnectionOptions: { ...database(), synchronize: isNew },
    paymentOptions: { paymentMethodHandlers: [] },
    logger: new DefaultLogger({ level: LogLevel.Warn }),
    plugins: [ChangliaoPlugin],
  });
  if (isNew) await firstDay(app);
  await kept("first_day", () => new Date().toISOString());
  await app.get(JobQueueService).start();
  console.log(`shop: ${URL}`);
}

main().catch((trouble) => {
  console.error(trouble);
  process.exit(1);
});
