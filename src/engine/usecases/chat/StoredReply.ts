/** The reply that history has for a request under a key: an attempt of more than a day ago was answered. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { type EntryRow, Storage, type StorageError } from "../../ports/Storage.js"
import type { CheckedRequest } from "./Turn.js"

/** How many messages are read at once to find the end of a reply. */
const REPLY_PAGE = 20

export const make = Effect.map(Storage, ({ entries }) => {
  /** The messages of a reply of which the first ones are known. */
  const wholeReply = (
    developer: string,
    session: string,
    known: Arr.NonEmptyReadonlyArray<EntryRow>
  ): Effect.Effect<Arr.NonEmptyReadonlyArray<EntryRow>, StorageError> =>
    Effect.flatMap(entries.after(developer, session, Arr.lastNonEmpty(known).id, REPLY_PAGE), (page) => {
      const reply = Arr.appendAll(
        known,
        Arr.takeWhile(page, ({ from_model }) => from_model)
      )
      return reply.length < known.length + REPLY_PAGE ? Effect.succeed(reply) : wholeReply(developer, session, reply)
    })

  return ({ developer, id, stored }: CheckedRequest) => {
    const first = stored.find(({ from_model }) => from_model)
    return first === undefined ? Effect.succeedNone : Effect.asSome(wholeReply(developer, id, [first]))
  }
})
