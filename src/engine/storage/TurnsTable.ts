import * as Effect from "effect/Effect"
import type { Storage } from "../ports/Storage.js"
import { Dialect } from "./Dialect.js"
import * as EntriesTable from "./EntriesTable.js"
import * as MemoriesTable from "./MemoriesTable.js"
import { failsAs } from "./SqlErrors.js"

/** The turns of sessions. */
export const make: Effect.Effect<Storage.Service["turns"], never, Dialect> = Effect.map(Dialect, (dialect) => ({
  ...dialect.turns,
  finish: (developer, session_id, { answers, entries, fence, memories, shared, ...turn }, following) =>
    failsAs("turns.finish")(
      dialect.finishTurn(
        {
          ...turn,
          entries: EntriesTable.newEntries({ developer, session_id, answers, fence }, entries, shared),
          memories: memories.map((row) => MemoriesTable.newMemory(developer, row))
        },
        following
      )
    )
}))
