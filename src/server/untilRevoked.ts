/** Ends the streams of a key that is revoked while they are open. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ServerSentEvents } from "../layers/ServerParts.js"
import { toBody } from "../schema/ErrorBody.js"
import { Unauthorized } from "../schema/Errors.js"
import { mapStream } from "./mapStream.js"

/** How often the key of an open stream is checked. */
const INTERVAL = Duration.seconds(1)

const message = "The key of this stream was revoked or has expired. Send the request again with another key."

const lastEvent = (): Uint8Array =>
  ServerSentEvents.encodeError(toBody(new Unauthorized({ message, code: "KEY_REVOKED", status: 403 })), 403)

/** The response until its key is refused: a stream then ends with an error event. A key that cannot be checked goes on. */
export const untilRevoked = (check: Effect.Effect<unknown, { readonly _tag: string }>) => {
  const isRefused = Effect.match(check, { onFailure: ({ _tag }) => _tag === "Unauthorized", onSuccess: () => false })
  return mapStream((bytes) =>
    Stream.unwrapScoped(
      Effect.flatMap(Deferred.make<void>(), (revoked) => {
        const checking = Effect.delay(isRefused, INTERVAL).pipe(
          Effect.repeat({ until: (refused) => refused }),
          Effect.zipRight(Deferred.succeed(revoked, undefined))
        )
        const ending = Effect.map(Deferred.isDone(revoked), (done) => (done ? Stream.sync(lastEvent) : Stream.empty))
        const ended = Stream.concat(Stream.interruptWhenDeferred(bytes, revoked), Stream.unwrap(ending))
        return Effect.as(Effect.forkScoped(checking), ended)
      })
    )
  )
}
