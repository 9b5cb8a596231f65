import type { JsonObject } from "../../../schema/Field.js"
import { capitalised, formatted, numbersIn, objectAfter, quotedPhrase } from "./phrases.js"
import { asList, isObject, resolveSchema } from "./resolveSchema.js"
import type { Words } from "./stems.js"

/** The texts that values are taken from: the question, and the earlier messages, newest first. */
export interface Source {
  readonly question: string
  readonly earlier: ReadonlyArray<string>
  readonly words: Words
}

const MAX_DEPTH = 6
/** After so many values, at all depths, no more objects are filled: each part of a schema may refer to all of it. */
const MAX_VALUES = 1000

const typeOf = (schema: JsonObject): string => {
  const type = asList(schema.type).find((one) => one !== "null") ?? schema.type
  if (typeof type === "string") return type
  return isObject(schema.properties) ? "object" : "items" in schema ? "array" : "string"
}

/** The words of a property. The name comes first, because a description mentions other things as well. */
const labels = (name: string, schema: JsonObject, words: Words): ReadonlyArray<string> => [
  ...name.toLowerCase().split(/[^\p{L}\p{N}]+/u),
  ...words.of(name),
  ...(typeof schema.description === "string" ? words.of(schema.description) : [])
]

/** The prepositions that precede a value, by the name of its property. */
const roles: ReadonlyArray<readonly [names: RegExp, prepositions: ReadonlyArray<string>]> = [
  [/^(?:origin|from|source|sender|departure|start)/, ["from"]],
  [/^(?:destin|to$|target|recipi|receiv|arriv)/, ["to", "for"]],
  [/^(?:locat|cit[iy]|place|town|countr|region|where|address|venu)/, ["in", "at", "near", "to", "for"]],
  [/^(?:topic|subject|theme|about)/, ["about", "on", "for"]],
  [/^(?:name|person|user|custom|contact|guest|attende)/, ["called", "named", "for", "with", "to"]],
  [/^(?:title|label|summari)/, ["called", "titled", "named", "about"]]
]

const whole = /^(?:quer[iy]|q$|search|question|text|messag|content|prompt|input|descript|bod[iy]|note|reason)/

const formats: ReadonlyArray<readonly [names: RegExp, format: string]> = [
  [/^(?:date|dai$|day|when|deadlin|due)/, "date"],
  [/^(?:time|hour)$/, "time"],
  [/^e?mail$/, "email"],
  [/^(?:url|uri|link|websit)$/, "url"],
  [/^uuid$/, "uuid"]
]

const stringFor = (schema: JsonObject, names: ReadonlyArray<string>, text: string): string | undefined => {
  const named = formats.find(([pattern]) => names.slice(0, 2).some((name) => pattern.test(name)))?.[1]
  const format = typeof schema.format === "string" ? schema.format : named
  if (format !== undefined) return formatted(text, format)
  const quoted = quotedPhrase(text)
  if (quoted !== undefined) return quoted
  if (whole.test(names[0] ?? "")) return text.trim() === "" ? undefined : text.trim()
  for (const name of names) {
    const role = roles.find(([pattern]) => pattern.test(name))
    const found = role === undefined ? undefined : objectAfter(text, role[1])
    if (found !== undefined) return found
  }
  return undefined
}

/** Any phrase, for a required string. */
const anyPhrase = (text: string): string =>
  capitalised(text) ?? objectAfter(text, ["in", "for", "about", "to", "of", "on", "with", "at", "from"]) ?? text.trim()

const enumFor = (values: ReadonlyArray<unknown>, text: string, words: Words): unknown => {
  const said = words.of(text)
  const plain = text.toLowerCase()
  return values.find((value) => {
    const stems = words.of(String(value))
    return stems.length === 0
      ? plain.split(/[^\p{L}\p{N}]+/u).includes(String(value).toLowerCase())
      : stems.every((stem) => said.includes(stem))
  })
}

const within = (schema: JsonObject, value: number): boolean =>
  !(typeof schema.minimum === "number" && value < schema.minimum) &&
  !(typeof schema.maximum === "number" && value > schema.maximum)

