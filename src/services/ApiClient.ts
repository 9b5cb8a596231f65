/**
 * The client derived from the contract: one function per endpoint, failing with `RequestError`s alone.
 * It works on one group at a time, so that importing one manager pulls no other.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpMethod from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import { decoder, encoder } from "../schema/Compiled.js"
import { InvalidRequest, type RequestError, UnexpectedResponse } from "../schema/Errors.js"
import { issuesOf, issuesText } from "../schema/Issue.js"
import type { BufferedResponse } from "../transport/BufferedResponse.js"
import { requestIdOf } from "../transport/errors.js"
import { jsonBody } from "../transport/json.js"
import { CurrentRequestOptions } from "../transport/RequestOptions.js"
import { excerpt, type Scrub } from "../transport/redact.js"
import * as Transport from "../transport/Transport.js"
import { JulepConfig } from "./JulepConfig.js"

/** The parts of a request. Ids are in its path. */
interface Sent {
  readonly path?: Readonly<Record<string, unknown>>
  readonly payload?: unknown
  readonly urlParams?: unknown
}

/** Puts the ids of a request on the span, as `julep.session_id` and so on. Payloads and queries do not belong there. */
const noteIds = ({ path }: Sent) =>
  path === undefined
    ? Effect.void
    : Effect.annotateCurrentSpan(Object.fromEntries(Object.entries(path).map(([name, id]) => [`julep.${name}`, id])))

/** A payload without its null members, which only callers without types can give. */
export const withoutNulls = <Payload>(payload: Payload): Payload =>
  typeof payload === "object" && payload !== null && Object.values(payload).includes(null)
    ? // Of the same type: no member of an input is declared to be null.
      (Object.fromEntries(Object.entries(payload).filter(([, member]) => member !== null)) as Payload)
    : payload

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

/** The base of a group: the base URL, or `/v1` at its origin. */
export type Base = "api" | "origin"

const invalid = (error: ParseResult.ParseError) => {
  const issues = issuesOf(error)
  return new InvalidRequest({ message: `The request was not sent: ${issuesText(issues)}`, issues })
}

const unexpected = (error: ParseResult.ParseError, method: string, response: BufferedResponse, scrub: Scrub) => {
  const issues = issuesOf(error).map((issue) => ({ ...issue, message: scrub(issue.message) }))
  const path = new URL(response.request.url).pathname
  return new UnexpectedResponse({
    message: `${method} ${path} answered ${response.status} with a body that is not the API's (${issuesText(issues)}). Is the base URL that of a Julep API?`,
    method,
    path,
    status: response.status,
    requestId: requestIdOf(response, scrub),
    body: excerpt(response.bodyText, scrub),
    issues
  })
}

type AnyEndpoint = HttpApiEndpoint.HttpApiEndpoint<string, HttpMethod.HttpMethod>

/** The encoder of a schema of the contract. None of them needs a service, which their types there do not say. */
const encoderOf = (schema: Option.Option<Schema.Schema.All>) =>
  Option.getOrUndefined(Option.map(schema, (one) => encoder(one as Schema.Schema<unknown, Record<string, string>>)))

/** Encodes requests to an endpoint: path, body and query, each checked against its schema. */
const writerOf = (endpoint: AnyEndpoint, base: Base) => {
  const blank = HttpClientRequest.make(endpoint.method)(endpoint.path, { acceptJson: true })
  const path = encoderOf(endpoint.pathSchema)
  const payload = encoderOf(endpoint.payloadSchema)
  const query = encoderOf(endpoint.urlParamsSchema)
  return (sent: Sent): Either.Either<HttpClientRequest.HttpClientRequest, InvalidRequest> => {
    let request = blank
    if (path !== undefined) {
      const ids = path(sent.path)
      if (Either.isLeft(ids)) return Either.left(invalid(ids.left))
      const url = endpoint.path.replace(/:(\w+)/g, (_part, name: string) => ids.right[name] ?? "")
      request = HttpClientRequest.setUrl(request, url)
    }
    if (payload !== undefined) {
      const body = payload(base === "api" ? withoutNulls(sent.payload) : sent.payload)
      if (Either.isLeft(body)) return Either.left(invalid(body.left))
      const json = jsonBody(body.right)
      if (Either.isLeft(json)) return Either.left(json.left)
      request = HttpClientRequest.setBody(request, json.right)
    }
    if (query !== undefined) {
      const params = query(sent.urlParams)
      if (Either.isLeft(params)) return Either.left(invalid(params.left))
      request = HttpClientRequest.appendUrlParams(request, params.right)
    }
    return Either.right(request)
  }
}

