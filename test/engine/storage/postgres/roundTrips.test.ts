/** What a turn costs on PostgreSQL. In a network, each round trip takes longer than the statements in it. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { Engine } from "../../../../src/engine/usecases/Engine.js"
import { openProcess } from "../../../support/postgres/processes.js"
import { roundTrips } from "../../../support/postgres/roundTrips.js"
import { emptySchema } from "../../../support/postgres/schemas.js"
import { onPostgres } from "../../../support/postgres.js"
import { recordingTracer } from "../../../support/tracer.js"
import { DEVELOPER, turnEngine, turnOf, turnScene } from "../../../support/turnEngine.js"

onPostgres("a turn on PostgreSQL", (url) => {
  it.scopedLive(
    "takes 7 statements in 6 round trips, with docs, memories and turns to recall and a memory to write",
    () =>
      Effect.gen(function* () {
        const { store } = yield* openProcess(yield* emptySchema(url))
        const { spans, tracer } = recordingTracer()
        yield* Effect.gen(function* () {
          const { chat, docs } = yield* Engine
          const { agent_id, session_id } = yield* turnScene
          const doc = { title: "Stations", content: "The station has bikes, cars and boats." }
          yield* docs.create(DEVELOPER, { kind: "agent", id: agent_id }, doc)
          const turn = (thing: string) => chat.complete(DEVELOPER, session_id, turnOf(`My ${thing} is at the station.`))
          // The first turns read what the cache keeps.
          for (const thing of ["bike", "car"]) yield* turn(thing)
          for (const thing of ["boat", "coat"]) {
            const before = spans().length
            const { count, result } = yield* roundTrips(turn(thing))
            expect(count).toBe(6)
            expect(result.recalled?.snippets.length).toBeGreaterThan(0)
            expect(result.recalled?.memories.length).toBeGreaterThan(0)
            const statements = spans()
              .slice(before)
              .filter(({ name }) => name === "sql.execute")
            // The session, two searches, memories, turns, the message, and all that the turn leaves.
            expect(statements.length).toBe(7)
          }
        }).pipe(
          Effect.provide(turnEngine(() => "Noted.", { instructable: false })),
          Effect.provideService(Storage, store),
          Effect.withTracer(tracer)
        )
      })
  )
})
