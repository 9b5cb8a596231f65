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
import * as Layer from "effect/Layer"
import * as Embedded from "../layers/Embedded.js"
import type { Julep } from "../layers/Julep.js"
import * as Scripted from "../layers/Scripted.js"

export * as Scripted from "../layers/Scripted.js"

/**
 * The client and every manager over a fresh engine in memory whose model follows a script, and `Scripted.Scripted`
 * to ask what the model was sent. Without a script the model says "ok" to everything.
 */
export const layerMemory = (
  script: Scripted.Script = () => Scripted.reply("ok"),
  options: Scripted.Scripted.Options = {}
): Layer.Layer<Julep | Julep.Managers | Scripted.Scripted, Embedded.Failure> => {
  const model = Scripted.layer(script, options)
  return Layer.merge(Embedded.layerMemory({ model }), model)
}
