import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { make } from "../../../src/engine/storage/libsql/LibsqlClient.js"
import { recordingTracer } from "../../support/tracer.js"

it.scoped("statements and transactions are spans if a tracer is installed", () =>
  Effect.gen(function* () {
    const sql = yield* make({ filename: ":memory:" })
    const seven = sql.withTransaction(sql`SELECT ${7} AS seven`)
    expect(yield* seven).toEqual([{ seven: 7 }])
    const { spans, tracer } = recordingTracer()
    expect(yield* Effect.withTracer(seven, tracer)).toEqual([{ seven: 7 }])
    const failed = Effect.withTracer(Effect.flip(sql`SELECT missing`), tracer)
    expect((yield* failed)._tag).toBe("SqlError")
    expect(spans()).toMatchObject([
      { name: "sql.transaction", attributes: { "db.system.name": "sqlite" } },
      {
        name: "sql.execute",
        attributes: {
          "db.system.name": "sqlite",
          "db.operation.name": "execute",
          "db.query.text": "SELECT ? AS seven"
        },
        failure: undefined
      },
      { name: "sql.execute", failure: expect.stringContaining("no such column: missing") }
    ])
  })
)
