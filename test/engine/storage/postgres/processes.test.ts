/** Engines of several processes with one store: what each does at the same time as another. */
import { expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scripted from "../../../../src/engine/model/Scripted.js"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { Engine } from "../../../../src/engine/usecases/Engine.js"
import { Idempotency } from "../../../../src/engine/usecases/Idempotency.js"
import { AgentId } from "../../../../src/schema/Agent.js"
import { until } from "../../../support/latches.js"
import { openProcess } from "../../../support/postgres/processes.js"
import { emptySchema } from "../../../support/postgres/schemas.js"
import { onPostgres } from "../../../support/postgres.js"
import { agentRow, alice, entryRow, jobRow, memoryRow, sessionRow, some } from "../../../support/storage/rows.js"
import { DEVELOPER, turnEngine, turnOf, turnScene } from "../../../support/turnEngine.js"

/** The engine of a process, whose model follows a script. */
const openEngine = (url: string, script: Scripted.Script) =>
  Effect.gen(function* () {
    const process = yield* openProcess(url)
    const layer = Layer.provide(
      Layer.mergeAll(turnEngine(script), Idempotency.layer),
      Layer.succeed(Storage, process.store)
    )
    const context = yield* Layer.build(layer)
    return { ...process, engine: Context.get(context, Engine), idempotency: Context.get(context, Idempotency) }
  })

const look = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } } as const

const aye: Scripted.Script = ({ messages }) => `Aye to ${messages.at(-1)?.content ?? ""}`

/** Two engines with one store, and a session in it. The model of each follows a script. */
const twoEngines = (url: string, script: Scripted.Script = aye, other = script) =>
  Effect.gen(function* () {
    const own = yield* emptySchema(url)
    const engines = [yield* openEngine(own, script), yield* openEngine(own, other)] as const
    const scene = yield* Effect.provideService(turnScene, Engine, engines[0].engine)
    return { engines, ...scene }
  })

type Opened = Effect.Effect.Success<ReturnType<typeof openEngine>>

const historyOf = ({ engine }: Opened, session: Parameters<Engine["Type"]["sessions"]["history"]>[1]) =>
  Effect.map(engine.sessions.history(DEVELOPER, session, { limit: 100 }), ({ items }) =>
    items.map(({ content }) => String(content))
  )

