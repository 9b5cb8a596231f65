import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Conflict } from "../../schema/Errors.js"
import { type Reply, Storage, type StorageError } from "../ports/Storage.js"

export type { Reply } from "../ports/Storage.js"

const LIFETIME = Duration.toMillis("24 hours")

const digest = (body: string) =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(body))),
    (bytes) => Encoding.encodeHex(new Uint8Array(bytes))
  )

/** What is asked, and by whom. */
export interface Keyed {
  readonly developer: string
  /** Method and path. */
  readonly route: string
  readonly key: string
  readonly body: string
}

/**
 * The same request under the same key is done once: for 24 hours it is given the first answer, and one that comes
 * while the first is still being done waits for it. The key with another body is a `Conflict`. Failures are not kept,
 * because nothing was done.
 */
export class Idempotency extends Context.Tag("effect-julep/engine/Idempotency")<Idempotency, Idempotency.Service>() {
  static readonly layer: Layer.Layer<Idempotency, never, Storage> = Layer.effect(
    Idempotency,
    Effect.map(Storage, (storage) => {
      const running = new Map<string, Deferred.Deferred<void>>()

      const once: Idempotency.Service["once"] = (keyed, run) =>
        Effect.suspend(() => {
          const place = JSON.stringify([keyed.developer, keyed.route, keyed.key])
          const first = running.get(place)
          if (first !== undefined) return Effect.zipRight(Deferred.await(first), once(keyed, run))
          const done = Deferred.unsafeMake<void>(FiberId.none)
          running.set(place, done)
          return Effect.ensuring(
            replay(keyed, run),
            Effect.sync(() => {
              running.delete(place)
              Deferred.unsafeDone(done, Effect.void)
            })
          )
        })

      const replay: Idempotency.Service["once"] = (keyed, run) =>
        Effect.gen(function* () {
          const { developer, key, route } = keyed
          const now = yield* Clock.currentTimeMillis
          const fingerprint = yield* digest(keyed.body)
          const known = yield* storage.replies.get(developer, route, key)
          if (Option.isSome(known) && known.value.created_at > now - LIFETIME) {
            if (known.value.fingerprint === fingerprint) return known.value
            return yield* Effect.fail(
              new Conflict({
                message: "This Idempotency-Key was used with another body. Use a new key for a new request.",
                code: "IDEMPOTENCY_KEY_REUSED",
                status: 409
              })
            )
          }
          const reply = yield* run
          if (reply.status >= 200 && reply.status < 300) {
            yield* storage.replies.put(
              developer,
              route,
              key,
              { ...reply, fingerprint, created_at: now },
              now - LIFETIME
            )
          }
          return reply
        })
      return { once }
    })
  )
}

export declare namespace Idempotency {
  interface Service {
    readonly once: <E, R>(
      keyed: Keyed,
      run: Effect.Effect<Reply, E, R>
    ) => Effect.Effect<Reply, E | Conflict | StorageError, R>
  }
}
