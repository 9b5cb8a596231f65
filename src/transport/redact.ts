import * as Redacted from "effect/Redacted"

const LIMIT = 500

/** Removes the key from a text that the server sent. */
export const scrub = (text: string, key: Redacted.Redacted | undefined): string =>
  key === undefined ? text : text.replaceAll(Redacted.value(key), "<redacted>")

/** The first 500 characters of a body, without the key: short and safe enough for an error. */
export const excerpt = (body: string, key: Redacted.Redacted | undefined): string => scrub(body, key).slice(0, LIMIT)
