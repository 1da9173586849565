// What may be set about a conversation: for me alone, and for a group together.
import { html, useEffect, useState } from "../../dom.js";
import { get, newKey, patch, post, put, remove } from "../../api.js";
import { clearHistory, forgetRow, rowOf, setMine, take } from "../../chat/live.js";
import { keepMembers, learnMembers, membersOf } from "../../chat/members.js";
import { pageOf } from "../../chat/people.js";
import { t } from "../../i18n.js";
import { go, to } from "../../router.js";
import { sentence } from "../../say.js";
import { me } from "../../session.js";
import { momentOf, nowMs } from "../../time.js";
import { Ask, Button, Cell, Cells, Icon, Loading, Sheet, useToast } from "../../ui.js";
import { Copy } from "../../ui/desktop.js";
import { Asked, useAsked } from "../../wallet/frame.js";
import { Avatar } from "../avatar.js";
import { menu } from "../menu.js";
import { NewGroup, PickPeople } from "../new_group.js";
import { Line, Page, Qr, Turn } from "../parts.js";
import { report } from "../safety.js";

const FIRST = 18;
const HOURS = [600, 3600, 86_400, 604_800];

/** `Info({c})` */
export function Info({ c }) {
  const row = rowOf(c);
  if (!row) return html`<${Loading} />`;
  const group = row.k === "group";
  return html`<${Page} title=${t("info.title")} back=${`/chats/${c}`} test="info-page">
    ${group ? html`<${Members} row=${row} /><${Group} row=${row} />` : html`<${Other} row=${row} />`}
    <${Mine} row=${row} />
    ${group && !row.left && html`<${Ends} row=${row} />`}
  </${Page}>`;
}

const leads = (row) => row.role === "owner" || row.role === "admin";

function useTell() {
  const toast = useToast();
  return (error) => toast(sentence(error));
}

function Other({ row }) {
  const [making, setMaking] = useState(false);
  const { peer } = row;
  if (!peer) return null;
  return html`<div class="faces"><a class="face" href=${pageOf(peer.id) ? to(pageOf(peer.id)) : undefined} data-test="peer"><${Avatar} name=${peer.name} media=${peer.avatar} />
      <bdi>${row.title}</bdi></a>
    ${row.k === "direct" && html`<button type="button" class="face" onClick=${() => setMaking(true)} data-test="group-with">
      <span class="face-sign"><${Icon} name="plus" /></span><span>${t("new.group")}</span></button>`}</div>
    <${NewGroup} open=${making} first=${[peer.id]} onClose=${() => setMaking(false)} />`;
}

function Members({ row }) {
  const { c, size } = row;
  const [all, setAll] = useState(false);
  const [adding, setAdding] = useState(false);
  const found = membersOf(c);
  useEffect(() => { learnMembers(c, size); }, [c, size]);
  const bring = async (people) => {
    take(await post(`/v1/conversations/${c}/members`, { members: people }));
    learnMembers(c, Infinity);
  };
  if (!found) return html`<${Loading} lines=${2} />`;
  const shown = all ? found : found.slice(0, FIRST);
  return html`<div class="faces" data-test="members">
      ${shown.map((one) => html`<button key=${one.id} type="button" class="face" data-test="member"
        onClick=${(event) => memberMenu(event, row, one)}><${Avatar} name=${one.name} media=${one.avatar} />
        <bdi>${one.remark || one.nickname || one.name}</bdi>${one.role !== "member" && html`<span class="face-role">${t(`role.${one.role}`)}</span>`}</button>`)}
      ${!row.left && html`<button type="button" class="face" onClick=${() => setAdding(true)} data-test="add-members">
        <span class="face-sign"><${Icon} name="plus" /></span><span>${t("members.add")}</span></button>`}</div>
    ${found.length > FIRST && html`<button type="button" class="link faces-all" onClick=${() => setAll(!all)}>${t(all ? "members.fewer" : "members.all", { n: found.length })}</button>`}
    <${PickPeople} open=${adding} title=${t("members.add")} words=${t("members.add")} without=${found.map(({ id }) => id)}
      onGo=${bring} onClose=${() => setAdding(false)} />`;
}

