import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { recordingTracer } from "../../../support/tracer.js"

/** The plan of each statement of an effect, in SQLite's own words. */
export const plansOf = (effect: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { spans, tracer } = recordingTracer()
    yield* Effect.withTracer(effect, tracer)
    // A transaction has a span, too, but no text.
    const texts = spans().flatMap(({ attributes }) => attributes["db.query.text"] ?? [])
    const plans = yield* Effect.forEach(texts, (text) => {
      const parameters = Array.from(String(text).matchAll(/\?/g), () => null)
      return sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters)
    })
    return plans.flat().map(({ detail }) => detail)
  })
