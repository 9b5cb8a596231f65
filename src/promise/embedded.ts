/** The engine: the target of `#embedded` in the package's imports map, where there is a file system. */
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Embedded from "../layers/Embedded.js"
import type { Julep } from "../services/Julep.js"
import type { BackupOptions, EmbeddedOptions, ReindexOptions } from "./EmbeddedOptions.js"

type EngineParts = Pick<Embedded.Options, "model" | "embedder" | "rerank">

/** The options of the engine. The facade shows no types of Effect, so its layers have none; the engine checks them. */
const given = <Options>(options: Options) => options as Omit<Options, "model" | "embedder" | "rerank"> & EngineParts

/** The client over an engine with these options. */
export const layer = (options: EmbeddedOptions): Layer.Layer<Julep, Embedded.Failure> => Embedded.layer(given(options))

/** Embeds all docs, messages and memories of a store again. */
export const reindex = (options: ReindexOptions): Effect.Effect<number, Embedded.Failure> =>
  Embedded.reindex(given(options))

/** Copies a store to a new file. */
export const backup = (path: string, options: BackupOptions): Effect.Effect<void, Embedded.Failure> =>
  Embedded.backup(path, options)
