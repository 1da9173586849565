// The app as a whole: tabs at the foot of a phone, a rail with two columns on a PC, and what stands where.
import { html, useEffect, useState } from "../dom.js";
import { cutOff, link, refused, rows, totals } from "../chat/live.js";
import { t } from "../i18n.js";
import { match, go, place, to } from "../router.js";
import { sentence } from "../say.js";
import { me } from "../session.js";
import { Icon, State, useElapsed, useToast } from "../ui.js";
import { useKeys } from "../ui/desktop.js";
import { Avatar, Badge } from "./avatar.js";
import { Chats } from "./chats.js";
import { Contacts, Groups, Requests, Tags } from "./contacts.js";
import { useContacts, waiting } from "./contacts_kept.js";
import { Discover } from "./discover.js";
import { fetched } from "./fetched.js";
import { Join } from "./join.js";
import { Blocks, Devices, Languages, Looks, Me, MyProfile } from "./me.js";
import { MenuPlace, isDesk } from "./menu.js";
import { AddContact, ByHandle, MyCard, Profile } from "./profile.js";
import { MyData, Order, ReportPlace } from "./safety.js";
import { Search } from "./search.js";
import { Bots } from "./talk/bots.js";
import { Info, Invite, Joins } from "./talk/info.js";
import { Talk } from "./talk/talk.js";

const TABS = [
  { path: "/chats", icon: "message-circle", list: Chats },
  { path: "/contacts", icon: "book-user", list: Contacts },
  { path: "/discover", icon: "compass", list: Discover },
  { path: "/me", icon: "circle-user-round", list: Me },
];
const ofAccounts = (name) => fetched(() => import("./accounts/screens.js"), name);
const ofNotices = fetched(() => import("./notices.js"), "Notices");
const DETAILS = [
  ["/chats/:c", Talk], ["/chats/:c/info", Info], ["/chats/:c/invite", Invite], ["/chats/:c/joins", Joins], ["/chats/:c/bots", Bots],
  ["/contacts/requests", Requests], ["/contacts/groups", Groups], ["/contacts/tags", Tags], ["/contacts/add", AddContact],
  ["/contacts/accounts", ofAccounts("Follows")], ["/accounts/:id", ofAccounts("Account")], ["/articles/:id", ofAccounts("Article")],
  ["/p/:id", Profile], ["/u/:handle", ByHandle], ["/join/:code", Join],
  ["/me/profile", MyProfile], ["/me/card", MyCard], ["/me/look", Looks], ["/me/language", Languages],
  ["/me/devices", Devices], ["/me/blocks", Blocks], ["/me/order", Order], ["/me/data", MyData], ["/me/notices", ofNotices],
];
const HOME = { "/p": "/contacts", "/u": "/contacts", "/join": "/chats", "/accounts": "/contacts", "/articles": "/chats", "/search": "/chats", "/": "/chats" };

function tabOf(path) {
  const top = `/${path.split("/")[1]}`;
  return TABS.find((one) => one.path === (HOME[top] ?? top)) ?? TABS[0];
}

/** What is asked of the first screen: the list, what stands beside it, and the tabs. */
export function Frame() {
  const { path, query } = place.value;
  const tab = tabOf(path);
  const found = match(DETAILS, path);
  const searching = path === "/search";
  const List = searching ? Search : tab.list;
  useContacts();
  useAppKeys(path);
  useTitle();
  useRefusals();
  return html`<div class="app ${found ? "app-deep" : ""}" data-test="app">
    <${Tabs} now=${tab} />
    <div class="app-list" key=${searching ? "search" : tab.path}>
      <${List} inside=${searching ? query.get("in") ?? "" : undefined} /></div>
    <main class="app-main">
      <${CutOff} />
      ${found ? html`<${found.screen} key=${path} ...${found.values} at=${query.get("at")} />` : html`<${Nothing} tab=${tab} />`}
    </main>
    <${MenuPlace} />
    <${ReportPlace} />
  </div>`;
}

function Tabs({ now }) {
  const badges = { "/chats": totals.value.unread, "/contacts": waiting().length };
  return html`<nav class="tabs" aria-label=${t("brand")}>
    <a class="tabs-me" href=${to("/me")} aria-hidden="true" tabindex="-1"><${Avatar} name=${me.value.name} media=${me.value.avatar} /></a>
    ${TABS.map(({ path, icon }) => {
      const words = t(`tab.${path.slice(1)}`);
      const n = badges[path] ?? 0;
      return html`<a key=${path} class="tab" href=${to(path)} aria-current=${now.path === path ? "page" : undefined} data-test="tab-${path.slice(1)}">
        <span class="tab-sign"><${Icon} name=${icon} /><${Badge} n=${n} label=${t("unread.n", { n })} />
          ${path === "/chats" && !n && totals.value.quiet && html`<span class="badge badge-quiet"></span>`}</span><span class="tab-words">${words}</span></a>`;
    })}
    <a class="tab tab-foot" href="/wallet" data-test="rail-wallet"><span class="tab-sign"><${Icon} name="wallet" /></span><span class="tab-words">${t("wallet.title")}</span></a>
  </nav>`;
}

/** Said once it lasts: a moment without the network is nobody's business. */
function CutOff() {
  const away = cutOff();
  const passed = useElapsed([1200], away);
  return html`<div class="cut-off" role="status">${away && passed > 0 && html`<div class="offline-bar" data-test="offline">
    <${Icon} name="wifi-off" />${t(link.value === "starting" ? "offline.starting" : "offline.app")}</div>`}</div>`;
}

function Nothing({ tab }) {
  return html`<div class="app-nothing"><${State} icon=${tab.icon} title=${t(`nothing.${tab.path.slice(1)}`)}
    text=${isDesk() ? t("nothing.keys") : ""} /></div>`;
}

/** `/` searches, arrows and j k walk the list, Esc closes what is open. */
function useAppKeys(path) {
  const step = (by) => {
    const all = [...document.querySelectorAll(".app-list [data-row]")];
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const from = at >= 0 ? at : all.findIndex((one) => one.getAttribute("aria-current") === "page");
    const next = all[Math.max(0, Math.min(all.length - 1, from + by))] ?? all[0];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const search = () => {
    const field = document.querySelector("[data-search]");
    if (field) field.focus();
    else go("/search");
  };
  const close = () => {
    const up = path.split("/").slice(0, -1).join("/");
    if (match(DETAILS, path)) go(HOME[up] ?? (up || "/chats"));
  };
  useKeys({ "/": search, j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), Escape: close });
}

/** The number of unread messages, before the name of the app. */
function useTitle() {
  const { unread } = totals.value;
  const row = rows.value?.find(({ c }) => place.value.path.startsWith(`/chats/${c}`));
  const title = `${unread ? `(${unread > 99 ? "99+" : unread}) ` : ""}${row ? `${row.title} · ` : ""}${t("brand")}`;
  useEffect(() => {
    document.title = title;
    if (unread) navigator.setAppBadge?.(unread).catch(() => {});
    else navigator.clearAppBadge?.().catch(() => {});
  }, [title, unread]);
}

function useRefusals() {
  const toast = useToast();
  const [told, setTold] = useState(0);
  const now = refused.value;
  useEffect(() => {
    if (!now || now.at === told) return;
    setTold(now.at);
    toast(sentence(now));
  }, [now]);
}
