/** What `#embedded` of the package's imports map is, wherever there is a file system: the engine. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Embedded from "../layers/Embedded.js"
import type { Julep } from "../services/Julep.js"
import type { EmbeddedOptions, ReindexOptions } from "./Options.js"

/** What a program prints is its own: the log goes to stderr. */
const log = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

/** The client over an engine of these options. One in memory reads nothing of the environment. */
export const layer = ({ storage, ...options }: EmbeddedOptions): Layer.Layer<Julep, Embedded.Failure> =>
  Layer.provide(storage === "memory" ? Embedded.layerMemory(options) : Embedded.layer({ ...options, storage }), log)

/** Embeds all docs of a store anew. */
export const reindex = (options: ReindexOptions): Effect.Effect<number, Embedded.Failure> =>
  Effect.provide(Embedded.reindex(options), log)
