/**
 * What builds in one step a value far larger than those it is built of, or takes far longer than it reads: each fails
 * before it does, if the budget has no steps for the result.
 */
import { type Budget, STEP_TEXT, type Value } from "./JinjaBudget.js"

/** The arguments of a filter or a method. */
export interface Arguments {
  readonly positional: ReadonlyArray<Value>
  readonly named: ReadonlyMap<string, Value>
}

type Guard = (budget: Budget, operand: Value, given: Arguments) => void

/** How many strings of one character are a step. */
const STEP_PIECES = 25

const textOf = (value: Value | undefined): string => (typeof value?.value === "string" ? value.value : "")

const numberOf = (value: Value | undefined, otherwise: number): number =>
  typeof value?.value === "number" ? value.value : otherwise

const lengthOf = ({ value }: Value): number => (typeof value === "string" || Array.isArray(value) ? value.length : 0)

/** How often a pattern occurs in a text, up to a limit. */
const countOf = (text: string, pattern: string, limit = Number.POSITIVE_INFINITY): number => {
  if (pattern === "") return Math.min(text.length + 1, limit)
  let count = 0
  for (let at = text.indexOf(pattern); at >= 0 && count < limit; at = text.indexOf(pattern, at + pattern.length))
    count++
  return count
}

const replace: Guard = (budget, operand, { named, positional }) => {
  const text = textOf(operand)
  const [old, replacement] = [textOf(positional[0]), textOf(positional[1])]
  budget.search(text, old)
  const limit = numberOf(positional[2] ?? named.get("count"), -1)
  const count = countOf(text, old, limit < 0 ? undefined : limit)
  budget.allow((text.length + count * (replacement.length - old.length)) / STEP_TEXT)
}

const split: Guard = (budget, operand, { positional }) => {
  const text = textOf(operand)
  const separator = positional[0]
  if (typeof separator?.value === "string") {
    budget.search(text, separator.value)
    budget.allow(countOf(text, separator.value))
  } else {
    let count = 0
    for (const _ of text.matchAll(/\S+/g)) budget.allow(++count)
  }
}

const join: Guard = (budget, operand, { named, positional }) => {
  const separator = textOf(positional[0] ?? named.get("separator"))
  if (typeof operand.value === "string") budget.allow(operand.value.length / STEP_PIECES)
  budget.allow((lengthOf(operand) * separator.length) / STEP_TEXT)
}

const indent: Guard = (budget, operand, { named, positional }) => {
  const lines = countOf(textOf(operand), "\n") + 1
  const width = numberOf(positional[0] ?? named.get("width"), 4)
  budget.allow(lines / STEP_PIECES + (lines * width) / STEP_TEXT)
}

const tojson: Guard = (budget, operand, { named }) => {
  const { depth, items } = budget.weigh(operand)
  const separators = named.get("separators")?.value
  const between = (Array.isArray(separators) ? separators : []).reduce((sum, each) => sum + textOf(each).length, 0)
  const width = numberOf(named.get("indent"), 0) * (depth + 1)
  budget.allow(((items + 1) * (between + width)) / STEP_TEXT)
}

/** The path of an attribute is read anew for each item. */
const paths =
  (readings: (items: number) => number): Guard =>
  (budget, operand, { named, positional }) =>
    budget.allow((readings(lengthOf(operand)) * textOf(named.get("attribute") ?? positional[2]).length) / STEP_TEXT)

const filters: ReadonlyMap<string, Guard> = new Map([
  ["replace", replace],
  ["join", join],
  ["indent", indent],
  ["tojson", tojson],
  ["map", paths((items) => items)],
  ["sort", paths((items) => 2 * items * Math.log2(items + 1))]
])

const methods: ReadonlyMap<string, Guard> = new Map([
  ["replace", replace],
  ["split", split]
])

/** The guard of a filter that needs one. */
export const ofFilter = (name: string): Guard | undefined => filters.get(name)

/** The guard of a text's method that needs one. */
export const ofMethod = (name: string): Guard | undefined => methods.get(name)

/** `in` and `not in` search a text in a text. */
export const search = (budget: Budget, pattern: Value, text: Value): void =>
  budget.search(textOf(text), textOf(pattern))
