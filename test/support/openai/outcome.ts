/** The outcome of a client's call as plain values, so that the outcomes of two calls can be compared. */
import type { Received } from "../loopback.js"

/** Response headers that are part of an outcome; others belong to the connection or to the server. */
const isPartOfIt = (name: string) => /^(content-type|retry-after.*|x-should-retry|x-ratelimit-.*)$/i.test(name)

const isHeaders = (name: string, value: object) => value instanceof Headers || /headers$/i.test(name)

const headersOf = (headers: object) =>
  Object.fromEntries(
    [...(headers instanceof Headers ? headers : Object.entries(headers))].filter(([name]) => isPartOfIt(name))
  )

/** Ids that servers give to requests: that there is one is compared, not which. */
const requestIds = new Set(["requestID", "request_id", "_request_id", "x-request-id"])

const nameOf = (value: object): string => value.constructor?.name ?? ""

const entriesOf = (value: object): ReadonlyArray<readonly [string, unknown]> => {
  const own = Object.entries(value)
  if (!(value instanceof Error)) return own
  const { cause, message, name } = value
  return [...own, ["class", nameOf(value)], ["name", name], ["message", message], ["cause", cause]]
}

/** What differs between two servers by its nature, and what stands for it. */
export type Replacements = ReadonlyArray<readonly [string, string]>

/** A value as plain objects, lists and texts, without functions and undefined members. */
const plain = (value: unknown, replacements: Replacements, above: ReadonlyArray<object> = []): unknown => {
  if (typeof value === "string") {
    return replacements.reduce((text, [from, to]) => text.replaceAll(from, to), value)
  }
  if (typeof value !== "object" || value === null) return value
  if (above.includes(value)) return "(above)"
  const inner = (each: unknown) => plain(each, replacements, [...above, value])
  if (Array.isArray(value)) return value.map(inner)
  if (ArrayBuffer.isView(value)) return Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map) return inner([...value])
  if (value instanceof Set) return inner([...value])
  if (value instanceof Response) return { status: value.status, headers: headersOf(value.headers) }
  const members = entriesOf(value).flatMap(([name, member]): ReadonlyArray<readonly [string, unknown]> => {
    if (member === undefined || typeof member === "function" || name === "stack") return []
    if (requestIds.has(name)) return [[name, typeof member]]
    if (typeof member !== "object" || member === null || !isHeaders(name, member)) return [[name, inner(member)]]
    return [[name, headersOf(member)]]
  })
  return Object.fromEntries(members)
}

/** What a call came to. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown }

export const outcomeOf = async (run: () => PromiseLike<unknown>, replacements: Replacements): Promise<Outcome> => {
  try {
    return { value: plain(await run(), replacements) }
  } catch (error) {
    return { error: plain(error, replacements) }
  }
}

/** A request without its headers, which are the client's own. */
export const requestOf = ({ body, method, path }: Received) => ({
  method,
  path,
  body: body === "" ? undefined : (JSON.parse(body) as unknown)
})
