import * as Effect from "effect/Effect"
import { Storage } from "../ports/Storage.js"
import { asked } from "../ports/Words.js"
import { matches } from "./Matches.js"

/** Searches an agent's memories, of one user or of all: those that have any word of a text, best first. */
export const make = Effect.map(
  Storage,
  ({ memories }) =>
    (
      developer: string,
      agent_id: string,
      user_id: string | undefined,
      text: string,
      { limit, offset }: { readonly limit: number; readonly offset: number }
    ) =>
      Effect.flatMap(memories.find(developer, agent_id, user_id, asked(text)), (found) => {
        const places = matches(found).slice(offset, offset + limit)
        return places.length === 0
          ? Effect.succeed([])
          : memories.at(
              developer,
              places.map(({ place }) => place)
            )
      })
)
