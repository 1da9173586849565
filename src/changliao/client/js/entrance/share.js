// Sending a partner's page into a conversation, as a card.
import { html, useLayoutEffect, useState } from "../dom.js";
import { get, newKey, post } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { Button, Cell, Cells, Loading, Mark, Note, Sheet, State, useBusy, useToast } from "../ui.js";

/** The conversations one may write to, newest first; none where nobody talks yet. */
async function conversations() {
  try {
    const { items } = await get("/v1/chat");
    return items.filter(({ k, left }) => (k === "direct" || k === "group") && !left);
  } catch (error) {
    if (error.status === 404) return [];
    throw error;
  }
}

/**
 * `Share({card, launch, onDone})`: `card` is `{title, text, path}` or null. The server says what the card
 * holds, so that it names the partner truly. `onDone({shared})`.
 */
export function Share({ card, launch, onDone }) {
  const [found, setFound] = useState(null);
  const [wrong, setWrong] = useState("");
  const [to, setTo] = useState(null);
  const [busy, run] = useBusy();
  const say = useToast();
  const learn = () => {
    setWrong("");
    conversations().then(setFound, (error) => setWrong(sentence(error)));
  };
  useLayoutEffect(() => {
    if (!card) return;
    setFound(null);
    setTo(null);
    learn();
  }, [card]);
  const send = () => run(async () => {
    setWrong("");
    try {
      const { title, text, path } = card;
      const b = await post(`/v1/launches/${encodeURIComponent(launch)}/cards`, { title, text, path });
      await post(`/v1/conversations/${encodeURIComponent(to.c)}/messages`, { k: "card", b }, { key: newKey() });
      say(t("share.sent", { name: to.title }));
      onDone({ shared: true });
    } catch (error) {
      setWrong(sentence(error));
    }
  });
  return html`<${Sheet} open=${Boolean(card)} title=${t("share.title")} onClose=${() => onDone({ shared: false })} busy=${busy} test="share">
    <div class="sheet-form">
      <div class="share-card"><strong><bdi>${card?.title}</bdi></strong>${card?.text && html`<bdi>${card.text}</bdi>`}</div>
      ${found === null && !wrong && html`<${Loading} lines=${3} />`}
      ${found?.length === 0 && html`<${State} icon="user" title=${t("share.nobody")} text=${t("share.nobody_text")} test="share-nobody" />`}
      ${found?.length > 0 && html`<${Cells}>${found.map((one) => html`<${Cell} key=${one.c} lead=${html`<${Mark} name=${one.title} size="s" />`}
        title=${html`<bdi>${one.title}</bdi>`} checked=${to?.c === one.c} onPress=${() => setTo(one)} test="share-to" />`)}</${Cells}>`}
      ${wrong && html`<${Note} kind="bad" live test="refusal">${wrong}</${Note}>`}
      ${found?.length > 0 && html`<${Button} onPress=${send} busy=${busy} disabled=${!to} test="share-send">${t("share.send")}</${Button}>`}
    </div>
  </${Sheet}>`;
}
