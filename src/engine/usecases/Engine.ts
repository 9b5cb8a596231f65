import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Embedder } from "../ports/Embedder.js"
import type { Ids } from "../ports/Ids.js"
import type { Model } from "../ports/Model.js"
import type { Storage } from "../ports/Storage.js"
import type { Templates } from "../ports/Templates.js"
import type { Tokenizer } from "../ports/Tokenizer.js"
import * as ChatTurn from "./chat/ChatTurn.js"
import * as Completions from "./chat/Completions.js"
import type { JobQueue } from "./JobQueue.js"
import type { Summarization } from "./learn/Summarize.js"
import type { ModelName } from "./ModelName.js"
import { RecentPrompts } from "./prompt/RecentPrompts.js"
import * as Agents from "./resources/Agents.js"
import * as Docs from "./resources/Docs.js"
import * as Jobs from "./resources/Jobs.js"
import * as Memories from "./resources/Memories.js"
import * as Sessions from "./resources/Sessions.js"
import * as Tools from "./resources/Tools.js"
import * as Users from "./resources/Users.js"

const make = Effect.gen(function* () {
  const docs = yield* Docs.make
  const tools = yield* Tools.make
  const recent = new RecentPrompts()
  return {
    docs,
    tools,
    agents: yield* Agents.make(docs, tools),
    users: yield* Users.make(docs),
    sessions: yield* Sessions.make(recent),
    memories: yield* Memories.make,
    jobs: yield* Jobs.make,
    chat: yield* ChatTurn.make(recent),
    completions: yield* Completions.make
  }
})

/** The use cases of the engine, by resource. Each function takes the developer that it acts for. */
export class Engine extends Context.Tag("effect-julep/engine/Engine")<Engine, Effect.Effect.Success<typeof make>>() {
  static readonly make = make
  static readonly layer: Layer.Layer<
    Engine,
    never,
    Storage | Ids | Embedder | Model | ModelName | JobQueue | Summarization | Templates | Tokenizer
  > = Layer.effect(Engine, make)
}
