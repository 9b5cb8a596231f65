/**
 * The client derived from the contract: one function per operation, failing with the errors that its method can have.
 * It works on one group at a time, so that importing one manager pulls no other.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  type AnyOperation,
  type Group,
  type Request,
  type SchemaOf,
  type Success,
  schemaOf
} from "../schema/api/Operation.js"
import { decoder, inputEncoder } from "../schema/Compiled.js"
import { InvalidRequest, type RequestError, UnexpectedResponse, type WriteError } from "../schema/Errors.js"
import { type Issue, issuesOf, issuesText } from "../schema/Issue.js"
import type { BufferedResponse } from "../transport/BufferedResponse.js"
import { requestIdOf } from "../transport/errors.js"
import { jsonBody } from "../transport/json.js"
import { CurrentRequestOptions } from "../transport/RequestOptions.js"
import { excerpt, type Redact } from "../transport/redact.js"
import * as Transport from "../transport/Transport.js"
import type { NarrowError } from "./errors.js"
import { JulepConfig } from "./JulepConfig.js"

/** The parts of a request. Ids are in its path. */
interface RequestParts {
  readonly path?: Readonly<Record<string, unknown>>
  readonly payload?: unknown
  readonly urlParams?: unknown
}

/** Puts the ids of a request on the span, as `julep.session_id` and so on. Payloads and queries do not belong there. */
const noteIds = ({ path }: RequestParts) =>
  path === undefined
    ? Effect.void
    : Effect.annotateCurrentSpan(Object.fromEntries(Object.entries(path).map(([name, id]) => [`julep.${name}`, id])))

/** The errors of each operation of a group. */
export type GroupErrors<Operations> = { readonly [Name in keyof Operations]: NarrowError<WriteError> }

/** The functions of a group: each takes path, urlParams and payload, and fails with the errors of its operation. */
export type GroupClient<Operations, Errors extends GroupErrors<Operations>> = {
  readonly [Name in keyof Operations]: (
    request: Request<Operations[Name]>
  ) => Effect.Effect<Success<Operations[Name]>, ReturnType<Errors[Name]>>
}

/** The base of a group: the base URL, or `/v1` at its origin. */
export type Base = "api" | "origin"

/** The error of a request that was not sent, because of its members. */
export const invalid = (issues: ReadonlyArray<Issue>) =>
  new InvalidRequest({ message: `The request was not sent: ${issuesText(issues)}`, issues })

const unexpected = (error: ParseResult.ParseError, method: string, response: BufferedResponse, redact: Redact) => {
  const issues = issuesOf(error).map((issue) => ({ ...issue, message: redact(issue.message) }))
  const path = new URL(response.request.url).pathname
  return new UnexpectedResponse({
    message: `${method} ${path} returned ${response.status} with a body that does not match the API (${issuesText(issues)}). Is the base URL that of a Julep API?`,
    method,
    path,
    status: response.status,
    requestId: requestIdOf(response, redact),
    body: excerpt(response.bodyText, redact),
    issues
  })
}

/** Encodes an input; what is wrong with it is the error of a request that was not sent. */
const encoderOf = <A, I>(schema: Schema.Schema<A, I>) => {
  const encode = inputEncoder(schema)
  return (input: A): Either.Either<I, InvalidRequest> => Either.mapLeft(encode(input), invalid)
}

const encoderOfPart = <I>(schema: SchemaOf<unknown, I> | undefined) =>
  schema === undefined ? undefined : encoderOf(schemaOf(schema))

/** Encodes the requests of an operation: path, body and query, each checked against its schema. */
const writerOf = (operation: AnyOperation) => {
  const blank = HttpClientRequest.make(operation.method)(operation.path, { acceptJson: true })
  const path = encoderOfPart(operation.pathParams)
  const payload = encoderOfPart(operation.payload)
  const query = encoderOfPart(operation.urlParams)
  return (sent: RequestParts): Either.Either<HttpClientRequest.HttpClientRequest, InvalidRequest> => {
    let request = blank
    if (path !== undefined) {
      const ids = path(sent.path)
      if (Either.isLeft(ids)) return Either.left(ids.left)
      const url = operation.path.replace(/:(\w+)/g, (_part, name: string) => ids.right[name] ?? "")
      request = HttpClientRequest.setUrl(request, url)
    }
    if (payload !== undefined) {
      const json = Either.flatMap(payload(sent.payload), jsonBody)
      if (Either.isLeft(json)) return Either.left(json.left)
      request = HttpClientRequest.setBody(request, json.right)
    }
    if (query !== undefined) {
      const params = query(sent.urlParams)
      if (Either.isLeft(params)) return Either.left(params.left)
      request = HttpClientRequest.appendUrlParams(request, params.right)
    }
    return Either.right(request)
  }
}

