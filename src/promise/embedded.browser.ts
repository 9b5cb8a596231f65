/** What `#embedded` of the package's imports map is in a browser: no engine, and the reason why. */
import * as Layer from "effect/Layer"
import { JulepConfigError } from "../schema/Errors.js"
import type { Julep } from "../services/Julep.js"
import type { EmbeddedOptions } from "./Options.js"

/** There is no engine here. */
export const layer = (_options: EmbeddedOptions): Layer.Layer<Julep, JulepConfigError> =>
  Layer.fail(
    new JulepConfigError({
      message:
        "The embedded engine keeps its rows with a native database, which a browser does not have. Run it on a server " +
        "and use new Client({ apiKey, baseUrl }) here."
    })
  )
