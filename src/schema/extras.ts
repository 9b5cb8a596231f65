/** Members of a reply that only its provider knows, put together from the deltas of a stream. */
import * as Predicate from "effect/Predicate"
import type { JsonObject } from "./Field.js"

/** Members whose texts arrive in pieces. Any other text is complete in its delta, and some servers repeat it. */
const inPieces = /^(text|summary|content|thinking|data|transcript|input)$|^reasoning/

const sameItem = (known: unknown, next: unknown): boolean =>
  Predicate.isRecord(known) &&
  Predicate.isRecord(next) &&
  typeof next["index"] === "number" &&
  next["index"] === known["index"] &&
  (next["type"] ?? known["type"]) === known["type"]

/** Adds items of a list: one with the index and the type of a known item continues it. */
const addItems = (known: ReadonlyArray<unknown>, items: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const list = [...known]
  for (const item of items) {
    const at = list.findIndex((each) => sameItem(each, item))
    if (at === -1) list.push(item)
    else list[at] = addValue(list[at], item, "")
  }
  return list
}

const addValue = (known: unknown, next: unknown, name: string): unknown => {
  if (typeof known === "string" && typeof next === "string") return inPieces.test(name) ? known + next : next
  if (Array.isArray(known) && Array.isArray(next)) return addItems(known, next)
  return Predicate.isRecord(known) && Predicate.isRecord(next) ? addExtras(known, next) : next
}

/** Adds the members of a delta to those that arrived before it. */
export const addExtras = (known: JsonObject | undefined, delta: JsonObject | undefined): JsonObject | undefined => {
  if (known === undefined || delta === undefined) return known ?? delta
  const added = Object.entries(delta).map(([name, value]) => [
    name,
    Object.hasOwn(known, name) ? addValue(known[name], value, name) : value
  ])
  return { ...known, ...Object.fromEntries(added) }
}

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (Predicate.isRecord(value) && Object.keys(value).length === 0)

/** The members of an object that are not known by name and hold something; `undefined` if there are none. */
export const extrasOf = (object: JsonObject, known: ReadonlySet<string>): JsonObject | undefined => {
  const extras = Object.entries(object).filter(([name, value]) => !known.has(name) && !isNothing(value))
  return extras.length === 0 ? undefined : Object.fromEntries(extras)
}

/** The members of a message that every provider knows. */
export const messageMembers: ReadonlySet<string> = new Set([
  "role",
  "name",
  "content",
  "refusal",
  "tool_calls",
  "tool_call_id",
  "function_call"
])
