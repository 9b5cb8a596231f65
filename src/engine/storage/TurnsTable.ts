import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Storage } from "../ports/Storage.js"
import { Dialect } from "./Dialect.js"
import * as EntryRows from "./EntryRows.js"
import * as MemoriesTable from "./MemoriesTable.js"
import * as SessionsTable from "./SessionsTable.js"
import { failsAs } from "./SqlErrors.js"

/** The turns of sessions. */
export const make: Effect.Effect<Storage.Service["turns"], never, SqlClient.SqlClient | Dialect> = Effect.zipWith(
  Dialect,
  SessionsTable.participants,
  (dialect, participants) => ({
    ...dialect.turns,
    begin: (developer, session_id, known) =>
      Effect.flatMap(
        failsAs("turns.begin")(
          dialect.beginTurn(developer, session_id, participants.statement(developer, session_id, known))
        ),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: ({ fence, row }) =>
            Effect.map(participants.read(Effect.succeed(row === undefined ? [] : [row])), (participants) =>
              Option.some({ fence, participants })
            )
        })
      ),
    finish: (
      developer,
      session_id,
      { accessed, answers, at, entries, fence, memories, shared, writesMore },
      following
    ) =>
      failsAs("turns.finish")(
        dialect.finishTurn(
          {
            at,
            accessed,
            writesMore,
            entries: EntryRows.newEntries({ developer, session_id, answers, fence }, entries, shared),
            memories: memories.map((row) => MemoriesTable.newMemory(developer, row))
          },
          following
        )
      )
  })
)
