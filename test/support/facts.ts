/** Compares the members of the published specification with those of our contract. */
import { isDeepStrictEqual } from "node:util"
import type { Fact, Facts } from "./openapi.js"

/** A difference between two descriptions of a member. */
export interface Difference {
  readonly member: string
  readonly what: keyof Fact | "member"
  readonly expected: unknown
  readonly actual: unknown
}

const values = [
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minItems",
  "maxItems",
  "default"
] as const

const sorted = (texts: ReadonlyArray<string> | undefined) => (texts === undefined ? undefined : [...texts].sort())

const has = (types: ReadonlyArray<string>, type: string) =>
  types.includes(type) || (type === "integer" && types.includes("number"))

/** Requests match the specification exactly. Responses may be read more leniently: other types, fewer required members. */
const fits = {
  request: {
    types: (spec: Fact, ours: Fact) => isDeepStrictEqual(sorted(spec.types), sorted(ours.types)),
    required: (spec: Fact, ours: Fact) => spec.required === ours.required
  },
  response: {
    types: (spec: Fact, ours: Fact) => spec.types.every((type) => has(ours.types, type)),
    required: (spec: Fact, ours: Fact) => spec.required || !ours.required
  }
}

const compareMember = (member: string, spec: Fact, ours: Fact, side: keyof typeof fits): Array<Difference> => {
  const found: Array<Difference> = []
  const note = (what: keyof Fact) => found.push({ member, what, expected: spec[what], actual: ours[what] })
  if (!fits[side].types(spec, ours)) note("types")
  if (!fits[side].required(spec, ours)) note("required")
  if (!isDeepStrictEqual(sorted(spec.enum), sorted(ours.enum))) note("enum")
  for (const what of values) if (!isDeepStrictEqual(spec[what], ours[what])) note(what)
  return found
}

/** Every difference between the specified members and those of our contract. */
export const differences = (spec: Facts, ours: Facts, side: keyof typeof fits): ReadonlyArray<Difference> => {
  const names = [...new Set([...Object.keys(spec), ...Object.keys(ours)])].sort()
  return names.flatMap((member): Array<Difference> => {
    const expected = spec[member]
    const actual = ours[member]
    if (expected === undefined || actual === undefined) return [{ member, what: "member", expected, actual }]
    return compareMember(member, expected, actual, side)
  })
}

/** A difference in one line. */
export const line = ({ member, what, expected, actual }: Difference): string =>
  `${member}: ${what}: ${JSON.stringify(expected) ?? "none"} -> ${JSON.stringify(actual) ?? "none"}`
