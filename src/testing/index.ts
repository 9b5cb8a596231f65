/**
 * The test kit: an engine in memory whose model follows a script, an HTTP client that answers from a table, and generators
 * of entities. It imports no test framework.
 *
 * @example
 * ```ts
 * import { Julep, messageText } from "effect-julep"
 * import { layerMemory, Scripted } from "effect-julep/testing"
 * import { Effect } from "effect"
 *
 * const test = Effect.gen(function* () {
 *   const julep = yield* Julep
 *   const agent = yield* julep.agents.create({ name: "Ada" })
 *   const session = yield* julep.sessions.create({ agent_id: agent.id })
 *   const reply = yield* julep.sessions.chat(session.id, "Hello")
 *   const [request] = yield* Effect.flatMap(Scripted.Scripted, ({ requests }) => requests)
 *   return { reply: messageText(reply), model: request?.model }
 * }).pipe(Effect.provide(layerMemory([Scripted.reply("Hello yourself")])))
 * ```
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Julep } from "../layers/Julep.js"
import * as Scripted from "../layers/Scripted.js"
import { type Failure, JobRunner, layerTest, type StorageError } from "../layers/TestEngine.js"

export * as Scripted from "../layers/Scripted.js"
export { arbitraries } from "./arbitraries.js"
export * as StubHttp from "./StubHttp.js"

/** The services of the test kit: the client, its managers, the scripted model, and the job runner that {@link drain} runs. */
export type Provided = Julep | Julep.Managers | Scripted.Scripted | JobRunner

/**
 * The client and every manager over a fresh engine in memory whose model follows a script, and `Scripted.Scripted`, which
 * records what the model was sent. The default script answers "ok" to every request. `TestClock` controls timestamps,
 * time budgets, the delays of the model and the pauses between attempts of jobs.
 *
 * @example
 * ```ts
 * import { layerMemory, Scripted } from "effect-julep/testing"
 *
 * const polite = layerMemory([Scripted.reply("Good morning"), Scripted.reply("Goodbye")])
 * ```
 */
export const layerMemory = (
  script: Scripted.Script = () => Scripted.reply("ok"),
  options: Scripted.Scripted.Options = {}
): Layer.Layer<Provided, Failure> => {
  const model = Scripted.layer(script, options)
  return Layer.merge(layerTest({ model }), model)
}

/**
 * Runs every job that is due, and the jobs that those cause, so that a test need not wait for the background. A job that
 * waits for its next attempt is due when `TestClock` has passed its pause.
 *
 * @example
 * ```ts
 * import { Memories, type AgentId } from "effect-julep"
 * import { drain } from "effect-julep/testing"
 * import { Effect } from "effect"
 *
 * const remembered = (agent_id: AgentId) =>
 *   Effect.zipRight(drain, Effect.flatMap(Memories, (memories) => memories.list({ agent_id })))
 * ```
 */
export const drain: Effect.Effect<void, StorageError, JobRunner> = Effect.flatMap(JobRunner, (runner) => runner.drain)
