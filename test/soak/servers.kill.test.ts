/** Servers with one PostgreSQL database behind one client, which are killed while they work on a request under a key. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { make } from "../../src/engine/storage/postgres/driver/PostgresClient.js"
import { Julep } from "../../src/index.js"
import { emptySchema } from "../support/postgres/schemas.js"
import { onPostgres } from "../support/postgres.js"
import { chat, historyOf, scene } from "../support/turns.js"
import { noteEndpoint } from "./support/noteEndpoint.js"
import { noteOf, replyTo } from "./support/notes.js"
import { type Acknowledged, differences, faultsOf, jobsDone } from "./support/postgres.js"
import { Balancer, openServer, ownServer, type Server } from "./support/servers.js"

/** Where the turn of a request is when its server is killed, and how often the model is asked for its reply. */
const ALL = [
  { at: "before the model is asked", times: [1] },
  { at: "while the model answers", times: [2] },
  // The database may carry out what a server has sent before it was killed.
  { at: "while the reply is stored", times: [1, 2] }
] as const
type Point = (typeof ALL)[number]["at"]

const POINTS = process.env["SOAK"] === undefined ? ALL.slice(0, 2) : [...ALL, ...ALL, ...ALL]

/** Repeats a query until it has rows. */
const untilRows = <E>(query: Effect.Effect<ReadonlyArray<unknown>, E>) =>
  Effect.repeat(Effect.delay(query, "20 millis"), { until: (rows) => rows.length > 0 })

onPostgres("servers with one PostgreSQL database behind one client", (database) => {
  it.scopedLive(
    `share a session, and answer a key once, also if the one that works on it is killed, ${POINTS.length} times (SOAK=1 for 9)`,
    () =>
      Effect.gen(function* () {
        const name = `servers-${crypto.randomUUID()}`
        const url = `${yield* emptySchema(database)}&pool_size=4&application_name=${name}`
        const sql = yield* make({ url: Redacted.make(url), poolSize: 2 })
        const { asked, hold, model } = yield* noteEndpoint
        const open = openServer(url, model)
        const [own, ...others] = yield* Effect.all([ownServer(url, model), open, open], { concurrency: "unbounded" })
        const servers = new Balancer([own, ...others])
        yield* Effect.gen(function* () {
          const { session } = yield* scene({ user: { name: "Sam" } })
          const turns: Array<Acknowledged> = []
          const say = (note: string) =>
            Effect.map(
              Julep.withOptions({ idempotencyKey: note })(chat(session.id, noteOf(note))),
              ({ response }) =>
                void turns.push({ session: session.id, note, ids: response[0].map(({ id }) => String(id)) })
            )
          /** The same request at each of the servers. */
          const everywhere = (note: string) =>
            Effect.forEach(servers.running, () => say(note), { concurrency: "unbounded", discard: true })
          const isBlocked = untilRows(
            sql`SELECT pid FROM pg_locks WHERE relation = 'entries'::regclass AND NOT granted`
          )
          const whileLocked = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
            sql.withTransaction(Effect.zipRight(sql`LOCK TABLE entries IN EXCLUSIVE MODE`, effect))

          const alternate = Array.from({ length: 6 }, (_, index) => `turn-${index}`)
          for (const note of alternate) yield* say(note)

          const same = hold("same")
          const all = yield* Effect.fork(everywhere("same"))
          yield* same.reached.opened
          // One works on it, and another has found that out.
          yield* untilRows(sql`SELECT pid FROM pg_stat_activity
            WHERE application_name = ${name} AND query LIKE 'SELECT%FROM replies%'`)
          same.go.open()
          yield* Fiber.join(all)
          expect(asked("same")).toBe(1)

          /** Sends a request to a server and, when it has come to a point, to another one, and kills the first. */
          const killed = (victim: Server, at: Point, note: string) => {
            servers.choose(victim)
            const begin = Effect.fork(say(note))
            const kill = Effect.zipLeft(Effect.fork(say(note)), servers.kill(victim))
            if (at === "before the model is asked")
              return whileLocked(Effect.zip(begin, Effect.zipRight(isBlocked, kill)))
            const { go, reached } = hold(note)
            const stored = whileLocked(Effect.zipRight(Effect.zipRight(Effect.sync(go.open), isBlocked), kill))
            const end = at === "while the reply is stored" ? stored : kill
            return Effect.zip(begin, Effect.zipRight(reached.opened, end))
          }
          for (const [round, { at, times }] of POINTS.entries()) {
            const note = `round-${round}`
            const victim = servers.running.find((server) => server !== own) ?? own
            const attempts = Effect.flatMap(killed(victim, at, note), Effect.forEach(Fiber.join))
            const replaced = round + others.length < POINTS.length ? Effect.map(open, servers.choose) : Effect.void
            yield* Effect.zip(attempts, replaced, { concurrent: true })
            yield* everywhere(note)
            expect([at, asked(note)]).toEqual([at, expect.toBeOneOf([...times])])
          }

          yield* jobsDone(sql)
          const rounds = POINTS.map((_, round) => `round-${round}`)
          const history = [...alternate, "same", ...rounds].flatMap((note) => [
            ["user", noteOf(note)],
            ["assistant", replyTo(note)]
          ])
          for (const _ of servers.running) expect(yield* historyOf(session.id)).toEqual(history)
          const { distinct, ...found } = yield* differences(sql, turns)
          expect(found).toEqual({ lost: [], doubled: [], interleaved: [], unanswered: 0 })
          expect(yield* faultsOf(sql)).toEqual([])
        }).pipe(Effect.provide(servers.client))
      }),
    600_000
  )
})
