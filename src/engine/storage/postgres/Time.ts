/** The time of leases: that of the server, because the clocks of processes differ. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Whose clock says when jobs are due. Tests that set the clock of the process make the store go by it. */
export class StoreClock extends Context.Reference<StoreClock>()("effect-julep/storage/postgres/StoreClock", {
  defaultValue: (): "server" | "process" => "server"
}) {}

/** The time in milliseconds, for statements. */
export const now: Effect.Effect<Effect.Effect<Fragment>, never, SqlClient.SqlClient> = Effect.zipWith(
  SqlClient.SqlClient,
  StoreClock,
  (sql, clock) =>
    clock === "server"
      ? Effect.succeed(sql.literal("(extract(epoch FROM clock_timestamp()) * 1000)::bigint"))
      : Effect.map(Clock.currentTimeMillis, (now) => sql`${now}::bigint`)
)
