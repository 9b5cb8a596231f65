/** Which members of the responses are looser in the document than in all that was sent: never absent, or never null. */
import { openApi } from "../../src/engine/http/openapi/Document.js"
import { isObject, type Json } from "../../src/engine/http/openapi/jsonSchema.js"

const schemas: Json = Object(openApi["components"]).schemas

const objects = (value: unknown): ReadonlyArray<Json> => (Array.isArray(value) ? value.filter(isObject) : [])

const resolve = (schema: Json): { readonly name: string | undefined; readonly schema: Json } => {
  const { $ref } = schema
  if (typeof $ref !== "string") return { name: undefined, schema }
  const name = $ref.replace(/^.*\//, "")
  return { name, schema: Object(schemas[name]) }
}

const isNullable = (schema: Json) => objects(schema["anyOf"]).some(({ type }) => type === "null")

/** Walks values beside their schemas. */
export const looseness = () => {
  const allowed = new Set<string>()
  const sent = new Set<string>()

  const walk = (raw: Json, value: unknown, place: string): void => {
    const { name, schema } = resolve(raw)
    const here = name ?? place
    for (const branch of objects(schema["anyOf"])) walk(branch, value, here)
    if (Array.isArray(value) && isObject(schema["items"])) {
      for (const item of value) walk(schema["items"], item, `${here}[]`)
    }
    if (!isObject(value) || !isObject(schema["properties"])) return
    const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : [])
    for (const [member, of] of Object.entries(schema["properties"])) {
      if (!isObject(of)) continue
      const at = `${here}.${member}`
      if (!required.has(member)) allowed.add(`${at} absent`)
      if (isNullable(of)) allowed.add(`${at} null`)
      if (!(member in value)) sent.add(`${at} absent`)
      else if (value[member] === null) sent.add(`${at} null`)
      else walk(of, value[member], at)
    }
  }

  /** What the document allows for the values so far, and no value had. */
  const unused = (): ReadonlyArray<string> => [...allowed].filter((each) => !sent.has(each)).sort()

  return { unused, walk }
}