onPostgres("engines of several processes on PostgreSQL", (url) => {
  it.scopedLive("lose no change of a row that they change at the same time", () =>
    Effect.gen(function* () {
      const { agent_id, engines } = yield* twoEngines(url)
      const keys = Array.from({ length: 60 }, (_, index) => `k${index}`)
      yield* Effect.forEach(
        keys,
        (key, index) =>
          engines[index % 2]?.engine.agents.patch(DEVELOPER, agent_id, { metadata: { [key]: 1 } }) ?? Effect.void,
        { concurrency: "unbounded", discard: true }
      )
      const agent = yield* engines[0].engine.agents.get(DEVELOPER, agent_id)
      expect(Object.keys(agent.metadata).sort()).toEqual([...keys].sort())
    })
  )

  it.scopedLive("answer 404, and nothing else, where the parent of a row is deleted at the same time", () =>
    Effect.gen(function* () {
      const { engines } = yield* twoEngines(url)
      const [{ engine: one }, { engine: other }] = engines
      const children = [
        (agent: AgentId) => other.docs.create(DEVELOPER, { kind: "agent", id: agent }, { title: "T", content: "C" }),
        (agent: AgentId) => other.sessions.create(DEVELOPER, { agent_id: agent }),
        (agent: AgentId) => other.tools.create(DEVELOPER, agent, look)
      ]
      for (let attempt = 0; attempt < 39; attempt++) {
        const { id } = yield* one.agents.create(DEVELOPER, { name: "Ada" })
        const agent = AgentId.make(id)
        const [created] = yield* Effect.all(
          [
            Effect.either<unknown, unknown, never>(children[attempt % 3]?.(agent) ?? Effect.void),
            one.agents.remove(DEVELOPER, agent)
          ],
          { concurrency: "unbounded" }
        )
        if (created._tag === "Left") expect(created.left).toMatchObject({ _tag: "NotFound" })
      }
    })
  )

  it.scopedLive("run the turns of a session one after the other", () =>
    Effect.gen(function* () {
      const { engines, session_id } = yield* twoEngines(url)
      const texts = Array.from({ length: 8 }, (_, index) => `say ${index}`)
      yield* Effect.forEach(
        texts,
        (text, index) => engines[index % 2]?.engine.chat.complete(DEVELOPER, session_id, turnOf(text)) ?? Effect.void,
        { concurrency: "unbounded", discard: true }
      )
      const history = yield* historyOf(engines[0], session_id)
      expect([...history].sort()).toEqual([...texts, ...texts.map((text) => `Aye to ${text}`)].sort())
      for (let index = 0; index < history.length; index += 2)
        expect(history[index + 1]).toBe(`Aye to ${history[index]}`)
    })
  )

  it.scopedLive("a process that sleeps through the lease of its turn writes nothing more of it", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const slow: Scripted.Script = (request) => {
        Deferred.unsafeDone(begun, Effect.void)
        return Scripted.hold(go, "late")(request)
      }
      const { engines, session_id } = yield* twoEngines(url, slow, aye)
      const [asleep, awake] = engines
      const late = yield* Effect.fork(
        Effect.either(asleep.engine.chat.complete(DEVELOPER, session_id, turnOf("are you there?")))
      )
      yield* Deferred.await(begun)
      yield* asleep.sql`UPDATE session_turns SET until = clock_timestamp() - interval '1 second'`
      yield* awake.engine.chat.complete(DEVELOPER, session_id, turnOf("I am"))
      yield* Deferred.succeed(go, undefined)
      expect(yield* Fiber.join(late)).toMatchObject({ _tag: "Left", left: { _tag: "LeaseLost" } })
      const said = ["are you there?", "I am", expect.stringMatching(/^Aye to .*I am$/s)]
      expect(yield* historyOf(awake, session_id)).toEqual(said)
      // A question that was sent again is a new one, because another chat has answered after the first.
      yield* awake.engine.chat.complete(DEVELOPER, session_id, turnOf("are you there?"))
      expect(yield* historyOf(awake, session_id)).toEqual([...said, "are you there?", "Aye to are you there?"])
    })
  )

  it.scopedLive("run a request under a key once, and replay its reply", () =>
    Effect.gen(function* () {
      const { engines } = yield* twoEngines(url)
      const [one, other] = engines
      const keyed = { developer: DEVELOPER, route: "POST /x", key: "k", body: "{}" }
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const reply = { status: 200, body: '{"by":"one"}' }
      const first = yield* Effect.fork(
        one.idempotency.once(keyed, false, () =>
          Deferred.succeed(begun, undefined).pipe(Effect.zipRight(Deferred.await(go)), Effect.as(reply))
        )
      )
      yield* Deferred.await(begun)
      const second = yield* Effect.fork(other.idempotency.once(keyed, false, () => Effect.dieMessage("It ran twice")))
      expect(yield* other.store.replies.claim(DEVELOPER, "POST /x", "k", 0)).toEqual({ _tag: "Running" })
      yield* Deferred.succeed(go, undefined)
      expect(yield* Fiber.join(first)).toMatchObject(reply)
      expect(yield* Fiber.join(second)).toMatchObject(reply)
    })
  )

  it.scopedLive("take over a key whose process no longer renews it; the late reply is not kept", () =>
    Effect.gen(function* () {
      const { engines } = yield* twoEngines(url)
      const [asleep, awake] = engines
      const keyed = { developer: DEVELOPER, route: "POST /x", key: "k", body: "{}" }
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const late = yield* Effect.fork(
        Effect.either(
          asleep.idempotency.once(keyed, false, () =>
            Deferred.succeed(begun, undefined).pipe(
              Effect.zipRight(Deferred.await(go)),
              Effect.as({ status: 200, body: '{"late":1}' })
            )
          )
        )
      )
      yield* Deferred.await(begun)
      yield* asleep.sql`UPDATE replies SET until = clock_timestamp() - interval '1 second'`
      const reply = { status: 200, body: '{"late":0}' }
      expect(yield* awake.idempotency.once(keyed, false, () => Effect.succeed(reply))).toMatchObject(reply)
      yield* Deferred.succeed(go, undefined)
      expect(yield* Fiber.join(late)).toMatchObject({ _tag: "Left", left: { _tag: "LeaseLost" } })
      expect(yield* asleep.idempotency.once(keyed, false, () => Effect.dieMessage("It ran again"))).toMatchObject(reply)
    })
  )

  it.scopedLive("a failed attempt leaves its key to the next one of another process", () =>
    Effect.gen(function* () {
      const { engines } = yield* twoEngines(url)
      const [one, other] = engines
      const keyed = { developer: DEVELOPER, route: "POST /x", key: "k", body: "{}" }
      expect(yield* Effect.flip(one.idempotency.once(keyed, false, () => Effect.fail("no")))).toBe("no")
      const reply = { status: 200, body: "{}" }
      expect(yield* other.idempotency.once(keyed, false, () => Effect.succeed(reply))).toMatchObject(reply)
    })
  )

  it.scopedLive("claim each job once, and each claim finds one while there are any", () =>
    Effect.gen(function* () {
      const { engines } = yield* twoEngines(url)
      const jobs = Array.from({ length: 20 }, () => jobRow(alice))
      yield* Effect.forEach(jobs, (job) => engines[0].store.jobs.insert(alice, job), { discard: true })
      const claims = yield* Effect.forEach(
        jobs,
        (_, index) => engines[index % 2]?.store.jobs.claim([jobs[0]?.name ?? ""], 60_000) ?? Effect.succeedNone,
        { concurrency: "unbounded" }
      )
      const claimed = claims.flatMap((claim) => Option.toArray(claim)).map(({ id }) => id)
      expect([...claimed].sort()).toEqual(jobs.map(({ id }) => id).sort())
    })
  )

  it.scopedLive("a memory that is forgotten while a summary of its source is committed is not in the summary", () =>
    Effect.gen(function* () {
      const own = yield* emptySchema(url)
      const [{ store: one }, other] = [yield* openProcess(own), yield* openProcess(own)]
      const agent = agentRow()
      const session = sessionRow({ agent_id: agent.id })
      const said = entryRow()
      const memory = memoryRow({ agent_id: agent.id, source_message_ids: [said.id] })
      yield* one.agents.insert(alice, agent)
      yield* one.sessions.insert(alice, session)
      yield* one.entries.append(alice, session.id, [said])
      yield* one.memories.remember(alice, memory)
      const written = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const summarizing = yield* Effect.fork(
        one.transaction(
          Effect.gen(function* () {
            yield* one.sessions.getForUpdate(alice, session.id)
            const summary = { from: null, through: said.id, summary: "It says so." }
            expect(yield* one.sessions.summarize(alice, session.id, summary)).toBe(true)
            yield* Deferred.succeed(written, undefined)
            yield* Deferred.await(go)
          })
        )
      )
      yield* Deferred.await(written)
      let forgotten = false
      const forgetting = yield* other.store
        .transaction(
          Effect.zipLeft(
            other.store.sessions.dropSummaries(alice, agent.id, memory.id),
            other.store.memories.remove(alice, agent.id, memory.id)
          )
        )
        .pipe(
          Effect.ensuring(
            Effect.sync(() => {
              forgotten = true
            })
          ),
          Effect.fork
        )
      yield* until(
        "it waits for the summary, or does not",
        other.sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
          AND query LIKE '%sessions%'`,
        (rows) => rows.length > 0 || forgotten
      )
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(summarizing)
      expect(yield* Fiber.join(forgetting)).toEqual([session.id])
      expect(some(yield* one.sessions.get(alice, session.id)).summary).toBe(null)
    })
  )
})