/** What the member who is pressed may be done with. */
function memberMenu(event, row, one) {
  const { left: x, bottom: y } = event.currentTarget.getBoundingClientRect();
  const path = `/v1/conversations/${row.c}/members/${one.id}`;
  const mine = one.id === me.value.id;
  const above = row.role === "owner" || (row.role === "admin" && one.role === "member");
  const change = (what) => patch(path, what).then((now) => {
    keepMembers(row.c, (all) => all.map((other) => (other.id === one.id ? { ...other, ...(now ?? what) } : other)));
  }, memberMenu.tell);
  const silent = one.until && Date.parse(one.until) > Date.now();
  const owner = row.role === "owner";
  const items = [
    { words: t("profile.title"), icon: "user", act: () => go(mine ? "/me" : `/p/${one.id}`), test: "member-profile" },
    !mine && owner && { words: t(one.role === "admin" ? "role.take" : "role.give"), icon: "shield-check",
      act: () => change({ role: one.role === "admin" ? "member" : "admin" }), test: "member-role" },
    !mine && above && !silent && { words: t("silence"), icon: "bell-off", act: () => memberMenu.silence(one, change), test: "member-silence" },
    !mine && above && silent && { words: t("unsilence"), icon: "bell", act: () => change({ silenced_s: 0 }), test: "member-unsilence" },
    !mine && owner && { words: t("hand_over"), icon: "crown", act: () => memberMenu.handOver(one), test: "member-owner" },
    !mine && above && { words: t("members.remove"), icon: "user-round-x", danger: true, act: () => memberMenu.remove(one), test: "member-remove" },
  ].filter(Boolean);
  menu.value = { title: one.remark || one.name, x, y, items };
}

function Group({ row }) {
  const { c, title, notice, nickname, approval, silent, guard } = row;
  const tell = useTell();
  const [asking, setAsking] = useState(null);
  const [silencing, setSilencing] = useState(null);
  const may = leads(row) && !row.left;
  const change = (what) => patch(`/v1/conversations/${c}`, what).then(take);
  memberMenu.tell = tell;
  memberMenu.silence = (one, go_) => setSilencing({ one, change: go_ });
  memberMenu.handOver = (one) => setAsking({ title: t("hand_over"), text: t("hand_over.ask", { name: one.name }), yes: t("hand_over.go"),
    act: () => put(`/v1/conversations/${c}/owner`, { person: one.id }).then((now) => { take(now); learnMembers(c, Infinity); }) });
  memberMenu.remove = (one) => setAsking({ title: t("members.remove"), text: t("members.remove_ask", { name: one.name }), yes: t("members.remove_go"), danger: true,
    act: () => remove(`/v1/conversations/${c}/members/${one.id}`).then(() => keepMembers(c, (all) => all.filter(({ id }) => id !== one.id))) });
  const close = () => setAsking(null);
  return html`<${Cells}>
      <${Line} title=${t("group.title")} value=${title} disabled=${!may} onSave=${(text) => change({ title: text })} test="title" />
      <${Line} title=${t("group.notice")} value=${notice} area max=${2000} disabled=${!may} onSave=${(text) => change({ notice: text })} test="notice" />
      ${!row.left && html`<${Line} title=${t("group.nickname")} value=${nickname} onSave=${(text) => setMine(c, { nickname: text })} test="nickname" />`}
      ${!row.left && html`<${Cell} title=${t("invite.title")} icon="qr-code" href=${to(`/chats/${c}/invite`)} test="invite" />`}
      ${!row.left && html`<${Cell} title=${t("bots.title")} note=${t("bots.line")} href=${to(`/chats/${c}/bots`)} test="bots" />`}
    </${Cells}>
    ${may && html`<${Cells}>
      <${Turn} title=${t("group.approval")} note=${t("group.approval_note")} on=${approval} onTurn=${(on) => change({ approval: on }).catch(tell)} test="approval" />
      <${Turn} title=${t("group.silent")} on=${silent} onTurn=${(on) => change({ silent: on }).catch(tell)} test="silent" />
      <${Turn} title=${t("group.guard")} note=${t("group.guard_note")} on=${Boolean(guard) && Date.parse(guard) > nowMs()}
        onTurn=${(on) => change({ guard: on }).catch(tell)} test="guard" />
      <${Cell} title=${t("joins.title")} href=${to(`/chats/${c}/joins`)} test="joins" />
    </${Cells}>`}
    <${Ask} open=${Boolean(asking)} ...${asking ?? {}} onYes=${() => asking.act().catch(tell).finally(close)} onNo=${close} />
    <${Sheet} open=${Boolean(silencing)} title=${t("silence.how_long")} onClose=${() => setSilencing(null)} test="silence-sheet">
      <div class="menu-list">${HOURS.map((seconds) => html`<button key=${seconds} type="button" class="menu-item" data-test="silence-${seconds}"
        onClick=${() => { silencing.change({ silenced_s: seconds }); setSilencing(null); }}>${t(`silence.${seconds}`)}</button>`)}</div></${Sheet}>`;
}

