// The body of an article out of its blocks: words stay words, whatever they say; only addresses of the web are links.
import { html, useState } from "../dom.js";
import { mediaUrl } from "../chat/upload.js";
import { t } from "../i18n.js";

const WEB = /^https?:\/\//i;

/** `Spans({spans})`: runs of text, some of them strong, slanted or a link. */
export function Spans({ spans = [] }) {
  return spans.map(({ text = "", bold, italic, link }, n) => {
    let said = text;
    if (italic) said = html`<em>${said}</em>`;
    if (bold) said = html`<strong>${said}</strong>`;
    return WEB.test(link ?? "") ? html`<a key=${n} href=${link} target="_blank" rel="noopener noreferrer nofollow ugc">${said}</a>` : said;
  });
}

function Picture({ media, caption = "", width, height }) {
  const [gone, setGone] = useState(false);
  return html`<figure class="story-picture">${gone ? html`<span class="story-gone">${t("image.gone")}</span>`
    : html`<img src=${mediaUrl(media)} width=${width || undefined} height=${height || undefined} alt=${caption} loading="lazy" onError=${() => setGone(true)} />`}
    ${caption && html`<figcaption><bdi>${caption}</bdi></figcaption>`}</figure>`;
}

const SHAPES = {
  paragraph: ({ spans }) => html`<p dir="auto"><${Spans} spans=${spans} /></p>`,
  heading: ({ level, spans }) => {
    const Level = { 1: "h2", 2: "h3", 3: "h4" }[level] ?? "h4"; // The title of the article is the h1.
    return html`<${Level} dir="auto"><${Spans} spans=${spans} /></${Level}>`;
  },
  quote: ({ spans }) => html`<blockquote dir="auto"><${Spans} spans=${spans} /></blockquote>`,
  list: ({ ordered, items = [] }) => {
    const List = ordered ? "ol" : "ul";
    return html`<${List} dir="auto">${items.map((spans, n) => html`<li key=${n}><${Spans} spans=${spans} /></li>`)}</${List}>`;
  },
  picture: (block) => html`<${Picture} ...${block} />`,
  code: ({ text }) => html`<pre class="story-code" tabindex="0"><code>${text}</code></pre>`,
  divider: () => html`<hr />`,
};

/** `Blocks({blocks})`; a kind that is not known is passed over. */
export function Blocks({ blocks = [] }) {
  return blocks.map(({ k, ...block }, n) => {
    const Shape = Object.hasOwn(SHAPES, k) ? SHAPES[k] : null;
    return Shape && html`<${Shape} key=${n} ...${block} />`;
  });
}
