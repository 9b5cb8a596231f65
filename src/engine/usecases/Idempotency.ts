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

/** What a request under a key is known by, however often it is tried; without a key, nothing. */
export class CurrentKey extends Context.Reference<CurrentKey>()("effect-julep/engine/CurrentKey", {
  defaultValue: (): string | undefined => undefined
}) {}

/** An id that is the same for the same text: a UUID made of its digest. */
export const idOf = (text: string) =>
  Effect.map(digest(text), (hex) =>
    [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-")
  )

/** What is asked, and by whom. */
export interface Keyed {
  readonly developer: string
  /** Method and path. */
  readonly route: string
  readonly key: string
  readonly body: string
  /** Whether the work and its reply are one commit. Work that waits for a model cannot be. */
  readonly atomic: boolean
}

/**
 * The same request under the same key is done once: for 24 hours it is given the first answer, and one that comes
 * while the first is still being done waits for it. The key with another body is a `Conflict`. Failures are not kept:
 * another attempt goes on from what the failed one has stored, by the ids that `CurrentKey` gives.
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
        Effect.flatMap(digest(keyed.body), (fingerprint) => {
          const reply = replyOf(keyed, fingerprint, run)
          return keyed.atomic ? storage.transaction(reply) : reply
        })

      const replyOf = <E, R>({ developer, key, route }: Keyed, fingerprint: string, run: Effect.Effect<Reply, E, R>) =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
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
          const reply = yield* Effect.provideService(run, CurrentKey, [developer, route, key, fingerprint].join(" "))
          yield* storage.replies.put(developer, route, key, { ...reply, fingerprint, created_at: now }, now - LIFETIME)
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