/** Decodes responses: any 2xx as the operation's success, an empty body of a DELETE as void. */
const readerOf = ({ method, success }: AnyOperation) => {
  const decode = decoder(Schema.parseJson(schemaOf(success)))
  return (response: BufferedResponse): Either.Either<unknown, ParseResult.ParseError> =>
    response.body.length === 0 && method === "DELETE" ? Either.void : decode(response.bodyText)
}

/** Checks a value that is sent in parts. */
export const check = <A, I>(schema: Schema.Schema<A, I>, value: A): Effect.Effect<void, InvalidRequest> =>
  Effect.asVoid(encoderOf(schema)(value))

/** The stream of a request. A payload that does not fit its schema is not sent. */
export const encoded = <Payload, PayloadI, A>(
  schema: Schema.Schema<Payload, PayloadI>,
  payload: Payload,
  open: (body: PayloadI) => Stream.Stream<A, RequestError>
): Stream.Stream<A, RequestError> =>
  Stream.suspend(() => Either.match(encoderOf(schema)(payload), { onLeft: Stream.fail, onRight: open }))

const noRouteAdvice =
  "Is /api missing from the base URL, or in it twice? If not, the server lacks this operation: only engines of effect-julep have those beyond v0.3."

/** The transport to the base URL of a group. */
export const transport = (base: Base): Effect.Effect<Transport.Transport, never, HttpClient.HttpClient | JulepConfig> =>
  Effect.map(Effect.all([HttpClient.HttpClient, JulepConfig]), ([client, config]) =>
    Transport.make(client, {
      ...config,
      ...(base === "api" ? { noRouteAdvice } : {}),
      baseUrl: base === "api" ? config.baseUrl : new URL(config.baseUrl).origin
    })
  )

/** Encodes the requests of an operation, and decodes their responses. */
interface Codec {
  readonly write: ReturnType<typeof writerOf>
  readonly read: ReturnType<typeof readerOf>
}

const codecs = new WeakMap<AnyOperation, Codec>()

/**
 * The codec of an operation, compiled on its first call and once per process, because most programs call few operations.
 */
const codecOf = (operation: AnyOperation): Codec => {
  const known = codecs.get(operation)
  if (known !== undefined) return known
  const made = { write: writerOf(operation), read: readerOf(operation) }
  codecs.set(operation, made)
  return made
}

/** The client of one group of the contract. */
export const group = <
  Id extends string,
  Operations extends Readonly<Record<string, AnyOperation>>,
  Errors extends GroupErrors<Operations>
>(
  { operations }: Group<Id, Operations>,
  errors: Errors,
  base: Base = "api"
): Effect.Effect<GroupClient<Operations, Errors>, never, HttpClient.HttpClient | JulepConfig> =>
  Effect.gen(function* () {
    const { redactFor, send } = yield* transport(base)
    const call =
      (operation: AnyOperation, narrow: NarrowError<WriteError>) =>
      (sent: RequestParts): Effect.Effect<unknown, WriteError> =>
        Effect.flatMap(noteIds(sent), () => {
          const { read, write } = codecOf(operation)
          const request = write(sent)
          if (Either.isLeft(request)) return Effect.fail(request.left)
          const sending = Effect.mapError(send(request.right), narrow)
          return Effect.flatMap(sending, (response): Effect.Effect<unknown, WriteError> => {
            const decoded = read(response)
            if (Either.isRight(decoded)) return Effect.succeed(decoded.right)
            return Effect.flatMap(CurrentRequestOptions, (given) =>
              Effect.fail(unexpected(decoded.left, operation.method, response, redactFor(given)))
            )
          })
        })
    // The calls have the names of the operations; only the schemas know the types of each.
    return Record.map(operations, (operation, name) =>
      // There are errors for each name, which the compiler does not see in a type parameter.
      call(operation, errors[name] as NarrowError<WriteError>)
    ) as unknown as GroupClient<Operations, Errors>
  })
