/** Writes JSON Schemas without references, which many endpoints do not follow. */
import type { JsonObject } from "../../../schema/Field.js"
import { isObject, mapSubSchemas } from "../../../schema/subSchemas.js"

/** How many schemas a schema may become. Each definition may refer several times to the next one. */
const MAX_SCHEMAS = 5000

/** The schema at a JSON pointer such as `#/$defs/Place`. */
const at = (root: JsonObject, pointer: string): JsonObject | undefined => {
  const target = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined), root)
  return pointer.startsWith("#/") && isObject(target) ? target : undefined
}

/**
 * A schema with its references replaced by what they refer to. A schema that refers to itself stays a reference, with the
 * definitions, except at the root: endpoints want the type of the root. A schema that would grow too large stays as it is.
 */
export const withoutRefs = (schema: JsonObject): JsonObject => {
  if (!("$defs" in schema || "definitions" in schema)) return schema
  const { $defs, definitions, ...root } = schema
  let left = MAX_SCHEMAS
  let recursive = false
  const inlined = (part: JsonObject, open: ReadonlyArray<string>): JsonObject => {
    if (left-- <= 0) return part
    // A schema that is written twice would have its id twice.
    const { $id: _, $ref, ...beside } = part
    if (typeof $ref !== "string") return mapSubSchemas(beside, (inner) => inlined(inner, open))
    const target = at(schema, $ref)
    if (target === undefined || open.includes($ref)) {
      recursive = true
      return part
    }
    return inlined({ ...target, ...beside }, [...open, $ref])
  }
  const result = inlined(root, [])
  if (left < 0) return schema
  return recursive
    ? { ...result, ...($defs === undefined ? {} : { $defs }), ...(definitions === undefined ? {} : { definitions }) }
    : result
}
