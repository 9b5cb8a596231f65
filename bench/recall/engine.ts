/** The engine as applications run it, with a model that says a given line, and the searches that its chats use. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import { Storage } from "../../src/engine/ports/Storage.js"
import * as Recall from "../../src/engine/usecases/recall/Recall.js"
import * as EngineStorage from "../../src/layers/EngineStorage.js"
import type { SessionId } from "../../src/schema/Session.js"
import { wordVectors } from "../../test/support/wordVectors.js"

/** An embedder without a model: its vectors know words alone. Fusion must not lose what the words find. */
export const words = Layer.succeed(Embedded.Embedder, Option.some(wordVectors("words", 768).service))

/** The developer of an engine without keys. */
export const developer = "00000000-0000-0000-0000-000000000000"

/** The next reply of the model. */
export const next = { line: "" }

const speaking = Layer.succeed(Embedded.Model, {
  instructable: false,
  complete: () =>
    Effect.sync(() => ({
      content: next.line,
      tool_calls: [],
      finish_reason: "stop",
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    })),
  stream: () => Stream.die("the benchmark does not stream"),
  list: Effect.succeed(["speaking"])
})

/** A client of an engine on a file, and the store of the same file; both share one connection. */
export const layer = (file: string, embedder: Layer.Layer<Embedded.Embedder> = Embedded.Embedder.none) =>
  Layer.mergeAll(
    Embedded.layer({
      storage: { file },
      model: speaking,
      embedder,
      summarization: { threshold: Number.MAX_SAFE_INTEGER }
    }),
    EngineStorage.choose({ file }),
    embedder
  ).pipe(Layer.provide(Logger.minimumLogLevel(LogLevel.Warning)))

/** The searches of a session's chats. */
export const searching = Effect.fnUntraced(function* (id: SessionId) {
  const storage = yield* Storage
  const session = Option.getOrThrow(yield* storage.sessions.get(developer, id))
  const find = yield* Recall.search
  return {
    passages: (text: string, limit: number) => find.passages(developer, Recall.ownersOf(session), text, limit),
    turns: (text: string, limit: number) =>
      Effect.map(find.said(developer, session, text, { turns: limit, memories: 0 }), ({ turns }) => turns)
  }
})