function Mine({ row }) {
  const { c, mute, pin, k } = row;
  const [clearing, setClearing] = useState(false);
  const tell = useTell();
  const change = (what) => setMine(c, what).catch(tell);
  return html`<${Cells}>
      <${Cell} title=${t("search.in")} icon="search" href=${to(`/search?in=${c}`)} test="search-here" />
      ${k === "group" && html`<${Line} title=${t("remark")} value=${row.remark} hint=${t("remark.hint")} onSave=${(text) => setMine(c, { remark: text })} test="remark" />`}
    </${Cells}><${Cells}>
      <${Turn} title=${t("mute")} on=${mute} onTurn=${(on) => change({ mute: on })} test="turn-mute" />
      <${Turn} title=${t("pin")} on=${pin} onTurn=${(on) => change({ pin: on })} test="turn-pin" />
    </${Cells}><${Cells}>
      <${Cell} title=${t("clear.title")} danger onPress=${() => setClearing(true)} test="clear" />
    </${Cells}>
    <${Ask} open=${clearing} title=${t("clear.title")} text=${t("clear.ask", { title: row.title })} yes=${t("clear.go")} danger
      onYes=${() => clearHistory(c).catch(tell).finally(() => setClearing(false))} onNo=${() => setClearing(false)} />`;
}

function Ends({ row }) {
  const { c, role } = row;
  const [asking, setAsking] = useState("");
  const tell = useTell();
  const gone = () => {
    forgetRow(c);
    go("/chats");
  };
  const leave = () => remove(`/v1/conversations/${c}/members/me`).then(gone, tell).finally(() => setAsking(""));
  const dissolve = () => remove(`/v1/conversations/${c}`).then(gone, tell).finally(() => setAsking(""));
  const owner = role === "owner";
  return html`<${Cells} note=${owner ? t("group.owner_note") : ""}>
      ${owner ? html`<${Cell} title=${t("group.dissolve")} danger onPress=${() => setAsking("dissolve")} test="dissolve" />`
        : html`<${Cell} title=${t("group.leave")} danger onPress=${() => setAsking("leave")} test="leave" />`}
      ${!owner && html`<${Cell} title=${t("report")} danger onPress=${() => report({ what: "group", conversation: c })} test="report" />`}
    </${Cells}>
    <${Ask} open=${asking === "leave"} title=${t("group.leave")} text=${t("group.leave_ask")} yes=${t("group.leave_go")} danger onYes=${leave} onNo=${() => setAsking("")} />
    <${Ask} open=${asking === "dissolve"} title=${t("group.dissolve")} text=${t("group.dissolve_ask")} yes=${t("group.dissolve_go")} danger onYes=${dissolve} onNo=${() => setAsking("")} />`;
}

/** `Invite({c})`: a link by which others join, as words and as a code. */
export function Invite({ c }) {
  const [key] = useState(newKey);
  const asked = useAsked(() => post(`/v1/conversations/${c}/invitations`, {}, { key }), [c]);
  return html`<${Page} title=${t("invite.title")} back=${`/chats/${c}/info`} test="invite-page">
    <${Asked} asked=${asked}>${({ code, url, expires_at, uses_left }) => html`
      <${Qr} path=${`/app/join/${code}`} words=${t("invite.scan", { until: momentOf(Date.parse(expires_at)), n: uses_left })} />
      <div class="link-line"><code class="code" data-test="invite-url">${url}</code><${Copy} text=${url} /></div>
      <${Button} kind="plain" onPress=${() => remove(`/v1/conversations/${c}/invitations/${code}`).then(() => go(`/chats/${c}/info`))} test="invite-end">${t("invite.end")}</${Button}>`}</${Asked}>
  </${Page}>`;
}

/** `Joins({c})`: who waits to be let in. */
export function Joins({ c }) {
  const asked = useAsked(() => get(`/v1/conversations/${c}/requests`), [c]);
  const tell = useTell();
  const answer = (person, approve) => put(`/v1/conversations/${c}/requests/${person}`, { approve }).then(asked.again, tell);
  return html`<${Page} title=${t("joins.title")} back=${`/chats/${c}/info`} test="joins-page">
    <${Asked} asked=${asked}>${({ items }) => (items.length ? html`<ul class="card-list">${items.map((one) => html`<li key=${one.id} class="request">
        <span class="request-who"><${Avatar} name=${one.name} media=${one.avatar} /><bdi class="person-name">${one.name}</bdi></span>
        <span class="request-ways"><${Button} small kind="plain" onPress=${() => answer(one.id, false)} test="deny">${t("requests.decline")}</${Button}>
          <${Button} small onPress=${() => answer(one.id, true)} test="approve">${t("requests.accept")}</${Button}></span></li>`)}</ul>`
      : html`<p class="empty-line">${t("joins.none")}</p>`)}</${Asked}></${Page}>`;
}
