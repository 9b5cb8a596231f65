/** The routes of the contract: each request is decoded by the schemas of its endpoint, compiled on the first one. */
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpMethod from "@effect/platform/HttpMethod"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import { decoder } from "../../schema/Compiled.js"
import { BadRequest, UnprocessableRequest } from "../../schema/Errors.js"
import { issuesOf, issuesText } from "../../schema/Issue.js"
import type { Idempotency } from "../usecases/Idempotency.js"
import { unreadableBody, type WireFailure } from "./errors.js"

type RouteError = WireFailure | HttpServerError.RequestError

/** The routes of a group. */
export type Routes = ReadonlyArray<HttpRouter.Route<RouteError, Idempotency>>

type Handler<Endpoint extends HttpApiEndpoint.HttpApiEndpoint.Any> = (
  request: HttpApiEndpoint.HttpApiEndpoint.Request<Endpoint>
) => Effect.Effect<HttpServerResponse.HttpServerResponse, WireFailure, Idempotency>

/** A part of a request that does not fit; v0.3 answers 400, not 422, to a `metadata_filter` that cannot be read. */
const invalid = (error: ParseResult.ParseError): WireFailure => {
  const issues = issuesOf(error)
  const message = issuesText(issues)
  return issues.some((issue) => issue.path === "metadata_filter")
    ? new BadRequest({ message, code: "INVALID_METADATA_FILTER", status: 400 })
    : new UnprocessableRequest({ message, issues, status: 422 })
}

/** Reads one part of a request, or nothing where the endpoint has no such part. */
const reader = <Input, E, R>(schema: Option.Option<Schema.Schema.All>, input: Effect.Effect<Input, E, R>) => {
  if (Option.isNone(schema)) return Effect.succeed(undefined)
  // The schemas of the contract need no services.
  const decode = decoder(schema.value as Schema.Schema<unknown>)
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

const routeOf = (endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps, handler: Handler<never>) => {
  const parts = Effect.all({
    request,
    path: reader(endpoint.pathSchema, HttpRouter.params),
    urlParams: reader(endpoint.urlParamsSchema, HttpServerRequest.ParsedSearchParams),
    payload: HttpMethod.hasBody(endpoint.method) ? reader(endpoint.payloadSchema, body) : Effect.succeed(undefined)
  })
  return HttpRouter.makeRoute(
    endpoint.method,
    endpoint.path,
    // The handler takes the values that the schemas of the endpoint decode.
    Effect.flatMap(parts, (decoded) => handler(decoded as never))
  )
}

/** The routes of a group of the contract, which must all have a handler. */
export const routes = <Id extends string, Endpoints extends HttpApiEndpoint.HttpApiEndpoint.Any>(
  contract: HttpApiGroup.HttpApiGroup<Id, Endpoints, never>,
  handlers: {
    readonly [Name in HttpApiEndpoint.HttpApiEndpoint.Name<Endpoints>]: Handler<
      HttpApiEndpoint.HttpApiEndpoint.WithName<Endpoints, Name>
    >
  }
): Routes => {
  // An endpoint of any schemas: their types are paired with those of the handlers above.
  const endpoints: ReadonlyArray<unknown> = Object.values(contract.endpoints)
  return (endpoints as ReadonlyArray<HttpApiEndpoint.HttpApiEndpoint.AnyWithProps>).map((endpoint) =>
    routeOf(endpoint, handlers[endpoint.name as keyof typeof handlers] as Handler<never>)
  )
}
