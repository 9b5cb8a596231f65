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

/** How long, in milliseconds, a reply is kept under its key. */
const LIFETIME = Duration.toMillis("24 hours")

const digest = (body: string) =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(body))),
    (bytes) => Encoding.encodeHex(new Uint8Array(bytes))
  )

/** Identifies a request under a key: it is the same for each attempt. Undefined for a request without a key. */
export class CurrentKey extends Context.Reference<CurrentKey>()("effect-julep/engine/CurrentKey", {
  defaultValue: (): string | undefined => undefined
}) {}

/** The UUID of a text, made of its digest: the same text has the same id. */
export const idOf = (text: string) =>
  Effect.map(digest(text), (hex) =>
    [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-")
  )

/** A request under a key. */
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
 * Runs the same request under the same key once. For 24 hours, a repeated request gets the first reply, and one that
 * arrives while the first is running waits for it. The same key with another body is a `Conflict`. Failures are not
 * kept: the next attempt continues with what a failed one stored, which it finds by the ids of `CurrentKey`.
 */
export class Idempotency extends Context.Tag("effect-julep/engine/Idempotency")<Idempotency, Idempotency.Service>() {
  static readonly layer: Layer.Layer<Idempotency, never, Storage> = Layer.effect(
    Idempotency,
    Effect.map(Storage, (storage) => {
      const running = new Map<string, Deferred.Deferred<void>>()

      const once: Idempotency.Service["once"] = (keyed, run) =>
        Effect.suspend(() => {
          const id = JSON.stringify([keyed.developer, keyed.route, keyed.key])
          const first = running.get(id)
          if (first !== undefined) return Effect.zipRight(Deferred.await(first), once(keyed, run))
          const done = Deferred.unsafeMake<void>(FiberId.none)
          running.set(id, done)
          return Effect.ensuring(
            replay(keyed, run),
            Effect.sync(() => {
              running.delete(id)
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
    /** Runs a request, or returns the reply that is kept for it. */
    readonly once: <E, R>(
      keyed: Keyed,
      run: Effect.Effect<Reply, E, R>
    ) => Effect.Effect<Reply, E | Conflict | StorageError, R>
  }
}
