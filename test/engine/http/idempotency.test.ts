/** The work under an idempotency key and its stored reply are one commit. */
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Embedded } from "../../../src/embedded.js"
import * as Registry from "../../../src/engine/storage/libsql/Registry.js"
import { Julep, type RequestError } from "../../../src/index.js"
import { temporaryFile } from "../../soak/support/database.js"

const keyed = Julep.withOptions({ idempotencyKey: "k", retry: false })

/** A client over a file, and the outcome of a call while no reply can be stored. */
const scene = Effect.gen(function* () {
  const file = yield* temporaryFile
  const context = yield* Layer.build(
    Layer.provideMerge(Embedded.layer({ storage: { file }, model: "offline" }), Registry.layer({ filename: file }))
  )
  const { julep, sql } = yield* Effect.provide(Effect.all({ julep: Julep, sql: SqlClient.SqlClient }), context)
  const failing = <A>(call: Effect.Effect<A, RequestError>) =>
    Effect.acquireUseRelease(
      sql`CREATE TRIGGER fail BEFORE INSERT ON replies BEGIN SELECT RAISE(ABORT, 'no reply today'); END`,
      () => Effect.flip(keyed(call)),
      () => Effect.orDie(sql`DROP TRIGGER fail`)
    )
  return { julep, failing }
})

describe("a reply that cannot be stored", () => {
  it.scopedLive("undoes what the request created: the next attempt creates it, once", () =>
    Effect.gen(function* () {
      const { failing, julep } = yield* scene
      const create = julep.agents.create({ name: "Ada", docs: [{ title: "T", content: "C" }] })
      expect(yield* failing(create)).toMatchObject({ _tag: "ServerError", code: "STORAGE" })
      expect(yield* julep.agents.list()).toEqual([])
      const { id } = yield* keyed(create)
      expect((yield* keyed(create)).id).toBe(id)
      expect(yield* julep.agents.list()).toMatchObject([{ id }])
      expect(yield* julep.docs.list({ agent_id: id })).toHaveLength(1)
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)))
  )

  it.scopedLive("undoes what the request updated: the next attempt updates it, once", () =>
    Effect.gen(function* () {
      const { failing, julep } = yield* scene
      const { id } = yield* julep.agents.create({ name: "Ada" })
      const name = Effect.map(julep.agents.get(id), (agent) => agent.name)
      for (const [update, updated] of [
        [Effect.asVoid(julep.agents.update(id, { name: "Bea" })), "Bea"],
        [Effect.asVoid(julep.agents.update(id, { name: "Cid", about: "" }, { overwrite: true })), "Cid"]
      ] as const) {
        const before = yield* name
        expect(yield* failing(update)).toMatchObject({ _tag: "ServerError", code: "STORAGE" })
        expect(yield* name).toBe(before)
        yield* keyed(update)
        expect(yield* name).toBe(updated)
        yield* julep.agents.update(id, { name: "Dan" })
        yield* keyed(update)
        expect(yield* name).toBe("Dan")
      }
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)))
  )
})
