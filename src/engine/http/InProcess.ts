/**
 * An `HttpClient` that answers one origin with an app in the same process, without a socket. The app runs in the
 * caller's fiber, and a streamed body in the fiber that reads it, as the bytes that a server would send.
 */
import * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Multipart from "@effect/platform/Multipart"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CurrentRequestOptions, type RequestOptions } from "../../transport/RequestOptions.js"
import { yieldToEventLoop } from "../ports/EventLoop.js"
import { InProcessResponse } from "./InProcessResponse.js"

const decoder = new TextDecoder()
const encoder = new TextEncoder()
const empty = new Uint8Array()

const unsupported = () => new Multipart.MultipartError({ reason: "InternalError", cause: "no forms in process" })

/** The body of a request, decoded once however often it is read. */
class RequestBody {
  private decoded: string | undefined

  constructor(private readonly source: HttpClientRequest.HttpClientRequest) {}

  get bytes(): Uint8Array {
    return this.source.body._tag === "Uint8Array" ? this.source.body.body : empty
  }

  get text(): string {
    this.decoded ??= decoder.decode(this.bytes)
    return this.decoded
  }
}

/** A client's request as a server sees it. */
class InProcessRequest extends Inspectable.Class implements HttpServerRequest.HttpServerRequest {
  readonly [HttpServerRequest.TypeId]: HttpServerRequest.TypeId = HttpServerRequest.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly multipart = Effect.suspend(() => Effect.fail(unsupported()))
  readonly multipartStream = Stream.suspend(() => Stream.fail(unsupported()))

  constructor(
    readonly source: HttpClientRequest.HttpClientRequest,
    readonly url: string,
    readonly originalUrl: string,
    readonly headers: Headers.Headers,
    readonly remoteAddress: Option.Option<string> = Option.none(),
    private readonly body: RequestBody = new RequestBody(source)
  ) {
    super()
  }

  get method() {
    return this.source.method
  }

  get cookies() {
    return Cookies.parseHeader(this.headers["cookie"] ?? "")
  }

  get text(): Effect.Effect<string> {
    return Effect.sync(() => this.body.text)
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer> {
    return Effect.sync(() => new Uint8Array(this.body.bytes).buffer)
  }

  get stream(): Stream.Stream<Uint8Array> {
    return Stream.make(this.body.bytes)
  }

  get json(): Effect.Effect<unknown, HttpServerError.RequestError> {
    return this.parse((text): unknown => JSON.parse(text))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpServerError.RequestError> {
    return this.parse((text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get upgrade(): Effect.Effect<never, HttpServerError.RequestError> {
    return Effect.fail(this.unreadable("no sockets in process"))
  }

  modify(change: { readonly url?: string; readonly headers?: Headers.Headers; readonly remoteAddress?: string }) {
    return new InProcessRequest(
      this.source,
      change.url ?? this.url,
      this.originalUrl,
      change.headers ?? this.headers,
      Option.orElse(Option.fromNullable(change.remoteAddress), () => this.remoteAddress),
      this.body
    )
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "effect-julep/InProcessRequest",
      method: this.method,
      url: this.url
    })
  }

  private parse<A>(read: (text: string) => A): Effect.Effect<A, HttpServerError.RequestError> {
    return Effect.try({ try: () => read(this.body.text), catch: (cause) => this.unreadable(cause) })
  }

  private unreadable(cause: unknown): HttpServerError.RequestError {
    return new HttpServerError.RequestError({ request: this, reason: "Decode", cause })
  }
}

/** Whether a request comes from a client in this process. */
export const isInProcess = (request: HttpServerRequest.HttpServerRequest): boolean =>
  request instanceof InProcessRequest

/** A response whose body arrives piece by piece, in the fiber that reads it. */
class StreamedResponse extends InProcessResponse {
  constructor(
    request: HttpClientRequest.HttpClientRequest,
    response: HttpServerResponse.HttpServerResponse,
    private readonly pieces: Stream.Stream<Uint8Array>
  ) {
    super(request, response.status, response.headers, empty)
  }

  override get stream(): Stream.Stream<Uint8Array> {
    return this.pieces
  }

  override get text(): Effect.Effect<string> {
    return Stream.mkString(Stream.decodeText(this.pieces))
  }

  override get arrayBuffer(): Effect.Effect<ArrayBuffer> {
    return Effect.map(this.text, (text) => new Uint8Array(encoder.encode(text)).buffer)
  }
}

const toClient = (
  request: HttpClientRequest.HttpClientRequest,
  response: HttpServerResponse.HttpServerResponse
): InProcessResponse => {
  const { body, headers, status } = response
  if (body._tag === "Stream") return new StreamedResponse(request, response, detached(Stream.orDie(body.stream)))
  return new InProcessResponse(request, status, headers, body._tag === "Uint8Array" ? body.body : empty)
}

/** The caller's request options are for the call to the engine, not for the requests that the engine makes. */
const ownOptions: RequestOptions = {}
const withOwnOptions = Context.make(CurrentRequestOptions, ownOptions)
const detached = <A>(stream: Stream.Stream<A>) => Stream.provideService(stream, CurrentRequestOptions, ownOptions)

/** How many milliseconds requests may follow each other without a turn of the event loop. */
const BUSY = 8

/**
 * Gives the event loop a turn now and then. The database is synchronous, so a program that sends one request after the
 * other would otherwise never see a timer or a signal.
 */
const makePause = (): Effect.Effect<void> => {
  let last = 0
  return Effect.suspend(() => {
    const now = performance.now()
    if (now - last < BUSY) return Effect.void
    last = now
    return yieldToEventLoop
  })
}

const answer = (
  app: HttpApp.Default,
  request: HttpClientRequest.HttpClientRequest,
  url: URL
): Effect.Effect<InProcessResponse> =>
  app.pipe(
    Effect.mapInputContext((context: Context.Context<never>) => {
      const received = new InProcessRequest(request, `${url.pathname}${url.search}`, url.href, request.headers)
      // A large context is copied for each merge.
      return Context.merge(context, Context.add(withOwnOptions, HttpServerRequest.HttpServerRequest, received))
    }),
    Effect.map((response) => toClient(request, response))
  )

const refused = (
  request: HttpClientRequest.HttpClientRequest,
  reason: HttpClientError.RequestError["reason"],
  cause: { readonly cause: unknown } | { readonly description: string }
) => Effect.fail(new HttpClientError.RequestError({ request, reason, ...cause }))

/**
 * A client that answers `origin` with the app and passes every other request to `elsewhere`. It makes no span and no
 * abort signal: the caller has a span already, and an interruption of the caller reaches the app in the same fiber.
 */
export const make = (
  app: HttpApp.Default,
  origin: string,
  elsewhere?: HttpClient.HttpClient
): HttpClient.HttpClient => {
  const paused = Effect.zipRight(makePause(), app)
  return HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) => {
      const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
      if (Either.isLeft(url)) return refused(request, "InvalidUrl", { cause: url.left })
      if (url.right.origin === origin) return answer(paused, request, url.right)
      return elsewhere === undefined
        ? refused(request, "Transport", { description: `This client answers only ${origin}.` })
        : elsewhere.execute(request)
    }),
    Effect.succeed
  )
}
