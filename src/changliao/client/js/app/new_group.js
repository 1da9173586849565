// Making a group, and bringing people into one: choosing among one's contacts.
import { html, useState } from "../dom.js";
import { post } from "../api.js";
import { take } from "../chat/live.js";
import { t } from "../i18n.js";
import { go, to } from "../router.js";
import { sentence } from "../say.js";
import { Button, Field, Icon, Note, Sheet, useBusy } from "../ui.js";
import { Avatar } from "./avatar.js";
import { useContacts } from "./contacts_kept.js";

const TITLE_MAX = 40;

/** `PickPeople({open, title, go, without, withTitle, onGo, onClose})`: `onGo(people, title)` may throw a refusal. */
export function PickPeople({ open, title, words: goWords, without = [], withTitle = false, onGo, onClose }) {
  const all = useContacts(open).filter(({ id }) => !without.includes(id));
  const [picked, setPicked] = useState([]);
  const [words, setWords] = useState("");
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const low = words.trim().toLowerCase();
  const found = all.filter((one) => `${one.remark} ${one.name} ${one.handle}`.toLowerCase().includes(low));
  const turn = (id) => setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]);
  const close = () => {
    setPicked([]);
    setWords("");
    setName("");
    setWrong("");
    onClose();
  };
  const submit = () => run(async () => {
    try {
      await onGo(picked, name.trim());
      close();
    } catch (error) {
      setWrong(sentence(error));
    }
  });
  return html`<${Sheet} open=${open} title=${title} onClose=${close} busy=${busy} test="pick-people">
    <div class="sheet-form">
      ${wrong && html`<${Note} kind="bad" live>${wrong}</${Note}>`}
      ${withTitle && html`<${Field} label=${t("group.title")} value=${name} onInput=${setName} maxlength=${TITLE_MAX}
        hint=${t("group.title_hint")} test="group-title" />`}
      <input class="weui-input search-field" type="search" value=${words} placeholder=${t("search")} aria-label=${t("search")}
        onInput=${(event) => setWords(event.currentTarget.value)} />
      <div class="people-list" role="group" aria-label=${t("tab.contacts")}>
        ${found.map((one) => html`<label key=${one.id} class="person-row"><input type="checkbox" class="person-check"
            checked=${picked.includes(one.id)} onChange=${() => turn(one.id)} data-test="pick-${one.handle}" />
          <${Avatar} name=${one.name} media=${one.avatar} /><bdi>${one.remark || one.name}</bdi></label>`)}
        ${!all.length && html`<p class="empty-line">${t("contacts.none")} <a class="link" href=${to("/contacts/add")} onClick=${close}>${t("add.title")}</a></p>`}
      </div>
      <div class="sheet-foot"><${Button} onPress=${submit} busy=${busy} disabled=${!picked.length} test="pick-go">
        ${goWords}${picked.length > 0 && ` (${picked.length})`}</${Button}></div>
    </div></${Sheet}>`;
}

/** `NewGroup({open, onClose})` */
export function NewGroup({ open, onClose, first = [] }) {
  const make = async (people, title) => {
    const row = take(await post("/v1/conversations", { title, members: [...first, ...people] }));
    go(`/chats/${row.c}`);
  };
  return html`<${PickPeople} open=${open} title=${t("new.group")} words=${t("group.make")} withTitle without=${first}
    onGo=${make} onClose=${onClose} />`;
}
