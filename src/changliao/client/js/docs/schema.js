// A schema as a table: fields, types, what they mean; what is inside opens in place.
import { html } from "../dom.js";
import { t } from "../i18n.js";
import { resolve } from "./reference.js";
import { Rich, fieldAbout, schemaAbout } from "./said.js";

const DEEP = 3;

/** `{words, inner}`: a type in words, and the object inside it if there is one. */
function typeOf(schema, schemas) {
  if (!schema) return { words: t("docs.any") };
  if (schema.anyOf) {
    const real = typeOf(schema.anyOf.find((one) => one.type !== "null"), schemas);
    return schema.anyOf.some((one) => one.type === "null") ? { ...real, words: `${real.words} ${t("docs.or_null")}` } : real;
  }
  if (schema.$ref) {
    const { name, schema: found } = resolve(schema, schemas);
    return { words: name, inner: { name, schema: found } };
  }
  if (schema.enum) return { words: schema.enum.join(" | "), literal: true };
  if (schema.type === "array") {
    const of = typeOf(schema.items, schemas);
    return { words: t("docs.list_of", { of: of.words }), inner: of.inner };
  }
  if (schema.type === "object" && schema.additionalProperties) return { words: t("docs.map") };
  return { words: Array.isArray(schema.type) ? schema.type.join(" | ") : t(`docs.type.${schema.type}`) };
}

function isPlain(value) {
  return value === "" || value === null || (typeof value === "object" && !Object.keys(value).length);
}

/** `Fields({of, schemas})`: `of` is a schema or a reference to one. */
export function Fields({ of, schemas, depth = 0 }) {
  const { name, schema } = resolve(of, schemas);
  if (!schema?.properties) return html`<p class="doc-dim">${typeOf(schema, schemas).words}</p>`;
  const required = schema.required ?? [];
  const request = schema.additionalProperties === false;
  return html`${schemaAbout(name, schema) && html`<p class="doc-about"><${Rich} text=${schemaAbout(name, schema)} /></p>`}
    <div class="doc-fields">${Object.entries(schema.properties).map(([field, one]) => {
      const { words, inner, literal } = typeOf(one, schemas);
      return html`<div key=${field} class="doc-field">
        <span class="doc-field-name"><code>${field}</code>
          ${request && required.includes(field) && html`<span class="doc-required">${t("docs.required")}</span>`}</span>
        <span class="doc-field-type">${literal ? html`<code>${words}</code>` : words}
          ${"default" in one && !isPlain(one.default) && html` <span>${t("docs.default", { value: JSON.stringify(one.default) })}</span>`}</span>
        <span class="doc-field-about"><${Rich} text=${fieldAbout(field)} /></span>
        ${inner?.schema?.properties && depth < DEEP && html`<details class="doc-inner"><summary>${inner.name}</summary>
          <${Fields} of=${inner.schema} schemas=${schemas} depth=${depth + 1} /></details>`}
      </div>`;
    })}</div>`;
}
