import * as Effect from "effect/Effect"
import { type Places, Storage } from "../../ports/Storage.js"
import { asked } from "../../text/Words.js"
import { matches } from "./TurnSearch.js"

interface Page {
  readonly limit: number
  readonly offset: number
}

/** The searches of memories. */
export const make = Effect.map(Storage, ({ memories }) => {
  /** Of those that words were found in, the best, best first. */
  const best = (developer: string, found: Places, { limit, offset }: Page) => {
    const places = matches(found).slice(offset, offset + limit)
    return places.length === 0
      ? Effect.succeed([])
      : memories.at(
          developer,
          places.map(({ place }) => place)
        )
  }
  return {
    best,
    /** An agent's memories, of one user or of all, that have any word of a text, best first. */
    byWords: (developer: string, agent_id: string, user_id: string | undefined, text: string, page: Page) =>
      Effect.flatMap(memories.find(developer, agent_id, user_id, asked(text)), (found) => best(developer, found, page))
  }
})
