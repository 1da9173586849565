// The fourth tab: who I am here, my wallet, and how the app looks and behaves.
import { html, useRef, useState } from "../dom.js";
import { get, patch, remove } from "../api.js";
import { LOOKS, SIZES, look, size } from "../appearance.js";
import { stop } from "../chat/live.js";
import { know } from "../chat/people.js";
import { measure, upload } from "../chat/upload.js";
import { LANGUAGES, language, t } from "../i18n.js";
import { keep, recall } from "../keep.js";
import { place, to } from "../router.js";
import { sentence } from "../say.js";
import { whyNotSafe } from "../secure.js";
import { learnMe, me, signOut, speak } from "../session.js";
import { momentOf } from "../time.js";
import { Ask, Cell, Cells, Icon, Pill, useToast } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import { Avatar } from "./avatar.js";
import { Line, Page, Turn } from "./parts.js";
import { SafetyCells } from "./safety.js";

const AVATAR_PX = 512;

/** The list of what is mine. */
export function Me() {
  const { name, handle, avatar } = me.value;
  const [leaving, setLeaving] = useState(false);
  const toast = useToast();
  const leave = async () => {
    try {
      await signOut();
      await stop({ burn: true });
      location.replace("/sign-in?next=/app");
    } catch {
      setLeaving(false);
      toast(t("sign_out.failed"));
    }
  };
  const here = (path) => (place.value.path === path ? "page" : undefined);
  return html`<section class="pane" data-test="me">
    <header class="pane-head"><h1>${t("tab.me")}</h1></header>
    <div class="pane-body pane-cells">
      <a class="me-card" href=${to("/me/profile")} aria-current=${here("/me/profile")} data-row data-test="my-profile"><${Avatar} name=${name} media=${avatar} size="l" />
        <span class="person-words"><strong class="profile-name"><bdi>${name}</bdi></strong><span class="person-note">@${handle}</span></span>
        <${Icon} name="chevron-right" class="cell-go" /></a>
      <${Cells}><${Cell} icon="qr-code" title=${t("card.mine")} href=${to("/me/card")} test="my-card" />
        <${Cell} icon="wallet" title=${t("wallet.title")} href="/wallet" test="my-wallet" /></${Cells}>
      <${Cells}><${Cell} icon="sun-moon" title=${t("look.title")} value=${t(`look.${look.value}`)} href=${to("/me/look")} test="my-look" />
        <${Cell} icon="languages" title=${t("language.title")} value=${LANGUAGES.find(({ code }) => code === language.value).name}
          href=${to("/me/language")} test="my-language" />
        <${Cell} icon="bell" title=${t("notices.title")} href=${to("/me/notices")} test="my-notices" />
        <${Cell} icon="shield-check" title=${t("devices.title")} href=${to("/me/devices")} test="my-devices" />
        <${Cell} icon="ban" title=${t("blocks.title")} href=${to("/me/blocks")} test="my-blocks" /></${Cells}>
      <${SafetyCells} />
      <${Cells}><${Cell} icon="log-out" title=${t("sign_out")} onPress=${() => setLeaving(true)} test="sign-out" /></${Cells}>
      ${whyNotSafe() && html`<p class="end-line" data-test="not-safe">${whyNotSafe()}</p>`}
    </div>
    <${Ask} open=${leaving} title=${t("sign_out")} text=${t("sign_out.ask_app")} yes=${t("sign_out")} onYes=${leave} onNo=${() => setLeaving(false)} />
  </section>`;
}

/** A square of the middle of a picture, small enough for a face. */
async function square(file) {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(AVATAR_PX, side);
  canvas.height = canvas.width;
  canvas.getContext("2d").drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, canvas.width, canvas.width);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.88));
}

/** My name, picture and words about me. */
export function MyProfile() {
  const { name, handle, avatar, region, bio } = me.value;
  const input = useRef(null);
  const toast = useToast();
  const save = async (change) => {
    await patch("/v1/me", change);
    know([await learnMe()]);
  };
  const chosen = async (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    if (!file) return;
    if (!(await measure(file))) {
      toast(t("avatar.none"));
      return;
    }
    try {
      await save({ avatar: await upload("avatar", await square(file)) });
    } catch (error) {
      toast(sentence(error));
    }
  };
  return html`<${Page} title=${t("profile.mine")} back="/me" test="my-profile-page">
    <input ref=${input} type="file" accept="image/*" hidden onChange=${chosen} data-test="avatar-input" />
    <${Cells}><${Cell} title=${t("avatar")} value=${html`<${Avatar} name=${name} media=${avatar} />`} onPress=${() => input.current.click()} test="avatar" />
      <${Line} title=${t("sign_in.name")} value=${name} onSave=${(text) => save({ name: text })} test="name" />
      <${Cell} title=${t("sign_in.handle")} value=${html`@${handle}`} /></${Cells}>
    <${Cells}><${Line} title=${t("profile.region")} value=${region} onSave=${(text) => save({ region: text })} test="region" />
      <${Line} title=${t("profile.bio")} value=${bio} area max=${200} onSave=${(text) => save({ bio: text })} test="bio" /></${Cells}></${Page}>`;
}

