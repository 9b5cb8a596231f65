import * as Redacted from "effect/Redacted"

const LIMIT = 500

/** The start of a body, fit to be kept in an error: 500 characters at most, the key removed. */
export const excerpt = (body: string, key: Redacted.Redacted): string => {
  const secret = Redacted.value(key)
  const scrubbed = body.replaceAll(secret, "<redacted>")
  return scrubbed.length > LIMIT ? scrubbed.slice(0, LIMIT) : scrubbed
}
