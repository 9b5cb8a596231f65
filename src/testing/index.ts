/**
 * The test kit: an engine in memory with a scripted model. It imports no test framework.
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
 *   const reply = yield* julep.sessions.chat(session.id, { messages: [{ role: "user", content: "Hello" }] })
 *   const [asked] = yield* Effect.flatMap(Scripted.Scripted, ({ requests }) => requests)
 *   return { said: messageText(reply), model: asked?.model }
 * }).pipe(Effect.provide(layerMemory([Scripted.reply("Hello yourself")])))
 * ```
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Embedded from "../layers/Embedded.js"
import type { Julep } from "../layers/Julep.js"
import * as Scripted from "../layers/Scripted.js"

export * as Scripted from "../layers/Scripted.js"
export { arbitraries } from "./arbitraries.js"
export * as StubHttp from "./StubHttp.js"

/** What the test kit provides: the client, its managers, the scripted model, and the runner of jobs. */
export type Provided = Julep | Julep.Managers | Scripted.Scripted | Embedded.JobRunner

/**
 * The client and every manager over a fresh engine in memory whose model follows a script, and `Scripted.Scripted`
 * to ask what the model was sent. Without a script the model says "ok" to everything. `TestClock` governs timestamps,
 * budgets, the model's delays and the pauses of jobs.
 */
export const layerMemory = (
  script: Scripted.Script = () => Scripted.reply("ok"),
  options: Scripted.Scripted.Options = {}
): Layer.Layer<Provided, Embedded.Failure> => {
  const model = Scripted.layer(script, options)
  return Layer.merge(Embedded.layerTest({ model }), model)
}

/**
 * Runs every job that is due now, and those they cause, so that a test need not wait for the background. A job that
 * waits for its next attempt is due when `TestClock` has passed its pause.
 */
export const drain: Effect.Effect<void, Embedded.StorageError, Embedded.JobRunner> = Effect.flatMap(
  Embedded.JobRunner,
  (runner) => runner.drain
)
