/** The engine: the target of `#embedded` in the package's imports map, where there is a file system. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Embedded from "../layers/Embedded.js"
import type { Julep } from "../services/Julep.js"
import type { BackupOptions, EmbeddedOptions, ReindexOptions } from "./Options.js"

/** The log goes to stderr, because stdout belongs to the program. */
const log = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

/** The client over an engine with these options. With storage in memory it reads nothing from the environment. */
export const layer = ({ storage, ...options }: EmbeddedOptions): Layer.Layer<Julep, Embedded.Failure> =>
  Layer.provide(storage === "memory" ? Embedded.layerMemory(options) : Embedded.layer({ ...options, storage }), log)

/** Embeds all docs of a store again. */
export const reindex = (options: ReindexOptions): Effect.Effect<number, Embedded.Failure> =>
  Effect.provide(Embedded.reindex(options), log)

/** Copies a store to a new file. */
export const backup = (path: string, options: BackupOptions): Effect.Effect<void, Embedded.Failure> =>
  Effect.provide(Embedded.backup(path, options), log)
