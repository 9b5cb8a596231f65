/** Searches of a store as the engine makes them, for tests that write to it directly. */
import * as Effect from "effect/Effect"
import { type Owner, Storage } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import * as MemorySearch from "../../../src/engine/usecases/recall/MemorySearch.js"
import * as PassageSearch from "../../../src/engine/usecases/recall/PassageSearch.js"
import { bestRows } from "../../../src/engine/usecases/recall/Scores.js"
import { scoreTurns } from "../../../src/engine/usecases/recall/TurnSearch.js"

/** The limits of a search of turns and memories. */
export const limits = { rows: 100, perTerm: 2000 }

/** The best passages for a text. */
export const passages =
  (store: Storage.Service) => (developer: string, owners: ReadonlyArray<Owner>, text: string, limit: number) =>
    Effect.flatMap(Effect.provideService(PassageSearch.make, Storage, store), ({ byWords }) =>
      Effect.map(byWords(developer, owners, text), (found) =>
        found.slice(0, limit).map(({ score: _score, ...passage }) => passage)
      )
    )

/** The row ids of the passages that contain any word of a text. */
export const rowIdsOf = (store: Storage.Service) => (developer: string, owners: ReadonlyArray<Owner>, text: string) =>
  Effect.map(store.docs.find(developer, owners, parseQuery(text), limits), ({ postings }) => [
    ...new Set(postings.flat())
  ])

/** The memories of an agent that a search for a text finds. */
export const memoriesOf = (
  store: Storage.Service,
  developer: string,
  agent_id: string,
  text: string,
  { limit = 100, offset = 0, user_id }: { user_id?: string; limit?: number; offset?: number } = {}
) =>
  Effect.flatMap(Effect.provideService(MemorySearch.make, Storage, store), (search) =>
    search.find(developer, agent_id, user_id, text, { limit, offset })
  )

/** The turns that a session's search for a text finds, best first, each with how much of the text it says. */
export const turnsOf = (store: Storage.Service, developer: string, session_id: string, text: string) =>
  Effect.gen(function* () {
    const { turns: postings } = yield* store.entries.find(developer, session_id, parseQuery(text), limits)
    const found = bestRows(scoreTurns(postings), 1000)
    const rowIds = found.map(({ rowId }) => rowId)
    const turns = yield* store.entries.turns(developer, session_id, rowIds)
    return found.flatMap(({ rowId, score }) =>
      turns.filter((turn) => turn.rowId === rowId).map((turn) => ({ ...turn, score }))
    )
  })
