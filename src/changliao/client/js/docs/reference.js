// Reads /openapi.json into groups of routes with everything resolved: parameters, bodies, answers, refusals.
import { get } from "../api.js";

const REFUSED = /`([a-z_]+)`/g;

/** What a schema is called without the module it comes from. */
export function shortName(ref) {
  return ref.split("/").at(-1).split(".").at(-1);
}

/** `{info, groups, refusals, schemas, routesOf}`; `routesOf[code]` are the routes that may refuse with it. */
export async function readReference() {
  const said = await get("/openapi.json");
  const schemas = said.components.schemas;
  const refusals = said["x-refusals"];
  const routesOf = {};
  const groups = said.tags.map(({ name }) => ({ name, routes: [] }));
  for (const [path, methods] of Object.entries(said.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const route = readRoute(path, method, operation, refusals);
      groups.find(({ name }) => name === operation.tags[0])?.routes.push(route);
      for (const { code } of route.refusals) (routesOf[code] ??= []).push(route);
    }
  }
  return { info: said.info, groups: groups.filter(({ routes }) => routes.length), refusals, schemas, routesOf };
}

function readRoute(path, method, operation, refusals) {
  const [status, answer] = Object.entries(operation.responses).find(([code]) => code.startsWith("2"));
  const codes = Object.entries(operation.responses).filter(([code]) => !code.startsWith("2"))
    .flatMap(([code, { description }]) => [...description.matchAll(REFUSED)].map(([, name]) => ({
      code: name, status: Number(code), ...refusals[name] })));
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    summary: operation.summary,
    description: operation.description,
    params: operation.parameters,
    keyed: operation.parameters.some(({ name }) => name === "Idempotency-Key"),
    who: operation.security?.flatMap(Object.keys).join("_") || "none",
    body: operation.requestBody?.content["application/json"]?.schema ?? null,
    status,
    answer: answer.content?.["application/json"]?.schema ?? null,
    refusals: codes,
  };
}

/** The schema behind a `$ref`, with the name it goes by. */
export function resolve(schema, schemas) {
  if (!schema?.$ref) return { name: "", schema };
  const ref = schema.$ref.replace("#/components/schemas/", "");
  return { name: shortName(ref), schema: schemas[ref] };
}