type Successes = ReadonlyMap<number, { readonly ast: Option.Option<AST.AST> }>

/** Decodes responses: any 2xx as the first success that the contract declares, an empty body of a DELETE as void. */
const readerOf = (endpoint: AnyEndpoint, successes: Successes) => {
  const ast = Option.flatMap(Option.fromNullable(successes.get(Math.min(...successes.keys()))), ({ ast }) => ast)
  if (Option.isNone(ast)) return () => Either.void
  const decode = decoder(Schema.parseJson(Schema.make<unknown, unknown, never>(ast.value)))
  return (response: BufferedResponse): Either.Either<unknown, ParseResult.ParseError> =>
    response.body.length === 0 && endpoint.method === "DELETE" ? Either.void : decode(response.bodyText)
}

/** The stream of a request. A payload that does not fit its schema is not sent. */
export const encoded = <Payload, PayloadI, A>(
  schema: Schema.Schema<Payload, PayloadI>,
  payload: Payload,
  open: (body: PayloadI) => Stream.Stream<A, RequestError>
): Stream.Stream<A, RequestError> =>
  Stream.suspend(() =>
    Either.match(encoder(schema)(payload), { onLeft: (error) => Stream.fail(invalid(error)), onRight: open })
  )

/** The transport to the base URL of a group. */
export const transport = (base: Base): Effect.Effect<Transport.Transport, never, HttpClient.HttpClient | JulepConfig> =>
  Effect.map(Effect.all([HttpClient.HttpClient, JulepConfig]), ([client, config]) =>
    Transport.make(client, {
      ...config,
      ...(base === "api" ? { notFoundAdvice: "Is /api missing from the base URL, or in it twice?" } : {}),
      baseUrl: base === "api" ? config.baseUrl : new URL(config.baseUrl).origin
    })
  )

/** Calls an endpoint: encodes the request, sends it, decodes the response. */
interface Codec {
  readonly method: HttpMethod.HttpMethod
  readonly write: ReturnType<typeof writerOf>
  readonly read: ReturnType<typeof readerOf>
}

type AnyGroup = HttpApiGroup.HttpApiGroup<string, HttpApiEndpoint.HttpApiEndpoint.Any, never>

const codecs = new WeakMap<AnyGroup, Map<string, Codec>>()

/**
 * The codec of an endpoint, compiled on its first call and once per process, because most programs call few endpoints.
 * A group has one base.
 */
const codecOf = (contract: AnyGroup, name: string, base: Base): Codec => {
  const ofGroup = codecs.get(contract) ?? new Map<string, Codec>()
  codecs.set(contract, ofGroup)
  if (!ofGroup.has(name)) {
    HttpApi.reflect(HttpApi.make("julep").add(contract), {
      predicate: ({ endpoint }) => endpoint.name === name,
      onGroup: () => {},
      onEndpoint: ({ endpoint, successes }) => {
        ofGroup.set(name, {
          method: endpoint.method,
          write: writerOf(endpoint, base),
          read: readerOf(endpoint, successes)
        })
      }
    })
  }
  return Option.getOrThrow(Option.fromNullable(ofGroup.get(name)))
}

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
    const { scrubFor, send } = yield* transport(base)
    const call =
      (name: string) =>
      (sent: Sent = {}): Effect.Effect<unknown, RequestError> =>
        Effect.flatMap(noteIds(sent), () => {
          const { method, read, write } = codecOf(contract, name, base)
          const request = write(sent)
          if (Either.isLeft(request)) return Effect.fail(request.left)
          return Effect.flatMap(send(request.right), (response): Effect.Effect<unknown, RequestError> => {
            const decoded = read(response)
            if (Either.isRight(decoded)) return Effect.succeed(decoded.right)
            return Effect.flatMap(CurrentRequestOptions, (given) =>
              Effect.fail(unexpected(decoded.left, method, response, scrubFor(given)))
            )
          })
        })
    const calls = Object.fromEntries(Object.keys(contract.endpoints).map((name) => [name, call(name)]))
    // The calls have the names of the group's endpoints; only the schemas know the types of each.
    return calls as unknown as GroupClient<HttpApiGroup.HttpApiGroup<Id, Endpoints, never>>
  })
