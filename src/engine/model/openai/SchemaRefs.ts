/** Writes JSON Schemas without references, which many endpoints do not follow. */
import type { JsonObject } from "../../../schema/Field.js"
import { isObject, mapSubSchemas } from "../../../schema/subSchemas.js"

/** How many schemas a schema may become. Each definition may refer several times to the next one. */
const MAX_SCHEMAS = 5000
/** How many characters of definitions may be written out. */
const MAX_SIZE = 250_000
/** How deep schemas may be nested. */
const MAX_DEPTH = 500

/** The keywords that restrict no value: beside a reference they replace those of its target. */
const annotations = new Set([
  "$comment",
  "default",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly"
])

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
  const left = { schemas: MAX_SCHEMAS, size: MAX_SIZE }
  const sizes = new Map<string, number>()
  const sizeOf = (pointer: string, target: JsonObject): number => {
    const size = sizes.get(pointer) ?? JSON.stringify(target).length
    sizes.set(pointer, size)
    return size
  }
  const tooLarge = () => left.schemas < 0 || left.size < 0
  let recursive = false
  const inlined = (part: JsonObject, open: ReadonlyArray<string>, depth: number): JsonObject => {
    left.schemas -= depth > MAX_DEPTH ? MAX_SCHEMAS + 1 : 1
    if (tooLarge()) return part
    // A schema that is written twice would have its id twice.
    const { $id: _, $ref, ...beside } = part
    if (typeof $ref !== "string") return mapSubSchemas(beside, (inner) => inlined(inner, open, depth + 1))
    const target = at(schema, $ref)
    if (target === undefined || open.includes($ref)) {
      recursive = true
      return part
    }
    left.size -= sizeOf($ref, target)
    const both = Object.keys(beside).every((keyword) => annotations.has(keyword))
      ? { ...target, ...beside }
      : { allOf: [target, beside] }
    return inlined(both, [...open, $ref], depth + 1)
  }
  const result = inlined(root, [], 0)
  if (tooLarge()) return schema
  return recursive
    ? { ...result, ...($defs === undefined ? {} : { $defs }), ...(definitions === undefined ? {} : { definitions }) }
    : result
}
