import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { until } from "../../../support/latches.js"
import { openProcess, type Process } from "../../../support/postgres/processes.js"
import { emptySchema } from "../../../support/postgres/schemas.js"
import { onPostgres } from "../../../support/postgres.js"
import {
  agentRow,
  alice,
  entryRow,
  finishedTurn,
  memoryRow,
  rowsOf,
  sessionRow,
  some
} from "../../../support/storage/rows.js"

/** Two processes with one store, and a session in it. */
const twoProcesses = (url: string) =>
  Effect.gen(function* () {
    const own = yield* emptySchema(url)
    const processes: readonly [Process, Process] = [yield* openProcess(own), yield* openProcess(own)]
    const [{ store }] = processes
    const agent = agentRow()
    yield* store.agents.insert(alice, agent)
    const { id } = sessionRow({ agent_id: agent.id })
    yield* store.sessions.insert(alice, sessionRow({ agent_id: agent.id, id }))
    return { processes, agent: agent.id, session: id }
  })

/** Holds a turn, if it is free; `end` closes its scope. */
const hold = ({ store }: Process, session: string) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const fence = yield* Scope.extend(store.turns.hold(alice, session), scope)
    return { fence, end: Scope.close(scope, Exit.void) }
  })

/** The server's processes that serve the connections of a process. */
const backends = ({ sql }: Process) =>
  Effect.map(
    Effect.all(
      Array.from({ length: 4 }, () => sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid, pg_sleep(0.01)`),
      { concurrency: "unbounded" }
    ),
    (rows) => [...new Set(rows.flat().map(({ pid }) => pid))]
  )

/** Makes the lease of a session's turn run out, as if its process had slept. */
const runOut = ({ sql }: Process, session: string) =>
  sql`UPDATE session_turns SET until = clock_timestamp() - interval '1 second' WHERE session_id = ${session}`

onPostgres("the turns of a session on PostgreSQL", (url) => {
  it.scopedLive("are held by one process at a time, and each holder has a higher fence", () =>
    Effect.gen(function* () {
      const {
        processes: [one, other],
        session
      } = yield* twoProcesses(url)
      const first = yield* hold(one, session)
      expect(yield* Effect.map(hold(other, session), ({ fence }) => fence)).toEqual(Option.none())
      yield* first.end
      const second = yield* hold(other, session)
      expect(some(second.fence).number).toBe(some(first.fence).number + 1)
      yield* second.end
    })
  )

  it.scopedLive("a session that does not exist is held by anybody", () =>
    Effect.gen(function* () {
      const { processes } = yield* twoProcesses(url)
      for (const process of processes) expect((yield* hold(process, agentRow().id)).fence._tag).toBe("Some")
    })
  )

  it.scopedLive("a turn whose lease has run out writes nothing once another process has taken it over", () =>
    Effect.gen(function* () {
      const {
        agent,
        processes: [asleep, other],
        session
      } = yield* twoProcesses(url)
      const late = yield* hold(asleep, session)
      yield* runOut(asleep, session)
      const taken = yield* hold(other, session)
      const [said, reply] = [entryRow(), entryRow()]
      yield* other.store.entries.append(alice, session, [said], { fence: some(taken.fence) })
      const memories = [memoryRow({ agent_id: agent })]
      for (const writesMore of [false, true]) {
        const left = finishedTurn(some(late.fence), { entries: [reply], memories, writesMore })
        const finished = asleep.store.turns.finish(alice, session, left, Effect.dieMessage("written"))
        expect((yield* Effect.flip(finished))._tag).toBe("LeaseLost")
      }
      const moved = asleep.store.entries.moveToEnd(alice, session, [said.id], some(late.fence))
      expect((yield* Effect.flip(moved))._tag).toBe("LeaseLost")
      // Nor does it end the turn of the other.
      yield* late.end
      expect((yield* hold(asleep, session)).fence).toEqual(Option.none())
      const { rows } = yield* other.store.entries.list(alice, session, { limit: 10, offset: 0, order: "asc" })
      expect(rows.map(({ id }) => id)).toEqual([said.id])
      expect(yield* rowsOf(other.store.memories.list(alice, agent, { limit: 10, offset: 0 }))).toEqual([])
      yield* taken.end
    })
  )

  it.scopedLive("a turn ends with what it leaves, when that is committed", () =>
    Effect.gen(function* () {
      const {
        processes: [one, other],
        session
      } = yield* twoProcesses(url)
      const turn = yield* hold(one, session)
      const { finish } = one.store.turns
      const left = finishedTurn(some(turn.fence), { entries: [entryRow()] })
      yield* Effect.flip(finish(alice, session, { ...left, writesMore: true }, Effect.fail("undone")))
      expect((yield* hold(other, session)).fence).toEqual(Option.none())
      yield* finish(alice, session, left, Effect.void)
      const next = yield* hold(other, session)
      expect(Option.isSome(next.fence)).toBe(true)
      // The end of the scope does not end the turn of another process.
      yield* turn.end
      expect((yield* hold(one, session)).fence).toEqual(Option.none())
      yield* next.end
    })
  )

  it.scopedLive("a turn that waits for the commit of the one before reads what that has left", () =>
    Effect.gen(function* () {
      const {
        processes: [one, other],
        session
      } = yield* twoProcesses(url)
      const [question, reply] = [entryRow(), entryRow()]
      yield* one.store.entries.append(alice, session, [question])
      const begun = Effect.map(other.store.turns.begin(alice, session, question.id), (begun) =>
        some(some(begun).participants).newer.map(({ entry }) => entry.id)
      )
      expect(yield* Effect.scoped(begun)).toEqual([question.id])
      const turn = yield* hold(one, session)
      const [written, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const left = finishedTurn(some(turn.fence), { entries: [reply], answers: question.id, writesMore: true })
      const ending = yield* Effect.fork(
        one.store.turns.finish(
          alice,
          session,
          left,
          Effect.zipRight(Deferred.succeed(written, undefined), Deferred.await(go))
        )
      )
      yield* Deferred.await(written)
      const pids = yield* backends(other)
      const next = yield* Effect.fork(Effect.scoped(begun))
      yield* until(
        "the next turn waits for the row",
        other.sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%session_turns%'
          AND ${other.sql.in("pid", pids)}`,
        (rows) => rows.length > 0
      )
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(ending)
      expect(yield* Fiber.join(next)).toEqual([question.id, reply.id])
      yield* turn.end
    })
  )

  // The clock of the test stands still, so that no poll wakes.
  it.scoped("the end of a turn wakes the process that waits for it", () =>
    Effect.gen(function* () {
      const {
        processes: [one, other],
        session
      } = yield* twoProcesses(url)
      const turn = yield* hold(one, session)
      const { wait } = other.store.turns
      // The first to wait opens the connection that listens, and looks again.
      yield* wait(alice, session)
      expect((yield* hold(other, session)).fence).toEqual(Option.none())
      yield* Effect.raceFirst(Effect.zipRight(turn.end, Effect.never), wait(alice, session))
      const next = yield* hold(other, session)
      expect(Option.isSome(next.fence)).toBe(true)
      yield* next.end
    })
  )

  // The clock of the server says when the lease runs out, and that of the test when it is renewed.
  it.scoped("a turn of longer than its lease keeps it", () =>
    Effect.gen(function* () {
      const {
        processes: [one, other],
        session
      } = yield* twoProcesses(url)
      const turn = yield* hold(one, session)
      const oneSecondLater = Effect.zipRight(
        TestClock.adjust("1 second"),
        other.sql<{ readonly left: number }>`
          SELECT extract(epoch FROM until - clock_timestamp()) AS left FROM session_turns WHERE session_id = ${session}`
      )
      const renews = Effect.gen(function* () {
        yield* runOut(other, session)
        yield* until("the lease is renewed", oneSecondLater, ([row]) => row !== undefined && row.left > 0)
        expect((yield* hold(other, session)).fence).toEqual(Option.none())
      })
      yield* Effect.repeatN(renews, 3)
      // A process that has lost all its connections renews it on new ones.
      yield* other.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND ${other.sql.in("pid", yield* backends(one))}`
      yield* renews
      yield* turn.end
      const next = yield* hold(other, session)
      expect(some(next.fence).number).toBe(some(turn.fence).number + 1)
      yield* next.end
    })
  )

  it.scopedLive("an interrupted hold leaves the turn free", () =>
    Effect.gen(function* () {
      const {
        processes: [one, other],
        session
      } = yield* twoProcesses(url)
      for (let attempts = 0; attempts < 20; attempts++) {
        const fiber = yield* Effect.fork(
          Effect.scoped(Effect.zipRight(one.store.turns.hold(alice, session), Effect.never))
        )
        for (let step = 0; step < attempts; step++) yield* Effect.yieldNow()
        yield* fiber.interruptAsFork(fiber.id())
        yield* fiber.await
        const next = yield* hold(other, session)
        expect(Option.isSome(next.fence)).toBe(true)
        yield* next.end
      }
    })
  )
})