/** Dark or light, and how large the letters are. */
export function Looks() {
  const choice = (title, options, now, words) => html`<${Cells} title=${title}><div role="radiogroup" aria-label=${title}>
    ${options.map((one) => html`<${Cell} key=${one} title=${t(`${words}.${one}`)} checked=${now.value === one} onPress=${() => { now.value = one; }}
      test="${words}-${one}" />`)}</div></${Cells}>`;
  return html`<${Page} title=${t("look.title")} back="/me" test="look-page">
    ${choice(t("look.colours"), LOOKS, look, "look")}${choice(t("size.title"), SIZES, size, "size")}<${Keys} /></${Page}>`;
}

function Keys() {
  const [on, setOn] = useState(Boolean(recall("send_with_ctrl")));
  return html`<${Cells}><${Turn} title=${t("keys.ctrl")} note=${t("keys.ctrl_note")} on=${on}
    onTurn=${(now) => { keep("send_with_ctrl", now || null); setOn(now); }} test="send-with-ctrl" /></${Cells}>`;
}

/** The language one is spoken to in. */
export function Languages() {
  return html`<${Page} title=${t("language.title")} back="/me" test="language-page"><${Cells}><div role="radiogroup" aria-label=${t("language.title")}>
    ${LANGUAGES.map(({ code, name }) => html`<${Cell} key=${code} title=${html`<span lang=${code}>${name}</span>`} checked=${language.value === code}
      onPress=${() => speak(code)} test="language-${code}" />`)}</div></${Cells}></${Page}>`;
}

/** Where I am signed in, and signing out elsewhere. */
export function Devices() {
  const asked = useAsked(() => get("/v1/sessions"), []);
  const toast = useToast();
  const end = (id) => remove(`/v1/sessions/${id}`).then(asked.again, (error) => toast(sentence(error)));
  return html`<${Page} title=${t("devices.title")} back="/me" test="devices-page">
    <${Asked} asked=${asked}>${({ items }) => html`<${Cells} note=${t("devices.note")}>
      ${items.map((one) => html`<${Cell} key=${one.id} icon=${one.device === "computer" ? "monitor" : "smartphone"}
        title=${t(["phone", "tablet", "computer"].includes(one.device) ? `device.${one.device}` : "device.other")} note=${momentOf(Date.parse(one.created_at))}
        tail=${one.current ? html`<${Pill} kind="good">${t("devices.here")}</${Pill}>`
          : html`<button type="button" class="link" onClick=${() => end(one.id)} data-test="end-session">${t("devices.end")}</button>`} />`)}
    </${Cells}>`}</${Asked}>
    <${Cells}><${Cell} icon="key-round" title=${t("security.title")} href="/wallet#/security" test="to-security" /></${Cells}></${Page}>`;
}

/** Whom I have blocked. */
export function Blocks() {
  const asked = useAsked(() => get("/v1/blocks"), []);
  const toast = useToast();
  const lift = (id) => remove(`/v1/blocks/${id}`).then(asked.again, (error) => toast(sentence(error)));
  return html`<${Page} title=${t("blocks.title")} back="/me" test="blocks-page"><${Asked} asked=${asked}>${({ items }) => (items.length
    ? html`<ul class="card-list">${items.map((one) => html`<li key=${one.id} class="request"><a class="request-who" href=${to(`/p/${one.id}`)}>
        <${Avatar} name=${one.name} media=${one.avatar} /><bdi class="person-name">${one.name}</bdi></a>
        <button type="button" class="link" onClick=${() => lift(one.id)} data-test="lift">${t("block.lift")}</button></li>`)}</ul>`
    : html`<p class="empty-line">${t("blocks.none")}</p>`)}</${Asked}></${Page}>`;
}
