// What the street's drawing is made of: a fold over facts, and nothing else.

export const METHODS = ["wallet", "credit_card", "debit_card"];
export const GROUP = 10;

/** Nothing has happened yet. */
export function nothing() {
  return { total: 0, amount: 0, shops: {}, steps: [], paused: {}, pause: null };
}

/** The tally after these facts too, oldest first. A new value; the old one stays as it was. */
export function hear(before, facts) {
  const tally = { ...before, shops: { ...before.shops }, steps: [...before.steps], paused: { ...before.paused } };
  for (const fact of facts) {
    if (fact.kind === "payment.paid") count(tally, fact);
    if (fact.kind === "method.suspended") {
      tally.paused[fact.shop] = { ...tally.paused[fact.shop], [fact.method]: fact.reason };
      tally.pause ??= { shop: fact.shop, method: fact.method, from: tally.total, to: null };
    }
    if (fact.kind === "method.resumed") {
      const { [fact.method]: _, ...others } = tally.paused[fact.shop] ?? {};
      tally.paused[fact.shop] = others;
      if (tally.pause?.shop === fact.shop && tally.pause.to === null) tally.pause = { ...tally.pause, to: tally.total };
    }
  }
  return tally;
}

function count(tally, { shop, method, amount }) {
  const was = tally.shops[shop] ?? { count: 0, amount: 0, methods: {} };
  tally.shops[shop] = {
    count: was.count + 1,
    amount: was.amount + amount,
    methods: { ...was.methods, [method]: (was.methods[method] ?? 0) + 1 },
  };
  tally.total += 1;
  tally.amount += amount;
  tally.steps.push({ shop, method });
}

/** How many payments by each method among these steps. */
export function byMethod(steps) {
  const found = Object.fromEntries(METHODS.map((name) => [name, 0]));
  for (const { method } of steps) if (method in found) found[method] += 1;
  return found;
}

/** What share of the paused shop's payments came by that method before the pause, and during it, in percent. */
export function turned({ pause, steps }) {
  const share = (some) => {
    const there = some.filter(({ shop }) => shop === pause.shop);
    return { all: there.length, percent: percent(there.filter(({ method }) => method === pause.method).length, there.length) };
  };
  return { before: share(steps.slice(0, pause.from)), during: share(steps.slice(pause.from, pause.to ?? steps.length)) };
}

/** Whole percent of a part. */
export function percent(part, all) {
  return all ? Math.round((part * 100) / all) : 0;
}
