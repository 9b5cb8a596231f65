import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Unauthorized } from "../../schema/Errors.js"

/** The key that a server requires, and the lower-case name of the header that may carry it. */
export interface ServerKey {
  readonly key: Redacted.Redacted
  readonly header: string
}

/** Compares in a time that does not depend on how much of a guess is right. An empty key matches nothing. */
const same = (a: string, b: string): boolean => {
  if (b === "") return false
  let difference = a.length ^ b.length
  for (let index = 0; index < b.length; index++)
    difference |= a.charCodeAt(index % (a.length || 1)) ^ b.charCodeAt(index)
  return difference === 0
}

/** Whether the value of a header is a key, with or without `Bearer` before it, in any case. */
export const carries = (value: string | undefined, key: Redacted.Redacted): boolean =>
  value !== undefined && same(secretOf(value), Redacted.value(key))

/** The key in the value of a header. */
export const secretOf = (value: string): string => value.replace(/^\s*bearer\s+/i, "").trim()

/** The error of a missing or wrong key, with the words of v0.3. */
export const wrongKey = () =>
  new Unauthorized({ message: "Could not validate API KEY", code: "UNAUTHORIZED", status: 403 })

/** Refuses requests without the key in `Authorization` or the configured header. `Bearer` may precede it, in any case. */
export const withKey =
  ({ key, header }: ServerKey) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | Unauthorized, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const given = [request.headers[header], request.headers["authorization"]].some((value) => carries(value, key))
      const checked: HttpApp.Default<E | Unauthorized, R> = given ? app : Effect.fail(wrongKey())
      return checked
    })
