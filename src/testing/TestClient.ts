/** The client of promises over an engine in memory whose model follows a script. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ModelRequest } from "../layers/Scripted.js"
import { Client } from "../promise/Client.js"
import type { EmbeddedOptions, EmbedderEndpoint, RerankEndpoint } from "../promise/EmbeddedOptions.js"
import { Runner } from "../promise/Runner.js"
import { runPromise } from "../promise/runtime.js"
import { drain, type Embed, layerMemory, requests, type ScriptOptions, type TestServices } from "./layerMemory.js"

/** The options of a {@link TestClient}: the script of the model, and the options of the engine. */
export interface TestClientOptions
  extends Omit<EmbeddedOptions, "storage" | "model" | "embedder" | "rerank">,
    ScriptOptions {
  /** The embedder: a function, or as for `Client.embedded`. Default: `"none"`. */
  readonly embedder?: "none" | EmbedderEndpoint | Embed | undefined
  /** The reranker, as for `Client.embedded`. Default: `"none"`. */
  readonly rerank?: "none" | RerankEndpoint | undefined
}

/**
 * A client over a fresh engine in memory whose model follows a script. It starts with the first call; close it, or declare
 * it with `await using`.
 *
 * @example
 * ```ts
 * import { messageText } from "effect-julep/promise"
 * import { TestClient } from "effect-julep/testing"
 *
 * export const test = async () => {
 *   await using client = new TestClient({ script: ["Hello yourself"] })
 *   const agent = await client.agents.create({ name: "Ada" })
 *   const session = await client.sessions.create({ agent_id: agent.id })
 *   const reply = await client.sessions.chat(session.id, "Hello")
 *   return { reply: messageText(reply), prompt: client.requests[0]?.messages }
 * }
 * ```
 */
export class TestClient extends Client {
  readonly #kit: { context?: Context.Context<TestServices> }

  constructor(options: TestClientOptions = {}) {
    const kit: { context?: Context.Context<TestServices> } = {}
    const layer = Layer.tap(layerMemory(options), (context) =>
      Effect.sync(() => {
        kit.context = context
      })
    )
    super(Runner.of(layer))
    this.#kit = kit
  }

  /** Every request that the model got, oldest first, including those that failed or were aborted. */
  get requests(): ReadonlyArray<ModelRequest> {
    const { context } = this.#kit
    return context === undefined ? [] : Effect.runSync(Effect.provide(requests, context))
  }

  /**
   * Waits for every background job that is due, and for those that these cause: docs are embedded, memories formed and
   * sessions summarized. A job that failed runs again after its pause, which this does not wait for.
   */
  async drain(): Promise<void> {
    const { context } = this.#kit
    if (context !== undefined) await runPromise(Effect.provide(drain, context))
  }
}
