/** For served apps only: keeps silent streams open, and ends everything promptly when the server closes. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { toBody } from "../../schema/ErrorBody.js"
import { serverErrorAtLoad } from "../../schema/Errors.js"
import * as ServerSentEvents from "./ServerSentEvents.js"

/** How long a closing server waits for interrupted requests, which may still record a partial reply. */
const GRACE_PERIOD = Duration.seconds(1)

/** How long a stream may be silent before a comment keeps its connection open. */
const KEEP_ALIVE_INTERVAL = Duration.seconds(15)

const closed = toBody(
  serverErrorAtLoad({ message: "The server is closing. Try again in a moment.", code: "CLOSING", status: 503 })
)

const unavailable = HttpServerResponse.unsafeJson(closed, { status: 503, headers: { connection: "close" } })

/** The last event of a stream that the closing server ends. */
const lastEvent = ServerSentEvents.encode(JSON.stringify({ ...closed, error: { ...closed.error, status: 503 } }))

const keptAlive = (bytes: Stream.Stream<Uint8Array, unknown>): Stream.Stream<Uint8Array, unknown> =>
  Stream.merge(bytes, Stream.as(Stream.drop(Stream.tick(KEEP_ALIVE_INTERVAL), 1), ServerSentEvents.keepAlive), {
    haltStrategy: "left"
  })

/**
 * The app until the scope closes: from then on it refuses requests, interrupts those in progress and ends their streams
 * with an error event. A socket server by itself waits for its open connections, and a stream may stay open forever.
 */
export const withGracefulShutdown = <E, R>(
  app: HttpApp.Default<E, R>
): Effect.Effect<HttpApp.Default<E, R>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const closing = yield* Deferred.make<void>()
    const drained = yield* Deferred.make<void>()
    let open = 0

    const openResponse = Effect.sync(() => {
      open++
    })
    const endResponse = Effect.suspend(() => {
      open--
      return open > 0 ? Effect.void : Effect.whenEffect(Deferred.succeed(drained, undefined), Deferred.isDone(closing))
    })

    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Deferred.succeed(closing, undefined),
        Effect.suspend(() => (open === 0 ? Effect.void : Effect.timeoutOption(Deferred.await(drained), GRACE_PERIOD)))
      )
    )

    const refused = Effect.as(Deferred.await(closing), unavailable)

    /** A streamed response is open until its last byte, which a closing server writes itself. */
    const served = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
      const { body } = response
      if (body._tag !== "Stream") return response
      const ending = Stream.unwrap(
        Effect.map(Deferred.isDone(closing), (isClosing) => (isClosing ? Stream.make(lastEvent) : Stream.empty))
      )
      const bytes = Stream.unwrapScoped(
        Effect.as(
          Effect.acquireRelease(openResponse, () => endResponse),
          Stream.concat(Stream.interruptWhenDeferred(keptAlive(body.stream), closing), ending)
        )
      )
      return HttpServerResponse.stream(bytes, {
        status: response.status,
        headers: response.headers,
        contentType: body.contentType
      })
    }

    // A socket server runs its handler uninterruptibly, which would keep the race from ending.
    const answering = Effect.interruptible(Effect.raceFirst(app, refused))
    // The app does not start once the scope closes: its store may be closed.
    const answered = Effect.flatMap(Deferred.isDone(closing), (isClosing) => (isClosing ? refused : answering))
    return Effect.acquireUseRelease(
      openResponse,
      () => Effect.map(answered, served),
      () => endResponse
    )
  })
