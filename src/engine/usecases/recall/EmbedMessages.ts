/** Embeds the turns of sessions and the memories of agents, for the jobs that follow them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Embedder } from "../../ports/Embedder.js"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import type { PutVectors, Storage, StorageError } from "../../ports/Storage.js"
import { startOf } from "../../text/Sentences.js"
import type { Embedded, EmbedQueue } from "./EmbedQueue.js"
import * as VectorSpace from "./VectorSpace.js"

/** How many texts are embedded at once. Their vectors are kept, whatever happens to the next. */
const BATCH = 96
/** How many characters of a message are embedded: models read little more, and some refuse a longer text. */
const MAX_TEXT = 6000

interface Text {
  readonly rowId: number
  readonly text: string
}

/** The embedding of turns and memories, by a service through a queue. `store` stores their vectors. */
export const make = (
  storage: Storage.Service,
  service: Embedder.Service,
  queue: EmbedQueue,
  store: VectorSpace.Store
) => {
  /** Embeds some rows, and stores their vectors; those without text and those that the embedder refuses have none. */
  const embedRows = Effect.fnUntraced(function* <Row extends Text>(
    developer: string,
    rows: ReadonlyArray<Row>,
    put: PutVectors<Row>
  ) {
    const space = yield* VectorSpace.spaceOf(storage, developer, service)
    if (Option.isSome(space)) queue.expects(space.value.dimensions)
    const texts = rows.map(({ text }) => startOf(text, MAX_TEXT))
    const embedded = [...new Set(texts)].filter((text) => text.trim() !== "")
    const made = yield* queue.embed("said", embedded)
    const known = new Map(embedded.map((text, index) => [text, made[index]]))
    const vectors = rows.map((row, index) => ({ vector: known.get(texts[index] ?? "")?.vector ?? null, ...row }))
    const all = made.flatMap(({ vector }) => vector ?? [])
    yield* store(developer, all, (space) => put(developer, space, vectors))
    return made
  })

  /** Embeds all rows that are missing, a batch at a time. */
  const embedAll = Effect.fnUntraced(function* <Row extends Text>(
    developer: string,
    missing: Effect.Effect<ReadonlyArray<Row>, StorageError>,
    put: PutVectors<Row>
  ) {
    yield* queue.ready
    const all: Array<Embedded> = []
    for (let last = 0; ; ) {
      const rows = yield* missing
      const [first] = rows
      // A row that is missing once more was changed meanwhile, and has a job of its own.
      if (first === undefined || first.rowId <= last) return all
      all.push(...(yield* embedRows(developer, rows, put)))
      last = rows.at(-1)?.rowId ?? last
      if (rows.length < BATCH) return all
      yield* yieldToEventLoop
    }
  })

  const { memoryVectors, sessions, turnVectors } = storage

  /** Embeds the memories of an agent that are of one user, or of none. */
  const embedMemories = (developer: string, agent_id: string, user_id: string | null) =>
    embedAll(developer, memoryVectors.missing(developer, agent_id, user_id, BATCH), memoryVectors.put)

  return {
    embedMemories,
    /** Embeds the turns of a session, and the memories that it can recall. */
    embedSession: Effect.fnUntraced(function* (developer: string, session_id: string) {
      const session = Option.getOrUndefined(yield* sessions.get(developer, session_id))
      if (session === undefined) return []
      const turns = yield* embedAll(developer, turnVectors.missing(developer, session_id, BATCH), turnVectors.put)
      if (session.user_id === null) return turns
      return [...turns, ...(yield* embedMemories(developer, session.agent_id, session.user_id))]
    })
  }
}
