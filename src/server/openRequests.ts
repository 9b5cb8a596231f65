/** How many requests and streams of a key are open. One client that asks for more than its share is asked to wait. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { StreamAdmission } from "../layers/ServerParts.js"
import { RateLimited } from "../schema/Errors.js"
import type { Identity } from "./Identity.js"

interface OpenCounts {
  requests: number
  streams: number
}

const tooMany = (what: string, limit: number) =>
  new RateLimited({
    message: `This key already has ${limit} open ${what}, which is its limit. Wait until one of them ends.`,
    code: "TOO_MANY_OPEN",
    status: 429,
    retryAfter: 1
  })

/** Counts the requests and streams that each key has open, until the response has ended, and refuses those above the limits. */
export const make = (limits: { readonly requests: number; readonly streams: number }) => {
  const countsByKey = new Map<string, OpenCounts>()

  const admitted = Effect.fnUntraced(function* <E, R>({ id, name }: Identity, app: HttpApp.Default<E, R>) {
    const key = id ?? name
    const counts = countsByKey.get(key) ?? { requests: 0, streams: 0 }
    if (counts.requests >= limits.requests) return yield* tooMany("requests", limits.requests)
    countsByKey.set(key, counts)
    counts.requests++
    let streams = 0
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        counts.requests--
        counts.streams -= streams
        if (counts.requests === 0) countsByKey.delete(key)
      })
    )
    const admission = Effect.suspend(() => {
      if (counts.streams >= limits.streams) return Effect.fail(tooMany("streams", limits.streams))
      counts.streams++
      streams++
      return Effect.void
    })
    return yield* Effect.provideService(app, StreamAdmission, admission)
  })

  return (identity: Identity) =>
    <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | RateLimited, R | Scope.Scope> =>
      admitted(identity, app)
}
