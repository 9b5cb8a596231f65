import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Commits } from "../../../../../src/engine/storage/Commits.js"
import * as Registry from "../../../../../src/engine/storage/postgres/driver/Registry.js"
import { until } from "../../../../support/latches.js"
import { onPostgres } from "../../../../support/postgres.js"
import { observer, pidOf } from "./support/server.js"

onPostgres("the pools of a process", (text) => {
  const url = Redacted.make(`${text}?application_name=registry`)

  it.scoped("8 layers with one URL in 8 runtimes share one pool, until the last of them closes", () =>
    Effect.gen(function* () {
      const scopes = yield* Effect.all(Array.from({ length: 8 }, () => Scope.make()))
      const contexts = yield* Effect.promise(() =>
        Promise.all(scopes.map((scope) => Effect.runPromise(Layer.buildWithScope(Registry.layer({ url }), scope))))
      )
      expect(new Set(contexts.map((context) => Context.get(context, SqlClient.SqlClient))).size).toBe(1)
      expect(new Set(contexts.map((context) => Context.get(context, Commits))).size).toBe(1)
      // The first runtime has ended, and so has the scope that opened the pool.
      yield* Effect.forEach(scopes.slice(0, 7), (scope) => Scope.close(scope, Exit.void))
      const sql = Context.get(contexts[7]!, SqlClient.SqlClient)
      const [row] = yield* sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`
      yield* Scope.close(scopes[7]!, Exit.void)
      const watch = yield* observer(text)
      yield* until(
        "the session has ended",
        watch`SELECT 1 FROM pg_stat_activity WHERE pid = ${row?.pid ?? 0}`,
        (rows) => rows.length === 0
      )
    })
  )

  it.scoped("other options are another pool", () =>
    Effect.gen(function* () {
      const a = yield* Registry.acquire({ url, poolSize: 1 })
      const b = yield* Registry.acquire({ url, poolSize: 1 })
      const c = yield* Registry.acquire({ url, poolSize: 2 })
      expect(b).toBe(a)
      expect(c).not.toBe(a)
      expect(yield* pidOf(a)).not.toBe(yield* pidOf(c))
    })
  )

  it.scoped("a failed open is forgotten", () =>
    Effect.gen(function* () {
      let attempts = 0
      const load = () => Promise.resolve(++attempts === 1 ? {} : import("pg").then((pg) => pg.default))
      expect(yield* Effect.flip(Effect.scoped(Registry.acquire({ url, load })))).toMatchObject({
        reason: "missing-binary"
      })
      expect(yield* pidOf(yield* Registry.acquire({ url, load }))).toBeGreaterThan(0)
    })
  )
})
