import * as Redacted from "effect/Redacted"

const LIMIT = 500

/** The start of a body, fit to be kept in an error: 500 characters at most, the key removed. */
export const excerpt = (body: string, key: Redacted.Redacted | undefined): string => {
  const scrubbed = key === undefined ? body : body.replaceAll(Redacted.value(key), "<redacted>")
  return scrubbed.length > LIMIT ? scrubbed.slice(0, LIMIT) : scrubbed
}
