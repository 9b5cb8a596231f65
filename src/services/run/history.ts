/** The newest messages of a session, as far back as a run needs them. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { HistoryPage } from "../../schema/api/SessionsApi.js"
import type { GetError } from "../../schema/Errors.js"
import type { ChatMLMessage } from "../../schema/Message.js"
import type { SessionId } from "../../schema/Session.js"

type Messages = ReadonlyArray<ChatMLMessage>

/** Reads messages, the oldest of them first, until there are enough or the history ends. */
export type ReadHistory = (enough: (messages: Messages) => boolean) => Effect.Effect<Messages, GetError>

interface Reads {
  readonly history: (id: SessionId, query: HistoryPage) => Effect.Effect<Messages, GetError>
  readonly historyAll: (id: SessionId) => Stream.Stream<ChatMLMessage, GetError>
}

const PAGE = 100

/** Servers that ignore `order` send the oldest page first; from them the whole history is read. */
export const make = ({ history, historyAll }: Reads, id: SessionId): ReadHistory => {
  const all = Effect.suspend(() => Effect.map(Stream.runCollect(historyAll(id)), Chunk.toReadonlyArray))
  return (enough) => {
    const olderThan = (known: Messages, offset: number): Effect.Effect<Messages, GetError> =>
      Effect.flatMap(history(id, { order: "desc", limit: PAGE, offset }), (page) => {
        const [first, last] = [page.at(0), page.at(-1)]
        const isOldestFirst = first !== undefined && last !== undefined && first.created_at < last.created_at
        if (isOldestFirst) return page.length < PAGE ? Effect.succeed(page) : all
        // What is appended meanwhile moves the pages, so that one may repeat the end of the one before.
        const ids = new Set(known.map(({ id }) => id))
        const messages = [...page.toReversed().filter(({ id }) => !ids.has(id)), ...known]
        return page.length < PAGE || enough(messages)
          ? Effect.succeed(messages)
          : olderThan(messages, offset + page.length)
      })
    return olderThan([], 0)
  }
}
