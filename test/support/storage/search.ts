/** Searches of a store as the engine makes them, for tests that write to it directly. */
import * as Effect from "effect/Effect"
import { type Owner, Storage } from "../../../src/engine/ports/Storage.js"
import { asked } from "../../../src/engine/text/Words.js"
import * as MemorySearch from "../../../src/engine/usecases/recall/MemorySearch.js"
import { matchesAndBeside } from "../../../src/engine/usecases/recall/TurnSearch.js"

/** The best passages for a text, by the index alone, and that words find the same ones as far as they are not too many. */
export const passages =
  (store: Storage.Service) => (developer: string, owners: ReadonlyArray<Owner>, text: string, limit: number) =>
    Effect.gen(function* () {
      const words = asked(text)
      const best = yield* store.docs.best(developer, owners, words, limit)
      const { places } = yield* store.docs.find(developer, owners, words)
      const found = new Set(places.flat())
      const alike = best.length < limit ? found.size === best.length : found.size >= limit
      if (!alike || !best.every((place) => found.has(place))) {
        return yield* Effect.dieMessage(`the best are ${best}, and found are ${[...found]}`)
      }
      const read = new Map(Array.from(yield* store.docs.at(developer, best), (passage) => [passage.place, passage]))
      return best.flatMap((place) => read.get(place) ?? [])
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
    const found = matchesAndBeside((yield* store.entries.find(developer, session_id, asked(text))).turns)
    const places = found.map(({ place }) => place)
    const turns = yield* store.entries.turns(developer, session_id, places)
    return found.flatMap(({ place, score }) =>
      turns.filter((turn) => turn.place === place).map((turn) => ({ ...turn, score }))
    )
  })
