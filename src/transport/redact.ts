import * as Redacted from "effect/Redacted"

const LIMIT = 500

/** A text of a server's, the key removed. */
export const scrub = (text: string, key: Redacted.Redacted | undefined): string =>
  key === undefined ? text : text.replaceAll(Redacted.value(key), "<redacted>")

/** The start of a body, fit to be kept in an error: 500 characters at most, the key removed. */
export const excerpt = (body: string, key: Redacted.Redacted | undefined): string => scrub(body, key).slice(0, LIMIT)
