// The service worker: the app's page and what it loads are there without the network, and pictures once seen.
// What a page speaks of with /v1 is never answered from here, save thumbnails, which never change.
const SHELL = [];
const PAGE = "/app";
const VERSION = `app-${SHELL.join(" ")}`;
const PICTURES = "pictures";
const PICTURES_MOST = 400;
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll([PAGE, ...SHELL])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("app-") && name !== VERSION;
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (isApp(url)) event.respondWith(page(request));
  } else if (url.pathname.startsWith("/static/")) event.respondWith(kept(request, VERSION, SHELL.includes(url.pathname)));
  else if (/^\/v1\/media\/[^/]+\/thumbnail$/.test(url.pathname)) event.respondWith(kept(request, PICTURES, true));
});

const isApp = ({ pathname }) => pathname === PAGE || pathname.startsWith(`${PAGE}/`) || pathname.startsWith("/u/");

/** The windows in which the app is open. A window keeps the address it was opened at: `/u/lin` is the app too. */
async function apps() {
  const all = await clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter(({ url }) => isApp(new URL(url)));
}

self.addEventListener("push", (event) => event.waitUntil(told(event.data)));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(opened(event.notification.data));
});

/** Show what came, in the language that the page left its words in. One notice for each conversation. */
async function told(data) {
  const said = data?.json() ?? {};
  if ((await apps()).some(({ focused, visibilityState }) => focused && visibilityState === "visible")) return;
  const words = await (await caches.match("/notices/words"))?.json() ?? {};
  const text = said.text || words[`notice.${said.k}`] || words["notice.new"] || "Changliao";
  const whole = said.name ? `${said.name}: ${text}` : text;
  const many = said.n > 1 && words["notice.many"]?.replace("{text}", () => whole).replace("{n}", said.n);
  await self.registration.showNotification(said.title || words["notice.app"] || "Changliao", {
    body: many || whole, tag: said.c, renotify: Boolean(said.c), timestamp: said.at, data: said.c,
    icon: "/static/icons/mark.svg",
  });
}

/** The conversation, in the app if it is open somewhere, else in a new window. */
async function opened(conversation) {
  const address = conversation ? `${PAGE}#/chats/${conversation}` : PAGE;
  const [page] = await apps();
  if (!page) return clients.openWindow(address);
  page.postMessage({ open: conversation });
  return page.focus();
}

/** The page of the server; the kept one when that is not there, or takes too long. */
async function page(request) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: stop.signal });
  } catch {
    return (await caches.match(PAGE)) ?? Response.error();
  } finally {
    clearTimeout(timer);
  }
}

/** What was kept, else the network's; what `keeps` is kept from then on. */
async function kept(request, name, keeps) {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (keeps && answer.ok) {
    const cache = await caches.open(name);
    await cache.put(request, answer.clone());
    if (name === PICTURES) await trim(cache);
  }
  return answer;
}

async function trim(cache) {
  const all = await cache.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - PICTURES_MOST)).map((one) => cache.delete(one)));
}
