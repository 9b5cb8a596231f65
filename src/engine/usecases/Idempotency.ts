import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Conflict } from "../../schema/Errors.js"
import { type Claim, type LeaseLost, type Reply, Storage, type StorageError } from "../ports/Storage.js"

export type { Reply } from "../ports/Storage.js"

/** How long, in milliseconds, a reply is kept under its key. */
const LIFETIME = Duration.toMillis("24 hours")

/** The SHA-256 of a text, in hexadecimal digits. */
export const sha256Hex = (body: string) =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(body))),
    (bytes) => Encoding.encodeHex(new Uint8Array(bytes))
  )

/** The UUID of a text, made of its digest: the same text has the same id. */
export const idOf = (text: string) =>
  Effect.map(sha256Hex(text), (hex) =>
    [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-")
  )

/** A request under a key. */
export interface Keyed {
  readonly developer: string
  /** Method and path. */
  readonly route: string
  readonly key: string
  readonly body: string
}

type Claimed = Exclude<Claim, { readonly _tag: "Running" }>

const reused = () =>
  new Conflict({
    message: "This Idempotency-Key was used with another body. Use a new key for a new request.",
    code: "IDEMPOTENCY_KEY_REUSED",
    status: 409
  })

/** One attempt at a request under a key. */
export interface Attempt<A> {
  /** Identifies the request: it is the same for each attempt, so ids that are made of it are the same, too. */
  readonly key: string
  /** Keeps the reply, in the transaction of the caller: what it reports is committed with it, or neither is. */
  readonly keep: (reply: A) => Effect.Effect<void, StorageError | LeaseLost>
  /** Ends the attempt: the next one under the key may begin. */
  readonly release: Effect.Effect<void>
}

/**
 * Runs the same request under the same key once. For 24 hours, a repeated request gets the first reply, and one that
 * arrives while the first is running, in this process or in another one with the same store, waits for it. The same key with another body is a `Conflict`. Failures are not
 * kept: the next attempt continues with what a failed one stored, which it finds by the ids that are made of its key.
 */
export class Idempotency extends Context.Tag("effect-julep/engine/Idempotency")<Idempotency, Idempotency.Service>() {
  static readonly make: Effect.Effect<Idempotency.Service, never, Storage> = Effect.map(
    Storage,
    (storage): Idempotency.Service => {
      const running = new Map<string, Deferred.Deferred<void>>()

      /** Waits for the attempt of this process that runs under the key, and takes its place. Succeeds with what releases the key. */
      const acquire = (keyed: Keyed): Effect.Effect<Effect.Effect<void>> =>
        Effect.suspend(() => {
          const id = JSON.stringify([keyed.developer, keyed.route, keyed.key])
          const first = running.get(id)
          if (first !== undefined) return Effect.zipRight(Deferred.await(first), acquire(keyed))
          const done = Deferred.unsafeMake<void>(FiberId.none)
          running.set(id, done)
          return Effect.succeed(
            Effect.sync(() => {
              if (running.get(id) === done) running.delete(id)
              Deferred.unsafeDone(done, Effect.void)
            })
          )
        })

      /** Claims a key in the store, once no other process has an attempt under it. */
      const claim = (keyed: Keyed, expired: number): Effect.Effect<Claimed, StorageError, Scope.Scope> => {
        const { developer, key, route } = keyed
        return Effect.flatMap(storage.replies.claim(developer, route, key, expired), (claimed) =>
          claimed._tag === "Running"
            ? Effect.zipRight(storage.replies.wait(developer, route, key), claim(keyed, expired))
            : Effect.succeed(claimed)
        )
      }

      const runOrReplay = Effect.fnUntraced(function* <A, E, R>(
        keyed: Keyed,
        scope: Scope.Scope,
        release: Effect.Effect<void>,
        run: (attempt: Attempt<Reply>) => Effect.Effect<A, E, R>,
        replay: (reply: Reply) => A
      ) {
        const { body, developer, key, route } = keyed
        const fingerprint = yield* sha256Hex(body)
        const now = yield* Clock.currentTimeMillis
        const expired = now - LIFETIME
        const claimed = yield* Scope.extend(claim(keyed, expired), scope)
        if (claimed._tag === "Kept") {
          if (claimed.reply.fingerprint !== fingerprint) return yield* reused()
          return yield* Effect.as(release, replay(claimed.reply))
        }
        const { holder } = claimed
        return yield* run({
          key: [developer, route, key, fingerprint].join(" "),
          keep: ({ body, status }) =>
            storage.replies.put(developer, route, key, holder, { status, body, fingerprint, created_at: now }, expired),
          release
        })
      })

      const begin: Idempotency.Service["begin"] = (keyed, run, replay) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(Effect.zip(restore(acquire(keyed)), Scope.make()), ([leave, scope]) => {
            const release = Effect.zipRight(Scope.close(scope, Exit.void), leave)
            return Effect.onError(restore(runOrReplay(keyed, scope, release, run, replay)), () => release)
          })
        )

      /** Keeps the reply of a use case after it, unless the use case has kept it. */
      const keeping = <E, R>(run: (attempt: Attempt<Reply>) => Effect.Effect<Reply, E, R>, attempt: Attempt<Reply>) =>
        // A transaction may run it again.
        Effect.suspend(() => {
          let isKept = false
          const keep = (reply: Reply) =>
            Effect.tap(attempt.keep(reply), () => {
              isKept = true
            })
          return Effect.tap(run({ ...attempt, keep }), (reply) => (isKept ? Effect.void : keep(reply)))
        })

      return {
        begin,
        once: (keyed, atomic, run) =>
          begin(
            keyed,
            (attempt) => {
              const kept = keeping(run, attempt)
              return Effect.ensuring(atomic ? storage.transaction(kept) : kept, attempt.release)
            },
            identity
          )
      }
    }
  )
  static readonly layer: Layer.Layer<Idempotency, never, Storage> = Layer.effect(Idempotency, Idempotency.make)
}

export declare namespace Idempotency {
  interface Service {
    /** Begins a request, which keeps and releases the attempt itself, or replays the reply that is kept for it. */
    readonly begin: <A, E, R>(
      keyed: Keyed,
      run: (attempt: Attempt<Reply>) => Effect.Effect<A, E, R>,
      replay: (reply: Reply) => A
    ) => Effect.Effect<A, E | Conflict | StorageError, R>
    /**
     * Runs a request, or succeeds with the reply that is kept for it. With `atomic`, the work and its reply are one
     * commit. Work that waits cannot be: it keeps its reply itself, with what it writes, or the reply is kept after it.
     */
    readonly once: <E, R>(
      keyed: Keyed,
      atomic: boolean,
      run: (attempt: Attempt<Reply>) => Effect.Effect<Reply, E, R>
    ) => Effect.Effect<Reply, E | Conflict | StorageError | LeaseLost, R>
  }
}
