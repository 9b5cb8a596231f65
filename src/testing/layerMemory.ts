/** The client over an engine in memory whose model follows a script. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Julep } from "../layers/Julep.js"
import * as Scripted from "../layers/Scripted.js"
import {
  type ClientOptions,
  type EmbedderOption,
  embedderFrom,
  type Failure,
  JobRunner,
  layerTest,
  type Options,
  type StorageError
} from "../layers/TestEngine.js"

/** The services of the test kit: the client, its managers, the scripted model, and the job runner that {@link drain} runs. */
export type TestServices = Julep | Julep.Managers | Scripted.Scripted | JobRunner

/** How the model of a test behaves. */
export interface ScriptOptions extends Scripted.Scripted.Options {
  /** What the model does with each request. Default: it replies "ok". */
  readonly script?: Scripted.Script | undefined
}

/** An embedder of a test: a text to its vector, of any length but the same for all texts. */
export type Embed = (text: string) => ReadonlyArray<number>

/** The options of {@link layerMemory}: the script of the model, and the options of the engine. */
export interface LayerMemoryOptions
  extends Omit<Options, "storage" | "model" | "embedder">,
    ClientOptions,
    ScriptOptions {
  /** The embedder: a function, or as for `Embedded.layer`. Default: `"none"`. */
  readonly embedder?: EmbedderOption | Embed | undefined
}

/**
 * The client and every manager over a fresh engine in memory whose model follows a script, and `Scripted.Scripted`, which
 * records what the model was sent. `TestClock` controls timestamps, time budgets, the delays of the model and the pauses
 * between attempts of jobs.
 *
 * @example
 * ```ts
 * import { layerMemory } from "effect-julep/testing"
 *
 * const polite = layerMemory({ script: ["Good morning", "Goodbye"], contextWindow: 4096 })
 * ```
 */
export const layerMemory = ({
  embedder,
  instructable,
  models,
  otherwise,
  script = () => "ok",
  ...options
}: LayerMemoryOptions = {}): Layer.Layer<TestServices, Failure> => {
  const model = Scripted.layer(script, { otherwise, instructable, models })
  const embeds = typeof embedder === "function" ? embedderFrom(embedder) : embedder
  return Layer.merge(layerTest({ ...options, model, embedder: embeds }), model)
}

/**
 * Every request that the model got, oldest first, including those that failed or were interrupted.
 *
 * @example
 * ```ts
 * import { requests } from "effect-julep/testing"
 * import { Effect } from "effect"
 *
 * const prompts = Effect.map(requests, (sent) => sent.map(({ messages }) => messages.at(-1)?.content))
 * ```
 */
export const requests: Effect.Effect<ReadonlyArray<Scripted.ModelRequest>, never, Scripted.Scripted> = Effect.flatMap(
  Scripted.Scripted,
  (model) => model.requests
)

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
