/** What `#embedded` of the package's imports map is, wherever there is a file system: the engine. */
import type * as Layer from "effect/Layer"
import * as Embedded from "../layers/Embedded.js"
import type { Julep } from "../services/Julep.js"
import type { EmbeddedOptions } from "./Options.js"

/** The client over an engine of these options. One in memory reads nothing of the environment. */
export const layer = ({ storage, ...options }: EmbeddedOptions): Layer.Layer<Julep, Embedded.Failure> =>
  storage === "memory" ? Embedded.layerMemory(options) : Embedded.layer({ ...options, storage })
