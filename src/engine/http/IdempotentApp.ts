import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Idempotency, type Reply } from "../usecases/Idempotency.js"
import { developerOf, toWire, type WireFailure } from "./respond.js"

const decoder = new TextDecoder()

const toReply = (response: HttpServerResponse.HttpServerResponse): Reply => ({
  status: response.status,
  body: response.body._tag === "Uint8Array" ? decoder.decode(response.body.body) : ""
})

const toResponse = ({ body, status }: Reply): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body, { status, contentType: "application/json" })

const decodeStreaming = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ stream: Schema.Literal(true) })))

/** A body that says so anywhere else is data. */
const streams = (body: string): boolean => body.includes('"stream"') && Option.isSome(decodeStreaming(body))

/** Answers a POST that carries an `Idempotency-Key` once. Streams are not kept: a key on one means nothing. */
export const idempotent = Effect.map(
  Idempotency,
  ({ once }) =>
    (app: HttpApp.Default): HttpApp.Default<WireFailure> =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<WireFailure> => {
        const key = request.headers["idempotency-key"]
        if (key === undefined || request.method !== "POST") return app
        return Effect.gen(function* () {
          const body = yield* Effect.orDie(request.text)
          if (streams(body)) return yield* app
          const developer = yield* developerOf(request)
          const route = `POST ${request.url.split("?")[0]}`
          return toResponse(yield* once({ developer, route, key, body }, Effect.map(app, toReply)))
        }).pipe(Effect.mapError(toWire))
      })
)