/** The number nearest to a word of the property, among those that no other property took. */
const numberFor = (
  schema: JsonObject,
  names: ReadonlyArray<string>,
  text: string,
  words: Words,
  taken: Set<number>
): number | undefined => {
  const free = numbersIn(text).filter(({ at, value }) => !taken.has(at) && within(schema, value))
  const mentions = [...text.matchAll(/\p{L}+/gu)].filter(([word]) =>
    words.of(word).some((stem) => names.includes(stem))
  )
  const distance = (at: number) => Math.min(...mentions.map((mention) => Math.abs(mention.index - at)))
  const chosen = free.reduce<(typeof free)[number] | undefined>(
    (best, one) => (best === undefined || distance(one.at) < distance(best.at) ? one : best),
    undefined
  )
  if (chosen === undefined) return undefined
  taken.add(chosen.at)
  return typeOf(schema) === "integer" ? Math.trunc(chosen.value) : chosen.value
}

const empty = (schema: JsonObject, type: string): unknown => {
  if (type === "number" || type === "integer") return typeof schema.minimum === "number" ? schema.minimum : 0
  return type === "boolean" ? false : ""
}

/** The schema that a value is part of, how deep within it the value is, and how many more values are filled. */
interface Within {
  readonly root: JsonObject
  readonly depth: number
  readonly room: { values: number }
}

const valueFor = (
  name: string,
  given: JsonObject,
  source: Source,
  required: boolean,
  taken: Set<number>,
  { depth, room, root }: Within
): unknown => {
  const schema = resolveSchema(given, root)
  if ("const" in schema) return schema.const
  const { earlier, question, words } = source
  const texts = [question, ...earlier]
  const first = <A>(find: (text: string) => A | undefined): A | undefined => {
    for (const text of texts) {
      const found = find(text)
      if (found !== undefined) return found
    }
    return undefined
  }
  const values = asList(schema.enum)
  if (values.length > 0) {
    return first((text) => enumFor(values, text, words)) ?? schema.default ?? (required ? values[0] : undefined)
  }
  const names = labels(name, schema, words)
  const type = typeOf(schema)
  const inner = { root, room, depth: depth + 1 }
  switch (type) {
    case "object":
      return required || isObject(schema.properties) ? fillObject(schema, source, "required", inner) : undefined
    case "array": {
      const items = isObject(schema.items) ? schema.items : {}
      const one = depth > MAX_DEPTH ? undefined : valueFor(name, items, source, required, taken, inner)
      return one === undefined ? (schema.default ?? (required ? [] : undefined)) : [one]
    }
    case "boolean": {
      const mentioned = words.of(question).some((stem) => names.includes(stem))
      const denied = /\b(?:not|no|without|don't|never|disable|off)\b/i.test(question)
      return mentioned ? !denied : (schema.default ?? (required ? false : undefined))
    }
    case "null":
      return null
    case "number":
    case "integer": {
      const found =
        numberFor(schema, names, question, words, taken) ??
        (required ? first((text) => numberFor(schema, names, text, words, new Set())) : undefined)
      return found ?? schema.default ?? (required ? empty(schema, type) : undefined)
    }
    default: {
      const found = stringFor(schema, names, question) ?? first((text) => stringFor(schema, names, text))
      return found ?? schema.default ?? (required ? anyPhrase(question) : undefined)
    }
  }
}

/**
 * Fills an object schema from the conversation, as far as the names, types and enums of its properties allow. Required
 * properties are always present; with `all`, every property is. After some 1,000 values, objects within it stay empty.
 */
export const fillObject = (
  given: JsonObject,
  source: Source,
  present: "required" | "all",
  within: Within = { root: given, depth: 0, room: { values: MAX_VALUES } }
): JsonObject => {
  const schema = resolveSchema(given, within.root)
  if (!isObject(schema.properties) || within.depth > MAX_DEPTH || within.room.values <= 0) return {}
  within.room.values -= Object.keys(schema.properties).length
  const required = present === "all" ? Object.keys(schema.properties) : asList(schema.required)
  const taken = new Set<number>()
  return Object.fromEntries(
    Object.entries(schema.properties).flatMap(([name, property]) => {
      const value = valueFor(name, isObject(property) ? property : {}, source, required.includes(name), taken, within)
      return value === undefined ? [] : [[name, value]]
    })
  )
}
