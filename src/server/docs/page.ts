/** The OpenAPI document as a page to read: plain HTML, without scripts. */
import { code, escaped, isObject, type Json, list, membersOf, prose, typeOf, within } from "./types.js"

const METHODS = ["get", "post", "put", "patch", "delete"]

export const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere }
h2, section { border-top: 1px solid var(--line); padding-top: 1rem }
table { border-collapse: collapse; width: 100% }
td { border-top: 1px solid var(--line); padding: .25rem .5rem .25rem 0; vertical-align: top }
summary { cursor: pointer }
small { opacity: .7 }
nav li { display: inline-block; margin-right: 1rem }
`

/** The schema of the first kind of content. */
const contentOf = (value: unknown): string =>
  Object.entries(within(value, "content"))
    .map(([type, content]) => `${escaped(type)}: ${typeOf(isObject(content) ? content["schema"] : undefined)}`)
    .join("<br>")

const parametersOf = (operation: Json): string => {
  const rows = list(operation["parameters"])
    .filter(isObject)
    .map(
      ({ description, in: place, name, required, schema }) =>
        `<tr><td>${code(String(name))} <small>${escaped(String(place))}${required === true ? "" : ", optional"}</small></td><td>${typeOf(schema)}</td><td>${prose(description)}</td></tr>`
    )
  return rows.length === 0 ? "" : `<h4>Parameters</h4><table>${rows.join("")}</table>`
}

const responsesOf = (operation: Json): string => {
  const rows = Object.entries(within(operation, "responses")).map(
    ([status, response]) =>
      `<tr><td>${escaped(status)}</td><td>${prose(within({ response }, "response")["description"])}</td><td>${contentOf(response)}</td></tr>`
  )
  return `<h4>Responses</h4><table>${rows.join("")}</table>`
}

const operationOf = (method: string, path: string, operation: Json): string => {
  const id = escaped(String(operation["operationId"]))
  const body = operation["requestBody"]
  return `<section id="${id}"><h3>${code(`${method.toUpperCase()} ${path}`)}</h3><p>${prose(operation["summary"])}. ${prose(operation["description"])}</p>${parametersOf(operation)}${body === undefined ? "" : `<h4>Body</h4><p>${contentOf(body)}</p>`}${responsesOf(operation)}</section>`
}

const schemaOf = (name: string, schema: unknown): string => {
  const found = isObject(schema) ? schema : {}
  const members = membersOf(found)
  return `<section id="schema-${escaped(name)}"><h3>${code(name)}</h3><p>${prose(found["description"])}</p>${members === "" ? typeOf(found) : members}</section>`
}

/** The page of a document. */
export const render = (document: Json): string => {
  const { description, title } = within(document, "info")
  const operations = Object.entries(within(document, "paths")).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = within(item, method)
      return operation["operationId"] === undefined ? [] : [{ method, path, operation }]
    })
  )
  const groups = list(document["tags"])
    .filter(isObject)
    .map(({ description, name }) => {
      const own = operations.filter(({ operation }) => list(operation["tags"]).includes(name))
      const sections = own.map(({ method, operation, path }) => operationOf(method, path, operation))
      return `<h2 id="${escaped(String(name))}">${escaped(String(name))}</h2><p>${prose(description)}</p>${sections.join("")}`
    })
  const links = list(document["tags"])
    .filter(isObject)
    .map(({ name }) => `<li><a href="#${escaped(String(name))}">${escaped(String(name))}</a></li>`)
  const schemas = Object.entries(within(within(document, "components"), "schemas")).map(([name, schema]) =>
    schemaOf(name, schema)
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${prose(title)}</title><style>${STYLE}</style></head>
<body><h1>${prose(title)}</h1><p>${prose(description)} Requests need a key: <code>Authorization: Bearer KEY</code>. The paths of the agents API also work below <code>/api</code>. <a href="/openapi.json">The document of this page</a> is for programs.</p>
<nav><ul>${links.join("")}<li><a href="#schemas">schemas</a></li></ul></nav>
${groups.join("\n")}
<h2 id="schemas">Schemas</h2>${schemas.join("\n")}
</body></html>
`
}
