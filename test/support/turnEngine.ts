/** The use cases of the engine over a store in memory, for tests that look behind the API or break what it stands on. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Jinja from "../../src/engine/model/Jinja.js"
import * as Scripted from "../../src/engine/model/Scripted.js"
import { Embedder } from "../../src/engine/ports/Embedder.js"
import { Ids } from "../../src/engine/ports/Ids.js"
import { Storage } from "../../src/engine/ports/Storage.js"
import { estimateTokens, Tokenizer } from "../../src/engine/ports/Tokenizer.js"
import { Engine } from "../../src/engine/usecases/Engine.js"
import { JobQueue } from "../../src/engine/usecases/JobQueue.js"
import { Summarization } from "../../src/engine/usecases/learn/Summarize.js"
import { ModelName } from "../../src/engine/usecases/ModelName.js"
import type { AgentId } from "../../src/schema/Agent.js"
import type { ChatRequest } from "../../src/schema/Chat.js"
import type { UserId } from "../../src/schema/User.js"

/** The developer that the tests act for. */
export const DEVELOPER = "00000000-0000-4000-8000-00000000000d"

export interface TurnEngineOptions extends Scripted.Scripted.Options {
  /** The store of the engine, made of the real one: to count its calls, or to make them fail. */
  readonly storage?: (store: Storage.Service) => Storage.Service
}

/** An engine on the store in the context, whose model follows a script. */
export const turnEngine = (script: Scripted.Script, options: TurnEngineOptions = {}) =>
  Engine.layer.pipe(
    Layer.provide(JobQueue.layer),
    Layer.provideMerge(Scripted.layer(script, options)),
    Layer.provide([
      Layer.effect(Storage, Effect.map(Storage, options.storage ?? ((store) => store))),
      Ids.layer,
      Jinja.layer,
      Embedder.none,
      ModelName.layer("scripted"),
      Layer.succeed(Summarization, { threshold: 2048, model: undefined }),
      Layer.succeed(Tokenizer, { of: () => Effect.succeed(estimateTokens) })
    ])
  )

/** An agent, a user and a session between them. */
export const turnScene = Effect.gen(function* () {
  const { agents, sessions, users } = yield* Engine
  const agent = yield* agents.create(DEVELOPER, { name: "Ada" })
  const user = yield* users.create(DEVELOPER, { name: "Sam" })
  // The ids of receipts are those of what was made.
  const [agent_id, user_id] = [agent.id as AgentId, user.id as UserId]
  const session = yield* sessions.create(DEVELOPER, { agent_id, user_id })
  return { agent_id, user_id, session_id: session.id }
})

/** A request of one message of the user. */
export const turnOf = (content: string, more: Partial<ChatRequest> = {}): ChatRequest => ({
  messages: [{ role: "user", content }],
  ...more
})
