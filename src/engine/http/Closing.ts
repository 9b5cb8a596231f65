/** The end of a server: a socket server waits for its open connections, and a stream may stay open for ever. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ServerError, toBody } from "../../schema/Errors.js"
import * as Sse from "./ServerSentEvents.js"

/** How long what was under way may take to put its affairs in order: the answer so far is kept. */
const GRACE = "1 second"

const closed = toBody(
  new ServerError({ message: "The server is closing; ask again in a moment", code: "CLOSING", status: 503 })
)

const unavailable = HttpServerResponse.unsafeJson(closed, { status: 503, headers: { connection: "close" } })

/** What a stream of events says when it is cut short. */
const lastEvent = Sse.encode(JSON.stringify({ ...closed, error: { ...closed.error, status: 503 } }))

/** The app until the scope closes: then requests and streams under way are interrupted and told why, new ones refused. */
export const untilClosed = <E, R>(
  app: HttpApp.Default<E, R>
): Effect.Effect<HttpApp.Default<E, R>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const closing = yield* Deferred.make<void>()
    const drained = yield* Deferred.make<void>()
    let open = 0

    const begin = Effect.sync(() => {
      open++
    })
    const end = Effect.suspend(() => {
      open--
      return open > 0 ? Effect.void : Effect.whenEffect(Deferred.succeed(drained, undefined), Deferred.isDone(closing))
    })

    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Deferred.succeed(closing, undefined),
        Effect.suspend(() => (open === 0 ? Effect.void : Effect.timeoutOption(Deferred.await(drained), GRACE)))
      )
    )

    const refused = Effect.as(Deferred.await(closing), unavailable)

    /** A stream is open until its last byte, which a closing server writes itself. */
    const cut = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
      const { body } = response
      if (body._tag !== "Stream") return response
      const told = Stream.unwrap(
        Effect.map(Deferred.isDone(closing), (isClosing) => (isClosing ? Stream.make(lastEvent) : Stream.empty))
      )
      const bytes = Stream.unwrapScoped(
        Effect.as(
          Effect.acquireRelease(begin, () => end),
          Stream.concat(Stream.interruptWhenDeferred(body.stream, closing), told)
        )
      )
      return HttpServerResponse.stream(bytes, {
        status: response.status,
        headers: response.headers,
        contentType: body.contentType
      })
    }

    // A socket server runs its handler uninterruptibly, which would keep the race from ending.
    const answered = Effect.interruptible(Effect.raceFirst(app, refused))
    return Effect.acquireUseRelease(
      begin,
      () => Effect.map(answered, cut),
      () => end
    )
  })
