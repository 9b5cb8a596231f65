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
import { Julep } from "../../src/index.js"
import * as EngineEmbedder from "../../src/layers/EngineEmbedder.js"
import * as EngineStorage from "../../src/layers/EngineStorage.js"
import type { JobId } from "../../src/schema/Job.js"
import type { SessionId } from "../../src/schema/Session.js"
import { wordVectors } from "../../test/support/wordVectors.js"

/** An embedder without a model: its vectors add up words of equal weight, so they know less than the words' own scores. */
export const words = Layer.succeed(Embedded.Embedder, Option.some(wordVectors("words", 768).service))

/** The embedder that the engine's variables name, such as DOCS_EMBEDDING_SERVICE_URL; without them, {@link words}. */
export const embedder = Effect.map(EngineEmbedder.isInEnvironment, (named) =>
  named ? { deterministic: false, layer: EngineEmbedder.fromEnvironment } : { deterministic: true, layer: words }
)

/** The developer of an engine without keys. */
const developer = "00000000-0000-0000-0000-000000000000"

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

/** A client of an engine, and its store. */
export const layer = (storage: Embedded.StorageOption, embedder: EngineEmbedder.EmbedderOption = "none") => {
  const chosen = EngineEmbedder.choose(embedder)
  return Layer.mergeAll(
    Embedded.layer({
      storage,
      model: speaking,
      embedder: chosen,
      summarization: { threshold: Number.MAX_SAFE_INTEGER }
    }),
    EngineStorage.choose(storage),
    chosen
  ).pipe(Layer.provide(Logger.minimumLogLevel(LogLevel.Warning)))
}

/** Waits until jobs are done, and fails if one has failed. */
export const finished = (jobs: ReadonlyArray<JobId>) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    for (const job of jobs) {
      const { state } = yield* julep.jobs.await(job, { timeout: "30 minutes" })
      if (state !== "succeeded") return yield* Effect.dieMessage(`a job of the benchmark ${state}`)
    }
  })

/** The searches of a session's chats. */
export const searching = Effect.fnUntraced(function* (id: SessionId) {
  const storage = yield* Storage
  const participants = Option.getOrThrow(yield* storage.sessions.participants(developer, id))
  const find = yield* Recall.search
  const { memories } = Recall.DEFAULTS
  return {
    passages: (text: string, limit: number) =>
      find.passages(developer, Recall.ownersOf(participants.session), text, limit),
    turns: (text: string, limit: number) =>
      Effect.map(find.said(developer, participants, text, { turns: limit, memories }), ({ turns }) => turns)
  }
})

/** What a search finds by words alone, and what it finds with the embedder too. */
export const byWordsAndBoth = <A, E, R>(search: Effect.Effect<A, E, R>) =>
  Effect.all({ words: Effect.provide(search, Embedded.Embedder.none), hybrid: search })
