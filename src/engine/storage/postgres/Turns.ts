/** The turns of sessions, one at a time in all processes: each has its session's row of `session_turns` under a lease. */
import { randomUUID } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Fence } from "../../ports/Storage.js"
import type { Raw } from "../Columns.js"
import type { Dialect } from "../Dialect.js"
import type { Restore } from "../Mutex.js"
import { failsAs } from "../SqlErrors.js"
import type { Listener } from "./driver/Listen.js"
import * as Lease from "./Lease.js"
import * as Notifications from "./Notifications.js"

/** The channel that names the sessions whose turn has ended, if another process waits. */
export const CHANNEL = "julep_turns"

export const LOST =
  "Another process took over the turn of the session, because this one did not renew its lease in time. No reply was stored; " +
  "the messages of the request may be in the history. Send the request again."

/** The fences of turns that have ended with their last messages. */
const ended = new WeakSet<Fence>()

/** Notes that a turn has ended. To be run when the statement that ended it is committed. */
export const end = (fence: Fence): Effect.Effect<void> => Effect.sync(() => void ended.add(fence))

/** The row of `session_turns` as a turn has left it that tried to hold it. */
interface Row extends Raw {
  readonly fence: number
  readonly taken: boolean
}

/** A turn, and the row of the statement that took it: none if there is no such session. */
interface Held<A> {
  readonly fence: Fence
  readonly row: A | undefined
}

type Members = Dialect.Service["turns"] & Pick<Dialect.Service, "beginTurn">

export const make: Effect.Effect<Members, never, SqlClient.SqlClient | Listener | Scope.Scope> = Effect.map(
  Effect.all([SqlClient.SqlClient, Lease.make, Notifications.make(CHANNEL)]),
  ([sql, lease, untilNotified]) => {
    const ofSession = (developer: string, session: string) =>
      sql`developer_id = ${developer} AND session_id = ${session}`
    /**
     * Takes a turn that is free, or marks it as waited for. The row itself says which: others may change it at the same time,
     * and each sees what the one before has left. Returns nothing for a session that does not exist.
     */
    const take = (developer: string, session: string, holder: string) =>
      sql`WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
        UPDATE session_turns SET
          fence = fence + CASE WHEN until > clock.now THEN 0 ELSE 1 END,
          holder = CASE WHEN until > clock.now THEN holder ELSE ${holder} END,
          waiting = CASE WHEN until > clock.now THEN 1 ELSE 0 END,
          until = CASE WHEN until > clock.now THEN until ELSE clock.now + ${lease.time} END
        FROM clock WHERE ${ofSession(developer, session)}
        RETURNING fence, holder = ${holder} AS taken`

    /** Keeps a turn that a statement takes for a holder. */
    const hold = Effect.fnUntraced(function* <A extends Row>(
      restore: Restore,
      developer: string,
      session: string,
      taking: (holder: string) => Effect.Effect<ReadonlyArray<A>, SqlError>
    ) {
      const holder = randomUUID()
      const mine = sql`${ofSession(developer, session)} AND holder = ${holder}`
      const release = Effect.asVoid(sql`WITH freed AS (
                UPDATE session_turns SET holder = NULL, until = NULL WHERE ${mine} RETURNING session_id, waiting)
              SELECT pg_notify(${CHANNEL}, session_id::text) FROM freed WHERE waiting = 1`)
      // An interrupted statement may have taken the turn.
      const [row] = yield* Effect.onInterrupt(restore(taking(holder)), () => Effect.ignore(release))
      if (row === undefined) return Option.some<Held<A>>({ fence: { number: 0 }, row })
      if (!row.taken) return Option.none<Held<A>>()
      const fence: Fence = { number: row.fence }
      yield* lease.keep({
        renew: Effect.map(
          sql`UPDATE session_turns SET until = clock_timestamp() + ${lease.time} WHERE ${mine} RETURNING fence`,
          (rows) => rows.length > 0
        ),
        release: Effect.suspend(() => (ended.has(fence) ? Effect.void : release))
      })
      return Option.some<Held<A>>({ fence, row })
    })
    const held = <A extends Row>(
      developer: string,
      session: string,
      taking: (holder: string) => Effect.Effect<ReadonlyArray<A>, SqlError>
    ) => Effect.uninterruptibleMask((restore) => hold(restore, developer, session, taking))

    return {
      hold: (developer, session) =>
        held(developer, session, (holder) => sql<Row>`${take(developer, session, holder)}`).pipe(
          Effect.map(Option.map(({ fence }) => fence)),
          failsAs("turns.hold")
        ),
      beginTurn: Effect.fnUntraced(function* (developer, session, reading) {
        // The turn before may have ended while the statement waited for its commit, which nothing else in the statement sees.
        const begun = yield* held(
          developer,
          session,
          (holder) => sql<
            Row & { readonly current: boolean | null }
          >`WITH taken AS (${take(developer, session, holder)})
              SELECT fence, taken, (SELECT until IS NULL AND fence = taken.fence - 1 FROM session_turns
                WHERE ${ofSession(developer, session)}) AS current, reading.*
              FROM taken LEFT JOIN (${reading}) reading ON TRUE`
        )
        if (Option.isNone(begun)) return begun
        const { fence, row } = begun.value
        if (row === undefined) return begun
        if (row.current !== true) return Option.some({ fence, row: (yield* reading)[0] })
        return row["session_id"] === null ? Option.some({ fence, row: undefined }) : begun
      }),
      wait: (_developer, session) => untilNotified(session)
    }
  }
)
