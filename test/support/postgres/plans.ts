/** How PostgreSQL runs the statements of a store. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { recordingTracer } from "../tracer.js"

/** The plans of the statements that run, whatever the values of their parameters: a line for each step and each condition. */
export const plansOf = (sql: SqlClient.SqlClient) => (run: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const { spans, tracer } = recordingTracer()
    yield* Effect.withTracer(run, tracer)
    const texts = spans().flatMap(({ attributes }) => attributes["db.query.text"] ?? [])
    const plans = yield* Effect.forEach(
      texts,
      (text) => sql.unsafe<{ readonly "QUERY PLAN": string }>(`EXPLAIN (GENERIC_PLAN, COSTS OFF) ${text}`).unprepared
    )
    return plans.flat().map((row) => row["QUERY PLAN"].trim().replace(/^-> +/, ""))
  })
