/** Searches of a store as the engine makes them, for tests that write to it directly. */
import * as Effect from "effect/Effect"
import { type Owner, Storage } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import * as MemorySearch from "../../../src/engine/usecases/recall/MemorySearch.js"
import { bestTurns, scoreTurns } from "../../../src/engine/usecases/recall/TurnSearch.js"

/** The limits of a search of turns and memories. */
export const limits = { rows: 100, perTerm: 2000 }

/** The best passages for a text, by the index alone, and that words find the same ones as far as they are not too many. */
export const passages =
  (store: Storage.Service) => (developer: string, owners: ReadonlyArray<Owner>, text: string, limit: number) =>
    Effect.gen(function* () {
      const terms = parseQuery(text)
      const best = yield* store.docs.best(developer, owners, terms, limit)
      const { postings } = yield* store.docs.find(developer, owners, terms, limits)
      const found = new Set(postings.flat())
      const alike = best.length < limit ? found.size === best.length : found.size >= limit
      if (!alike || !best.every((rowId) => found.has(rowId))) {
        return yield* Effect.dieMessage(`the best are ${best}, and found are ${[...found]}`)
      }
      const read = new Map(Array.from(yield* store.docs.at(developer, best), (passage) => [passage.rowId, passage]))
      return best.flatMap((rowId) => read.get(rowId) ?? [])
    })

/** The memories of an agent that a search for a text finds. */
export const memoriesOf = (
  store: Storage.Service,
  developer: string,
  agent_id: string,
  text: string,
  { limit = 100, offset = 0, user_id }: { user_id?: string; limit?: number; offset?: number } = {}
) =>
  Effect.flatMap(Effect.provideService(MemorySearch.make, Storage, store), (search) =>
    search.byWords(developer, agent_id, user_id, text, { limit, offset })
  )

/** The turns that a session's search for a text finds, best first, each with how much of the text it says. */
export const turnsOf = (store: Storage.Service, developer: string, session_id: string, text: string) =>
  Effect.gen(function* () {
    const { turns: postings } = yield* store.entries.find(developer, session_id, parseQuery(text), limits)
    const found = bestTurns(scoreTurns(postings), 1000)
    const rowIds = found.map(({ rowId }) => rowId)
    const turns = yield* store.entries.turns(developer, session_id, rowIds)
    return found.flatMap(({ rowId, score }) =>
      turns.filter((turn) => turn.rowId === rowId).map((turn) => ({ ...turn, score }))
    )
  })
