/**
 * The client derived from the contract: one function per endpoint, failing with `RequestError`s alone.
 * It works on one group at a time, so that importing one manager pulls no other.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { InvalidRequest, RequestError, UnexpectedResponse } from "../schema/Errors.js"
import { issuesOf, issuesText } from "../schema/Issue.js"
import { requestIdOf } from "../transport/answer.js"
import type { BufferedResponse } from "../transport/BufferedResponse.js"
import { excerpt, scrub } from "../transport/redact.js"
import * as Transport from "../transport/Transport.js"
import { JulepConfig } from "./JulepConfig.js"

/** One call in flight: the status the contract declares for it, and, once there, the answer as it came. */
interface Exchange {
  readonly declared: number
  answered?: { readonly method: string; readonly path: string; readonly response: BufferedResponse }
}

/** What every request has at most; ids are in its path. */
interface Sent {
  readonly path?: Readonly<Record<string, unknown>>
  readonly payload?: unknown
}

/** A payload as it is sent: a member that is null, which only callers without types can give, is left out. */
export const withoutNulls = <Payload>(payload: Payload): Payload =>
  typeof payload === "object" && payload !== null && Object.values(payload).includes(null)
    ? // Of the same type: no member of an input is declared to be null.
      (Object.fromEntries(Object.entries(payload).filter(([, member]) => member !== null)) as Payload)
    : payload

/** Ids are fit for a span; payloads and queries are not. */
const noteIds = ({ path }: Sent) => (path === undefined ? Effect.void : Effect.annotateCurrentSpan(path))

type Untyped = Record<string, Record<string, (request: Sent) => Effect.Effect<unknown, unknown, Exchange>>>

const Exchange = Context.GenericTag<Exchange>("effect-julep/ApiClient/Exchange")

type Request<Endpoint extends HttpApiEndpoint.HttpApiEndpoint.Any> =
  Endpoint extends HttpApiEndpoint.HttpApiEndpoint<
    infer _Name,
    infer _Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer Headers,
    infer _Success,
    infer _Error,
    infer _R,
    infer _RE
  >
    ? HttpApiEndpoint.HttpApiEndpoint.ClientRequest<Path, UrlParams, Payload, Headers, false>
    : never

/** The functions of a group: each takes path, urlParams and payload, and fails with `RequestError`s. */
export type GroupClient<Group extends HttpApiGroup.HttpApiGroup.Any> = {
  readonly [Endpoint in HttpApiGroup.HttpApiGroup.Endpoints<Group> as HttpApiEndpoint.HttpApiEndpoint.Name<Endpoint>]: (
    request: Request<Endpoint>
  ) => Effect.Effect<HttpApiEndpoint.HttpApiEndpoint.Success<Endpoint>, RequestError>
}

/** Where a group lives: under the base URL, or under `/v1` at its origin. */
export type Base = "api" | "origin"

const isRequestError = Schema.is(RequestError)

const invalid = (error: ParseResult.ParseError) => {
  const issues = issuesOf(error)
  return new InvalidRequest({ message: `The request was not sent: ${issuesText(issues)}`, issues })
}

const unexpected = (
  error: ParseResult.ParseError,
  { method, path, response }: NonNullable<Exchange["answered"]>,
  config: JulepConfig.Service
) => {
  const issues = issuesOf(error).map((issue) => ({ ...issue, message: scrub(issue.message, config.apiKey) }))
  return new UnexpectedResponse({
    message: `${method} ${path} answered ${response.status} with a body that is not the API's (${issuesText(issues)}). Is the base URL that of a Julep API?`,
    method,
    path,
    status: response.status,
    requestId: requestIdOf(response, config.apiKey),
    body: excerpt(response.bodyText, config.apiKey),
    issues
  })
}

/** Any 2xx is read under the status the contract declares; an empty body of a delete is read as nothing. */
const restate = (transport: Transport.Transport) =>
  HttpClient.makeWith<never, never, RequestError, Exchange>(
    Effect.flatMap((request) =>
      Effect.flatMap(Exchange, (exchange) =>
        Effect.map(transport.send(request), (response) => {
          exchange.answered = { method: request.method, path: new URL(response.request.url).pathname, response }
          return response.withStatus(
            response.body.length === 0 && request.method === "DELETE" ? 204 : exchange.declared
          )
        })
      )
    ),
    Effect.succeed
  )

/** A stream of a request that is checked against its schema before anything is sent. */
export const encoded = <Payload, PayloadI, A>(
  schema: Schema.Schema<Payload, PayloadI>,
  payload: Payload,
  open: (body: PayloadI) => Stream.Stream<A, RequestError>
): Stream.Stream<A, RequestError> =>
  Stream.unwrap(Effect.mapBoth(Schema.encode(schema)(payload), { onFailure: invalid, onSuccess: open }))

/** The transport to where a group lives. */
export const transport = (base: Base): Effect.Effect<Transport.Transport, never, HttpClient.HttpClient | JulepConfig> =>
  Effect.map(Effect.all([HttpClient.HttpClient, JulepConfig]), ([client, config]) =>
    Transport.make(client, {
      ...config,
      baseUrl: base === "api" ? config.baseUrl : new URL(config.baseUrl).origin
    })
  )

/** The client of one group of the contract. */
export const group = <Id extends string, Endpoints extends HttpApiEndpoint.HttpApiEndpoint.Any>(
  contract: HttpApiGroup.HttpApiGroup<Id, Endpoints, never>,
  base: Base = "api"
): Effect.Effect<
  GroupClient<HttpApiGroup.HttpApiGroup<Id, Endpoints, never>>,
  never,
  HttpClient.HttpClient | JulepConfig
> =>
  Effect.gen(function* () {
    const config = yield* JulepConfig
    const api = HttpApi.make("julep").add(contract)
    const declared = new Map<string, number>()
    HttpApi.reflect(api, {
      onGroup: () => {},
      onEndpoint: ({ endpoint, successes }) => declared.set(endpoint.name, Math.min(...successes.keys()))
    })
    // The derived client's mapped type is generic in the group; here its members are only wrapped, by name.
    const client = yield* HttpApiClient.makeWith(api, {
      httpClient: restate(yield* transport(base))
    }) as unknown as Effect.Effect<Untyped>

    const wrap =
      (name: string, call: Untyped[string][string]) =>
      (request: Sent = {}) =>
        Effect.suspend(() => {
          const exchange: Exchange = { declared: declared.get(name) ?? 200 }
          const sent =
            base === "api" && request.payload !== undefined
              ? { ...request, payload: withoutNulls(request.payload) }
              : request
          return Effect.zipRight(noteIds(request), call(sent)).pipe(
            Effect.catchAll((error) => {
              if (isRequestError(error)) return Effect.fail(error)
              if (!ParseResult.isParseError(error)) return Effect.die(error)
              return Effect.fail(
                exchange.answered === undefined ? invalid(error) : unexpected(error, exchange.answered, config)
              )
            }),
            Effect.provideService(Exchange, exchange)
          )
        })
    // Same members, same requests, same results: only the error channel was narrowed.
    return Object.fromEntries(
      Object.entries(client[contract.identifier] ?? {}).map(([name, call]) => [name, wrap(name, call)])
    ) as never
  })
