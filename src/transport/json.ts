import * as HttpBody from "@effect/platform/HttpBody"
import * as Either from "effect/Either"
import { type InvalidRequest, notSent } from "../schema/Errors.js"

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : `${cause}`

/** A value as the JSON body of a request, or why it cannot be written: a value of the caller may contain itself. */
export const jsonBody = (value: unknown): Either.Either<HttpBody.HttpBody, InvalidRequest> =>
  Either.try({
    try: () => HttpBody.text(JSON.stringify(value), "application/json"),
    catch: (cause) => notSent("", `Expected a value that JSON can represent: ${reasonOf(cause)}`)
  })
