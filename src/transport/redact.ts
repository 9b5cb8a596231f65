import * as Redacted from "effect/Redacted"

const LIMIT = 500

/** What stands in place of a secret. */
const REDACTED = "<redacted>"

/** Removes the secrets of a client from a text that the server sent. */
export type Redact = (text: string) => string

/** Shorter values of headers are settings rather than secrets, and parts of other words. */
const SHORTEST = 8

/** What is secret in a header: its value, and for `Authorization` also what follows the scheme. */
const secretsOf = ([name, value]: readonly [string, string]): ReadonlyArray<string> =>
  /authorization$/i.test(name) ? [value, value.replace(/^\S+\s+/, "")] : [value]

/**
 * What looks like a key, whoever it belongs to: those of OpenAI and its kind, of Google, Groq, xAI, Hugging Face and AWS, a
 * bearer token, and a JSON Web Token. Some servers mask a part of it with asterisks.
 */
const keys =
  /\b(?:sk[-_]|gsk_|xai-|hf_|AIza|AKIA)(?=[\w.-]*[\d*])[\w*.-]{8,}|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|(?<=\bBearer )[^\s"'\\,;<>]{8,}/g

/** Removes a key, the values of headers, and whatever looks like a key: a server may echo them in any member. */
export const redactor = (
  key: Redacted.Redacted | undefined,
  headers: ReadonlyArray<Readonly<Record<string, string>>>
): Redact => {
  const values = headers
    .flatMap((each) => Object.entries(each).flatMap(secretsOf))
    .map((value) => value.trim())
    .filter(({ length }) => length >= SHORTEST)
  const secrets = [...(key === undefined ? [] : [Redacted.value(key)]), ...values]
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    // A secret may be part of another one.
    .toSorted((one, other) => other.length - one.length)
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text).replace(keys, REDACTED)
}

/** The first 500 characters of a body, without secrets: short and safe enough for an error. */
export const excerpt = (body: string, redact: Redact): string => redact(body).slice(0, LIMIT)
