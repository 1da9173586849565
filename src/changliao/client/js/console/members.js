// Who acts for the partner and in which role; owners change it.
import { html, useState } from "../dom.js";
import { get, post, remove } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { me } from "../session.js";
import { Ask, Button, Field, Mark, useToast } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Asked, useAsked } from "./ask.js";
import { Act, Head, Panel, Select, Table, useKeys } from "./parts.js";
import { current, learnPartners } from "./workshop.js";

const ROLES = ["owner", "developer", "finance", "viewer"];

/** The screen /console/members. */
export function Members() {
  const { partner } = current();
  const path = `/v1/partners/${encodeURIComponent(partner.id)}/members`;
  const asked = useAsked(() => get(path), [path]);
  const [sheet, setSheet] = useState(null); // {member} with null for a new one, or {leaving}
  const say = useToast();
  useKeys({ r: asked.again, n: () => setSheet({ member: null }) });
  const done = async (words) => {
    setSheet(null);
    say(words);
    await learnPartners().catch(() => {});
    await asked.again();
  };
  const drop = async () => {
    try {
      await remove(`${path}/${encodeURIComponent(sheet.leaving.person_id)}`);
      await done(t("members.removed"));
    } catch (error) {
      say(sentence(error));
      setSheet(null);
    }
  };
  return html`<${Head} title=${t("nav.members")} lead=${t("members.lead", { partner: partner.name })}>
      <${Button} small onPress=${() => setSheet({ member: null })} test="add">${t("members.add")}</${Button}></${Head}>
    <${Asked} asked=${asked} lines=${3}>${({ items }) => html`<${MemberTable} items=${items} onSheet=${setSheet} />`}</${Asked}>
    <${Panel} title=${t("members.roles")}><dl class="con-roles">${ROLES.map((role) => html`<div key=${role}>
      <dt>${t(`role.${role}`)}</dt><dd>${t(`role.${role}_may`)}</dd></div>`)}</dl></${Panel}>
    <${Give} sheet=${sheet} path=${path} onClose=${() => setSheet(null)} onDone=${done} />
    <${Ask} open=${Boolean(sheet?.leaving)} title=${t("members.remove_title", { name: sheet?.leaving?.name })} text=${t("members.remove_text")}
      yes=${t("members.remove")} danger onYes=${drop} onNo=${() => setSheet(null)} />`;
}

function MemberTable({ items, onSheet }) {
  const columns = [
    { name: "name", look: "main", words: t("members.name"), draw: (one) => html`<span class="con-person"><${Mark} name=${one.name || "·"} size="s" />
      <span><bdi>${one.name}</bdi>${one.person_id === me.value.id ? html` <span class="con-dim">${t("members.you")}</span>` : ""}</span></span>` },
    { name: "handle", look: "sub", words: t("members.handle"), draw: (one) => html`<span class="con-dim">@${one.handle}</span>` },
    { name: "role", look: "end", words: t("members.role"), draw: (one) => t(`role.${one.role}`) },
    { name: "since", look: "time", words: t("members.since"), draw: (one) => html`<time title=${exactlyOf(one.since)}>${whenOf(one.since)}</time>` },
    { name: "ways", look: "note con-right", words: "", draw: (one) => html`<span class="con-row-ways">
      <button type="button" class="link" onClick=${() => onSheet({ member: one })} data-test="change-role">${t("members.change")}</button>
      <button type="button" class="link con-danger" onClick=${() => onSheet({ leaving: one })} data-test="remove">${t("members.remove")}</button></span>` },
  ];
  return html`<${Table} label=${t("nav.members")} columns=${columns} rows=${items} keyOf=${({ person_id }) => person_id} test="members" />`;
}

function Give({ sheet, path, onClose, onDone }) {
  const open = sheet?.member !== undefined && sheet !== null;
  const member = sheet?.member;
  const [handle, setHandle] = useState("");
  const [role, setRole] = useState(null);
  const chosen = role ?? member?.role ?? "developer";
  const close = () => {
    setRole(null);
    onClose();
  };
  const submit = async () => {
    await post(path, { handle: (member?.handle ?? handle).trim().toLowerCase().replace(/^@/, ""), role: chosen });
    setHandle("");
    setRole(null);
    await onDone(t("members.given"));
  };
  return html`<${Act} open=${open} title=${member ? t("members.change_title", { name: member.name }) : t("members.add")}
      lead=${member ? "" : t("members.add_lead")} go=${t("save")} onClose=${close} onSubmit=${submit} test="member-sheet">
    ${!member && html`<${Field} label=${t("members.handle")} value=${handle} onInput=${setHandle} maxlength="21" autocapitalize="none" spellcheck=${false}
      data-focus test="handle" lead="@" />`}
    <${Select} label=${t("members.role")} value=${chosen} onChange=${setRole} test="role" hint=${t(`role.${chosen}_may`)}
      options=${ROLES.map((one) => [one, t(`role.${one}`)])} />
  </${Act}>`;
}
