/** Replies under idempotency keys, as attempts keep and find them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { KeptReply, Storage } from "../../../src/engine/ports/Storage.js"

/** The reply that is kept under a key. */
export const keptUnder = (store: Pick<Storage.Service, "replies">, developer: string, route: string, key: string) =>
  Effect.scoped(
    Effect.map(store.replies.claim(developer, route, key, 0), (claim) =>
      claim._tag === "Kept" ? Option.some(claim.reply) : Option.none()
    )
  )

/** Keeps the reply of an attempt, in place of one that is kept. */
export const keep = (
  { replies }: Pick<Storage.Service, "replies">,
  developer: string,
  route: string,
  key: string,
  reply: KeptReply,
  expired = 0
) =>
  Effect.gen(function* () {
    const claim = yield* replies.claim(developer, route, key, Number.MAX_SAFE_INTEGER)
    if (claim._tag !== "Claimed") return yield* Effect.dieMessage(`The key is not free: ${claim._tag}`)
    yield* replies.put(developer, route, key, claim.holder, reply, expired)
  }).pipe(Effect.scoped)
