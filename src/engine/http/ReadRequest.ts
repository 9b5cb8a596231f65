import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"

/**
 * A request with the text of its body: a server's request can be read only once. It wraps the request: V8 makes hidden
 * classes for each object that becomes a prototype, so `Object.create(request)` would make some for each request.
 */
export class ReadRequest extends Inspectable.Class implements HttpServerRequest.HttpServerRequest {
  readonly [HttpServerRequest.TypeId]: HttpServerRequest.TypeId = HttpServerRequest.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId

  constructor(
    private readonly request: HttpServerRequest.HttpServerRequest,
    private readonly body: string
  ) {
    super()
  }

  get text(): Effect.Effect<string> {
    return Effect.succeed(this.body)
  }

  get json(): Effect.Effect<unknown, HttpServerError.RequestError> {
    const { body, request } = this
    return Effect.try({
      try: (): unknown => JSON.parse(body),
      catch: (cause) => new HttpServerError.RequestError({ request, reason: "Decode", cause })
    })
  }

  get source() {
    return this.request.source
  }

  get url() {
    return this.request.url
  }

  get originalUrl() {
    return this.request.originalUrl
  }

  get method() {
    return this.request.method
  }

  get headers() {
    return this.request.headers
  }

  get cookies() {
    return this.request.cookies
  }

  get remoteAddress() {
    return this.request.remoteAddress
  }

  get multipart() {
    return this.request.multipart
  }

  get multipartStream() {
    return this.request.multipartStream
  }

  get urlParamsBody() {
    return this.request.urlParamsBody
  }

  get arrayBuffer() {
    return this.request.arrayBuffer
  }

  get stream() {
    return this.request.stream
  }

  get upgrade() {
    return this.request.upgrade
  }

  modify(change: Parameters<HttpServerRequest.HttpServerRequest["modify"]>[0]): ReadRequest {
    return new ReadRequest(this.request.modify(change), this.body)
  }

  toJSON(): unknown {
    return this.request.toJSON()
  }
}
