/** The target of `#embedded` in the package's imports map where the engine cannot run: the reason. */
import { NO_ENGINE } from "../layers/noEngine.js"

/** Throws, because there is no engine here. It imports nothing else, so that bundles stay small. */
const none = (): never => {
  throw new Error(NO_ENGINE)
}

export { none as backup, none as layer, none as reindex }
