/** Texts and values that depend on a request alone, so that two equal requests have equal answers. */
import { createHash } from "node:crypto"
import { listOf, membersOf } from "./rules.js"

/** An id that is the same for equal requests. */
export const idOf = (prefix: string, ...of: ReadonlyArray<unknown>): string =>
  `${prefix}${createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 24)}`

/** A text in pieces of one word. Loops of an expression over megabytes exceed its stack where V8 does not optimize it. */
export const words = (text: string): ReadonlyArray<string> => text.split(/(?<=\S)(?=\s)/)

/** A text in pieces that break words, numbers and JSON. */
export const fragments = (text: string): ReadonlyArray<string> => text.match(/[\s\S]{1,5}/g) ?? []

/** Describes the content of a message, whatever its parts are. */
export const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : listOf(content)
        .map((part) => {
          const { file, image_url, input_audio, text } = membersOf(part)
          if (typeof text === "string") return text
          const what = image_url ?? membersOf(input_audio)["format"] ?? membersOf(file)["filename"]
          return `[${typeof what === "string" ? what : (membersOf(what)["url"] ?? "file")}]`
        })
        .join(" ")

/** A value that a JSON schema accepts. */
export const sampleOf = (schema: unknown, root: unknown = schema, name = "value"): unknown => {
  const { $ref, anyOf, const: only, enum: choices, items, minimum, oneOf, properties, type } = membersOf(schema)
  if (typeof $ref === "string") {
    const target = $ref
      .slice(2)
      .split("/")
      .reduce<unknown>((at, step) => membersOf(at)[step], root)
    return sampleOf(target, root, name)
  }
  if (only !== undefined) return only
  if (Array.isArray(choices)) return choices[0]
  const [first] = listOf(anyOf ?? oneOf)
  if (first !== undefined) return sampleOf(first, root, name)
  switch (Array.isArray(type) ? type[0] : type) {
    case "string":
      return `some ${name}`
    case "number":
    case "integer":
      return minimum ?? 7
    case "boolean":
      return true
    case "null":
      return null
    case "array":
      return [sampleOf(items, root, name)]
    default:
      return Object.fromEntries(
        Object.entries(membersOf(properties)).map(([key, value]) => [key, sampleOf(value, root, key)])
      )
  }
}
