/** JSON Schemas in words, as HTML. */
import * as Predicate from "effect/Predicate"

export type Json = { readonly [member: string]: unknown }

export const isObject = (value: unknown): value is Json => Predicate.isReadonlyRecord(value) && !Array.isArray(value)

/** A member that is an object, else an empty one. */
export const within = (value: unknown, member: string): Json => {
  const found = isObject(value) ? value[member] : undefined
  return isObject(found) ? found : {}
}

export const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** A text as HTML. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

/** A text of the document as HTML, with its names in `code`. */
export const prose = (value: unknown): string =>
  typeof value === "string" ? escaped(value).replace(/`([^`]+)`/g, "<code>$1</code>") : ""

export const code = (text: string): string => `<code>${escaped(text)}</code>`

const linked = (name: string): string => `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`

const boundsOf = (schema: Json): string =>
  [
    ["minimum", "from"],
    ["maximum", "to"],
    ["minLength", "length from"],
    ["maxLength", "length to"],
    ["minItems", "items from"],
    ["maxItems", "items to"]
  ]
    .flatMap(([member = "", words = ""]) =>
      schema[member] === undefined ? [] : [`${words} ${String(schema[member])}`]
    )
    .join(", ")

/** The type that a schema describes, with its bounds and its default. */
export const typeOf = (schema: unknown): string => {
  if (!isObject(schema)) return "any value"
  const bounds = boundsOf(schema)
  const preset = schema["default"] === undefined ? "" : `; default ${code(JSON.stringify(schema["default"]))}`
  return `${kindOf(schema)}${bounds === "" ? "" : ` <small>${escaped(bounds)}</small>`}${preset}`
}

const kindOf = (schema: Json): string => {
  const reference = schema["$ref"]
  if (typeof reference === "string") return linked(reference.split("/").at(-1) ?? "")
  const alternatives = list(schema["anyOf"])
  if (alternatives.length > 0) return alternatives.map(typeOf).join(" or ")
  const values = list(schema["enum"])
  if (values.length > 0) return values.map((value) => code(JSON.stringify(value))).join(" or ")
  const type = schema["type"]
  if (type === "array") return `list of ${typeOf(schema["items"])}`
  if (type === "object") {
    const others = schema["additionalProperties"]
    const members = membersOf(schema)
    if (members !== "") return `object${members}`
    return isObject(others) ? `object of ${typeOf(others)}` : "object"
  }
  const format = schema["format"]
  return escaped([type, format === undefined ? "" : `(${String(format)})`].join(" ").trim() || "any value")
}

/** The members of an object as a table; empty where the schema names none. */
export const membersOf = (schema: Json): string => {
  const required = new Set(list(schema["required"]))
  const rows = Object.entries(within(schema, "properties")).map(([name, member]) => {
    const marks = required.has(name) ? "" : " <small>optional</small>"
    return `<tr><td>${code(name)}${marks}</td><td>${typeOf(member)}</td><td>${prose(within({ member }, "member")["description"])}</td></tr>`
  })
  return rows.length === 0 ? "" : `<table>${rows.join("")}</table>`
}
