/** Chooses the text of a property. */
import type { JsonObject } from "../../../schema/Field.js"
import { patternText } from "./patternText.js"
import { capitalised, formatted, objectAfter, quotedPhrase } from "./phrases.js"
import { isObject } from "./resolveSchema.js"

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

/** What the names of properties suggest. No schema demands these formats, so that "tomorrow" is a date. */
const suggested: ReadonlyArray<readonly [names: RegExp, format: string]> = [
  [/^(?:date|dai$|day|when|deadlin|due)/, "day"],
  [/^(?:time|hour)$/, "clock"],
  [/^e?mail$/, "email"],
  [/^(?:url|uri|link|websit)$/, "uri"],
  [/^uuid$/, "uuid"]
]

/** A text of each format, where the conversation has none. */
const placeholders: Readonly<Record<string, string>> = {
  date: "2000-01-01",
  "date-time": "2000-01-01T00:00:00Z",
  time: "00:00:00Z",
  duration: "PT0S",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com",
  url: "https://example.com",
  uuid: "00000000-0000-4000-8000-000000000000",
  number: "0"
}

/** The formats that effect's JSON Schemas have in the descriptions of what is decoded from a text. */
const decoded: ReadonlyArray<readonly [target: RegExp, format: string]> = [
  [/\bDate(?:Time)?\b/, "date-time"],
  [/\b(?:number|bigint|BigDecimal)\b/, "number"],
  [/\bURL\b/, "uri"]
]

const formatOf = ({ description, format }: JsonObject): string | undefined => {
  if (typeof format === "string") return format
  const target = /\bto be decoded into an? (.*)$/.exec(typeof description === "string" ? description : "")?.[1]
  return target === undefined ? undefined : decoded.find(([pattern]) => pattern.test(target))?.[1]
}

/** The text of a property that a conversation holds, if it holds one. */
export const textFor = (schema: JsonObject, names: ReadonlyArray<string>, text: string): string | undefined => {
  const format = formatOf(schema)
  if (format !== undefined) return formatted(text, format)
  // Only what is made of a pattern is known to match it.
  if (typeof schema.pattern === "string") return undefined
  const named = suggested.find(([pattern]) => names.slice(0, 2).some((name) => pattern.test(name)))?.[1]
  if (named !== undefined) return formatted(text, named)
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

const lengthOf = (value: unknown, other: number): number => (typeof value === "number" ? value : other)

/** The longest text that is made longer to fit. */
const MAX_PADDED = 1000

/** A text of the length that the schema demands. */
export const fitted = (schema: JsonObject, text: string): string => {
  const shortest = Math.min(lengthOf(schema.minLength, 0), MAX_PADDED)
  return text.padEnd(shortest, text === "" ? "x" : text).slice(0, lengthOf(schema.maxLength, Number.POSITIVE_INFINITY))
}

/** A text for a required property: of the format or the pattern, else any phrase. */
export const anyText = (schema: JsonObject, text: string): string => {
  const placeholder = placeholders[formatOf(schema) ?? ""]
  if (placeholder !== undefined) return placeholder
  const { maxLength, minLength, pattern } = schema
  const matching =
    typeof pattern === "string"
      ? patternText(pattern, lengthOf(minLength, 0), lengthOf(maxLength, Number.POSITIVE_INFINITY))
      : undefined
  if (matching !== undefined) return matching
  const phrase = objectAfter(text, ["in", "for", "about", "to", "of", "on", "with", "at", "from"]) ?? text.trim()
  return fitted(schema, capitalised(text) ?? phrase)
}

/** Whether a text that is not made for a schema fits it, as far as that can be seen without running a pattern. */
export const takesText = (schema: JsonObject, text: string): boolean =>
  ["const", "enum", "pattern"].every((keyword) => schema[keyword] === undefined) &&
  formatOf(schema) === undefined &&
  fitted(schema, text) === text

/** Whether a list of texts fits a schema. */
export const takesTexts = ({ items, maxItems, minItems, type }: JsonObject, texts: ReadonlyArray<string>): boolean =>
  (type === undefined || type === "array") &&
  texts.length >= lengthOf(minItems, 0) &&
  texts.length <= lengthOf(maxItems, Number.POSITIVE_INFINITY) &&
  (items === undefined || (isObject(items) && items.type === "string" && texts.every((text) => takesText(items, text))))
