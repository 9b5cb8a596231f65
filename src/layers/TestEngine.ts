/** An engine in memory whose job runner is in the context, for the test kit. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { JobRunner } from "../engine/jobs/JobRunner.js"
import { Embedder } from "../engine/ports/Embedder.js"
import type * as Service from "../services/Julep.js"
import { client, engine } from "./EngineComposition.js"
import type { ClientOptions, Failure, Options } from "./EngineOptions.js"

export { JobRunner } from "../engine/jobs/JobRunner.js"
export { StorageError } from "../schema/StorageErrors.js"
export type { EmbedderOption } from "./EngineEmbedder.js"
export type { ClientOptions, Failure, Options } from "./EngineOptions.js"

/** `Embedded.layerMemory` and its job runner. */
export const layerTest = ({
  developer,
  ...options
}: Omit<Options, "storage"> & ClientOptions = {}): Layer.Layer<
  Service.Julep | Service.Julep.Managers | JobRunner,
  Failure
> =>
  Layer.merge(client({ developer }), Layer.service(JobRunner)).pipe(
    Layer.provide(engine({ ...options, storage: "memory" }))
  )

/** A vector of length 1 in the direction of this one. */
const unit = (vector: ReadonlyArray<number>): Float32Array => {
  const length = Math.hypot(...vector) || 1
  return Float32Array.from(vector, (value) => value / length)
}

/** An embedder that is a function from a text to its vector. */
export const embedderFrom = (embed: (text: string) => ReadonlyArray<number>): Layer.Layer<Embedder> =>
  Layer.succeed(
    Embedder,
    Option.some({
      name: "scripted",
      dimensions: undefined,
      embed: (texts) => Effect.sync(() => texts.map((text) => unit(embed(text))))
    })
  )
