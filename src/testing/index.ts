/**
 * The test kit: an engine in memory whose model follows a script, for both APIs; replies and entities for mocks; an HTTP
 * client that answers from a table; and generators of entities. It imports no test framework.
 *
 * @example
 * ```ts
 * import { Julep, messageText } from "effect-julep"
 * import { layerMemory, requests } from "effect-julep/testing"
 * import { Effect } from "effect"
 *
 * const test = Effect.gen(function* () {
 *   const julep = yield* Julep
 *   const agent = yield* julep.agents.create({ name: "Ada" })
 *   const session = yield* julep.sessions.create({ agent_id: agent.id })
 *   const reply = yield* julep.sessions.chat(session.id, "Hello")
 *   const [request] = yield* requests
 *   return { reply: messageText(reply), model: request?.model }
 * }).pipe(Effect.provide(layerMemory({ script: ["Hello yourself"] })))
 * ```
 */
export { arbitraries } from "./arbitraries.js"
export { entities } from "./entities.js"
export {
  drain,
  type Embed,
  type LayerMemoryOptions,
  layerMemory,
  requests,
  type ScriptOptions,
  type TestServices
} from "./layerMemory.js"
export { reply, replyEvents } from "./replies.js"
export * as Scripted from "./Scripted.js"
export * as StubHttp from "./StubHttp.js"
export { TestClient, type TestClientOptions } from "./TestClient.js"
