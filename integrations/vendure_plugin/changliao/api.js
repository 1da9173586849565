// Changliao's native API, as far as this plugin needs it. A refusal is certain; silence is not.

const TIMEOUT_MS = 10_000;

/** The API has refused: nothing was done, and `message` says why. */
class Refused extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || problem.code);
    this.code = problem.code;
  }
}

/** No answer, or none that says what was done: it may have been. */
class Silent extends Error {}

/** A client of one app. `ask` sends one request; the same `key` again is the same deed, so what was silent
 * may be asked again. */
class Api {
  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  async ask(method, path, body, key) {
    const headers = { authorization: `Bearer ${this.key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (key) headers["idempotency-key"] = key;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const send = () => fetch(this.url + path, { method, headers, body: JSON.stringify(body), signal });
    let answer, told;
    try {
      // A connection that was kept may be closed by the other side at the moment when we use it again.
      answer = await send().catch((trouble) => (signal.aborted ? Promise.reject(trouble) : send()));
      told = await answer.json();
    } catch (trouble) {
      throw new Silent(`${method} ${path}: ${trouble.message}`);
    }
    if (answer.ok) return told;
    if ([401, 429].includes(answer.status) || answer.status >= 500) {
      throw new Silent(`${method} ${path}: ${answer.status}`);
    }
    throw new Refused(told);
  }
}

/** Vendure keeps every currency with the same number of decimals, ISO 4217 does not: yen have none. */
function digits(currency) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits;
}

/** Whole minor units of the currency, or Refused when Vendure's amount has more decimals than it. */
function toMinor(amount, currency, precision) {
  const minor = amount * 10 ** (digits(currency) - precision);
  if (!Number.isSafeInteger(minor)) {
    throw new Refused({ code: "amount_not_whole", detail: `${amount} is not whole in ${currency}` });
  }
  return minor;
}

/** Vendure's amount. */
function fromMinor(minor, currency, precision) {
  return Math.round(minor * 10 ** (precision - digits(currency)));
}

module.exports = { Api, Refused, Silent, fromMinor, toMinor };
