/** The routes of the contract: each request is decoded by the schemas of its operation, compiled on the first one. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import { type AnyOperation, type Group, type Request, type SchemaOf, schemaOf } from "../../schema/api/Operation.js"
import { decoder } from "../../schema/Compiled.js"
import { BadRequest, UnprocessableRequest } from "../../schema/Errors.js"
import { issuesOf, issuesText } from "../../schema/Issue.js"
import type { Idempotency } from "../usecases/Idempotency.js"
import { unreadableBody, type WireFailure } from "./errors.js"

type RouteError = WireFailure | HttpServerError.RequestError

/** The routes of a group. */
export type Routes = ReadonlyArray<HttpRouter.Route<RouteError, Idempotency>>

type Handler<One> = (
  request: Request<One> & { readonly request: HttpServerRequest.HttpServerRequest }
) => Effect.Effect<HttpServerResponse.HttpServerResponse, WireFailure, Idempotency>

/** A part of a request that does not fit; v0.3 answers 400, not 422, to a `metadata_filter` that cannot be read. */
const invalid = (error: ParseResult.ParseError): WireFailure => {
  const issues = issuesOf(error)
  const message = issuesText(issues)
  return issues.some((issue) => issue.path === "metadata_filter")
    ? new BadRequest({ message, code: "INVALID_METADATA_FILTER", status: 400 })
    : new UnprocessableRequest({ message, issues, status: 422 })
}

/** Reads one part of a request, or nothing where the operation has no such part. */
const reader = <Input, E, R>(schema: SchemaOf<unknown> | undefined, input: Effect.Effect<Input, E, R>) => {
  if (schema === undefined) return Effect.succeed(undefined)
  const decode = decoder(schemaOf(schema))
  return Effect.flatMap(input, (value) => Either.mapLeft(decode(value), invalid))
}

const request = HttpServerRequest.HttpServerRequest

const kindOf = (json: unknown): string =>
  Array.isArray(json) ? "an array" : json === null ? "null" : `a ${typeof json}`

/** The body of a request, which is an object in every operation. */
const body = Effect.flatMap(request, ({ json, text }) =>
  Effect.flatMap(text, (text) => {
    if (text.trim() === "") return Effect.fail(unreadableBody("The body is missing. Send a JSON object."))
    return Effect.filterOrFail(
      json,
      (value) => Predicate.isReadonlyRecord(value) && !Array.isArray(value),
      (value) => unreadableBody(`The body must be a JSON object, not ${kindOf(value)}.`)
    )
  })
)

const routeOf = (operation: AnyOperation, handler: Handler<never>) => {
  const parts = Effect.all({
    request,
    path: reader(operation.pathParams, HttpRouter.params),
    urlParams: reader(operation.urlParams, HttpServerRequest.ParsedSearchParams),
    payload: reader(operation.payload, body)
  })
  return HttpRouter.makeRoute(
    operation.method,
    operation.path,
    // The handler takes the values that the schemas of the operation decode.
    Effect.flatMap(parts, (decoded) => handler(decoded as never))
  )
}

/** The routes of a group of the contract, which must all have a handler. */
export const routes = <Id extends string, Operations extends Readonly<Record<string, AnyOperation>>>(
  { operations }: Group<Id, Operations>,
  handlers: { readonly [Name in keyof Operations]: Handler<Operations[Name]> }
): Routes =>
  Object.entries(operations).map(([name, operation]) =>
    // The types of the schemas are paired with those of the handlers above.
    routeOf(operation, handlers[name] as Handler<never>)
  )
