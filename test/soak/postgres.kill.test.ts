/** Several processes with one PostgreSQL database, which are killed, stopped, and lose their connections. */
import { expect, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { CONCURRENCY } from "../../src/engine/jobs/JobHandlers.js"
import { make, type PostgresClient } from "../../src/engine/storage/postgres/driver/PostgresClient.js"
import { Julep } from "../../src/index.js"
import type { SessionId } from "../../src/schema/Session.js"
import { relay } from "../support/postgres/relay.js"
import { emptySchema, newSchema } from "../support/postgres/schemas.js"
import { onPostgres } from "../support/postgres.js"
import { chat, historyOf } from "../support/turns.js"
import { start } from "./support/child.js"
import { engine, failureOf, type Line, lineOf, noteOf, replyTo } from "./support/notes.js"
import { type Acknowledged, differences, faultsOf, jobsDone } from "./support/postgres.js"

const isSoak = process.env["SOAK"] !== undefined
const KILLS = isSoak ? 8 : 2
const STARTERS = isSoak ? 8 : 2
const SEED = Number(process.env["SEED"] ?? Date.now() % 100_000)
const PROCESSES = 3
const SESSIONS = 8

/** The lock that the first starters of a database wait for, so that they start at once. */
const START = 1_547_022

const silent = Logger.replace(Logger.defaultLogger, Logger.none)

/** A process that opens the store once it gets the lock, and what it reports. */
const starter = (url: string) =>
  Effect.flatMap(start("starter", url, String(START)), ({ lines }) => Effect.forkScoped(Stream.runCollect(lines)))

/** An agent, and sessions with it, each with a user of its own. */
const sessionsOf = (count: number) =>
  Effect.gen(function* () {
    const { agents, sessions, users } = yield* Julep
    const agent = yield* agents.create({ name: "Ada" })
    return yield* Effect.replicateEffect(
      Effect.flatMap(users.create({ name: "Sam" }), (user) =>
        Effect.map(sessions.create({ agent_id: agent.id, user_id: user.id }), ({ id }) => id)
      ),
      count
    )
  })

/** Ways of a server to be lost: the URL that leads to it, and the loss, during which it may be away for some turns. */
const endingConnections = (direct: string, sql: PostgresClient) => {
  const name = `lost-${crypto.randomUUID()}`
  const lost = () =>
    Effect.map(sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${name}`, (ended) =>
      expect(ended.length).toBeGreaterThan(0)
    )
  return Effect.succeed({ url: `${direct}&application_name=${name}`, lost })
}
const stopping = (direct: string) =>
  Effect.map(relay(direct), ({ close, open, port }) => {
    const url = new URL(direct)
    url.host = `127.0.0.1:${port}`
    const lost = (turns: Effect.Effect<unknown>) => Effect.zipRight(Effect.zipRight(close, turns), open)
    return { url: url.href, lost }
  })

onPostgres("several processes with one PostgreSQL database", (server) => {
  it.scopedLive(
    `kill -9 of one of ${PROCESSES} at any point, ${KILLS} times (SOAK=1, SEED=${SEED}): no turn is lost, doubled or interleaved`,
    () =>
      Effect.gen(function* () {
        const url = yield* emptySchema(server)
        const sql = yield* make({ url: Redacted.make(url), poolSize: 2 })
        const sessions = yield* Effect.provide(sessionsOf(SESSIONS), engine(url))
        const lines: Array<Line> = []
        const all = yield* Queue.unbounded<void>()
        let started = 0
        const open = Effect.gen(function* () {
          const child = yield* start("peer", url, String(SEED + started++), ...sessions)
          const own = yield* Queue.unbounded<void>()
          const read = Stream.runForEach(child.lines, (text) => {
            const line = lineOf(text)
            lines.push(line)
            return line._tag === "Turn"
              ? Effect.zip(Queue.offer(own, undefined), Queue.offer(all, undefined))
              : Effect.void
          })
          return { child, own, read: yield* Effect.forkScoped(read) }
        })
        const processes = yield* Effect.replicateEffect(open, PROCESSES)
        const plan = FastCheck.record({
          which: FastCheck.nat({ max: PROCESSES - 1 }),
          after: FastCheck.nat({ max: 40 })
        })
        for (const { after, which } of FastCheck.sample(plan, { numRuns: KILLS, seed: SEED })) {
          const killed = processes[which]
          if (killed === undefined) continue
          yield* Queue.take(killed.own)
          yield* Queue.takeN(all, 1 + after)
          yield* killed.child.end("SIGKILL")
          yield* Fiber.join(killed.read)
          processes[which] = yield* open
        }
        // The last ones to start have their turns, too.
        yield* Effect.forEach(processes, ({ own }) => Queue.take(own), { discard: true })
        yield* Queue.takeN(all, SESSIONS)
        yield* Effect.forEach(processes, ({ child, read }) => Effect.zipRight(child.end("SIGTERM"), Fiber.join(read)), {
          concurrency: "unbounded",
          discard: true
        })
        const last = yield* Effect.gen(function* () {
          for (const session of sessions) yield* chat(session, noteOf("last"))
          yield* jobsDone(sql)
          return yield* Effect.forEach(sessions, (session) => Effect.map(historyOf(session), Arr.takeRight(2)))
        }).pipe(Effect.provide(engine(url, { noted: (note) => void lines.push({ _tag: "Noted", note }) })))
        expect(last).toEqual(
          sessions.map(() => [
            ["user", noteOf("last")],
            ["assistant", replyTo("last")]
          ])
        )
        const acknowledged = lines.flatMap((line): ReadonlyArray<Acknowledged> => (line._tag === "Turn" ? [line] : []))
        const failures = lines.flatMap((line) => (line._tag === "Failure" ? [line.failure] : []))
        const { distinct, unanswered, ...found } = yield* differences(sql, acknowledged)
        const noted = Arr.groupBy(
          lines.flatMap((line) => (line._tag === "Noted" && line.note !== "last" ? [line.note] : [])),
          (note) => note
        )
        const repeated = Object.values(noted).filter(({ length }) => length > 1).length
        process.stderr.write(
          `${acknowledged.length} turns acknowledged, ${distinct} different ones, ${KILLS} kills, ${unanswered} messages ` +
            `without a reply, ${repeated} facts asked for again, failures: ${JSON.stringify(failures)}\n`
        )
        // A busy machine may keep a process from renewing a lease.
        expect(failures.filter((failure) => failure !== "ServerError 503 LEASE_LOST")).toEqual([])
        expect(found).toEqual({ lost: [], doubled: [], interleaved: [] })
        // At most the jobs that ran in the processes that were killed were begun again.
        expect(repeated).toBeLessThanOrEqual(KILLS * CONCURRENCY + failures.length)
        expect(yield* faultsOf(sql)).toEqual([])
      }).pipe(Effect.provide(silent)),
    600_000
  )

  it.scopedLive(
    `${STARTERS} processes that open an empty database at once all succeed, and migrate it once (SOAK=1 for 8)`,
    () =>
      Effect.gen(function* () {
        const url = yield* newSchema(server)
        const sql = yield* make({ url: Redacted.make(url), poolSize: 2 })
        const children = yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`SELECT pg_advisory_xact_lock(${START}::bigint)`
            const children = yield* Effect.replicateEffect(starter(url), STARTERS)
            const waiting = sql<{ readonly processes: number }>`SELECT count(*) AS processes FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted AND objid = ${START}::oid`
            yield* Effect.repeat(Effect.delay(waiting, "20 millis"), { until: ([row]) => row?.processes === STARTERS })
            return children
          })
        )
        const reported = yield* Effect.forEach(children, Fiber.join)
        expect(reported.map((lines) => [...lines])).toEqual(children.map(() => ["opened"]))
        expect(yield* sql`SELECT count(*) AS steps FROM schema_versions`).toEqual([{ steps: 1 }])
      }),
    600_000
  )

  it.scopedLive(
    "a process that is stopped until its lease has run out writes nothing of its turn, and its caller may try again",
    () =>
      Effect.gen(function* () {
        const url = yield* emptySchema(server)
        yield* Effect.gen(function* () {
          const [session] = yield* sessionsOf(1)
          if (session === undefined) return
          const child = yield* start("sleeper", url, session)
          const lines = yield* Queue.unbounded<string>()
          yield* Effect.forkScoped(Stream.runForEach(child.lines, (line) => Queue.offer(lines, line)))
          expect(yield* Queue.take(lines)).toBe("request")
          yield* child.send("SIGSTOP")
          yield* chat(session, noteOf("awake"))
          yield* child.send("SIGCONT")
          expect(yield* Queue.take(lines)).toBe("ServerError 503 LEASE_LOST")
          expect(yield* historyOf(session)).toEqual([
            ["user", noteOf("asleep")],
            ["user", noteOf("awake")],
            ["assistant", replyTo("awake")]
          ])
        }).pipe(Effect.provide(engine(url)))
      }).pipe(Effect.provide(silent)),
    600_000
  )

  it.scopedLive.each([
    ["ends all connections", endingConnections],
    ["stops, and starts again at the same port", stopping]
  ] as const)(
    "a server that %s leaves typed errors, and then the same engines go on, with their jobs",
    ([, lossOf]) =>
      Effect.gen(function* () {
        const direct = yield* emptySchema(server)
        const sql = yield* make({ url: Redacted.make(direct), poolSize: 2 })
        const { lost, url } = yield* lossOf(direct, sql)
        const lines: Array<Line> = []
        const turns = yield* Queue.unbounded<void>()
        const noted = (note: string) => void lines.push({ _tag: "Noted", note })
        const one = yield* Layer.build(engine(url, { delay: () => 5, noted }, 3))
        const other = yield* Layer.build(engine(url, { delay: () => 5, noted }, 4))
        const sessions = yield* Effect.provide(sessionsOf(3), one)
        const converse = (process: number) => (session: SessionId) =>
          Effect.iterate(0, {
            while: () => true,
            body: (number) => {
              const note = `${process}-${number}`
              return Julep.withOptions({ retry: false })(chat(session, noteOf(note))).pipe(
                Effect.match({
                  onFailure: (error) => void lines.push({ _tag: "Failure", failure: failureOf(error) }),
                  onSuccess: ({ response }) =>
                    void lines.push({ _tag: "Turn", session, note, ids: response[0].map(({ id }) => id) })
                }),
                Effect.zipRight(Queue.offer(turns, undefined)),
                Effect.as(number + 1)
              )
            }
          })
        const load = yield* Effect.forkScoped(
          Effect.all(
            [one, other].map((context, process) =>
              Effect.forEach(sessions, converse(process), { concurrency: "unbounded", discard: true }).pipe(
                Effect.provide(context)
              )
            ),
            { concurrency: "unbounded", discard: true }
          )
        )
        for (const _ of [1, 2, 3]) {
          yield* Queue.takeN(turns, 10)
          yield* lost(Queue.takeN(turns, 5))
        }
        yield* Queue.takeN(turns, 20)
        yield* Fiber.interrupt(load)
        for (const context of [one, other])
          for (const session of sessions) yield* Effect.provide(chat(session, noteOf("last")), context)
        yield* jobsDone(sql)
        const failures = lines.flatMap((line) => (line._tag === "Failure" ? [line.failure] : []))
        const away = "ServerError 503 STORAGE_UNAVAILABLE"
        // Of a commit whose answer was lost nobody knows whether it was made.
        const uncertain = "ServerError 500 STORAGE"
        expect(failures).toContain(away)
        expect(failures.filter((failure) => failure !== away && failure !== uncertain)).toEqual([])
        const { distinct, unanswered, ...found } = yield* differences(
          sql,
          lines.flatMap((line) => (line._tag === "Turn" ? [line] : []))
        )
        expect(found).toEqual({ lost: [], doubled: [], interleaved: [] })
        expect(yield* faultsOf(sql)).toEqual([])
      }).pipe(Effect.provide(silent)),
    600_000
  )
})
