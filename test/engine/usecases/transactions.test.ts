/** A store of several processes runs a transaction again where another one stands in its way. */
import { expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Scripted from "../../../src/engine/model/Scripted.js"
import { Ids } from "../../../src/engine/ports/Ids.js"
import { Storage } from "../../../src/engine/ports/Storage.js"
import * as Export from "../../../src/engine/usecases/admin/Export.js"
import * as Import from "../../../src/engine/usecases/admin/Import.js"
import { Engine } from "../../../src/engine/usecases/Engine.js"
import { Idempotency } from "../../../src/engine/usecases/Idempotency.js"
import { JobQueue } from "../../../src/engine/usecases/JobQueue.js"
import type { AgentId } from "../../../src/schema/Agent.js"
import { DEVELOPER, turnEngine, turnOf, turnScene } from "../../support/turnEngine.js"
import { storeOn } from "../storage/support/store.js"

/** Whether a transaction is open. */
class Inside extends Context.Reference<Inside>()("test/Inside", { defaultValue: () => false }) {}

/** A store that undoes the first run of each outermost transaction, and runs it again. */
const runningTwice = (store: Storage.Service): Storage.Service => ({
  ...store,
  transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Inside, (inside) => {
      if (inside) return store.transaction(effect)
      const body = Effect.provideService(effect, Inside, true)
      const undone = store.transaction(Effect.zipRight(body, Effect.fail("undone")))
      return Effect.zipRight(Effect.ignore(undone), store.transaction(body))
    })
})

const store = Layer.map(storeOn(), (context) =>
  Context.add(context, Storage, runningTwice(Context.get(context, Storage)))
)
const queue = Layer.provide(JobQueue.layer, Ids.layer)
const engine = turnEngine(() => Scripted.reply("The sea is calm."))
const scene = Layer.mergeAll(engine, Idempotency.layer, queue, Ids.layer).pipe(Layer.provideMerge(store))

it.effect("a request that runs again leaves what one run does", () =>
  Effect.gen(function* () {
    const { agents, chat, docs, sessions } = yield* Engine
    const { agent_id, session_id } = yield* turnScene
    yield* agents.patch(DEVELOPER, agent_id, { metadata: { tags: ["a"] } })
    yield* agents.patch(DEVELOPER, agent_id, { metadata: { tags: ["b"] } })
    expect((yield* agents.get(DEVELOPER, agent_id)).metadata).toEqual({ tags: ["a", "b"] })
    const tool = { type: "function" as const, function: { name: "look", parameters: {} } }
    const input = { key: "k", name: "Bea", docs: [{ title: "T", content: "C" }], tools: [tool] }
    expect(yield* agents.ensure(DEVELOPER, input)).toMatchObject({ outcome: "created" })
    expect(yield* agents.ensure(DEVELOPER, input)).toMatchObject({ outcome: "unchanged", jobs: [] })
    const reply = yield* chat.complete(DEVELOPER, session_id, turnOf("How is the sea?"))
    expect(reply.jobs).toEqual([])
    const { items } = yield* sessions.history(DEVELOPER, session_id, {})
    expect(items.map(({ role }) => role)).toEqual(["user", "assistant"])
    const owner = { kind: "agent" as const, id: agent_id }
    yield* docs.create(DEVELOPER, owner, { title: "Sea", content: "It is salty." })
    expect((yield* docs.list(DEVELOPER, owner, {})).items).toHaveLength(1)
  }).pipe(Effect.provide(scene))
)

it.effect("the reply of a request under a key is kept by the run that is committed", () =>
  Effect.gen(function* () {
    const { agents } = yield* Engine
    const { once } = yield* Idempotency
    const keyed = { developer: DEVELOPER, route: "POST /agents", key: "k", body: "{}" }
    const create = once(keyed, true, () =>
      Effect.map(agents.create(DEVELOPER, { name: "Ada" }), ({ id }) => ({ status: 201, body: JSON.stringify({ id }) }))
    )
    const first = yield* create
    expect(yield* create).toMatchObject(first)
    const { items } = yield* agents.list(DEVELOPER, {})
    expect(items.map(({ id }) => ({ id }))).toEqual([JSON.parse(first.body)])
  }).pipe(Effect.provide(scene))
)

it.effect("an import counts each row once", () =>
  Effect.gen(function* () {
    const { agents } = yield* Engine
    const { id } = yield* agents.create(DEVELOPER, { name: "Ada", docs: [{ title: "T", content: "C" }] })
    const lines = yield* Effect.flatMap(Export.make, (lines) => Stream.runCollect(lines()))
    const bytes = Stream.map(Stream.fromIterable(lines), (line) => new TextEncoder().encode(line))
    const imported = Effect.flatMap(Import.make, (write) => write(bytes))
    expect(yield* imported).toMatchObject({ written: {}, unchanged: { agent: 1, doc: 1 } })
    // The id of a receipt is that of what was made.
    yield* agents.remove(DEVELOPER, id as AgentId)
    expect(yield* imported).toMatchObject({ written: { agent: 1, doc: 1 }, unchanged: {} })
  }).pipe(Effect.provide(scene))
)
